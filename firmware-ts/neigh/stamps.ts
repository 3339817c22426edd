/**
 * Storage for the time stamps of entries: blocks of plain numbers that entries share. In a field of an object V8 makes a number with a
 * fraction an object of its own, and four of them took a third of an entry's memory and time.
 */

/** Number of entries that share a block. A block lives as long as one of its entries. */
const SHARING = 64;

/** The stamps of an entry, by their offsets from its first one. */
export const Stamp = { DUE: 0, CONFIRMED: 1, USED: 2, UPDATED: 3 } as const;
const STAMPS = 4;

/** Hands out places. A place is never given out twice, because the stamps of an entry outlive its stay in the table. */
export class StampBlocks {
  #block = new Float64Array(0);
  #next = 0;

  /** The block of the next place. To be read before take(). */
  get block(): Float64Array {
    if (this.#next === this.#block.length) {
      this.#block = new Float64Array(SHARING * STAMPS);
      this.#next = 0;
    }
    return this.#block;
  }

  /** Takes the next place. Returns its offset in the block. */
  take(): number {
    const at = this.#next;
    this.#next += STAMPS;
    return at;
  }
}
