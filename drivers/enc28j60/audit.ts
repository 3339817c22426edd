/**
 * A look at the registers that nothing else would tell of: a byte damaged on its way to the chip leaves it deaf, or with another
 * address, and no command fails. Only for buses that may damage bytes; not every chip model reads back what was written.
 */

import type { ReceiveMode } from "../../hal/ethernet.ts";
import type { CommandList } from "./command-list.ts";
import { Econ1, Econ2, Register, STATION_ADDRESS } from "./registers.ts";
import { MAX_FRAME_WITH_FCS, RING_END, RING_START, TRANSMIT_START } from "./ring.ts";
import type { Session } from "./session.ts";
import { enabledInterrupts, filterFor, macSetup } from "./setup.ts";

/** Bits of ECON1 that stay set by a damaged command and stop the chip. */
const STUCK = Econ1.TXRST | Econ1.RXRST | Econ1.DMAST | Econ1.CSUMEN;
/** Registers looked at in one batch: the shorter it is, the likelier it passes a bad line whole. */
const GROUP = 6;

interface Audited {
  readonly address: Uint8Array;
  readonly mode: ReceiveMode;
  readonly fullDuplex: boolean;
}

export class Audit {
  readonly #session: Session;
  readonly #settings: Audited;
  /** Register and what it holds, one after the other; made anew for each round. */
  #expected: (readonly [register: number, value: number])[] = [];
  #first = 0;
  readonly #answers: number[] = [];
  #econ1At = -1;
  #econ2At = -1;

  constructor(session: Session, settings: Audited) {
    this.#session = session;
    this.#settings = settings;
  }

  /** Begins a round. Returns the number of batches that it takes. */
  begin(): number {
    const { address, mode, fullDuplex } = this.#settings;
    const { line, lossy } = this.#session;
    this.#first = 0;
    this.#expected = [
      [Register.EIE, enabledInterrupts(line !== null)],
      ...both(Register.ETXST, TRANSMIT_START),
      ...both(Register.ERXST, RING_START),
      ...both(Register.ERXND, RING_END),
      [Register.ERXFCON, filterFor(mode)],
      ...macSetup(fullDuplex, lossy),
      ...both(Register.MAMXFL, MAX_FRAME_WITH_FCS),
      ...STATION_ADDRESS.map((register, at) => [register, address[at] as number] as const),
    ];
    return Math.ceil(this.#expected.length / GROUP);
  }

  /** Fills a batch with the next reads of the round. */
  prepare(commands: CommandList): void {
    this.#answers.length = 0;
    commands.selectFirstBank();
    this.#econ1At = commands.read(Register.ECON1);
    this.#econ2At = commands.read(Register.ECON2);
    for (let at = this.#first; at < Math.min(this.#first + GROUP, this.#expected.length); at++) {
      this.#answers.push(commands.read((this.#expected[at] as readonly [number, number])[0]));
    }
  }

  /** The first register that does not hold what it should, for people; null when all of this batch do. */
  wrong(commands: CommandList): string | null {
    const econ1 = commands.value(this.#econ1At);
    // The bank was selected by this batch itself.
    if ((econ1 & STUCK) !== 0 || (econ1 & Econ1.RXEN) === 0 || (econ1 & Econ1.BSEL) !== 0) return "ECON1";
    if ((commands.value(this.#econ2At) & (Econ2.AUTOINC | Econ2.PWRSV)) !== Econ2.AUTOINC) return "ECON2";
    for (const [index, answer] of this.#answers.entries()) {
      const [register, value] = this.#expected[this.#first + index] as readonly [number, number];
      if (commands.value(answer) !== value) return `register 0x${register.toString(16)}`;
    }
    this.#first += this.#answers.length;
    return null;
  }
}

/** A register pair. */
function both(register: number, value: number): readonly (readonly [number, number])[] {
  return [
    [register, value & 0xff],
    [register + 1, value >> 8],
  ];
}
