/**
 * The short way out: a packet to a neighbour that is known to be there, by a way just refreshed, needs its headers and nothing else.
 */
import type { SkBuff } from "../../hal/skbuff.ts";
import type { Neighbour } from "../neigh/entry.ts";
import { NUD_CONNECTED } from "../neigh/states.ts";
import { ETH_P_IPV6, pushHeader } from "../net/ethernet.ts";
import { IP6_HEADER, writeIp6Header } from "./header/ip6-header.ts";
import type { Ip6Way } from "./routing/output-route.ts";

// Constants of this module's own: V8 reads an imported or exported one anew at each use (docs/datapath.md).
const [HEADER, TYPE, CONNECTED] = [IP6_HEADER, ETH_P_IPV6, NUD_CONNECTED];

/** Returns the neighbour to which a packet by this way may go straight; null when it has to take the long way. */
export function straightTo6(way: Ip6Way): Neighbour | null {
  const { neighbour } = way;
  if (neighbour === null || neighbour.dead === true || neighbour.headerReady === false) return null;
  // Packets to ourselves leave by no wire, and those to groups may be heard by us, too.
  if (way.toOurselves === true || way.toMany === true) return null;
  return (neighbour.nudState & CONNECTED) === 0 ? null : neighbour;
}

/** Pushes the IP and the Ethernet header in front of a transport's packet. */
export function pushIp6Headers(skb: SkBuff, way: Ip6Way, entry: Neighbour, protocol: number, label: number): void {
  const { length } = skb;
  const at = skb.push(HEADER);
  writeIp6Header(skb.view, at, way.source, way.destination, protocol, length, way.hops, 0, label);
  skb.network = at;
  skb.protocol = TYPE;
  pushHeader(skb, entry.addressHigh, entry.addressLow, entry.on.device.addressView, TYPE);
}
