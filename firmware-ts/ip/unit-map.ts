/** The parts of a fragmented packet that are there, in units of eight octets (RFC 791 3.1, RFC 8200 4.5): a bit for each. */

/** Offsets count in units of so many octets. */
export const FRAGMENT_UNIT = 8;

/** A fragment at the greatest offset may reach beyond the longest packet, by less than a frame's length. */
const UNITS = 8448;
const WORD = 32;

/** How much of a range is there. */
export const Coverage = { NONE: 0, SOME: 1, ALL: 2 } as const;
export type Coverage = (typeof Coverage)[keyof typeof Coverage];

export class UnitMap {
  readonly #words = new Int32Array(UNITS / WORD);

  /** Bytes of memory. */
  static readonly BYTES: number = UNITS / 8;

  /** Tells how many of the octets from..to are there; `from` is a multiple of eight. */
  covers(from: number, to: number): Coverage {
    const words = this.#words;
    const end = Math.ceil(to / FRAGMENT_UNIT);
    let some = false;
    let all = true;
    for (let unit = from / FRAGMENT_UNIT; unit < end; unit = (unit | (WORD - 1)) + 1) {
      const mask = maskOf(unit, end);
      const there = words[unit >>> 5]! & mask;
      if (there !== 0) some = true;
      if (there !== mask) all = false;
    }
    return some ? (all ? Coverage.ALL : Coverage.SOME) : Coverage.NONE;
  }

  add(from: number, to: number): void {
    const end = Math.ceil(to / FRAGMENT_UNIT);
    for (let unit = from / FRAGMENT_UNIT; unit < end; unit = (unit | (WORD - 1)) + 1) {
      this.#words[unit >>> 5] = this.#words[unit >>> 5]! | maskOf(unit, end);
    }
  }

  clear(): void {
    this.#words.fill(0);
  }
}

/** The bits of unit..end in the word of `unit`. */
function maskOf(unit: number, end: number): number {
  const low = -1 << (unit & (WORD - 1));
  const last = end - (unit & -WORD);
  return last >= WORD ? low : low & ~(-1 << last);
}
