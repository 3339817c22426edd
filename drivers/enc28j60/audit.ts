/**
 * A look at the registers that nothing else would tell of: a byte damaged on its way to the chip leaves it deaf, or with another
 * address, and no command fails. Only for buses that may damage bytes; not every chip model reads back what was written.
 */

import type { CommandList } from "./command-list.ts";
import { Econ1, Econ2, Register } from "./registers.ts";
import { RING_END, RING_START, TRANSMIT_START } from "./ring.ts";
import type { Session } from "./session.ts";
import { both, enabledInterrupts, macSetup, type RegisterValue } from "./setup.ts";

/** Bits of ECON1 that stay set by a damaged command and stop the chip. */
const STUCK = Econ1.TXRST | Econ1.RXRST | Econ1.DMAST | Econ1.CSUMEN;
/** Registers looked at in one batch: the shorter it is, the likelier it passes a bad line whole. */
const GROUP = 6;

export class Audit {
  readonly #session: Session;
  readonly #address: Uint8Array;
  /** Made anew for each batch: what a register was told may have changed since the last one. */
  #expected: readonly RegisterValue[] = [];
  #first = 0;
  readonly #answers: number[] = [];
  #econ1At = -1;
  #econ2At = -1;

  constructor(session: Session, address: Uint8Array) {
    this.#session = session;
    this.#address = address;
  }

  /** Begins a round. Returns the number of batches that it takes. */
  begin(): number {
    this.#first = 0;
    return Math.ceil(this.#registers().length / GROUP);
  }

  /** Fills a batch with the next reads of the round. */
  prepare(commands: CommandList): void {
    this.#expected = this.#registers();
    this.#answers.length = 0;
    commands.selectFirstBank();
    this.#econ1At = commands.read(Register.ECON1);
    this.#econ2At = commands.read(Register.ECON2);
    for (let at = this.#first; at < Math.min(this.#first + GROUP, this.#expected.length); at++) {
      this.#answers.push(commands.read((this.#expected[at] as RegisterValue)[0]));
    }
  }

  /** Of the first register that does not hold what it should; null when all of this batch do. */
  wrong(commands: CommandList): Error | null {
    const econ1 = commands.value(this.#econ1At);
    // The bank was selected by this batch itself.
    if ((econ1 & STUCK) !== 0 || (econ1 & Econ1.RXEN) === 0 || (econ1 & Econ1.BSEL) !== 0) return doesNotHold("ECON1");
    if ((commands.value(this.#econ2At) & (Econ2.AUTOINC | Econ2.PWRSV)) !== Econ2.AUTOINC) return doesNotHold("ECON2");
    for (const [index, answer] of this.#answers.entries()) {
      const [register, value] = this.#expected[this.#first + index] as RegisterValue;
      if (commands.value(answer) !== value) return doesNotHold(`register 0x${register.toString(16)}`);
    }
    this.#first += this.#answers.length;
    return null;
  }

  #registers(): readonly RegisterValue[] {
    const { line, filter } = this.#session;
    return [
      [Register.EIE, enabledInterrupts(line !== null)],
      ...both(Register.ETXST, TRANSMIT_START),
      ...both(Register.ERXST, RING_START),
      ...both(Register.ERXND, RING_END),
      [Register.ERXFCON, filter],
      ...macSetup(this.#address, this.#session),
    ];
  }
}

function doesNotHold(register: string): Error {
  return new Error(`${register} does not hold what was written to it`);
}
