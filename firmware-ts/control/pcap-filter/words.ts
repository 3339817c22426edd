/** The words of a filter one by one, and the values that they can be. */
import { prefixMask } from "../../ip/address.ts";

/** The words that a filter may have, for those who wrote another one. */
export const UNDERSTOOD: string =
  "arp, rarp, ip, ip6, icmp, igmp, tcp, udp, [ether] host, net, port, portrange, src, dst, ip proto, ether proto, broadcast, multicast, " +
  "less, greater, inbound, outbound, and, or, not, parentheses";

/** Says what is wrong with a filter, in one line. */
export class FilterError extends Error {
  readonly code = "FILTER_SYNTAX";

  constructor(message: string) {
    super(`filter: ${message}`);
    this.name = "FilterError";
  }
}

const SYNONYMS: Readonly<Record<string, string>> = { "&&": "and", "||": "or", "!": "not" };

/** A longer filter than this, in characters, is no person's. */
const LONGEST = 4096;

export class FilterWords {
  readonly #words: readonly string[];
  #next = 0;

  /** @throws FilterError */
  constructor(text: string) {
    if (text.length > LONGEST) throw new FilterError(`it is longer than ${LONGEST} characters`);
    this.#words = (text.match(/&&|\|\||[()!]|[^\s()!&|]+|[&|]/g) ?? []).map((word) => SYNONYMS[word] ?? word);
  }

  /** The next word, which stays; empty at the end. */
  get head(): string {
    return this.#words[this.#next] ?? "";
  }

  /** The word behind it. */
  get second(): string {
    return this.#words[this.#next + 1] ?? "";
  }

  get ended(): boolean {
    return this.#next >= this.#words.length;
  }

  /** Takes the next word if it is this one. */
  take(word: string): boolean {
    if (this.ended || this.head !== word) return false;
    this.#next++;
    return true;
  }

  /** Takes the next word. @throws FilterError at the end */
  value(what: string): string {
    if (this.ended) throw new FilterError(`it ends where ${what} is expected`);
    return this.#words[this.#next++] as string;
  }
}

/** @throws FilterError for what is no decimal or hexadecimal number from `least` to `most` */
export function numberOf(text: string, what: string, least: number, most: number): number {
  const number = /^(?:\d+|0x[0-9a-f]+)$/i.test(text) ? Number(text) : Number.NaN;
  if (number >= least && number <= most) return number;
  throw new FilterError(`"${text}" is no ${what}; say a number from ${least} to ${most}`);
}

export function macOf(text: string): Uint8Array {
  if (/^([0-9a-f]{1,2}:){5}[0-9a-f]{1,2}$/i.test(text)) {
    return Uint8Array.from(text.split(":"), (octet) => Number.parseInt(octet, 16));
  }
  throw new FilterError(`"${text}" is no Ethernet address; say e.g. ether host 02:00:5e:10:00:01`);
}

/** One to `most` octets between dots, from the left, as an int32 with how many there are; null for anything else. */
function octetsOf(text: string): { value: number; count: number } | null {
  const octets = text.split(".");
  if (octets.length > 4 || !octets.every((octet) => /^\d{1,3}$/.test(octet) && Number(octet) <= 255)) return null;
  const value = octets.reduce((sum, octet, at) => sum | (Number(octet) << (24 - 8 * at)), 0);
  return { value, count: octets.length };
}

export function hostOf(text: string): number {
  const octets = octetsOf(text);
  if (octets?.count === 4) return octets.value;
  throw new FilterError(`"${text}" is no IPv4 address; names and IPv6 addresses are not looked up here, say e.g. host 10.0.0.2`);
}

/** `10`, `10.1`, `10.1.0.0/16`. */
export function netOf(text: string, maskText: string | null): { value: number; mask: number } {
  const [address = "", bits] = text.split("/");
  const octets = octetsOf(address);
  if (!octets || text.split("/").length > 2) throw new FilterError(`"${text}" is no network; say e.g. net 10.0.0.0/24`);
  const mask = maskText === null ? maskOf(bits, octets.count) : hostOf(maskText);
  if ((octets.value & ~mask) !== 0) throw new FilterError(`"${text}" has bits beyond its mask; say e.g. net 10.0.0.0/24`);
  return { value: octets.value, mask };
}

function maskOf(bits: string | undefined, octets: number): number {
  return prefixMask(bits === undefined ? 8 * octets : numberOf(bits, "length of a prefix", 0, 32));
}

/** The words of a number or of a range of ports. */
export function rangeOf(text: string): readonly [first: number, last: number] {
  const [first = "", last = first, ...more] = text.split("-");
  if (more.length > 0) throw new FilterError(`"${text}" is no range of ports; say e.g. portrange 5000-5010`);
  const ends = [portOf(first), portOf(last)].sort((a, b) => a - b);
  return [ends[0]!, ends[1]!];
}

export function portOf(text: string): number {
  return numberOf(text, "port", 0, 0xffff);
}
