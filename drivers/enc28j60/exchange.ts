/**
 * Batches one after the other, with waits between them, outside the engine: for a chip that is set up, put to sleep or woken. It
 * has a batch of its own, so that nothing of an interrupted exchange is left in it.
 */
import type { Clock } from "../../hal/clock.ts";
import { ControllerError } from "../../hal/ethernet.ts";
import type { SpiBus } from "../../hal/spi.ts";
import { CommandList } from "./command-list.ts";
import { LSTAT, Phy } from "./registers.ts";
import type { Session } from "./session.ts";
import { PHY_TIME } from "./setup.ts";
import { Waiter } from "./waiter.ts";

/** Where a bus may damage bytes, how often one batch is tried; each only sets things, so doing it twice does no harm. */
const ATTEMPTS = 8;

export class Exchange {
  readonly commands: CommandList = new CommandList();
  readonly #bus: SpiBus;
  readonly #session: Session;
  readonly #waiter: Waiter;
  #aborted = false;
  #running = false;

  constructor(bus: SpiBus, clock: Clock, session: Session) {
    this.#bus = bus;
    this.#session = session;
    this.#waiter = new Waiter(clock);
    this.commands.batch.onDone = () => this.#waiter.done();
  }

  /** Runs `steps`, which abort() may cut short. */
  async run(steps: () => Promise<void>): Promise<void> {
    this.#aborted = false;
    this.#running = true;
    try {
      await steps();
    } finally {
      this.#running = false;
    }
  }

  /** Ends a run() as soon as its bus lets it. */
  abort(): void {
    this.#aborted = true;
    if (this.#running) this.#waiter.done();
  }

  /**
   * Fills a batch and runs it, again if the bus failed and may do better next time.
   * @throws ControllerError ENC28J60_BUS, ENC28J60_ABORTED
   */
  async do(fill: () => void): Promise<void> {
    const { batch } = this.commands;
    for (let left = this.#session.lossy ? ATTEMPTS : 1; left > 0; left--) {
      this.commands.clear();
      if (left < ATTEMPTS && this.#session.lossy) this.commands.selectFirstBank();
      fill();
      if (!this.#bus.transfer(batch)) await this.#waiter.untilDone();
      this.#checkAborted();
      if (!batch.error) return;
    }
    throw this.busError(batch.error as Error);
  }

  async readPhy(register: number): Promise<number> {
    let at = -1;
    await this.do(() => this.commands.startPhyRead(register));
    await this.sleep(PHY_TIME);
    await this.do(() => {
      at = this.commands.finishPhyRead();
    });
    return this.commands.phyValue(at);
  }

  /** Whether there is a link. PHIR is read first: a change from then on raises LINKIF. */
  async readLink(): Promise<boolean> {
    await this.readPhy(Phy.PHIR);
    return ((await this.readPhy(Phy.PHSTAT2)) & LSTAT) !== 0;
  }

  /** @throws ControllerError ENC28J60_ABORTED */
  async sleep(duration: number): Promise<void> {
    await this.#waiter.sleep(duration);
    this.#checkAborted();
  }

  busError(cause: Error): ControllerError {
    const code = "code" in cause && String(cause.code).startsWith("PORT_") ? String(cause.code) : "ENC28J60_BUS";
    return new ControllerError(code, `ENC28J60 on ${this.#bus.description}: the SPI bus failed: ${cause.message}`, { cause });
  }

  #checkAborted(): void {
    if (this.#aborted) throw new ControllerError("ENC28J60_ABORTED", "the device was closed meanwhile");
  }
}
