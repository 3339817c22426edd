/**
 * IPv6 routes by prefix, for the longest match of a destination: one hash table of all prefixes, which a look-up asks for the lengths that
 * occur, the longest first. The routes of one prefix stand by metric, and the older one first.
 */
import type { Ip6 } from "../../ip/ip6.ts";
import { ADDRESS_BITS, wordMask } from "../common/address-kind.ts";

/** The fields by which the table keeps a route. */
export interface Ip6Prefixed {
  readonly destination: Ip6;
  readonly prefixLength: number;
  readonly metric: number;
}

/** A prefix and its routes: one at least. */
export interface PrefixNode<Entry extends Ip6Prefixed> {
  readonly destination: Ip6;
  readonly prefixLength: number;
  entries: readonly Entry[];
}

export class Ip6PrefixTable<Entry extends Ip6Prefixed> {
  /** By a hash of the prefix. Two rarely share one. */
  readonly #nodes = new Map<number, PrefixNode<Entry>[]>();
  /** Prefixes by length. */
  readonly #counts = new Int32Array(ADDRESS_BITS + 1);
  /** The lengths that occur, the longest first. */
  #lengths: readonly number[] = [];

  /** All routes: the shortest prefix last, and else in the order of addresses, which is the kernel's. */
  get list(): readonly Entry[] {
    const nodes = [...this.#nodes.values()].flat();
    nodes.sort((one, other) => inOrder(one.destination, other.destination) || one.prefixLength - other.prefixLength);
    const bare = nodes.filter(({ prefixLength }) => prefixLength === 0);
    return [...nodes.filter(({ prefixLength }) => prefixLength > 0), ...bare].flatMap(({ entries }) => entries);
  }

  /**
   * Finds the longest prefix that holds the destination.
   * @param below only shorter ones count
   */
  longest({ a, b, c, d }: Ip6, below: number = ADDRESS_BITS + 1): PrefixNode<Entry> | null {
    const lengths = this.#lengths;
    for (let at = 0; at < lengths.length; at++) {
      const length = lengths[at]!;
      if (length >= below) continue;
      const node = this.#node(
        a & wordMask(length),
        b & wordMask(length - 32),
        c & wordMask(length - 64),
        d & wordMask(length - 96),
        length,
      );
      if (node !== null) return node;
    }
    return null;
  }

  /** The routes of this very prefix. */
  of({ destination: { a, b, c, d }, prefixLength }: Omit<Ip6Prefixed, "metric">): readonly Entry[] {
    return this.#node(a, b, c, d, prefixLength)?.entries ?? [];
  }

  /** Adds a route behind those of its prefix that have no larger metric. */
  add(entry: Entry): void {
    const entries = this.of(entry);
    const at = entries.findIndex(({ metric }) => metric > entry.metric);
    this.#keep(entry, entries.toSpliced(at < 0 ? entries.length : at, 0, entry));
  }

  /** Puts a route in the place of another one of its prefix. */
  replace(entry: Entry, by: Entry): void {
    this.#keep(
      entry,
      this.of(entry).map((one) => (one === entry ? by : one)),
    );
  }

  remove(entry: Entry): void {
    const entries = this.of(entry);
    if (entries.includes(entry))
      this.#keep(
        entry,
        entries.filter((one) => one !== entry),
      );
  }

  #keep({ destination, prefixLength }: Ip6Prefixed, entries: readonly Entry[]): void {
    const hash = hashOf(destination.a, destination.b, destination.c, destination.d, prefixLength);
    const chain = this.#nodes.get(hash) ?? [];
    const node = chain.find((one) => one.destination === destination && one.prefixLength === prefixLength);
    if (node && entries.length > 0) {
      node.entries = entries;
    } else if (node) {
      if (chain.length === 1) this.#nodes.delete(hash);
      else chain.splice(chain.indexOf(node), 1);
      this.#count(prefixLength, -1);
    } else {
      chain.push({ destination, prefixLength, entries });
      this.#nodes.set(hash, chain);
      this.#count(prefixLength, 1);
    }
  }

  #count(length: number, by: 1 | -1): void {
    this.#counts[length]! += by;
    const lengths: number[] = [];
    for (let each = ADDRESS_BITS; each >= 0; each--) if (this.#counts[each]! > 0) lengths.push(each);
    this.#lengths = lengths;
  }

  #node(a: number, b: number, c: number, d: number, length: number): PrefixNode<Entry> | null {
    const chain = this.#nodes.get(hashOf(a, b, c, d, length));
    if (chain === undefined) return null;
    for (let at = 0; at < chain.length; at++) {
      const node = chain[at] as PrefixNode<Entry>;
      const { destination } = node;
      if (node.prefixLength !== length || destination.d !== d || destination.c !== c) continue;
      if (destination.b === b && destination.a === a) return node;
    }
    return null;
  }
}

function inOrder(one: Ip6, other: Ip6): number {
  return (
    (one.a >>> 0) - (other.a >>> 0) ||
    (one.b >>> 0) - (other.b >>> 0) ||
    (one.c >>> 0) - (other.c >>> 0) ||
    (one.d >>> 0) - (other.d >>> 0)
  );
}

function hashOf(a: number, b: number, c: number, d: number, length: number): number {
  let hash = Math.imul(a ^ length, MIX);
  hash = Math.imul(hash ^ (hash >>> 15) ^ b, MIX);
  hash = Math.imul(hash ^ (hash >>> 15) ^ c, MIX);
  hash = Math.imul(hash ^ (hash >>> 15) ^ d, MIX);
  return hash ^ (hash >>> 16);
}

/** 2^32 divided by the golden ratio: spreads neighbouring numbers. */
const MIX = 0x9e3779b1;
