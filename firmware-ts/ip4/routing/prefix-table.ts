/**
 * Routes by prefix, for the longest match of a destination. All prefixes stand in one hash table of typed arrays, by destination and
 * length. A look-up asks it for the lengths that occur, the longest first. Many routes get hints as well: the lengths that occur at or
 * below each /16, so that a look-up asks for the few that may hold the destination. Most ask once, however many routes there are.
 */
import { prefixMask } from "../../ip/address.ts";

/** The fields by which the table keeps a route. */
export interface Prefixed {
  readonly destination: number;
  readonly prefixLength: number;
  readonly metric: number;
}

/** No place. */
export const NOWHERE = -1;
/** Longer than every prefix: where longest() begins. */
export const ANY_LENGTH = 33;

const FIRST_PLACES = 8;
/** From so many prefixes on hints are worth their 256 KiB; with less than half as many they go. */
const HINTED = 64;
/** Hints are about the upper half of an address. */
const HINT_BITS = 16;
/** Fields of a place in `keys`: the prefix's destination, and its length and 1; 0 there in a free place. */
const KEY = 2;
const LENGTH = 1;

const NO_OTHERS: readonly never[] = [];

export class PrefixTable<Entry extends Prefixed> {
  /** Prefixes by length. */
  readonly #counts = new Int32Array(ANY_LENGTH);
  /** The lengths that occur, but for 0: the lowest bit is 1's. */
  #present = 0;
  #size = 0;
  /** A power of 2 of places, at most half of them in use. A prefix stands at its hash's place or at the next free one. */
  #keys = new Int32Array(FIRST_PLACES * KEY);
  #shift = 32 - Math.log2(FIRST_PLACES);
  /** By place: the route that is to be used first. */
  #first: (Entry | null)[] = new Array<Entry | null>(FIRST_PLACES).fill(null);
  /** By place: the number of the prefix in the order in which they came. */
  #born = new Float64Array(FIRST_PLACES);
  #births = 0;
  /** The other routes of a prefix, by the first: the smallest metric first and else the older one. */
  readonly #others = new Map<Entry, readonly Entry[]>();
  /** By the upper half of a destination, as `present`. A bit of a longer prefix stays when that goes: it costs a question then. */
  #hints: Int32Array | null = null;
  /** Hints that may have stayed. */
  #stale = 0;

  /** All routes: the longest prefix first, then by metric, then the older prefix. */
  get list(): readonly Entry[] {
    const all: { entry: Entry; born: number }[] = [];
    for (const [place, born] of this.#born.entries())
      for (const entry of this.#entriesAt(this.#first[place] === null ? NOWHERE : place)) all.push({ entry, born });
    all.sort(
      (one, other) =>
        other.entry.prefixLength - one.entry.prefixLength || one.entry.metric - other.entry.metric || one.born - other.born,
    );
    return all.map(({ entry }) => entry);
  }

  /** The routes for which `wanted` returns true, in no order. */
  filter(wanted: (entry: Entry) => boolean): Entry[] {
    const found: Entry[] = [];
    for (const first of this.#first) if (first !== null && wanted(first)) found.push(first);
    for (const others of this.#others.values()) found.push(...others.filter(wanted));
    return found;
  }

  /**
   * Finds the longest prefix that holds the destination.
   * @param below only shorter ones count; ANY_LENGTH for all
   * @returns its place, which is good until the next change; NOWHERE for none
   */
  longest(destination: number, below: number): number {
    if (below === 0) return NOWHERE;
    let lengths = below === ANY_LENGTH ? this.#present : this.#present & ~(-1 << (below - 1));
    if (this.#hints !== null) lengths &= this.#hints[destination >>> HINT_BITS]!;
    while (lengths !== 0) {
      const bit = 31 - Math.clz32(lengths);
      const place = this.#place(destination & (-1 << (31 - bit)), bit + 1);
      if (place !== NOWHERE) return place;
      lengths ^= 1 << bit;
    }
    return this.#counts[0] !== 0 ? this.#place(0, 0) : NOWHERE;
  }

  /** The length of the prefix at a place. */
  lengthAt(place: number): number {
    return this.#keys[place * KEY + LENGTH]! - 1;
  }

  /** The route of the prefix at a place that is to be used first. */
  firstAt(place: number): Entry {
    return this.#first[place] as Entry;
  }

  /** The other routes of the prefix at a place, in the order of their use. */
  othersAt(place: number): readonly Entry[] {
    return this.#others.size === 0 ? NO_OTHERS : this.behind(this.#first[place] as Entry);
  }

  /** The routes of its prefix behind the first one. */
  behind(first: Entry): readonly Entry[] {
    return this.#others.get(first) ?? NO_OTHERS;
  }

  /** The routes of the very prefix of `entry`. */
  of({ destination, prefixLength }: Pick<Prefixed, "destination" | "prefixLength">): readonly Entry[] {
    return this.#entriesAt(this.#place(destination, prefixLength));
  }

  /** Adds a route behind those of its prefix that have no larger metric. */
  add(entry: Entry): void {
    const entries = this.of(entry);
    const at = entries.findIndex(({ metric }) => metric > entry.metric);
    this.#keep(entry, entries.toSpliced(at < 0 ? entries.length : at, 0, entry));
  }

  /** Adds a route right before another one of its prefix. */
  addBefore(entry: Entry, other: Entry): void {
    const entries = this.of(entry);
    this.#keep(entry, entries.toSpliced(Math.max(0, entries.indexOf(other)), 0, entry));
  }

  /** Puts a route in the place of another one of its prefix. */
  replace(entry: Entry, by: Entry): void {
    const entries = this.of(entry);
    this.#keep(
      entry,
      entries.map((one) => (one === entry ? by : one)),
    );
  }

  remove(entry: Entry): void {
    const place = this.#place(entry.destination, entry.prefixLength);
    const entries = this.#entriesAt(place);
    const left = entries.filter((one) => one !== entry);
    if (left.length === entries.length) return;
    if (left.length > 0) this.#keep(entry, left);
    else this.#forget(place);
  }

  #entriesAt(place: number): readonly Entry[] {
    if (place === NOWHERE) return [];
    return [this.firstAt(place), ...this.othersAt(place)];
  }

  /** Makes these the routes of a prefix: one at least. */
  #keep({ destination, prefixLength }: Prefixed, entries: readonly Entry[]): void {
    let place = this.#place(destination, prefixLength);
    if (place === NOWHERE) place = this.#make(destination, prefixLength);
    else this.#others.delete(this.firstAt(place));
    const [first, ...others] = entries as [Entry, ...Entry[]];
    this.#first[place] = first;
    if (others.length > 0) this.#others.set(first, others);
  }

  /** Makes a place for a prefix. */
  #make(destination: number, length: number): number {
    if ((this.#size + 1) * 2 > this.#first.length) this.#resize(this.#first.length * 2);
    const place = this.#free(destination, length);
    this.#keys[place * KEY] = destination;
    this.#keys[place * KEY + LENGTH] = length + 1;
    this.#born[place] = this.#births++;
    this.#size++;
    if (this.#counts[length]!++ === 0) this.#present |= bitOf(length);
    if (this.#hints !== null) hint(this.#hints, destination, length);
    else if (this.#size >= HINTED) this.#hintAnew();
    return place;
  }

  #forget(place: number): void {
    const destination = this.#keys[place * KEY]!;
    const length = this.lengthAt(place);
    this.#others.delete(this.firstAt(place));
    this.#vacate(place);
    this.#size--;
    if (--this.#counts[length]! === 0) this.#present &= ~bitOf(length);
    if (this.#size * 8 < this.#first.length && this.#first.length > FIRST_PLACES) this.#resize(this.#first.length / 2);
    if (this.#hints === null) return;
    if (length <= HINT_BITS) unhint(this.#hints, destination, length);
    else this.#stale++;
    if (this.#size < HINTED / 2) this.#hints = null;
    else if (this.#stale > this.#size) this.#hintAnew();
  }

  /** Empties a place, and moves those behind it up that would not be found any more. */
  #vacate(place: number): void {
    const keys = this.#keys;
    const last = this.#first.length - 1;
    let hole = place;
    for (let at = (hole + 1) & last; keys[at * KEY + LENGTH] !== 0; at = (at + 1) & last) {
      const home = this.#home(keys[at * KEY]!, this.lengthAt(at));
      if (((at - home) & last) < ((at - hole) & last)) continue;
      keys[hole * KEY] = keys[at * KEY]!;
      keys[hole * KEY + LENGTH] = keys[at * KEY + LENGTH]!;
      this.#first[hole] = this.#first[at]!;
      this.#born[hole] = this.#born[at]!;
      hole = at;
    }
    keys[hole * KEY + LENGTH] = 0;
    this.#first[hole] = null;
  }

  #resize(places: number): void {
    const keys = this.#keys;
    const first = this.#first;
    const born = this.#born;
    this.#keys = new Int32Array(places * KEY);
    this.#first = new Array<Entry | null>(places).fill(null);
    this.#born = new Float64Array(places);
    this.#shift = 32 - Math.log2(places);
    for (let from = 0; from < first.length; from++) {
      if (first[from] === null) continue;
      const place = this.#free(keys[from * KEY]!, keys[from * KEY + LENGTH]! - 1);
      this.#keys[place * KEY] = keys[from * KEY]!;
      this.#keys[place * KEY + LENGTH] = keys[from * KEY + LENGTH]!;
      this.#first[place] = first[from]!;
      this.#born[place] = born[from]!;
    }
  }

  #hintAnew(): void {
    const hints = this.#hints?.fill(0) ?? new Int32Array(1 << HINT_BITS);
    const keys = this.#keys;
    for (let at = 0; at < keys.length; at += KEY) if (keys[at + LENGTH] !== 0) hint(hints, keys[at]!, keys[at + LENGTH]! - 1);
    this.#hints = hints;
    this.#stale = 0;
  }

  #place(destination: number, length: number): number {
    const keys = this.#keys;
    const last = keys.length - 1;
    let at = this.#home(destination, length) * KEY;
    for (; keys[at + LENGTH] !== 0; at = (at + KEY) & last)
      if (keys[at] === destination && keys[at + LENGTH] === length + 1) return at / KEY;
    return NOWHERE;
  }

  /** The place for a prefix that is not there. */
  #free(destination: number, length: number): number {
    const keys = this.#keys;
    let place = this.#home(destination, length);
    while (keys[place * KEY + LENGTH] !== 0) place = (place + 1) & (keys.length / KEY - 1);
    return place;
  }

  #home(destination: number, length: number): number {
    return Math.imul(destination ^ (destination >>> 15) ^ Math.imul(length, MIX), MIX) >>> this.#shift;
  }
}

/** The bit of a length; none for 0. */
function bitOf(length: number): number {
  return length === 0 ? 0 : 1 << (length - 1);
}

function hint(hints: Int32Array, destination: number, length: number): void {
  const bit = bitOf(length);
  const from = destination >>> HINT_BITS;
  for (let at = from; at <= lastHint(from, length); at++) hints[at] = hints[at]! | bit;
}

function unhint(hints: Int32Array, destination: number, length: number): void {
  const bit = bitOf(length);
  const from = destination >>> HINT_BITS;
  for (let at = from; at <= lastHint(from, length); at++) hints[at] = hints[at]! & ~bit;
}

/** The last of the hints about a prefix. */
function lastHint(from: number, length: number): number {
  return from | (~prefixMask(length) >>> HINT_BITS);
}

/** 2^32 divided by the golden ratio: spreads neighbouring numbers. */
const MIX = 0x9e3779b1;
