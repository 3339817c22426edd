/**
 * Where the time stamps of entries are. A number with a fraction that stands in an object's field is an object of its own to the
 * engine: four of them made up a third of what an entry took, in memory as in time. So entries share blocks of plain numbers.
 */

/** Entries that share a block. A block lives as long as one of its entries. */
const SHARING = 64;

/** Names of an entry's stamps: their places behind its first one. */
export const Stamp = { DUE: 0, CONFIRMED: 1, USED: 2, UPDATED: 3 } as const;
const STAMPS = 4;

/** Hands out places. One that was given out is never given to another: what is known of an entry outlives it. */
export class StampBlocks {
  #block = new Float64Array(0);
  #next = 0;

  /** The block in which the next place is. Ask for it first. */
  get block(): Float64Array {
    if (this.#next === this.#block.length) {
      this.#block = new Float64Array(SHARING * STAMPS);
      this.#next = 0;
    }
    return this.#block;
  }

  /** Takes the place: its offset in the block. */
  take(): number {
    const at = this.#next;
    this.#next += STAMPS;
    return at;
  }
}
