/**
 * Follows the link: EIR.LINKIF, then the PHY's registers through the MII (DS39662 sections 3.3 and 12.1.5). Every few seconds the link
 * is read in any case, with the PHY registers without which no frame passes; otherwise one damaged answer, or one LINKIF that got lost,
 * would count for ever. A change is believed when two answers in a row agree.
 */
import type { Clock } from "../../hal/clock.ts";
import type { Timer } from "../../hal/timer.ts";
import type { CommandList } from "./command-list.ts";
import { phyDoesNotHold } from "./errors.ts";
import { Econ1, Interrupt, LSTAT, Micmd, PHY_MASK, Phy, Register, STUCK } from "./registers.ts";
import type { BusUser, Session } from "./session.ts";
import { PHY_TIME, phySetup } from "./setup.ts";

const Step = {
  IDLE: 0,
  /** PHIR is being read, which clears LINKIF. It comes first, so that a later change raises LINKIF again. */
  EVENT: 1,
  /** One of the registers that were written once is being read. */
  SETUP: 2,
  /** PHSTAT2 is being read. It comes last: MIREGADR stays there. */
  STATUS: 3,
  /** It is to be read again. */
  AGAIN: 4,
} as const;
type Step = (typeof Step)[keyof typeof Step];

/** Steps of a read of PHSTAT2 that takes its time: one in each quiet look that has room for it. */
const Quiet = { IDLE: 0, READING: 1, READ: 2 } as const;
type Quiet = (typeof Quiet)[keyof typeof Quiet];

/** Answers to one question at most, until two agree or it is left for the next time. */
const MOST_ANSWERS = 5;

export class LinkMonitor implements BusUser {
  readonly #session: Session;
  readonly #timer: Timer;
  readonly #confused: (reason: Error) => void;
  #step: Step = Step.IDLE;
  #quiet: Quiet = Quiet.IDLE;
  #quietAt = -1;
  /** Somebody wants to know though LINKIF told nothing; and the PHY's set-up is looked at in passing. */
  #asked = false;
  #thorough = false;
  /** Index of the last batch's answers; -1 for none. */
  #setupAt = -1;
  #statusAt = -1;
  #proofAt = -1;
  /** The former answer of PHSTAT2: 1 up, 0 down, -1 nothing; and how often it was asked. */
  #before = -1;
  #answers = 0;
  /** Index of the PHY's register that is looked at next, and whether the last look found it wrong. */
  #next = 0;
  #suspect = false;

  /** @param confused called when the PHY lost its set-up; @param ready called when a PHY access has had its time and this part is due */
  constructor(session: Session, clock: Clock, confused: (reason: Error) => void, ready: () => void) {
    this.#session = session;
    this.#confused = confused;
    this.#timer = clock.timer(ready);
  }

  get due(): boolean {
    if (this.#step === Step.IDLE) return this.#asked || (this.#session.events & Interrupt.LINK) !== 0;
    return !this.#timer.armed;
  }

  /** A look at the PHY is under way; LINKIF is off the interrupt line meanwhile. */
  get looking(): boolean {
    return this.#step !== Step.IDLE;
  }

  stop(): void {
    this.#timer.cancel();
    this.#step = Step.IDLE;
    this.#quiet = Quiet.IDLE;
    this.#asked = false;
    this.#suspect = false;
  }

  /** Asks for a look at the link, and at the PHY's set-up. */
  ask(): void {
    this.#asked = true;
  }

  prepare(commands: CommandList): void {
    this.#setupAt = this.#statusAt = -1;
    switch (this.#step) {
      case Step.IDLE:
        this.#thorough = this.#asked;
        this.#asked = false;
        this.#before = -1;
        this.#answers = 0;
        this.#quiet = Quiet.IDLE;
        this.#start(commands, Phy.PHIR, Step.EVENT);
        break;
      case Step.EVENT:
        commands.finishPhyRead();
        if (this.#thorough) this.#start(commands, this.#setup[0], Step.SETUP);
        else this.#start(commands, Phy.PHSTAT2, Step.STATUS);
        break;
      case Step.SETUP:
        this.#setupAt = commands.finishPhyRead();
        this.#proofAt = commands.read(Register.ECON1);
        this.#start(commands, Phy.PHSTAT2, Step.STATUS);
        break;
      case Step.AGAIN:
        this.#start(commands, Phy.PHSTAT2, Step.STATUS);
        break;
      case Step.STATUS:
        this.#statusAt = commands.finishPhyRead();
        this.#proofAt = commands.read(Register.ECON1);
        commands.setBits(Register.EIE, Interrupt.LINK);
        this.#step = Step.IDLE;
        break;
    }
  }

  finish(commands: CommandList): void {
    if (this.#step !== Step.IDLE) this.#timer.arm(PHY_TIME);
    if (this.#setupAt < 0 && this.#statusAt < 0) return;
    // All zeros and all ones are what is read where there is no chip.
    if ((commands.value(this.#proofAt) & (STUCK | Econ1.RXEN)) !== Econ1.RXEN) {
      this.#session.doubt();
      this.#asked = true;
    } else if (this.#setupAt >= 0) {
      this.#setupRead(commands.phyValue(this.#setupAt));
    } else {
      this.#statusRead((commands.phyValue(this.#statusAt) & LSTAT) !== 0);
    }
  }

  /** Adds one step of a slow read of PHSTAT2 to a batch, with MICMD's bank selected and MIREGADR as a look left it. */
  prepareQuietly(commands: CommandList): void {
    this.#quietAt = -1;
    if (this.#quiet === Quiet.READ) this.#quietAt = commands.read(Register.MIRDH);
    else commands.write(Register.MICMD, this.#quiet === Quiet.IDLE ? Micmd.MIIRD : 0);
    this.#quiet = ((this.#quiet + 1) % 3) as Quiet;
  }

  /** Takes in what such a step brought. */
  finishQuietly(commands: CommandList): void {
    if (this.#quietAt < 0) return;
    const up = (commands.value(this.#quietAt) & (LSTAT >> 8)) !== 0;
    this.#quietAt = -1;
    if (up !== this.#session.carrier) this.ask();
  }

  /** The batch with such a step is not believed. */
  dropQuietly(): void {
    this.#quietAt = -1;
  }

  /** LINKIF stays set until PHIR has been read: it is kept off the interrupt line until the end of the look. */
  #start(commands: CommandList, register: number, step: Step): void {
    if (step === Step.EVENT || this.#step === Step.AGAIN) commands.clearBits(Register.EIE, Interrupt.LINK);
    commands.startPhyRead(register);
    this.#step = step;
  }

  get #setup(): readonly [register: number, value: number] {
    return phySetup(this.#session.fullDuplex)[this.#next] as readonly [number, number];
  }

  #setupRead(found: number): void {
    const [register, value] = this.#setup;
    const wrong = ((found ^ value) & PHY_MASK[register]!) !== 0;
    if (!wrong) this.#next = (this.#next + 1) % phySetup(this.#session.fullDuplex).length;
    else if (this.#suspect) this.#confused(phyDoesNotHold(register, value, found));
    else this.ask();
    if (wrong) this.#session.health.suspicions++;
    this.#suspect = wrong;
  }

  #statusRead(up: boolean): void {
    const session = this.#session;
    if (this.#answers === 0) session.events &= ~Interrupt.LINK;
    if (up === session.carrier && this.#before < 0) return;
    const believed = this.#before === Number(up);
    this.#before = Number(up);
    if (!believed && ++this.#answers < MOST_ANSWERS) {
      this.#step = Step.AGAIN;
      return;
    }
    if (!believed || up === session.carrier) return;
    session.carrier = up;
    session.host?.carrier(up);
  }
}
