/** The part of the driver that describes it: name, capabilities, addresses, how its chip is reached, and what is counted. */
import type { Clock } from "../../hal/clock.ts";
import { type ControllerCapabilities, ControllerHealth, LinkStatistics, MAC_BYTES } from "../../hal/ethernet.ts";
import type { MmioBus } from "../../hal/mmio.ts";
import { CAPABILITIES } from "./capabilities.ts";
import { ChipStatistics } from "./statistics.ts";

export abstract class E1000Description {
  readonly driver = "e1000";
  readonly capabilities: ControllerCapabilities = CAPABILITIES;
  readonly address: Uint8Array = new Uint8Array(MAC_BYTES);
  readonly health: ControllerHealth = new ControllerHealth();
  protected readonly link: LinkStatistics = new LinkStatistics();
  protected readonly chip: ChipStatistics;
  readonly #bus: MmioBus;

  constructor(clock: Clock, bus: MmioBus) {
    this.#bus = bus;
    this.chip = new ChipStatistics(clock, bus, this.health);
  }

  /** The chip is up, and its registers may be read. */
  protected abstract get working(): boolean;

  get simulated(): boolean {
    return this.#bus.simulated;
  }

  get description(): string {
    const bus = this.#bus.description;
    return /82540EM|e1000/i.test(bus) ? bus : `82540EM on ${bus}`;
  }

  /** The chip's error counters are fetched on reading, some 40 register accesses. */
  get statistics(): LinkStatistics {
    if (this.working) this.chip.harvest();
    this.chip.publish(this.link);
    return this.link;
  }

  /** Every counter, named, ordered and meant as `ethtool -S` has them for an e1000 on Linux. */
  driverStatistics(): [name: string, value: number][] {
    if (this.working) this.chip.harvest();
    return this.chip.entries();
  }
}
