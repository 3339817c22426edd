/** Checks the IPv4 header of a packet that came in (RFC 1122 3.2.1.1, RFC 1812 5.2.2). */
import { DropReason } from "../../../hal/drop-reason.ts";
import type { SkBuff } from "../../../hal/skbuff.ts";
import { finish, sumBytes } from "../../ip/checksum.ts";
import { headerLengthOf, IP_HEADER, IP_TOTAL_LENGTH, IP_VERSION_IHL } from "./ip-header.ts";

/** Returns NONE for a sound header and cuts the packet to its length; else returns the reason to drop the packet. */
export function checkHeader(skb: SkBuff): DropReason {
  const { view, data: at, length } = skb;
  if (length < IP_HEADER) return DropReason.PKT_TOO_SMALL;
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
