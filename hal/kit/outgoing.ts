/** The last work on a frame before it leaves, for drivers whose controllers do not do it: length, padding, checksum. */
import { DropReason } from "../drop-reason.ts";
import { ETHERNET_HEADER, MAX_TAGGED_FRAME, MIN_FRAME } from "../ethernet.ts";
import { sumWords } from "../packet-memory.ts";
import { Checksum, HEADROOM, type SkBuff } from "../skbuff.ts";

// Constants of this module's own: V8 reads an imported or exported one anew at each use (docs/datapath.md).
const { PARTIAL, NONE } = Checksum;
const [SHORTEST, START] = [MIN_FRAME, HEADROOM];

/**
 * Puts zeros behind the packet up to the shortest frame that Ethernet knows (IEEE 802.3 clause 4.2.3.3). Returns the length with
 * them; the packet's own stays as it is.
 */
export function pad(skb: SkBuff): number {
  const length = Math.max(skb.length, SHORTEST);
  if (skb.data + length > skb.bytes.length) {
    // A short packet at the very end of its slot: there is room for padding further in front.
    skb.bytes.copyWithin(START, skb.data, skb.tail);
    skb.tail = START + skb.length;
    skb.data = START;
  }
  clear(skb, skb.data + length);
  return length;
}

/** Puts zeros behind the packet up to offset `end` of its slot. In words: a fill() of some bytes takes 15 ns. */
export function clear({ bytes, view, tail }: SkBuff, end: number): void {
  let at = tail;
  for (; (at & 3) !== 0 && at < end; at++) bytes[at] = 0;
  for (; at + 4 <= end; at += 4) view.setInt32(at, 0);
  for (; at < end; at++) bytes[at] = 0;
}

/**
 * Checks a frame's length, and fills in a checksum that was left to the hardware. Returns NONE, or why the frame cannot be sent: for a
 * controller that has no checksum offload.
 */
export function unsendable(skb: SkBuff): DropReason {
  if (skb.length < ETHERNET_HEADER) return DropReason.PKT_TOO_SMALL;
  if (skb.length > MAX_TAGGED_FRAME) return DropReason.PKT_TOO_BIG;
  return ensureChecksum(skb) ? DropReason.NONE : DropReason.TX_ABORTED;
}

/** Fills in the checksum if it was left to the hardware (Checksum.PARTIAL). Returns false when that cannot be done. */
export function ensureChecksum(skb: SkBuff): boolean {
  return skb.checksum !== PARTIAL || completeChecksum(skb);
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
  // The kernel takes 32 bytes a turn.
  const whole = skb.summable ? (tail - start) & -32 : 0;
  let sum = whole > 0 ? sumWords(skb.offset + start, whole) : 0;
  // At most 1024 words of 16 bits in a slot: the sum stays below 2^26.
  const even = tail - ((tail - start) & 1);
  for (let at = start + whole; at < even; at += 2) sum += view.getUint16(at);
  if (even < tail) sum += view.getUint8(even) << 8;
  sum = (sum & 0xffff) + (sum >>> 16);
  sum = (sum & 0xffff) + (sum >>> 16);
  const result = ~sum & 0xffff;
  view.setUint16(field, result === 0 ? 0xffff : result);
  skb.checksum = NONE;
  return true;
}
