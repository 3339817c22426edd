/** Entries by key and device: chained buckets, linked through the entries, doubled when there are more entries than buckets. */
import type { NetDevice } from "../net/device.ts";
import type { Neighbour } from "./entry.ts";
import { type KeyRest, sameRest } from "./key.ts";

/** Buckets of an empty table. */
const FIRST_BUCKETS = 8;

export class NeighHash {
  /** Odd, and different in each stack: nobody can choose addresses that meet in one bucket. */
  readonly #seed: number;
  #buckets: (Neighbour | null)[] = new Array<Neighbour | null>(FIRST_BUCKETS).fill(null);
  #size = 0;

  constructor(seed: number) {
    this.#seed = seed;
  }

  get size(): number {
    return this.#size;
  }

  find(key: number, device: NetDevice, rest: KeyRest | null): Neighbour | null {
    let entry = this.#buckets[this.#bucket(key, device, rest)] as Neighbour | null;
    while (entry && (entry.key !== key || entry.on.device !== device || !sameRest(entry.rest, rest))) entry = entry.chain;
    return entry;
  }

  /** Returns whether the table grew for it. */
  add(entry: Neighbour): boolean {
    const full = this.#size >= this.#buckets.length;
    if (full) this.#grow();
    this.#link(entry);
    this.#size++;
    return full;
  }

  /** The entry's own link stays as it is: somebody may be walking the chain. */
  remove(entry: Neighbour): void {
    const bucket = this.#bucket(entry.key, entry.on.device, entry.rest);
    let at = this.#buckets[bucket] as Neighbour | null;
    if (at === entry) this.#buckets[bucket] = entry.chain;
    else {
      while (at && at.chain !== entry) at = at.chain;
      if (at) at.chain = entry.chain;
    }
    this.#size--;
  }

  forEach(callback: (entry: Neighbour) => void): void {
    for (const head of this.#buckets) {
      for (let entry = head; entry; entry = entry.chain) if (!entry.dead) callback(entry);
    }
  }

  #link(entry: Neighbour): void {
    const bucket = this.#bucket(entry.key, entry.on.device, entry.rest);
    entry.chain = this.#buckets[bucket] as Neighbour | null;
    this.#buckets[bucket] = entry;
  }

  #bucket(key: number, device: NetDevice, rest: KeyRest | null): number {
    const whole = rest === null ? key : key ^ Math.imul(rest.a ^ Math.imul(rest.b ^ Math.imul(rest.c, MIX), MIX), MIX);
    const mixed = Math.imul(whole ^ Math.imul(device.ifindex, MIX) ^ (whole >>> 15), this.#seed);
    return (mixed ^ (mixed >>> 16)) & (this.#buckets.length - 1);
  }

  #grow(): void {
    const old = this.#buckets;
    this.#buckets = new Array<Neighbour | null>(old.length * 2).fill(null);
    for (const head of old) {
      for (let entry = head; entry; ) {
        const next: Neighbour | null = entry.chain;
        this.#link(entry);
        entry = next;
      }
    }
  }
}

/** 2^32 divided by the golden ratio: spreads neighbouring numbers. */
const MIX = 0x9e3779b1;
