/**
 * Routes by prefix: a map for each prefix length that there is. The longest match of a destination asks each of them once, so that a look-up
 * costs as much among 100,000 routes as among ten.
 */
import { prefixMask } from "../../ip/address.ts";

/** The fields by which the table keeps a route. */
export interface Prefixed {
  readonly destination: number;
  readonly prefixLength: number;
  readonly metric: number;
}

export class PrefixTable<Entry extends Prefixed> {
  /** The prefix lengths that routes have, the longest first. */
  #lengths: readonly number[] = [];
  /** By length: the routes of each prefix, the smallest metric first and else the older one. */
  readonly #prefixes: (Map<number, Entry[]> | null)[] = new Array<Map<number, Entry[]> | null>(33).fill(null);

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
    }
    return entries;
  }
}
