/**
 * From a chip in any state to one that receives and sends: wake, reset, identify, set up, start. For open(), and for the repair of
 * a chip or a bus that had lost its way. It has a batch of its own, so that nothing of an interrupted exchange is left in it.
 */
import type { Clock } from "../../hal/clock.ts";
import { ControllerError, type ReceiveMode } from "../../hal/ethernet.ts";
import type { SpiBus } from "../../hal/spi.ts";
import type { Timer } from "../../hal/timer.ts";
import { Audit } from "./audit.ts";
import { CommandList } from "./command-list.ts";
import { Econ2, Estat, LSTAT, Phy, Register, revisionName } from "./registers.ts";
import type { ReceiveRing } from "./ring.ts";
import type { Session } from "./session.ts";
import { notFound, OSCILLATOR_START, PHY_TIME, phySetup, RESET_TIME, setUpMac, start } from "./setup.ts";

/** Where a bus may damage bytes, how often one batch is tried; each only sets things, so doing it twice does no harm. */
const ATTEMPTS = 8;

export interface ChipSettings {
  readonly address: Uint8Array;
  readonly mode: ReceiveMode;
  readonly fullDuplex: boolean;
}

export class BringUp {
  /** As it was last identified; null: never. */
  revision: string | null = null;
  readonly #bus: SpiBus;
  readonly #session: Session;
  readonly #ring: ReceiveRing;
  readonly #settings: ChipSettings;
  readonly #commands = new CommandList();
  readonly #audit: Audit;
  readonly #timer: Timer;
  #resume: (() => void) | null = null;
  #aborted = false;
  /** Who is told when the bus lets go of the batch after an abort. */
  #running = false;

  constructor(bus: SpiBus, clock: Clock, session: Session, ring: ReceiveRing, settings: ChipSettings) {
    this.#bus = bus;
    this.#session = session;
    this.#ring = ring;
    this.#settings = settings;
    this.#audit = new Audit(session, settings);
    this.#timer = clock.timer(() => this.#continue());
    this.#commands.batch.onDone = () => this.#continue();
  }

  /**
   * @param interruptLine somebody listens to the chip's INT pin
   * @throws ControllerError ENC28J60_NOT_FOUND, ENC28J60_BUS, ENC28J60_ABORTED
   */
  async run(interruptLine: boolean): Promise<void> {
    this.#aborted = false;
    this.#running = true;
    try {
      await this.#run(interruptLine);
    } finally {
      this.#running = false;
    }
  }

  /** Ends a run() as soon as its bus lets it. */
  abort(): void {
    this.#aborted = true;
    if (this.#running) this.#continue();
  }

  async #run(interruptLine: boolean): Promise<void> {
    const commands = this.#commands;
    const { address, mode, fullDuplex } = this.#settings;
    const { lossy } = this.#session;
    // A chip in power save ignores a reset (erratum 19): wake it first.
    await this.#do(() => commands.clearBits(Register.ECON2, Econ2.PWRSV));
    await this.#sleep(OSCILLATOR_START);
    await this.#do(() => commands.reset());
    await this.#sleep(RESET_TIME);
    await this.#identify();

    for (const part of setUpMac(this.#ring, address, mode, fullDuplex, lossy)) {
      await this.#do(() => {
        commands.selectFirstBank();
        part(commands);
      });
    }
    for (const [register, value] of phySetup(fullDuplex)) {
      await this.#do(() => commands.writePhy(register, value));
      await this.#sleep(PHY_TIME);
    }
    // PHIR before PHSTAT2, and EIE after both: a link that changes from here on leaves LINKIF set.
    await this.#readPhy(Phy.PHIR);
    this.#session.carrier = ((await this.#readPhy(Phy.PHSTAT2)) & LSTAT) !== 0;
    await this.#do(() => start(commands, interruptLine));
    if (lossy) await this.#verify();
    await this.#do(() => commands.selectFirstBank());
  }

  async #identify(): Promise<void> {
    const commands = this.#commands;
    let revisionAt = -1;
    let statusAt = -1;
    await this.#do(() => {
      revisionAt = commands.read(Register.EREVID);
      statusAt = commands.read(Register.ESTAT);
    });
    const erevid = commands.value(revisionAt);
    const revision = revisionName(erevid);
    if (revision && (commands.value(statusAt) & Estat.ALWAYS_ZERO) === 0) this.revision = revision;
    else throw notFound(this.#bus.description, erevid);
  }

  /** What was written is read back: a byte of it may have been damaged on its way. */
  async #verify(): Promise<void> {
    for (let left = this.#audit.begin(); left > 0; left--) {
      await this.#do(() => this.#audit.prepare(this.#commands));
      const wrong = this.#audit.wrong(this.#commands);
      if (wrong !== null) throw this.#busError(new Error(`${wrong} does not hold what was written to it`));
    }
  }

  async #readPhy(register: number): Promise<number> {
    const commands = this.#commands;
    let at = -1;
    await this.#do(() => commands.startPhyRead(register));
    await this.#sleep(PHY_TIME);
    await this.#do(() => {
      at = commands.finishPhyRead();
    });
    return commands.phyValue(at);
  }

  /** Fills a batch and runs it, again if the bus failed and may do better next time. */
  async #do(fill: () => void): Promise<void> {
    const { batch } = this.#commands;
    for (let left = this.#session.lossy ? ATTEMPTS : 1; left > 0; left--) {
      this.#commands.clear();
      if (left < ATTEMPTS && this.#session.lossy) this.#commands.selectFirstBank();
      fill();
      if (!this.#bus.transfer(batch)) await this.#resumed();
      if (this.#aborted) throw new ControllerError("ENC28J60_ABORTED", "the device was closed meanwhile");
      if (!batch.error) return;
    }
    throw this.#busError(batch.error as Error);
  }

  #busError(cause: Error): ControllerError {
    const code = "code" in cause && String(cause.code).startsWith("PORT_") ? String(cause.code) : "ENC28J60_BUS";
    return new ControllerError(code, `ENC28J60 on ${this.#bus.description}: the SPI bus failed: ${cause.message}`, { cause });
  }

  async #sleep(duration: number): Promise<void> {
    this.#timer.arm(duration);
    await this.#resumed();
    if (this.#aborted) throw new ControllerError("ENC28J60_ABORTED", "the device was closed meanwhile");
  }

  #resumed(): Promise<void> {
    return new Promise((resolve) => {
      this.#resume = resolve;
    });
  }

  #continue(): void {
    this.#timer.cancel();
    const resume = this.#resume;
    this.#resume = null;
    resume?.();
  }
}
