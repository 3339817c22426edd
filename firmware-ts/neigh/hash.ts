/**
 * Finds entries by key and device: chained buckets, doubled when there are more entries than buckets.
 *
 * The chains are numbers in typed arrays, and the entries stand in the order in which they came. Buckets that hold the entries themselves
 * cost half of an insert's time at a million entries: V8's garbage collector looks at every store, all over a large array, and moves the
 * entries in that order. Doubling the buckets looks at no entry.
 */
import type { NetDevice } from "../net/device.ts";
import type { Neighbour } from "./entry.ts";
import { type KeyRest, sameRest } from "./key.ts";

/** Buckets of an empty table. */
const FIRST_BUCKETS = 8;
/** The end of a chain. */
const NONE = -1;
/** Fields of a slot in `links`: the hash of its entry, and the next slot of the chain or of the list of free slots. */
const LINK = 2;
const HASH = 0;
const NEXT = 1;

export class NeighHash {
  /** Odd, and different in each stack, so that nobody can choose addresses that meet in one bucket. */
  readonly #seed: number;
  /** The first slot of each bucket's chain. */
  #buckets: Int32Array = new Int32Array(FIRST_BUCKETS).fill(NONE);
  /** Has as many slots as there are buckets. */
  #links: Int32Array = new Int32Array(FIRST_BUCKETS * LINK);
  /** The entry of each slot that was ever used; null in a free one. */
  readonly #entries: (Neighbour | null)[] = [];
  #free = NONE;
  #size = 0;

  constructor(seed: number) {
    this.#seed = seed;
  }

  get size(): number {
    return this.#size;
  }

  find(key: number, device: NetDevice, rest: KeyRest | null): Neighbour | null {
    const hash = this.#hash(key, device, rest);
    const links = this.#links;
    let slot = this.#buckets[hash & (this.#buckets.length - 1)]!;
    for (; slot !== NONE; slot = links[slot * LINK + NEXT]!) {
      if (links[slot * LINK + HASH] !== hash) continue;
      const entry = this.#entries[slot] as Neighbour;
      if (entry.key === key && entry.on.device === device && sameRest(entry.rest, rest)) return entry;
    }
    return null;
  }

  /** Adds an entry that is not there yet. Returns true when the table grew for it. */
  add(entry: Neighbour): boolean {
    const full = this.#size >= this.#buckets.length;
    if (full) this.#grow();
    const slot = this.#takeSlot();
    this.#entries[slot] = entry;
    this.#links[slot * LINK + HASH] = this.#hash(entry.key, entry.on.device, entry.rest);
    this.#chain(slot);
    this.#size++;
    return full;
  }

  remove(entry: Neighbour): void {
    const links = this.#links;
    const bucket = this.#hash(entry.key, entry.on.device, entry.rest) & (this.#buckets.length - 1);
    let before = NONE;
    let slot = this.#buckets[bucket]!;
    while (slot !== NONE && this.#entries[slot] !== entry) {
      before = slot;
      slot = links[slot * LINK + NEXT]!;
    }
    if (slot === NONE) return;
    const next = links[slot * LINK + NEXT]!;
    if (before === NONE) this.#buckets[bucket] = next;
    else links[before * LINK + NEXT] = next;
    this.#entries[slot] = null;
    links[slot * LINK + NEXT] = this.#free;
    this.#free = slot;
    this.#size--;
  }

  /** Calls back with every entry. Entries may come and go meanwhile; a new one may be seen or not. */
  forEach(callback: (entry: Neighbour) => void): void {
    for (let slot = 0, end = this.#entries.length; slot < end; slot++) {
      const entry = this.#entries[slot];
      if (entry) callback(entry);
    }
  }

  #takeSlot(): number {
    const slot = this.#free;
    if (slot === NONE) return this.#entries.length;
    this.#free = this.#links[slot * LINK + NEXT]!;
    return slot;
  }

  /** Puts a slot at the head of its bucket's chain. */
  #chain(slot: number): void {
    const bucket = this.#links[slot * LINK + HASH]! & (this.#buckets.length - 1);
    this.#links[slot * LINK + NEXT] = this.#buckets[bucket]!;
    this.#buckets[bucket] = slot;
  }

  #hash(key: number, device: NetDevice, rest: KeyRest | null): number {
    const whole = rest === null ? key : key ^ Math.imul(rest.a ^ Math.imul(rest.b ^ Math.imul(rest.c, MIX), MIX), MIX);
    const mixed = Math.imul(whole ^ Math.imul(device.ifindex, MIX) ^ (whole >>> 15), this.#seed);
    return mixed ^ (mixed >>> 16);
  }

  /** Doubles buckets and slots, when every slot is in use. */
  #grow(): void {
    const links = this.#links;
    this.#buckets = new Int32Array(this.#buckets.length * 2).fill(NONE);
    this.#links = new Int32Array(links.length * 2);
    this.#links.set(links);
    for (let slot = 0; slot < this.#entries.length; slot++) this.#chain(slot);
  }
}

/** 2^32 divided by the golden ratio: spreads neighbouring numbers. */
const MIX = 0x9e3779b1;
