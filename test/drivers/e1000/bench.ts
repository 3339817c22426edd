/** An e1000 driver on a fake chip in virtual time. */
import { E1000, type E1000Options } from "../../../drivers/e1000/e1000.ts";
import { VirtualClock } from "../../../hal/clock.ts";
import { FakeHost, type FakeHostOptions } from "../../support/controller-host.ts";
import { CountingClock } from "../../support/counting-clock.ts";
import { FakeChip } from "./fake-chip.ts";

export class Bench {
  readonly clock: VirtualClock = new VirtualClock();
  readonly driverClock: CountingClock = new CountingClock(this.clock);
  readonly chip: FakeChip;
  readonly driver: E1000;
  readonly host: FakeHost;

  constructor(options: E1000Options & { host?: FakeHostOptions; memory?: number } = {}) {
    const { host, memory, ...driver } = options;
    this.chip = new FakeChip(memory);
    this.driver = new E1000(this.driverClock, this.chip, driver);
    this.host = new FakeHost(this.clock, host);
  }

  /** Opens the driver, and forgets what that wrote. */
  async open(): Promise<void> {
    const opened = this.host.open(this.driver);
    await this.clock.advance(50);
    await opened;
    this.chip.writes.length = 0;
    this.chip.reads = 0;
  }

  /** Lets tasks and timers run. */
  run(ms = 1): void {
    this.clock.advanceSync(ms);
  }
}
