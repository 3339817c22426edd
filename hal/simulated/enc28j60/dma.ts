/**
 * ECON1.DMAST: copies EDMAST..EDMAND to EDMADST, or with CSUMEN sums it up (DS39662 section 13). The source goes round the receive
 * buffer. A byte takes one clock of 25 MHz to be summed and two to be copied.
 */

import type { Timer } from "../../clock.ts";
import type { ChipContext } from "./context.ts";
import type { Errata } from "./errata.ts";
import { internetChecksum } from "./internet-checksum.ts";
import { ADDRESS_MASK, type BufferMemory } from "./memory.ts";
import {
  CSUMEN,
  DMAIF,
  DMAST,
  ECON1,
  EDMACSL,
  EDMADSTL,
  EDMANDL,
  EDMASTL,
  EIR,
  ERXNDL,
  ERXSTL,
  type RegisterFile,
} from "./registers.ts";
import type { Violations } from "./violations.ts";

/** ms */
const CLOCK = 0.00004;

export class Dma {
  /** Called when it is through. */
  onDone: (() => void) | null = null;
  readonly #registers: RegisterFile;
  readonly #memory: BufferMemory;
  readonly #errata: Errata;
  readonly #violations: Violations;
  readonly #timer: Timer;
  readonly #instant: boolean;
  /** A frame came in meanwhile (erratum 17). */
  #disturbed = false;

  constructor({ clock, registers, memory, errata, violations, byteTime }: ChipContext) {
    this.#registers = registers;
    this.#memory = memory;
    this.#errata = errata;
    this.#violations = violations;
    this.#instant = byteTime === 0;
    this.#timer = clock.timer(() => {
      this.#finish();
      this.onDone?.();
    });
  }

  /** DMAST was set. */
  start(): void {
    const registers = this.#registers;
    const start = registers.word(EDMASTL);
    const end = registers.word(EDMANDL);
    if (start === end) this.#violations.note("dma-single-byte", start);
    this.#disturbed = false;
    const ring = start > end && start <= registers.word(ERXNDL);
    const span = ring ? registers.word(ERXNDL) - registers.word(ERXSTL) + 1 : ADDRESS_MASK + 1;
    const clocks = end >= start ? end - start + 1 : end - start + 1 + span;
    if (this.#instant) this.#finish();
    else this.#timer.arm(clocks * CLOCK * (registers.has(ECON1, CSUMEN) ? 1 : 2));
  }

  /** DMAST was cleared, or the chip was reset. */
  cancel(): void {
    this.#timer.cancel();
  }

  /** The receive logic writes to memory. */
  receiving(): void {
    this.#disturbed = true;
  }

  #finish(): void {
    const registers = this.#registers;
    const start = registers.word(EDMASTL);
    const end = registers.word(EDMANDL);
    if (start !== end) {
      if (registers.has(ECON1, CSUMEN)) {
        const sum = checksum(this.#memory, start, end);
        registers.setWord(EDMACSL, this.#disturbed && this.#errata.strikes(17) ? sum ^ 0x0100 : sum);
      } else {
        copy(this.#memory, start, end, registers.word(EDMADSTL));
      }
    }
    registers.lower(ECON1, DMAST);
    registers.raise(EIR, DMAIF);
  }
}

function copy(memory: BufferMemory, start: number, end: number, to: number): void {
  let from = start;
  // A source that never meets the end would copy for ever: it stops after one round of memory.
  for (let count = 0; count <= ADDRESS_MASK; count++) {
    memory.bytes[(to + count) & ADDRESS_MASK] = memory.bytes[from]!;
    if (from === end) return;
    from = memory.behind(from);
  }
}

/** RFC 1071 */
function checksum(memory: BufferMemory, start: number, end: number): number {
  let sum = 0;
  let from = start;
  for (let count = 0; count <= ADDRESS_MASK; count++) {
    const byte = memory.bytes[from]!;
    sum += (count & 1) === 0 ? byte << 8 : byte;
    if (from === end) break;
    from = memory.behind(from);
  }
  return internetChecksum(sum);
}
