/** Follows the link: EIR.LINKIF, then the PHY's registers through the MII (DS39662 sections 3.3 and 12.1.5). */
import type { Clock } from "../../hal/clock.ts";
import type { Timer } from "../../hal/timer.ts";
import type { CommandList } from "./command-list.ts";
import { Interrupt, LSTAT, Phy, Register } from "./registers.ts";
import type { BusUser, Session } from "./session.ts";
import { PHY_TIME } from "./setup.ts";

const Step = {
  IDLE: 0,
  /** PHIR is being read, which clears LINKIF. It comes first, so that a later change raises LINKIF again. */
  EVENT: 1,
  /** PHSTAT2 is being read. */
  STATUS: 2,
} as const;
type Step = (typeof Step)[keyof typeof Step];

export class LinkMonitor implements BusUser {
  readonly #session: Session;
  readonly #timer: Timer;
  #step: Step = Step.IDLE;
  #answer = -1;

  /** @param ready called when a PHY access has had its time and this part is due again */
  constructor(session: Session, clock: Clock, ready: () => void) {
    this.#session = session;
    this.#timer = clock.timer(ready);
  }

  get due(): boolean {
    if (this.#step === Step.IDLE) return (this.#session.events & Interrupt.LINK) !== 0;
    return !this.#timer.armed;
  }

  /** A look at the PHY is under way; LINKIF is off the interrupt line meanwhile. */
  get looking(): boolean {
    return this.#step !== Step.IDLE;
  }

  stop(): void {
    this.#timer.cancel();
    this.#step = Step.IDLE;
  }

  prepare(commands: CommandList): void {
    this.#answer = -1;
    if (this.#step === Step.IDLE) {
      // LINKIF stays set until PHIR has been read: keep it off the interrupt line meanwhile.
      commands.clearBits(Register.EIE, Interrupt.LINK);
      commands.startPhyRead(Phy.PHIR);
      this.#step = Step.EVENT;
    } else if (this.#step === Step.EVENT) {
      commands.finishPhyRead();
      commands.startPhyRead(Phy.PHSTAT2);
      this.#step = Step.STATUS;
    } else {
      this.#answer = commands.finishPhyRead();
      commands.setBits(Register.EIE, Interrupt.LINK);
      this.#step = Step.IDLE;
    }
  }

  finish(commands: CommandList): void {
    if (this.#answer < 0) {
      this.#timer.arm(PHY_TIME);
      return;
    }
    const session = this.#session;
    session.events &= ~Interrupt.LINK;
    const up = (commands.phyValue(this.#answer) & LSTAT) !== 0;
    if (up === session.carrier) return;
    session.carrier = up;
    session.host?.carrier(up);
  }
}
