/**
 * The short way out: a packet to a neighbour that is known to be there, by a way just refreshed, needs its headers and nothing else. They
 * are written in one go, in the words in which a copy or a checksum reads them again.
 */
import { ETHERNET_HEADER } from "../../hal/ethernet.ts";
import type { SkBuff } from "../../hal/skbuff.ts";
import { finish } from "../ip/checksum.ts";
import type { Neighbour } from "../neigh/entry.ts";
import { NUD_CONNECTED } from "../neigh/states.ts";
import { ETH_P_IP } from "../net/ethernet.ts";
import { IP_HEADER } from "./header/ip-header.ts";
import type { Ip4Way } from "./routing/output-route.ts";

// V8 takes a module's own constants as such; an imported one it reads anew at each use, and checks it.
const [HEADER, LINK_HEADER, TYPE, CONNECTED] = [IP_HEADER, ETHERNET_HEADER, ETH_P_IP, NUD_CONNECTED];

/** Returns the neighbour to which a packet by this way may go straight; null when it has to take the long way. */
export function straightTo(way: Ip4Way): Neighbour | null {
  const { neighbour } = way;
  if (neighbour === null || way.plain === false || neighbour.dead === true || neighbour.headerReady === false) return null;
  return (neighbour.nudState & CONNECTED) === 0 ? null : neighbour;
}

/** Pushes the IP and the Ethernet header in front of a transport's packet. */
export function pushHeaders(
  skb: SkBuff,
  way: Ip4Way,
  entry: Neighbour,
  protocol: number,
  ttl: number,
  id: number,
  fragment: number,
): void {
  const { view } = skb;
  const at = skb.data - HEADER;
  const frame = at - LINK_HEADER;
  const own = entry.on.device.addressView;
  const total = skb.tail - at;
  const fifth = (ttl << 8) | protocol;
  view.setInt16(frame, entry.addressHigh);
  view.setInt32(frame + 2, entry.addressLow);
  view.setInt32(frame + 6, own.getInt32(0));
  view.setInt32(frame + 10, (own.getUint16(4) << 16) | TYPE);
  view.setInt32(at, (0x4500 << 16) | total);
  view.setInt32(at + 4, (id << 16) | fragment);
  view.setInt32(at + 8, (fifth << 16) | finish(0x4500 + total + id + fragment + fifth + way.addressSum));
  view.setInt32(at + 12, way.source);
  view.setInt32(at + 16, way.destination);
  skb.network = at;
  skb.protocol = TYPE;
  skb.data = frame;
}
