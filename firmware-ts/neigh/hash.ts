/**
 * Finds entries by key and device: open addressing, doubled when more than half of the places are in use.
 *
 * A place is two numbers side by side in a typed array, the hash and the slot of its entry, so that a look-up waits for memory once
 * before it has the entry. The entries stand in the order in which they came. Places that hold the entries themselves cost half of an
 * insert's time at a million entries: V8's garbage collector looks at every store, all over a large array, and moves the entries in that
 * order. Doubling the places looks at no entry.
 */
import type { NetDevice } from "../net/device.ts";
import type { Neighbour } from "./entry.ts";
import { type KeyRest, sameRest } from "./key.ts";

/** Places of an empty table, as a power of 2. */
const FIRST_PLACES_LOG2 = 4;
/** Fields of a place: the hash of its entry, and the entry's slot and 1; 0 there in a free place. */
const PLACE = 2;
const SLOT = 1;

export class NeighHash {
  /** Odd, and different in each stack, so that nobody can choose addresses that meet in one place. */
  readonly #seed: number;
  #places: Int32Array = new Int32Array(PLACE << FIRST_PLACES_LOG2);
  /** A hash without so many of its lower bits is the place where the search begins. */
  #shift = 32 - FIRST_PLACES_LOG2;
  /** The entry of each slot that was ever used; null in a free one. */
  readonly #entries: (Neighbour | null)[] = [];
  readonly #freeSlots: number[] = [];
  #size = 0;

  constructor(seed: number) {
    this.#seed = seed;
  }

  get size(): number {
    return this.#size;
  }

  find(key: number, device: NetDevice, rest: KeyRest | null): Neighbour | null {
    const hash = this.#hash(key, device, rest);
    const places = this.#places;
    const last = places.length - 1;
    let at = (hash >>> this.#shift) * PLACE;
    for (let slot = places[at + SLOT]!; slot !== 0; slot = places[at + SLOT]!) {
      if (places[at] === hash) {
        const entry = this.#entries[slot - 1] as Neighbour;
        if (entry.key === key && entry.on.device === device && sameRest(entry.rest, rest)) return entry;
      }
      at = (at + PLACE) & last;
    }
    return null;
  }

  /** Adds an entry that is not there yet. Returns true when the table grew for it. */
  add(entry: Neighbour): boolean {
    const full = (this.#size + 1) * 2 * PLACE > this.#places.length;
    if (full) this.#grow();
    const slot = this.#freeSlots.pop() ?? this.#entries.length;
    this.#entries[slot] = entry;
    put(this.#places, this.#shift, this.#hash(entry.key, entry.on.device, entry.rest), slot + 1);
    this.#size++;
    return full;
  }

  remove(entry: Neighbour): void {
    const places = this.#places;
    const last = places.length - 1;
    let at = (this.#hash(entry.key, entry.on.device, entry.rest) >>> this.#shift) * PLACE;
    for (let slot = places[at + SLOT]!; slot !== 0; slot = places[at + SLOT]!) {
      if (this.#entries[slot - 1] === entry) {
        this.#entries[slot - 1] = null;
        this.#freeSlots.push(slot - 1);
        this.#vacate(at);
        this.#size--;
        return;
      }
      at = (at + PLACE) & last;
    }
  }

  /** Calls back with every entry. Entries may come and go meanwhile; a new one may be seen or not. */
  forEach(callback: (entry: Neighbour) => void): void {
    for (let slot = 0, end = this.#entries.length; slot < end; slot++) {
      const entry = this.#entries[slot];
      if (entry) callback(entry);
    }
  }

  /** Empties a place, and moves those behind it up that would not be found any more. */
  #vacate(at: number): void {
    const places = this.#places;
    const last = places.length - 1;
    let hole = at;
    for (let from = (hole + PLACE) & last; places[from + SLOT] !== 0; from = (from + PLACE) & last) {
      const home = (places[from]! >>> this.#shift) * PLACE;
      if (((from - home) & last) < ((from - hole) & last)) continue;
      places[hole] = places[from]!;
      places[hole + SLOT] = places[from + SLOT]!;
      hole = from;
    }
    places[hole + SLOT] = 0;
  }

  #hash(key: number, device: NetDevice, rest: KeyRest | null): number {
    const whole = rest === null ? key : key ^ Math.imul(rest.a ^ Math.imul(rest.b ^ Math.imul(rest.c, MIX), MIX), MIX);
    return Math.imul(whole ^ Math.imul(device.ifindex, MIX) ^ (whole >>> 15), this.#seed);
  }

  #grow(): void {
    const old = this.#places;
    const places = new Int32Array(old.length * 2);
    this.#shift--;
    for (let at = 0; at < old.length; at += PLACE) if (old[at + SLOT] !== 0) put(places, this.#shift, old[at]!, old[at + SLOT]!);
    this.#places = places;
  }
}

/** Puts a slot at the first free place from the hash's on. */
function put(places: Int32Array, shift: number, hash: number, slot: number): void {
  const last = places.length - 1;
  let at = (hash >>> shift) * PLACE;
  while (places[at + SLOT] !== 0) at = (at + PLACE) & last;
  places[at] = hash;
  places[at + SLOT] = slot;
}

/** 2^32 divided by the golden ratio: spreads neighbouring numbers. */
const MIX = 0x9e3779b1;
