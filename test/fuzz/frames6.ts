/**
 * IPv6 frames for a stack at fd00::1/64 whose station address is 02:00:00:00:00:01, with fields at their boundaries: neighbour discovery with
 * its options, chains of extension headers, fragments, multicast listener discovery, ICMPv6 errors, echoes, UDP. Checksums are right most
 * of the time, so that the rest is looked at. Nothing of the stack's own is used.
 */
import type { Random } from "../../hal/random.ts";
import { fillRandom, mutateBytes, oneIn, pick } from "./bytes.ts";

const US = [2, 0, 0, 0, 0, 1];
const MACS: readonly (readonly number[])[] = [
  ...Array.from({ length: 6 }, () => [2, 0, 0, 0, 0, 2]),
  [2, 0, 0, 0, 0, 0x77],
  US,
  [255, 255, 255, 255, 255, 255],
  [0, 0, 0, 0, 0, 0],
  [0x33, 0x33, 0, 0, 0, 1],
];

/** The 16 octets of an address written as eight groups. */
function ip6(...groups: number[]): Uint8Array {
  return Uint8Array.from(groups.flatMap((group) => [group >> 8, group & 255]));
}

const OURS = ip6(0xfd00, 0, 0, 0, 0, 0, 0, 1);
const OUR_LOCAL = ip6(0xfe80, 0, 0, 0, 0, 0xff, 0xfe00, 1);
const PEER = ip6(0xfd00, 0, 0, 0, 0, 0, 0, 2);
const PEER_LOCAL = ip6(0xfe80, 0, 0, 0, 0, 0xff, 0xfe00, 2);
const OUR_GROUP = ip6(0xff02, 0, 0, 0, 0, 1, 0xff00, 1);
const ALL_NODES = ip6(0xff02, 0, 0, 0, 0, 0, 0, 1);
const NOBODY = new Uint8Array(16);
const REMOTE = ip6(0x2001, 0xdb8, 0, 0, 0, 0, 0, 5);
const PREFIXES = [ip6(0xfd00, 0, 0, 0, 0, 0, 0, 0), ip6(0xfd0a, 0, 0, 0, 0, 0, 0, 0), ip6(0xfe80, 0, 0, 0, 0, 0, 0, 0), REMOTE];
const SOURCES = [PEER, PEER, PEER_LOCAL, PEER_LOCAL, PEER_LOCAL, NOBODY, REMOTE, OURS, ALL_NODES, ip6(0, 0, 0, 0, 0, 0, 0, 1)];
const DESTINATIONS = [OURS, OURS, OURS, OUR_LOCAL, OUR_LOCAL, OUR_GROUP, OUR_GROUP, ALL_NODES, ALL_NODES, PEER, REMOTE, NOBODY];
const GROUPS = [ALL_NODES, OUR_GROUP, NOBODY, ip6(0xff02, 0, 0, 0, 0, 0, 0, 2), ip6(0xff05, 0, 0, 0, 0, 0, 1, 3), OURS];

const Next = { HOP: 0, TCP: 6, UDP: 17, ROUTING: 43, FRAGMENT: 44, AUTH: 51, ICMPV6: 58, NONE: 59, DESTINATION: 60 } as const;
const UPPER: readonly number[] = [Next.ICMPV6, Next.ICMPV6, Next.UDP, Next.UDP, Next.NONE, Next.TCP, 253, Next.FRAGMENT, Next.AUTH];
const EXTENSIONS: readonly number[] = [Next.HOP, Next.DESTINATION, Next.DESTINATION, Next.ROUTING, Next.FRAGMENT, Next.AUTH];
const PORTS: readonly number[] = [5000, 5000, 5000, 9, 0, 53, 0xffff];
const OPTION_TYPES: readonly number[] = [1, 2, 3, 3, 4, 5, 14, 24, 25, 31, 200];
/** Pad1, PadN, router alert, jumbo, and unknown ones with each of the four orders in their high bits. */
const HEADER_OPTIONS: readonly number[] = [0, 1, 1, 5, 0xc2, 0x1e, 0x5e, 0x9e, 0xde];
const LENGTHS: readonly number[] = [0, 1, 7, 8, 9, 16, 24, 40, 100, 548, 1232];
const TIMES: readonly number[] = [0, 0, 1, 1000, 0x7fffffff, 0xffffffff];
const ROOM = 2044;
const HEADER = 40;

const bytes = new Uint8Array(ROOM);
const view = new DataView(bytes.buffer);

/** Makes a frame. The result is the caller's. */
export function makeFrame6(random: Random): Uint8Array {
  bytes.set(oneIn(random, 8) ? pick(random, MACS) : US, 0);
  bytes.set(pick(random, MACS), 6);
  view.setUint16(12, 0x86dd);
  const end = packet(14, random, random.below(100));
  if (bytes[38] === 0xff && !oneIn(random, 8)) bytes.set([0x33, 0x33, ...bytes.subarray(50, 54)], 0);
  let length = end;
  if (length < 60 && oneIn(random, 2)) {
    bytes.fill(0, length, 60);
    length = 60;
  }
  const frame = bytes.slice(0, oneIn(random, 24) ? random.below(length) : length);
  return oneIn(random, 8) ? mutateBytes(frame, random, ROOM) : frame;
}

/** Writes a packet and returns its end. @param kind 0 to 99 */
function packet(ip: number, random: Random, kind: number): number {
  const at = ip + HEADER;
  bytes.set(pick(random, SOURCES), ip + 8);
  bytes.set(pick(random, DESTINATIONS), ip + 24);
  view.setUint32(ip, 0x60000000 + (oneIn(random, 6) ? random.below(0x10000000) : 0));
  bytes[ip + 7] = oneIn(random, 8) ? random.below(256) : kind < 50 ? 255 : 64;
  let end: number;
  let next: number = Next.ICMPV6;
  if (kind < 40) end = discovery(ip, at, random);
  else if (kind < 50) {
    bytes[ip + 7] = oneIn(random, 8) ? random.below(256) : 1;
    bytes.set([Next.ICMPV6, 0, 5, 2, 0, 0, 1, 0], at);
    next = oneIn(random, 8) ? Next.ICMPV6 : Next.HOP;
    end = listeners(ip, next === Next.HOP ? at + 8 : at, random);
  } else if (kind < 72) [next, end] = chain(ip, at, random);
  else if (kind < 84) {
    next = Next.FRAGMENT;
    end = fragment(ip, at, random);
  } else if (kind < 90) end = report(ip, at, random);
  else {
    next = pick(random, UPPER);
    end = upper(ip, at, next, random);
  }
  bytes[ip + 6] = next;
  const length = end - at;
  view.setUint16(ip + 4, oneIn(random, 24) ? pick(random, [0, 1, 8, length + 1, Math.max(0, length - 1), 0xffff]) : length);
  return end;
}

function discovery(ip: number, at: number, random: Random): number {
  const type = oneIn(random, 16) ? pick(random, [132, 138, 140]) : 133 + random.below(5);
  let end = at + 8;
  bytes[at] = type;
  bytes[at + 1] = oneIn(random, 24) ? random.below(256) : 0;
  view.setUint32(at + 4, oneIn(random, 2) ? pick(random, [0xe0000000, 0x60000000, 0x20000000, 0x80000000]) : 0);
  if (type === 134) {
    bytes.set([random.below(256), pick(random, [0, 0x08, 0x18, 0xc0])], at + 4);
    view.setUint16(at + 6, pick(random, [0, 1, 1800, 0xffff]));
    view.setUint32(at + 8, pick(random, TIMES));
    view.setUint32(at + 12, pick(random, TIMES));
    end = at + 16;
  }
  for (let more = type === 137 ? 2 : type === 135 || type === 136 ? 1 : 0; more > 0; more--, end += 16) {
    bytes.set(someone(random), end);
  }
  for (let options = random.below(4); options > 0; options--) end = option(end, random);
  return finish(ip, at, end, Next.ICMPV6, at + 2, random);
}

/** One of those whom frames are about, or anybody of our subnet, so that tables fill. */
function someone(random: Random): Uint8Array {
  if (!oneIn(random, 4)) return pick(random, oneIn(random, 3) ? SOURCES : DESTINATIONS);
  const address = (oneIn(random, 2) ? PEER : PEER_LOCAL).slice();
  address[15] = random.below(256);
  return address;
}

function option(at: number, random: Random): number {
  const type = pick(random, OPTION_TYPES);
  const units = oneIn(random, 16) ? pick(random, [0, 1, 2, 5, 255]) : type === 3 ? 4 : type === 24 ? 3 : 1;
  const end = at + Math.min(units, 5) * 8;
  if (end > at + 2) fillRandom(bytes, at + 2, end, random);
  bytes[at] = type;
  bytes[at + 1] = units;
  if (type === 3 && units === 4) {
    bytes[at + 2] = oneIn(random, 8) ? random.below(256) : 64;
    bytes[at + 3] = pick(random, [0xc0, 0xc0, 0x80, 0x40, 0]);
    view.setUint32(at + 4, pick(random, TIMES));
    view.setUint32(at + 8, pick(random, TIMES));
    bytes.set(pick(random, PREFIXES), at + 16);
    if (oneIn(random, 4)) bytes[at + 17] = random.below(256);
  } else if (type <= 2) bytes.set(pick(random, MACS), at + 2);
  else if (type === 5) view.setUint32(at + 4, pick(random, [0, 1279, 1280, 1500, 9000, 0xffffffff]));
  return Math.max(at + 2, end);
}

/** Queries and reports of both versions. */
function listeners(ip: number, at: number, random: Random): number {
  const type = pick(random, [130, 130, 130, 131, 132, 143]);
  fillRandom(bytes, at, at + 8, random);
  bytes[at] = type;
  bytes[at + 1] = 0;
  view.setUint16(at + 4, pick(random, [0, 1, 1000, 0x8000, 0xffff]));
  bytes.set(pick(random, GROUPS), at + 8);
  let end = at + (oneIn(random, 8) ? random.below(40) : 24);
  if (oneIn(random, 2)) {
    bytes.set([random.below(16), random.below(256), 0, oneIn(random, 3) ? random.below(3) : 0], end);
    end += 4 + (oneIn(random, 3) ? 16 : 0);
  }
  return finish(ip, at, end, Next.ICMPV6, at + 2, random);
}

/** Extension headers with something behind them. */
function chain(ip: number, start: number, random: Random): [next: number, end: number] {
  let at = start;
  const first = pick(random, EXTENSIONS);
  let type = first;
  for (let left = random.below(5); ; left--) {
    const last = left <= 0;
    const next = last ? pick(random, UPPER) : pick(random, EXTENSIONS);
    const units = type === Next.FRAGMENT ? 0 : oneIn(random, 12) ? random.below(256) : random.below(3);
    const end = at + (Math.min(units, 6) + 1) * 8;
    header(at, end, type, random);
    bytes[at] = next;
    bytes[at + 1] = units;
    at = end;
    if (last) return [first, upper(ip, at, next, random)];
    type = next;
  }
}

function header(at: number, end: number, type: number, random: Random): void {
  fillRandom(bytes, at, end, random);
  if (type === Next.FRAGMENT) view.setUint16(at + 2, oneIn(random, 2) ? 0 : random.below(0x10000));
  else if (type === Next.ROUTING) bytes.set([pick(random, [0, 2, 3, 4, 253]), random.below(3)], at + 2);
  else for (let to = at + 2; to < end; to += options(to, end, random));
}

/** Writes one option of a header and returns its length. */
function options(at: number, end: number, random: Random): number {
  const type = pick(random, HEADER_OPTIONS);
  bytes[at] = type;
  if (type === 0 || at + 1 >= end) return 1;
  const length = oneIn(random, 8) ? random.below(256) : Math.min(random.below(5), Math.max(0, end - at - 2));
  bytes[at + 1] = length;
  bytes.fill(0, at + 2, Math.min(end, at + 2 + length));
  return 2 + length;
}

/** Part of one of a few packets. */
function fragment(ip: number, at: number, random: Random): number {
  const next = pick(random, [Next.ICMPV6, Next.UDP, Next.UDP, Next.DESTINATION, Next.FRAGMENT]);
  const offset = oneIn(random, 16) ? random.below(8192) : random.below(8);
  if (!oneIn(random, 4)) {
    bytes.set(PEER, ip + 8);
    bytes.set(OURS, ip + 24);
  }
  bytes.set([next, 0], at);
  view.setUint16(at + 2, offset * 8 + (oneIn(random, 3) ? 0 : 1));
  view.setUint32(at + 4, random.below(24));
  const length = oneIn(random, 6) ? random.below(1400) : (1 + random.below(4)) * 8;
  const from = at + 8;
  if (offset === 0 && next !== Next.DESTINATION && next !== Next.FRAGMENT) {
    upper(ip, from, next, random);
    return from + Math.max(8, length);
  }
  fillRandom(bytes, from, from + length, random);
  return from + length;
}

/** An error about a packet that may be ours. */
function report(ip: number, at: number, random: Random): number {
  const type = oneIn(random, 12) ? random.below(128) : 1 + random.below(4);
  const quoted = at + 8;
  bytes[at] = type;
  bytes[at + 1] = random.below(8);
  view.setUint32(at + 4, type === 2 ? pick(random, [0, 68, 1279, 1280, 1400, 1500, 0xffffffff]) : random.below(64));
  view.setUint32(quoted, 0x60000000);
  view.setUint16(quoted + 4, 16);
  bytes[quoted + 6] = oneIn(random, 4) ? pick(random, UPPER) : pick(random, [Next.UDP, Next.ICMPV6]);
  bytes[quoted + 7] = 64;
  bytes.set(oneIn(random, 8) ? pick(random, SOURCES) : OURS, quoted + 8);
  bytes.set(oneIn(random, 4) ? pick(random, DESTINATIONS) : PEER, quoted + 24);
  fillRandom(bytes, quoted + HEADER, quoted + HEADER + 24, random);
  if (oneIn(random, 2)) view.setUint16(quoted + HEADER, pick(random, [5000, 0x8000]));
  const end = quoted + (oneIn(random, 4) ? random.below(64) : HEADER + 16);
  return finish(ip, at, end, Next.ICMPV6, at + 2, random);
}

function upper(ip: number, at: number, next: number, random: Random): number {
  const data = pick(random, LENGTHS);
  let end = Math.min(at + 8 + data, ROOM);
  fillRandom(bytes, at, Math.min(end, at + 40), random);
  bytes.fill(random.below(256), Math.min(end, at + 40), end);
  if (next === Next.ICMPV6) {
    bytes[at] = pick(random, [128, 128, 128, 129, 129, 139, 144, 255]);
    bytes[at + 1] = 0;
    return finish(ip, at, end, next, at + 2, random);
  }
  if (next !== Next.UDP) return end;
  view.setUint16(at, pick(random, PORTS));
  view.setUint16(at + 2, pick(random, PORTS));
  const length = end - at;
  view.setUint16(at + 4, oneIn(random, 12) ? pick(random, [0, 7, 8, length + 1, 0xffff]) : length);
  if (oneIn(random, 24)) end = at + random.below(9);
  return finish(ip, at, end, next, at + 6, random);
}

/** Puts the sum of the pseudo header and the message at `field` (RFC 8200 8.1), now and then a wrong one. Returns `end`. */
function finish(ip: number, at: number, end: number, protocol: number, field: number, random: Random): number {
  view.setUint16(field, 0);
  let total = protocol + (end - at);
  for (let word = ip + 8; word < ip + HEADER; word += 2) total += view.getUint16(word);
  for (let word = at; word < end; word += 2) total += (bytes[word]! << 8) | (word + 1 < end ? bytes[word + 1]! : 0);
  while (total > 0xffff) total = (total & 0xffff) + (total >>> 16);
  view.setUint16(field, oneIn(random, 24) ? random.below(0x10000) : ~total & 0xffff || 0xffff);
  return end;
}
