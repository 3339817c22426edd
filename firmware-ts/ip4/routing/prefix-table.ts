/**
 * Routes by prefix: a map for each prefix length that there is, which the longest match of a destination asks in turn. Many routes get hints
 * as well: the lengths beyond 16 that occur below each /16, so that a look-up asks the few maps that may know the destination.
 */
import { prefixMask } from "../../ip/address.ts";

/** The fields by which the table keeps a route. */
export interface Prefixed {
  readonly destination: number;
  readonly prefixLength: number;
  readonly metric: number;
}

/** From so many prefixes on hints are worth their 128 KiB. */
const HINTED = 64;
/** A hint has a bit for each of the lengths 17 to 32. */
const FIRST_HINTED = 17;

export class PrefixTable<Entry extends Prefixed> {
  /** The prefix lengths that routes have, the longest first. */
  #lengths: readonly number[] = [];
  /** By length: the routes of each prefix, the smallest metric first and else the older one. */
  readonly #prefixes: (Map<number, Entry[]> | null)[] = new Array<Map<number, Entry[]> | null>(33).fill(null);

  #size = 0;
  /** By the upper half of the destination. A bit stays when its last route goes: it costs a question then, and no wrong answer. */
  #hints: Uint16Array | null = null;

  /** All routes: the longest prefix first, then by metric. */
  get list(): readonly Entry[] {
    const ofLength = (length: number): Entry[] => [...(this.#prefixes[length]?.values() ?? [])].flat();
    return this.#lengths.flatMap((length) => ofLength(length).sort((one, other) => one.metric - other.metric));
  }

  /** Lengths of prefixes for at(), the longest first. */
  get lengths(): readonly number[] {
    return this.#lengths;
  }

  /** The routes of that length which hold the destination, the one to be used first; undefined for none. */
  at(length: number, destination: number): readonly Entry[] | undefined {
    const hints = this.#hints;
    if (hints !== null && length >= FIRST_HINTED && (hints[destination >>> 16]! & (1 << (length - FIRST_HINTED))) === 0)
      return undefined;
    return this.#prefixes[length]?.get(destination & prefixMask(length));
  }

  /** The routes of the very prefix of `entry`. */
  of({ destination, prefixLength }: Pick<Prefixed, "destination" | "prefixLength">): readonly Entry[] {
    return this.#prefixes[prefixLength]?.get(destination) ?? [];
  }

  /** Adds a route behind those of its prefix that have no larger metric. */
  add(entry: Entry): void {
    const entries = this.#kept(entry);
    const at = entries.findIndex(({ metric }) => metric > entry.metric);
    entries.splice(at < 0 ? entries.length : at, 0, entry);
  }

  /** Adds a route right before another one of its prefix. */
  addBefore(entry: Entry, other: Entry): void {
    const entries = this.#kept(entry);
    entries.splice(Math.max(0, entries.indexOf(other)), 0, entry);
  }

  /** Puts a route in the place of another one of its prefix. */
  replace(entry: Entry, by: Entry): void {
    const entries = this.#kept(entry);
    entries[entries.indexOf(entry)] = by;
  }

  remove(entry: Entry): void {
    const { destination, prefixLength } = entry;
    const prefixes = this.#prefixes[prefixLength];
    const entries = prefixes?.get(destination);
    const at = entries?.indexOf(entry) ?? -1;
    if (!prefixes || !entries || at < 0) return;
    entries.splice(at, 1);
    if (entries.length > 0) return;
    prefixes.delete(destination);
    this.#size--;
    if (prefixes.size > 0) return;
    this.#prefixes[prefixLength] = null;
    this.#lengths = this.#lengths.filter((length) => length !== prefixLength);
  }

  /** The routes of the entry's prefix, as they are kept. */
  #kept({ destination, prefixLength }: Entry): Entry[] {
    let prefixes = this.#prefixes[prefixLength] ?? null;
    if (prefixes === null) {
      prefixes = new Map();
      this.#prefixes[prefixLength] = prefixes;
      this.#lengths = [...this.#lengths, prefixLength].sort((one, other) => other - one);
    }
    let entries = prefixes.get(destination);
    if (!entries) {
      entries = [];
      prefixes.set(destination, entries);
      this.#size++;
      if (this.#hints !== null) hint(this.#hints, prefixLength, destination);
      else if (this.#size >= HINTED) this.#hints = this.#hinted();
    }
    return entries;
  }

  #hinted(): Uint16Array {
    const hints = new Uint16Array(1 << 16);
    for (const length of this.#lengths)
      for (const destination of this.#prefixes[length]?.keys() ?? []) hint(hints, length, destination);
    return hints;
  }
}

function hint(hints: Uint16Array, length: number, destination: number): void {
  if (length < FIRST_HINTED) return;
  const at = destination >>> 16;
  hints[at] = hints[at]! | (1 << (length - FIRST_HINTED));
}
