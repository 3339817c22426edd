/** What every station on a simulated wire does to a frame on its way between packet memory and wire. */
import { MIN_FRAME } from "../ethernet.ts";
import { Checksum, HEADROOM, type SkBuff } from "../skbuff.ts";
import { copyFrame } from "./copy-frame.ts";
import type { SegmentPort } from "./segment.ts";

/** Appends bytes[0..length) to an empty packet. */
export function copyFromWire(skb: SkBuff, bytes: Uint8Array, length: number): void {
  copyFrame(skb.bytes, skb.put(length), bytes, 0, length);
}

/** Puts a packet on the wire, padded with zeros to the shortest frame that Ethernet knows (IEEE 802.3 clause 4.2.3.3). */
export function transmitPadded(port: SegmentPort, skb: SkBuff): void {
  const length = Math.max(skb.length, MIN_FRAME);
  let at = skb.data;
  let end = skb.tail;
  if (at + length > skb.bytes.length) {
    // A short packet at the very end of its slot: there is room for padding further in front.
    skb.bytes.copyWithin(HEADROOM, at, end);
    end = HEADROOM + skb.length;
    at = HEADROOM;
  }
  if (at + length > end) skb.bytes.fill(0, end, at + length);
  port.transmit(skb.bytes, at, length);
}

/**
 * Fills in a checksum that was left to the hardware (Checksum.PARTIAL): the ones' complement of the ones' complement sum from
 * csumStart to the packet's end (RFC 1071), which takes in what the sender put in the field, a pseudo header's sum. A result of 0
 * is written as 0xffff, the same number in ones' complement, because 0 means "no checksum" to UDP (RFC 768).
 *
 * @returns false when the field does not lie within the packet, which is left as it is
 */
export function completeChecksum(skb: SkBuff): boolean {
  const view = skb.view;
  const start = skb.csumStart;
  const tail = skb.tail;
  const field = start + skb.csumOffset;
  if (start < skb.data || skb.csumOffset < 0 || field + 2 > tail) return false;
  let sum = 0;
  // At most 1024 words of 16 bits in a slot: the sum stays below 2^26.
  const even = tail - ((tail - start) & 1);
  for (let at = start; at < even; at += 2) sum += view.getUint16(at);
  if (even < tail) sum += view.getUint8(even) << 8;
  sum = (sum & 0xffff) + (sum >>> 16);
  sum = (sum & 0xffff) + (sum >>> 16);
  const result = ~sum & 0xffff;
  view.setUint16(field, result === 0 ? 0xffff : result);
  skb.checksum = Checksum.NONE;
  return true;
}
