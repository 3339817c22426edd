/** Messages between routers and listeners (RFC 3810 5, RFC 2710 3), and the header with the router alert before them. */
import type { SkBuff } from "../../../hal/skbuff.ts";
import type { Ip6 } from "../../ip/ip6.ts";
import { EXTENSION_UNIT, extensionLengthOf, NextHeader } from "../header/extension-headers.ts";
import { IP6_HEADER, IP6_NEXT, writeIp6 } from "../header/ip6-header.ts";

export const MLD_QUERY = 130;
export const MLD_REPORT = 131;
export const MLD_DONE = 132;
export const MLD2_REPORT = 143;

/** Offsets in a query and in a message of version 1: maximum response delay, group; in a query of version 2: robustness, interval. */
export const MLD_DELAY = 4;
export const MLD_GROUP = 8;
export const MLD_ROBUSTNESS = 24;
export const MLD_INTERVAL = 25;
export const MLD_SOURCES = 26;
/** Bytes of a message of version 1, and of a query of version 2 without sources. */
export const MLD_BYTES = 24;
export const MLD2_QUERY_BYTES = 28;

/** Bytes of the hop-by-hop header in front of each message. */
export const ALERT_BYTES: number = EXTENSION_UNIT;
/** Its number, and the hop limit of the packets: they stay on the link. */
export const ALERT_NEXT: number = NextHeader.HOP_BY_HOP;
export const MLD_HOPS = 1;
/** ICMPv6 follows; a router alert with the value 0, "MLD message" (RFC 2711 2.1); two octets of padding. */
const ALERT_FRONT = 0x3a000502;
const ALERT_BACK = 0x00000100;
/** Bytes of an extension header, and of an option, before what is in it; types of options. */
const EXTENSION_OPTIONS = 2;
const ROUTER_ALERT = 5;
const PAD1 = 0;

/** Writes a report or a farewell of version 1. */
export function writeVersion1(skb: SkBuff, type: number, group: Ip6): void {
  const at = skb.put(MLD_BYTES);
  skb.view.setInt32(at, type << 24);
  skb.view.setInt32(at + MLD_DELAY, 0);
  writeIp6(skb.view, at + MLD_GROUP, group);
}

/** Pushes the router alert in front of a message that is complete. */
export function pushAlert(skb: SkBuff): void {
  const at = skb.push(ALERT_BYTES);
  skb.view.setInt32(at, ALERT_FRONT);
  skb.view.setInt32(at + 4, ALERT_BACK);
}

/** Returns true for a packet with a router alert among its hop-by-hop options, which were checked. */
export function hasRouterAlert(view: DataView, network: number): boolean {
  if (view.getUint8(network + IP6_NEXT) !== ALERT_NEXT) return false;
  const begin = network + IP6_HEADER;
  const end = begin + extensionLengthOf(view, begin);
  for (let at = begin + EXTENSION_OPTIONS; at < end; ) {
    const type = view.getUint8(at);
    if (type === ROUTER_ALERT) return true;
    at += type === PAD1 ? 1 : EXTENSION_OPTIONS + view.getUint8(at + 1);
  }
  return false;
}
