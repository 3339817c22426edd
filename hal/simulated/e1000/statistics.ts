/** The 82540EM's statistics registers. */
import { GORCL, GOTCL, STATISTICS, STATISTICS_END, TORL, TOTL } from "./registers.ts";

const MOST = 0xffffffff;

/** The statistics registers (section 13.7): reading clears them, and they stay at their largest value once they reach it. */
export class Statistics {
  readonly #values = new Uint32Array((STATISTICS_END - STATISTICS) >> 2);

  /** Adds 1 to a register. */
  count(register: number): void {
    const at = (register - STATISTICS) >> 2;
    const value = this.#values[at]!;
    if (value !== MOST) this.#values[at] = value + 1;
  }

  /** Adds to a pair of registers, named by its lower half. */
  add(low: number, amount: number): void {
    const at = (low - STATISTICS) >> 2;
    const values = this.#values;
    const sum = values[at]! + amount;
    values[at] = sum;
    if (sum <= MOST) return;
    if (values[at + 1] === MOST) values[at] = MOST;
    else values[at + 1] = values[at + 1]! + 1;
  }

  /** Adds 1 to the register of a length class: six of them from `first`, for 64, 127, 255, 511, 1023 and more bytes with FCS. */
  size(first: number, bytes: number): void {
    let step = 0;
    if (bytes > 64) step = bytes < 128 ? 1 : bytes < 256 ? 2 : bytes < 512 ? 3 : bytes < 1024 ? 4 : 5;
    this.count(first + 4 * step);
  }

  /** Reading the upper half of a pair clears both halves: read the lower one first. */
  read(register: number): number {
    const at = (register - STATISTICS) >> 2;
    const value = this.#values[at]!;
    if (isLow(register)) return value;
    this.#values[at] = 0;
    if (isLow(register - 4)) this.#values[at - 1] = 0;
    return value;
  }

  /** For tests of what happens at the end of the range. */
  poke(register: number, value: number): void {
    this.#values[(register - STATISTICS) >> 2] = value;
  }

  clear(): void {
    this.#values.fill(0);
  }
}

function isLow(register: number): boolean {
  return register === GORCL || register === GOTCL || register === TORL || register === TOTL;
}
