/**
 * The identification of packets of ours (RFC 791 3.2): a count for each source, destination and protocol, so that nobody learns from his
 * own packets how many others get (RFC 7739 3). Pairs that meet in one place share its count.
 */
import type { Random } from "../../../hal/random.ts";

/** Number of counts, as a power of 2. */
const PLACES_LOG2 = 11;
/** 2^32 divided by the golden ratio: spreads neighbouring numbers. */
const MIX = 0x9e3779b1;

export class Identifications {
  #key: number;
  readonly #counts: Uint16Array;

  constructor(random: Random) {
    this.#key = random.below(0x100000000) | 0;
    this.#counts = new Uint16Array(1 << PLACES_LOG2);
    for (let place = 0; place < this.#counts.length; place++) this.#counts[place] = random.below(0x10000);
  }

  next(source: number, destination: number, protocol: number): number {
    return this.at(this.placeOf(source, destination, protocol));
  }

  /** Returns the place of a count, for at(). */
  placeOf(source: number, destination: number, protocol: number): number {
    return Math.imul(destination ^ Math.imul(source ^ Math.imul(protocol ^ this.#key, MIX), MIX), MIX) >>> (32 - PLACES_LOG2);
  }

  /** The key and all counts: for a stack that goes on after its process has ended. */
  save(): { key: number; counts: Uint16Array } {
    return { key: this.#key, counts: this.#counts.slice() };
  }

  /** Goes on from what save() returned. Places that were found before are of no account any more. */
  restore({ key, counts }: { key: number; counts: Uint16Array }): void {
    this.#key = key;
    this.#counts.set(counts.subarray(0, this.#counts.length));
  }

  /** As next(), by the place of the count. */
  at(place: number): number {
    const id = this.#counts[place]!;
    this.#counts[place] = id + 1;
    return id;
  }
}
