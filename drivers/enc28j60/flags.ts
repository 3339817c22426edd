/**
 * Reads EIR at the beginning of a poll, and in the same batch the proof that a frame has left, which saves a round trip. With the
 * interrupt line the proof is TXIF, which is cleared in that batch. Where the chip is polled it is ECON1: TXRTS is clear again, and RXEN
 * shows that this is the chip that was set up. (A chip that was reset sends the bytes at address 0, and sets TXIF.)
 */
import type { CommandList } from "./command-list.ts";
import { Econ1, Interrupt, NO_ANSWER, Register, STUCK } from "./registers.ts";
import type { Session } from "./session.ts";

export class EventFlags {
  /** As it was read last. */
  eir = 0;
  readonly #session: Session;
  readonly #sentByNow: () => boolean;
  #at = -1;
  #controlAt = -1;
  /** This batch asks after a frame. */
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
    const { sending, events, lossy, polled } = this.#session;
    // On a bus that may lose a command the flag is the only proof that a frame has left: it is not cleared before it was seen.
    this.#sweep = sending && events === 0 && !lossy && this.#sentByNow();
    // ECON1 first: a frame that is aborted in between shows in EIR.
    if (this.#sweep && polled) this.#controlAt = commands.read(Register.ECON1);
    this.#at = commands.read(Register.EIR);
    if (this.#sweep && !polled) commands.clearBits(Register.EIR, Interrupt.TX);
  }

  /** Takes in the flags; true when they claim that packets wait. */
  take(commands: CommandList): boolean {
    const eir = commands.value(this.#at);
    this.eir = eir;
    if (this.#sweep) {
      this.#sweep = false;
      if (this.#session.polled) this.#control(commands.value(this.#controlAt), eir);
      else this.#flag(eir);
    }
    return this.#session.note(eir);
  }

  #flag(eir: number): void {
    const possible = (eir & NO_ANSWER) === 0;
    this.#session.swept = possible && (eir & Interrupt.TX) !== 0 && (eir & Interrupt.TXER) === 0;
    // The flag may have come after it was read, or was not read as it was: it is gone either way.
    this.#session.doubtful = !possible || (eir & (Interrupt.TX | Interrupt.TXER)) === 0;
  }

  #control(econ1: number, eir: number): void {
    const control = econ1 & (STUCK | Econ1.RXEN | Econ1.TXRTS);
    if ((control & ~Econ1.TXRTS) !== Econ1.RXEN) this.#session.doubt();
    else this.#session.swept = control === Econ1.RXEN && (eir & (NO_ANSWER | Interrupt.TXER)) === 0;
  }
}
