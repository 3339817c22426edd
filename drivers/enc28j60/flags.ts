/** EIR at the beginning of a poll. TXIF is cleared along with being read where it is likely to be set: that saves a round trip. */
import type { CommandList } from "./command-list.ts";
import { Interrupt, Register } from "./registers.ts";
import type { Session } from "./session.ts";

export class EventFlags {
  /** As it was read last. */
  eir = 0;
  readonly #session: Session;
  readonly #sentByNow: () => boolean;
  #at = -1;
  /** TXIF is cleared in the batch that reads it. */
  #sweep = false;

  /** @param sentByNow a frame that was started ought to have left by now */
  constructor(session: Session, sentByNow: () => boolean) {
    this.#session = session;
    this.#sentByNow = sentByNow;
  }

  restart(): void {
    this.#sweep = false;
  }

  read(commands: CommandList): void {
    const { sending, events, lossy } = this.#session;
    this.#at = commands.read(Register.EIR);
    // Where a command may get lost, the flag is the only proof that a frame has left: not cleared before it was seen.
    this.#sweep = sending && events === 0 && !lossy && this.#sentByNow();
    if (this.#sweep) commands.clearBits(Register.EIR, Interrupt.TX);
  }

  /** Takes in the flags; true when they claim that packets wait. */
  take(commands: CommandList): boolean {
    const eir = commands.value(this.#at);
    this.eir = eir;
    if (this.#sweep) {
      this.#sweep = false;
      this.#session.swept = (eir & Interrupt.TX) !== 0 && (eir & Interrupt.TXER) === 0;
      this.#session.doubtful = (eir & (Interrupt.TX | Interrupt.TXER)) === 0;
    }
    return this.#session.note(eir);
  }
}
