/** The Internet checksum (RFC 1071): ones' complement sums over 16-bit words in network byte order. */

import { sumWords } from "../../hal/packet-memory.ts";
import type { SkBuff } from "../../hal/skbuff.ts";

/** From so many bytes on the call of the kernel pays. */
const LONG = 96;
/** The kernel takes so many bytes a turn. */
const TURN = 32;

/** As sumBytes(), of a packet's bytes, by the kernel of packet-memory.ts where they are many and lie where it reads. */
export function sumPacket(skb: SkBuff, at: number, length: number, sum = 0): number {
  if (length < LONG || !skb.summable) return sumBytes(skb.view, at, length, sum);
  const whole = length & -TURN;
  return sumBytes(skb.view, at + whole, length - whole, sum) + sumWords(skb.offset + at, whole);
}

/**
 * Adds length bytes from `at` to a running sum. An odd last byte counts as the high half of a word.
 *
 * Two words with each read and four reads with each turn take a third of the time of one word by one; `| 0` keeps the sums in integer
 * registers, which hold those of 64 KiB.
 */
export function sumBytes(view: DataView, at: number, length: number, sum = 0): number {
  const end = at + length;
  let high = 0;
  let low = sum;
  let next = at;
  for (; next + 16 <= end; next += 16) {
    const a = view.getInt32(next);
    const b = view.getInt32(next + 4);
    const c = view.getInt32(next + 8);
    const d = view.getInt32(next + 12);
    high = (high + (a >>> 16) + (b >>> 16) + (c >>> 16) + (d >>> 16)) | 0;
    low = (low + (a & 0xffff) + (b & 0xffff) + (c & 0xffff) + (d & 0xffff)) | 0;
  }
  for (; next + 2 <= end; next += 2) low = (low + view.getUint16(next)) | 0;
  if (next < end) low = (low + (view.getUint8(next) << 8)) | 0;
  return high + low;
}

/** Folds a running sum and complements it: the value of a checksum field. */
export function finish(sum: number): number {
  // Twice is enough for any sum of 32 bits: the first leaves 0x1fffe at most.
  const once = (sum & 0xffff) + (sum >>> 16);
  return ~((once & 0xffff) + (once >>> 16)) & 0xffff;
}

/**
 * Copies a payload of at most 127 bytes to view[at..] and returns its sum: what was just stored need not be read again. Beyond some 64
 * bytes a block copy and sumBytes() take less. V8 knows by the mask how far `next` can come, so that nothing is checked for overflow.
 */
export function copyAndSum(view: DataView, at: number, from: Uint8Array): number {
  const length = from.length & 127;
  const whole = length & ~3;
  let sum = 0;
  let next = 0;
  // One store for four bytes: the stores are what this costs.
  for (; next < whole; next += 4) {
    const high = (from[next]! << 8) | from[next + 1]!;
    const low = (from[next + 2]! << 8) | from[next + 3]!;
    view.setInt32(at + next, (high << 16) | low);
    sum = (sum + high + low) | 0;
  }
  for (; next < length; next++) {
    const octet = from[next]!;
    view.setUint8(at + next, octet);
    sum = (sum + (octet << (8 - 8 * (next & 1)))) | 0;
  }
  return sum;
}

/** Folds a running sum: what stands in a checksum field that the controller is to complete (Checksum.PARTIAL). */
export function partial(sum: number): number {
  return ~finish(sum) & 0xffff;
}

/** The part of a UDP checksum that stands for the IP header (RFC 768). */
export function sumPseudoHeader(source: number, destination: number, protocol: number, length: number): number {
  return (source >>> 16) + (source & 0xffff) + (destination >>> 16) + (destination & 0xffff) + protocol + length;
}
