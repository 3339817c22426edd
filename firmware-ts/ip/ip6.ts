/**
 * IPv6 addresses as objects that are compared with `===`: an Ip6Interner hands out one frozen object for each address, as long as
 * anybody holds it. Objects of different interners differ; a stack owns one and hands it in where addresses are read.
 */

/** An IPv6 address: four int32 words, the first octets first. Made by an Ip6Interner only. */
class Ip6 {
  readonly a: number;
  readonly b: number;
  readonly c: number;
  readonly d: number;
  /** The sum of its words of 16 bits, for the checksums that cover an address (RFC 8200 8.1). */
  readonly sum: number;
  /** Spread over 32 bits in a way that differs between stacks: for tables of addresses. */
  readonly hash: number;

  constructor(a: number, b: number, c: number, d: number, hash: number) {
    this.a = a;
    this.b = b;
    this.c = c;
    this.d = d;
    const high = (a >>> 16) + (b >>> 16) + (c >>> 16) + (d >>> 16);
    this.sum = high + (a & 0xffff) + (b & 0xffff) + (c & 0xffff) + (d & 0xffff);
    this.hash = hash;
    Object.freeze(this);
  }
}

export type { Ip6 };

/** Addresses held strongly, 2 to this power: a station that was heard a moment ago is found without a new object. */
const RECENT_LOG2 = 8;
/** Known addresses below which nobody looks for those that were collected. */
const FIRST_SWEEP = 1024;

/**
 * Finds or makes the object of an address. Objects are held weakly, but for a few recent ones: a flood of forged sources leaves
 * nothing behind that garbage collection does not take.
 */
export class Ip6Interner {
  readonly #seed: number;
  /** By the top bits of the hash; each gives way to the next address with the same ones. */
  readonly #recent = new Array<Ip6 | null>(1 << RECENT_LOG2).fill(null);
  /** By hash. Two addresses rarely share one. */
  readonly #known = new Map<number, WeakRef<Ip6>[]>();
  #size = 0;
  #sweepAt = FIRST_SWEEP;

  /** @param seed any int32, different in each stack: nobody can choose addresses that meet in one place */
  constructor(seed: number) {
    this.#seed = seed | 1;
  }

  /** Addresses that are known; some of them may be collected already. */
  get size(): number {
    return this.#size;
  }

  /** Returns the address of four int32 words. Allocates nothing for one that was asked for a moment ago. */
  intern(a: number, b: number, c: number, d: number): Ip6 {
    const hash = this.#hash(a, b, c, d);
    const place = hash >>> (32 - RECENT_LOG2);
    const recent = this.#recent[place];
    if (recent && same(recent, a, b, c, d)) return recent;
    const address = this.#find(hash, a, b, c, d) ?? this.#make(hash, a, b, c, d);
    this.#recent[place] = address;
    return address;
  }

  /** Reads the sixteen octets at `at` of a packet. */
  read(view: DataView, at: number): Ip6 {
    return this.intern(view.getInt32(at), view.getInt32(at + 4), view.getInt32(at + 8), view.getInt32(at + 12));
  }

  #find(hash: number, a: number, b: number, c: number, d: number): Ip6 | null {
    for (const reference of this.#known.get(hash) ?? []) {
      const address = reference.deref();
      if (address && same(address, a, b, c, d)) return address;
    }
    return null;
  }

  #make(hash: number, a: number, b: number, c: number, d: number): Ip6 {
    if (this.#size >= this.#sweepAt) this.#sweep();
    const address = new Ip6(a, b, c, d, hash);
    const reference = new WeakRef(address);
    const others = this.#known.get(hash);
    if (others) others.push(reference);
    else this.#known.set(hash, [reference]);
    this.#size++;
    return address;
  }

  /** Forgets those that were collected. Done when as many were made as were left the last time: a constant cost for each. */
  #sweep(): void {
    this.#size = 0;
    for (const [hash, references] of this.#known) {
      const left = references.filter((reference) => reference.deref() !== undefined);
      this.#size += left.length;
      if (left.length === 0) this.#known.delete(hash);
      else if (left.length < references.length) this.#known.set(hash, left);
    }
    this.#sweepAt = Math.max(FIRST_SWEEP, 2 * this.#size);
  }

  #hash(a: number, b: number, c: number, d: number): number {
    const seed = this.#seed;
    let hash = Math.imul(a ^ seed, MIX);
    hash = Math.imul(hash ^ (hash >>> 15) ^ b, seed);
    hash = Math.imul(hash ^ (hash >>> 15) ^ c, MIX);
    hash = Math.imul(hash ^ (hash >>> 15) ^ d, seed);
    return hash ^ (hash >>> 16);
  }
}

function same(address: Ip6, a: number, b: number, c: number, d: number): boolean {
  return address.d === d && address.c === c && address.b === b && address.a === a;
}

/** 2^32 divided by the golden ratio: spreads neighbouring numbers. */
const MIX = 0x9e3779b1;
