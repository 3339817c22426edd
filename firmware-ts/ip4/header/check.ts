/** Checks the IPv4 header of a packet that came in (RFC 1122 3.2.1.1, RFC 1812 5.2.2). */
import { DropReason } from "../../../hal/drop-reason.ts";
import type { SkBuff } from "../../../hal/skbuff.ts";
import { finish, sumBytes } from "../../ip/checksum.ts";
import { headerLengthOf, IP_HEADER, IP_TOTAL_LENGTH, IP_VERSION_IHL } from "./ip-header.ts";

/** The first octet of a header of version 4 without options. */
export const PLAIN_HEADER = 0x45;

// Constants of this module's own: V8 reads an imported or exported one anew at each use (docs/datapath.md).
const [HEADER, PLAIN] = [IP_HEADER, PLAIN_HEADER];
const { NONE } = DropReason;

/** Returns NONE for a sound header and cuts the packet to its length; else returns the reason to drop the packet. */
export function checkHeader(skb: SkBuff): DropReason {
  const { view, data: at, length } = skb;
  if (length < HEADER) return DropReason.PKT_TOO_SMALL;
  const first = view.getInt32(at);
  if (first >>> 24 === PLAIN && (first & 0xffff) >= HEADER && (first & 0xffff) <= length) {
    const sum = sumOf(first, view.getInt32(at + 4), view.getInt32(at + 8), view.getInt32(at + 12), view.getInt32(at + 16));
    if (sum === 0) {
      skb.tail = at + (first & 0xffff);
      return NONE;
    }
  }
  const headerLength = headerLengthOf(view, at);
  if (view.getUint8(at + IP_VERSION_IHL) >> 4 !== 4 || headerLength < IP_HEADER || headerLength > length)
    return DropReason.IP_INHDR;
  if (finish(sumBytes(view, at, headerLength)) !== 0) return DropReason.IP_CSUM;
  const totalLength = view.getUint16(at + IP_TOTAL_LENGTH);
  if (totalLength < headerLength) return DropReason.IP_INHDR;
  if (totalLength > length) return DropReason.PKT_TOO_SMALL;
  skb.trim(totalLength);
  return DropReason.NONE;
}

/** Returns the checksum of a header without options, by its five words; 0 when the one that is in it is right. */
export function sumOf(a: number, b: number, c: number, d: number, e: number): number {
  const high = (a >>> 16) + (b >>> 16) + (c >>> 16) + (d >>> 16) + (e >>> 16);
  const low = (a & 0xffff) + (b & 0xffff) + (c & 0xffff) + (d & 0xffff) + (e & 0xffff);
  return finish(high + low);
}
