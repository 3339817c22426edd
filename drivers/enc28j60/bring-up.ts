/**
 * From a chip in any state to one that receives and sends: wake, reset, identify, set up, start. For open(), and for the repair of
 * a chip or a bus that had lost its way.
 */
import type { SpiBus } from "../../hal/spi.ts";
import { Audit } from "./audit.ts";
import { notFound, tooSlow } from "./errors.ts";
import type { Exchange } from "./exchange.ts";
import { Econ2, Estat, needsFastClock, Register, revisionName } from "./registers.ts";
import type { ReceiveRing } from "./ring.ts";
import type { Session } from "./session.ts";
import { type ChipSettings, OSCILLATOR_START, PHY_TIME, phySetup, RESET_TIME, SLOWEST_CLOCK, setUpMac, start } from "./setup.ts";

export class BringUp {
  /** As it was last identified; null: never. */
  revision: string | null = null;
  readonly #bus: SpiBus;
  readonly #exchange: Exchange;
  readonly #session: Session;
  readonly #ring: ReceiveRing;
  readonly #settings: ChipSettings;
  readonly #audit: Audit;

  constructor(bus: SpiBus, exchange: Exchange, session: Session, ring: ReceiveRing, settings: ChipSettings) {
    this.#bus = bus;
    this.#exchange = exchange;
    this.#session = session;
    this.#ring = ring;
    this.#settings = settings;
    this.#audit = new Audit(session, settings.address);
  }

  /** @throws ControllerError ENC28J60_NOT_FOUND, ENC28J60_SPI_CLOCK, ENC28J60_BUS, ENC28J60_ABORTED */
  run(): Promise<void> {
    return this.#exchange.run(() => this.#run());
  }

  /** Ends a run() as soon as its bus lets it. */
  abort(): void {
    this.#exchange.abort();
  }

  async #run(): Promise<void> {
    const exchange = this.#exchange;
    const { commands } = exchange;
    const session = this.#session;
    // A chip in power save ignores a reset (erratum 19): wake it first.
    await exchange.do(() => commands.clearBits(Register.ECON2, Econ2.PWRSV));
    await exchange.sleep(OSCILLATOR_START);
    await exchange.do(() => commands.reset());
    await exchange.sleep(RESET_TIME);
    await this.#identify();

    for (const part of setUpMac(session, this.#ring, this.#settings)) {
      await exchange.do(() => {
        commands.selectFirstBank();
        part(commands);
      });
    }
    for (const [register, value] of phySetup(session.fullDuplex)) {
      await exchange.do(() => commands.writePhy(register, value));
      await exchange.sleep(PHY_TIME);
    }
    // PHIR before PHSTAT2, and EIE after both: a link that changes from here on leaves LINKIF set.
    session.carrier = await exchange.readLink();
    await exchange.do(() => start(commands, session.line !== null));
    if (session.lossy) await this.#verify();
    await exchange.do(() => commands.selectFirstBank());
  }

  async #identify(): Promise<void> {
    const { commands } = this.#exchange;
    let revisionAt = -1;
    let statusAt = -1;
    await this.#exchange.do(() => {
      revisionAt = commands.read(Register.EREVID);
      statusAt = commands.read(Register.ESTAT);
    });
    const erevid = commands.value(revisionAt);
    const revision = revisionName(erevid);
    if (!revision || (commands.value(statusAt) & Estat.ALWAYS_ZERO) !== 0) throw notFound(this.#bus.description, erevid);
    this.revision = revision;
    const hertz = this.#bus.hertz ?? Number.POSITIVE_INFINITY;
    if (needsFastClock(erevid) && hertz < SLOWEST_CLOCK) throw tooSlow(this.#bus.description, revision, hertz);
  }

  /** What was written is read back: a byte of it may have been damaged on its way. */
  async #verify(): Promise<void> {
    for (let left = this.#audit.begin(); left > 0; left--) {
      await this.#exchange.do(() => this.#audit.prepare(this.#exchange.commands));
      const wrong = this.#audit.wrong(this.#exchange.commands);
      if (wrong !== null) throw this.#exchange.busError(wrong);
    }
  }
}
