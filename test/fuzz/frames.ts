/**
 * Frames for a stack at 10.0.0.1 whose station address is 02:00:00:00:00:01, with fields at their boundaries: Ethernet with tags, ARP,
 * IPv4 with options, ICMP, UDP. Checksums are right most of the time, so that the rest is looked at. Nothing of the stack's own is used.
 */
import type { Random } from "../../hal/random.ts";
import { fillRandom, mutateBytes, oneIn, pick } from "./bytes.ts";

const US: readonly number[] = [2, 0, 0, 0, 0, 1];
const PEER: readonly number[] = [2, 0, 0, 0, 0, 2];
const ALL: readonly number[] = [255, 255, 255, 255, 255, 255];
const DESTINATIONS: readonly (readonly number[])[] = [
  ...Array.from({ length: 12 }, () => US),
  ALL,
  ALL,
  [1, 0, 0x5e, 0, 0, 1],
  [1, 0, 0x5e, 0, 0, 0xfb],
  [0x33, 0x33, 0, 0, 0, 1],
  [2, 0, 0, 0, 0, 9],
  [0, 0, 0, 0, 0, 0],
];
const SOURCES: readonly (readonly number[])[] = [
  ...Array.from({ length: 8 }, () => PEER),
  [2, 0, 0, 0, 0, 0x77],
  US,
  ALL,
  [0, 0, 0, 0, 0, 0],
  [3, 0, 0, 0, 0, 1],
];
/** Ours, neighbours, those of no subnet, and those that nobody has. */
const ADDRESSES: readonly number[] = [
  0x0a000001, 0x0a000001, 0x0a000002, 0x0a000002, 0x0a000003, 0x0a0000ff, 0x0a000000, 0x0b000001, 0, 0xffffffff, 0x7f000001,
  0xe0000001, 0xe00000fb, 0xf0000001, 0xc0a80a01,
];
const TYPES: readonly number[] = [0x86dd, 0x8808, 0x88cc, 0x0000, 0x05dc, 0x0600, 0xffff, 0x0801, 0x8035];
const TAGS: readonly number[] = [0x8100, 0x88a8];
const PROTOCOLS: readonly number[] = [1, 1, 1, 17, 17, 17, 2, 6, 0, 41, 255];
const PORTS: readonly number[] = [5000, 5000, 5000, 4444, 9, 0, 53, 0xffff];
const ICMP_TYPES: readonly number[] = [8, 8, 8, 0, 3, 3, 13, 14, 5, 11, 12, 17, 4, 18, 19, 42, 255];
const FRAGMENTS: readonly number[] = [0, 0, 0, 0, 0, 0x4000, 0x4000, 0x2000, 0x0001, 0x1fff, 0x8000, 0xffff];
const LENGTHS: readonly number[] = [0, 0, 1, 2, 7, 8, 9, 18, 26, 46, 56, 100, 548, 576];
/** Lengths of a frame that some part of the way treats as an edge. */
const FRAME_LENGTHS: readonly number[] = [
  0, 1, 13, 14, 17, 18, 33, 34, 41, 42, 59, 60, 61, 64, 1500, 1513, 1514, 1515, 1517, 1518, 1519, 1522,
];
const MAX_PAYLOAD = 1480;
/** Behind any frame that is made here. */
const ROOM = 2044;

const bytes = new Uint8Array(ROOM);
const view = new DataView(bytes.buffer);

/** Makes a frame. The result is the caller's. */
export function makeFrame(random: Random): Uint8Array {
  let at = ethernet(random);
  const kind = random.below(100);
  if (kind < 30) at = arp(at, random);
  else if (kind < 93) at = ipv4(at, random);
  else at = other(at, random);
  let end = at;
  if (end < 60 && oneIn(random, 2)) {
    bytes.fill(oneIn(random, 8) ? 0xa5 : 0, end, 60);
    end = 60;
  }
  if (oneIn(random, 20)) {
    const length = pick(random, FRAME_LENGTHS);
    if (length > end) bytes.fill(0, end, length);
    end = length;
  }
  const frame = bytes.slice(0, end);
  return oneIn(random, 6) ? mutateBytes(frame, random, ROOM) : frame;
}

function ethernet(random: Random): number {
  bytes.set(pick(random, DESTINATIONS), 0);
  bytes.set(pick(random, SOURCES), 6);
  let at = 12;
  if (oneIn(random, 12)) {
    for (let tags = 1 + random.below(4); tags > 0; tags--, at += 4) {
      view.setUint16(at, pick(random, TAGS));
      view.setUint16(at + 2, pick(random, [0, 0, 0xe000, 1, 0xfff]));
    }
  }
  return at;
}

function other(at: number, random: Random): number {
  const end = at + 2 + pick(random, LENGTHS);
  fillRandom(bytes, at, end, random);
  view.setUint16(at, pick(random, TYPES));
  return end;
}

function arp(start: number, random: Random): number {
  view.setUint16(start, 0x0806);
  const at = start + 2;
  view.setUint16(at, oneIn(random, 16) ? pick(random, [0, 6, 7, 0xffff]) : 1);
  view.setUint16(at + 2, oneIn(random, 16) ? pick(random, [0, 0x0806, 0x86dd]) : 0x0800);
  bytes[at + 4] = oneIn(random, 16) ? pick(random, [0, 5, 7, 255]) : 6;
  bytes[at + 5] = oneIn(random, 16) ? pick(random, [0, 3, 5, 16, 255]) : 4;
  view.setUint16(at + 6, oneIn(random, 12) ? pick(random, [0, 3, 8, 9, 0xffff]) : 1 + random.below(2));
  bytes.set(pick(random, SOURCES), at + 8);
  view.setUint32(at + 14, address(random));
  bytes.set(oneIn(random, 2) ? US : pick(random, SOURCES), at + 18);
  view.setUint32(at + 24, address(random));
  return at + 28;
}

/** One of the list; sometimes anybody of our subnet, so that tables fill, or anybody at all. */
function address(random: Random): number {
  const kind = random.below(16);
  if (kind === 0) return random.below(0x100000000);
  if (kind < 3) return 0x0a000000 + random.below(256);
  return pick(random, ADDRESSES);
}

function ipv4(start: number, random: Random): number {
  view.setUint16(start, 0x0800);
  const at = start + 2;
  const options = oneIn(random, 8) ? random.below(11) * 4 : 0;
  const header = 20 + options;
  const protocol = pick(random, PROTOCOLS);
  if (options > 0) ipOptions(at + 20, at + header, random);
  view.setUint32(at + 12, oneIn(random, 3) ? address(random) : 0x0a000002);
  view.setUint32(at + 16, oneIn(random, 3) ? address(random) : 0x0a000001);
  const end = transport(protocol, at, at + header, random);
  bytes[at] = oneIn(random, 24) ? random.below(256) : 0x40 | (header >> 2);
  bytes[at + 1] = oneIn(random, 4) ? random.below(256) : 0;
  const total = end - at;
  view.setUint16(at + 2, oneIn(random, 16) ? pick(random, [0, 19, 20, header, total - 1, total + 1, 0xffff]) : total);
  view.setUint16(at + 4, random.below(0x10000));
  view.setUint16(at + 6, oneIn(random, 4) ? pick(random, FRAGMENTS) : 0);
  bytes[at + 8] = oneIn(random, 8) ? pick(random, [0, 1, 255]) : 64;
  bytes[at + 9] = protocol;
  view.setUint16(at + 10, 0);
  view.setUint16(at + 10, oneIn(random, 24) ? random.below(0x10000) : checksum(at, at + header, 0));
  return end;
}

function ipOptions(from: number, to: number, random: Random): void {
  let at = from;
  while (at < to) {
    const type = pick(random, [0, 1, 1, 7, 68, 131, 137, 148, 130, 0x99]);
    bytes[at++] = type;
    if (type < 2 || at >= to) continue;
    const length = oneIn(random, 4) ? random.below(45) : Math.min(to - at + 1, 3 + 4 * random.below(5));
    bytes[at++] = length;
    const end = Math.min(to, at + Math.max(0, length - 2));
    for (let first = true; at < end; first = false)
      bytes[at++] = first ? pick(random, [4, 5, 8, 0, 3, 40, 255]) : random.below(256);
  }
}

function transport(protocol: number, ip: number, at: number, random: Random): number {
  const data = oneIn(random, 12) ? random.below(MAX_PAYLOAD) : pick(random, LENGTHS);
  if (protocol === 17) return udp(ip, at, data, random);
  if (protocol === 1) return icmp(at, data, random);
  bytes.fill(random.below(256), at, at + data);
  return at + data;
}

function udp(ip: number, at: number, data: number, random: Random): number {
  const end = at + 8 + data;
  view.setUint16(at, pick(random, PORTS));
  view.setUint16(at + 2, pick(random, PORTS));
  const length = oneIn(random, 12) ? pick(random, [0, 7, 8, data + 7, data + 9, 0xffff]) : 8 + data;
  view.setUint16(at + 4, length);
  bytes.fill(random.below(256), at + 8, end);
  view.setUint16(at + 6, 0);
  const kind = random.below(8);
  if (kind === 0) view.setUint16(at + 6, random.below(0x10000));
  if (kind > 1) {
    const pseudo = 17 + length + sum(ip + 12, ip + 20);
    view.setUint16(at + 6, checksum(at, Math.max(at, Math.min(end, at + length)), pseudo) || 0xffff);
  }
  return end;
}

function icmp(at: number, data: number, random: Random): number {
  const type = pick(random, ICMP_TYPES);
  bytes[at] = type;
  bytes[at + 1] = oneIn(random, 3) ? pick(random, [1, 2, 3, 4, 13, 255]) : 0;
  view.setUint32(at + 4, oneIn(random, 2) ? random.below(4) : random.below(0x100000000));
  let end = at + 8 + data;
  bytes.fill(random.below(256), at + 8, end);
  if (type === 3 || oneIn(random, 8)) end = quoted(at + 8, random);
  view.setUint16(at + 2, 0);
  view.setUint16(at + 2, oneIn(random, 16) ? random.below(0x10000) : checksum(at, end, 0));
  return end;
}

/** The packet that an error is about: one that we may have sent. */
function quoted(at: number, random: Random): number {
  bytes.fill(0, at, at + 28);
  bytes[at] = oneIn(random, 6) ? random.below(256) : 0x45;
  view.setUint16(at + 2, 28);
  bytes[at + 9] = pick(random, PROTOCOLS);
  view.setUint32(at + 12, oneIn(random, 3) ? address(random) : 0x0a000001);
  view.setUint32(at + 16, oneIn(random, 3) ? address(random) : 0x0a000002);
  view.setUint16(at + 20, pick(random, [5000, 4444, 0x0800, 0]));
  view.setUint16(at + 22, pick(random, PORTS));
  view.setUint16(at + 24, random.below(4));
  return oneIn(random, 6) ? at + random.below(28) : at + 28;
}

function sum(from: number, to: number): number {
  let total = 0;
  for (let at = from; at < to; at += 2) total += (bytes[at]! << 8) | (at + 1 < to ? bytes[at + 1]! : 0);
  return total;
}

/** RFC 1071. */
function checksum(from: number, to: number, start: number): number {
  let total = start + sum(from, to);
  while (total > 0xffff) total = (total & 0xffff) + (total >>> 16);
  return ~total & 0xffff;
}
