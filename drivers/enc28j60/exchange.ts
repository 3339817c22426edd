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

/** Attempts for one batch on a bus that may damage bytes. A batch only sets values, so that a second run does no harm. */
const ATTEMPTS = 8;
/** Pairs of answers about the link at most until two agree. */
const MOST_ANSWERS = 5;

/** A PHY register that is to be written, or read where there is no value. */
export interface PhyAccess {
  readonly register: number;
  readonly value?: number;
}

export class Exchange {
  readonly commands: CommandList = new CommandList();
  /** Batches handed to the bus, and transactions in them. */
  roundTrips = 0;
  transactions = 0;
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
      this.roundTrips++;
      this.transactions += batch.length;
      if (!this.#bus.transfer(batch)) await this.#waiter.untilDone();
      this.#checkAborted();
      if (!batch.error) return;
    }
    throw this.busError(batch.error as Error);
  }

  /** Accesses PHY registers one after the other, one more batch than there are accesses. Returns what the reads brought. */
  async usePhy(accesses: readonly PhyAccess[]): Promise<readonly number[]> {
    const { commands } = this;
    const answers: number[] = [];
    let reading = false;
    for (const next of [...accesses, null]) {
      let at = -1;
      await this.do(() => {
        if (reading) at = commands.finishPhyRead();
        if (next?.value !== undefined) commands.writePhy(next.register, next.value);
        else if (next) commands.startPhyRead(next.register);
      });
      if (reading) answers.push(commands.phyValue(at));
      reading = next !== null && next.value === undefined;
      if (next) await this.sleep(PHY_TIME);
    }
    return answers;
  }

  /** Reads the link until two answers agree. PHIR is read first: a change from then on raises LINKIF. */
  async readLink(): Promise<boolean> {
    const status = { register: Phy.PHSTAT2 };
    let answers = await this.usePhy([{ register: Phy.PHIR }, status, status]);
    for (let left = MOST_ANSWERS; left > 0; left--) {
      const [before, after] = answers.slice(-2).map((answer) => (answer & LSTAT) !== 0);
      if (before === after) break;
      answers = await this.usePhy([status, status]);
    }
    return ((answers.at(-1) as number) & LSTAT) !== 0;
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
