/** The text of an IPv6 address (RFC 4291 2.2), written as RFC 5952 and inet_ntop() write it. Zones (`%eth0`) are not read here. */
import { formatIpv4, parseIpv4 } from "./address.ts";
import type { Ip6, Ip6Interner } from "./ip6.ts";

/** Groups of 16 bits. */
const GROUPS = 8;

/** The four words of an address, without a stack's object of it. */
export type Ip6Words = Pick<Ip6, "a" | "b" | "c" | "d">;

/** Reads an IPv6 address; null when the text is none. */
export function parseIpv6(text: string, interner: Ip6Interner): Ip6 | null {
  const words = ip6Words(text);
  return words && interner.intern(words.a, words.b, words.c, words.d);
}

/** Reads the words of an IPv6 address; null when the text is none. */
export function ip6Words(text: string): Ip6Words | null {
  const groups = expand(text);
  if (!groups) return null;
  const word = (at: number): number => (groups[at]! << 16) | groups[at + 1]!;
  return { a: word(0), b: word(2), c: word(4), d: word(6) };
}

/** Returns true when the text is an IPv6 address. */
export function isIpv6(text: string): boolean {
  return expand(text) !== null;
}

/**
 * Writes an address in lower case without leading zeros, the longest run of two or more zero groups as `::`, the first one of equals. An
 * IPv4 address that is mapped (`::ffff:10.0.0.1`) or compatible (`::10.0.0.1`) is written as a dotted quad.
 */
export function formatIpv6({ a, b, c, d }: Ip6Words): string {
  const groups = [a >>> 16, a & 0xffff, b >>> 16, b & 0xffff, c >>> 16, c & 0xffff, d >>> 16, d & 0xffff];
  const embedded = a === 0 && b === 0 && (c === 0xffff || (c === 0 && d >>> 16 !== 0));
  if (embedded) return `::${c === 0 ? "" : "ffff:"}${formatIpv4(d)}`;
  const { start, length } = longestZeros(groups);
  const hex = (from: number, to: number): string =>
    groups
      .slice(from, to)
      .map((group) => group.toString(16))
      .join(":");
  return length < 2 ? hex(0, GROUPS) : `${hex(0, start)}::${hex(start + length, GROUPS)}`;
}

/** The eight groups of an address; null when the text is none. */
function expand(text: string): number[] | null {
  const [front = "", back, ...rest] = text.split("::");
  if (rest.length > 0) return null;
  // Only what ends the address may end in a dotted quad.
  const head = groupsOf(front, back === undefined);
  const tail = back === undefined ? [] : groupsOf(back, true);
  if (!head || !tail) return null;
  const missing = GROUPS - head.length - tail.length;
  // `::` stands for one group at least.
  if (back === undefined ? missing !== 0 : missing < 1) return null;
  return [...head, ...new Array<number>(missing).fill(0), ...tail];
}

/** Groups between colons; none of an empty text. */
function groupsOf(text: string, last: boolean): number[] | null {
  if (text === "") return [];
  const groups: number[] = [];
  const parts = text.split(":");
  for (const [at, part] of parts.entries()) {
    if (/^[\da-f]{1,4}$/i.test(part)) {
      groups.push(Number.parseInt(part, 16));
      continue;
    }
    const quad = last && at === parts.length - 1 ? parseIpv4(part) : null;
    if (quad === null) return null;
    groups.push(quad >>> 16, quad & 0xffff);
  }
  return groups;
}

function longestZeros(groups: readonly number[]): { start: number; length: number } {
  let best = { start: 0, length: 0 };
  for (let start = 0; start < GROUPS; start++) {
    let end = start;
    while (end < GROUPS && groups[end] === 0) end++;
    if (end - start > best.length) best = { start, length: end - start };
    start = Math.max(start, end - 1);
  }
  return best;
}
