/** Messages of neighbour discovery that a device sends about itself (RFC 4861 4.1, 4.3; RFC 3971 5.3.2). */
import type { SkBuff } from "../../../hal/skbuff.ts";
import type { Ip6 } from "../../ip/ip6.ts";
import type { NetDevice } from "../../net/device.ts";
import { ICMP6_HEADER, ICMP6_NEIGHBOUR_SOLICITATION, ICMP6_ROUTER_SOLICITATION, ICMP6_TYPE } from "../common/icmp6-types.ts";
import { writeIp6 } from "../header/ip6-header.ts";
import { LINK_OPTION, ND_BYTES, ND_TARGET, OPTION_CONTENTS, OPTION_NONCE, OPTION_SOURCE_LINK } from "../ndisc/wire.ts";

/** Bytes of the option with a nonce of six octets. */
const NONCE_OPTION = 8;
/** Type and length of an option of eight bytes, as one number, without the type. */
const ONE_UNIT = 1;

/** Writes the question whether an address is taken, without its checksum. @param nonce null for none */
export function writeClaim(skb: SkBuff, target: Ip6, nonce: Uint8Array | null): void {
  const at = skb.put(nonce === null ? ND_BYTES : ND_BYTES + NONCE_OPTION);
  const { view, bytes } = skb;
  view.setInt32(at + ICMP6_TYPE, ICMP6_NEIGHBOUR_SOLICITATION << 24);
  view.setInt32(at + ICMP6_HEADER - 4, 0);
  writeIp6(view, at + ND_TARGET, target);
  if (nonce === null) return;
  view.setUint16(at + ND_BYTES, (OPTION_NONCE << 8) | ONE_UNIT);
  bytes.set(nonce, at + ND_BYTES + OPTION_CONTENTS);
}

/** Writes the question for routers, without its checksum. @param link the device's address goes along */
export function writeRouterSolicitation(skb: SkBuff, device: NetDevice, link: boolean): void {
  const at = skb.put(link ? ICMP6_HEADER + LINK_OPTION : ICMP6_HEADER);
  const { view, bytes } = skb;
  view.setInt32(at + ICMP6_TYPE, ICMP6_ROUTER_SOLICITATION << 24);
  view.setInt32(at + ICMP6_HEADER - 4, 0);
  if (!link) return;
  view.setUint16(at + ICMP6_HEADER, (OPTION_SOURCE_LINK << 8) | ONE_UNIT);
  bytes.set(device.address, at + ICMP6_HEADER + OPTION_CONTENTS);
}
