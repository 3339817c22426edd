/**
 * Takes a chip from any state to one that receives and sends: wake, reset, identify, set up, start. For open(), and for repairs of the
 * chip or its bus.
 */
import type { SpiBus } from "../../hal/spi.ts";
import type { Audit, Finding } from "./audit.ts";
import { notFound, phyDoesNotHold, tooSlow } from "./errors.ts";
import type { Exchange, PhyAccess } from "./exchange.ts";
import { Econ1, Econ2, Estat, LSTAT, needsFastClock, PHY_MASK, Phy, Register, revisionName } from "./registers.ts";
import type { ReceiveRing } from "./ring.ts";
import type { Session } from "./session.ts";
import { type ChipSettings, OSCILLATOR_START, phySetup, RESET_TIME, SLOWEST_CLOCK, setUpMac, start } from "./setup.ts";

/** How often a PHY register is written until it holds what it was told. */
const PHY_ATTEMPTS = 3;
/** How often the MAC is written again until it holds what it was told. */
const REWRITES = 2;

export class BringUp {
  /** As it was last identified; null: never. */
  revision: string | null = null;
  readonly #bus: SpiBus;
  readonly #exchange: Exchange;
  readonly #session: Session;
  readonly #ring: ReceiveRing;
  readonly #settings: ChipSettings;
  readonly #audit: Audit;

  constructor(bus: SpiBus, exchange: Exchange, session: Session, ring: ReceiveRing, settings: ChipSettings, audit: Audit) {
    this.#bus = bus;
    this.#exchange = exchange;
    this.#session = session;
    this.#ring = ring;
    this.#settings = settings;
    this.#audit = audit;
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

    session.transmitEnd = -1;
    await this.#setUpMac();
    // PHIR before PHSTAT2, and EIE after both: a link that changes from here on leaves LINKIF set.
    session.carrier = await this.#setUpPhy();
    await exchange.do(() => start(commands, session.line !== null));
    await this.#verify();
  }

  async #setUpMac(): Promise<void> {
    const { commands } = this.#exchange;
    for (const part of setUpMac(this.#session, this.#ring, this.#settings)) {
      await this.#exchange.do(() => {
        commands.selectFirstBank();
        part(commands);
      });
    }
  }

  /** The PHY's registers, each read back, and the link. Returns whether it is up. */
  async #setUpPhy(): Promise<boolean> {
    const exchange = this.#exchange;
    const setup = phySetup(this.#session.fullDuplex);
    const accesses = setup.flatMap(([register, value]): PhyAccess[] => [{ register, value }, { register }]);
    const status = { register: Phy.PHSTAT2 };
    for (let left = PHY_ATTEMPTS; ; ) {
      const answers = await exchange.usePhy([...accesses, { register: Phy.PHIR }, status, status]);
      const wrong = setup.findIndex(([register, value], at) => ((answers[at]! ^ value) & PHY_MASK[register]!) !== 0);
      const [before, after] = answers.slice(-2).map((answer) => (answer & LSTAT) !== 0);
      if (wrong < 0) return before === after ? before === true : exchange.readLink();
      if (--left > 0) continue;
      const [register, value] = setup[wrong] as (typeof setup)[number];
      throw exchange.busError(phyDoesNotHold(register, value, answers[wrong]!));
    }
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

  /**
   * Reads back all that was written, because a byte may have been damaged on its way. A register that holds the same wrong value after
   * a second write cannot be read back, or is not there; if nothing depends on it, it is left alone.
   */
  async #verify(): Promise<void> {
    const { commands } = this.#exchange;
    let wrong = await this.#read();
    for (let left = REWRITES; wrong !== null && left > 0; left--) {
      await this.#exchange.do(() => {
        commands.selectFirstBank();
        commands.clearBits(Register.ECON1, Econ1.RXEN);
      });
      await this.#setUpMac();
      await this.#exchange.do(() => start(commands, this.#session.line !== null));
      let again = await this.#read();
      if (again?.register === wrong.register && again.found === wrong.found && this.#audit.overlook(again.register)) {
        again = await this.#read();
        left = REWRITES;
      }
      wrong = again;
    }
    if (wrong !== null) throw this.#exchange.busError(wrong.reason);
  }

  /** Null when every register holds what it was told. */
  async #read(): Promise<Finding | null> {
    const { commands } = this.#exchange;
    const audit = this.#audit;
    const batches = this.#session.lossy ? audit.groups : 1;
    for (let batch = 0; batch < batches; batch++) {
      await this.#exchange.do(() => {
        if (batches === 1) audit.prepareAll(commands);
        else audit.prepareGroup(commands, batch);
        commands.returnToFirstBank();
      });
      const wrong = audit.wrong(commands);
      if (wrong !== null) return wrong;
    }
    return null;
  }
}
