/**
 * The short way out: a packet to a neighbour that is known to be there, by a way just refreshed, needs its headers and nothing else. The
 * way keeps them as words.
 */
import type { DropReason } from "../../hal/drop-reason.ts";
import type { SkBuff } from "../../hal/skbuff.ts";
import { LINK_WORDS } from "../ip/header-template.ts";
import type { NetDevice } from "../net/device.ts";
import { ETH_P_IPV6 } from "../net/ethernet.ts";
import { IP6_HEADER } from "./header/ip6-header.ts";
import type { Ip6Way } from "./routing/output-route.ts";

const WORDS: number = LINK_WORDS + IP6_HEADER / 4;
/** The version, in the first word. */
const VERSION = 0x60000000;

// Constants of this module's own: V8 reads an imported or exported one anew at each use (docs/datapath.md).
const TYPE = ETH_P_IPV6;
/** Bytes from the template's first word to the transport's header, and to the IP header. */
const [FRONT, LINK] = [4 * WORDS, 4 * LINK_WORDS];
/** Bytes at the front that are none of the frame's. */
const GAP = 2;

/** Makes the headers of packets by this way, where they may go straight; false when they have to take the long way. */
export function straighten6(way: Ip6Way): boolean {
  // Packets to ourselves leave by no wire, and those to groups may be heard by us, too.
  if (!way.prepareLink(WORDS, TYPE, way.toOurselves || way.toMany)) return false;
  const { header, source, destination } = way;
  header[4] = VERSION;
  header[5] = way.hops;
  header[6] = source.a;
  header[7] = source.b;
  header[8] = source.c;
  header[9] = source.d;
  header[10] = destination.a;
  header[11] = destination.b;
  header[12] = destination.c;
  header[13] = destination.d;
  return true;
}

/** Writes both headers in front of a transport's packet, and gives it to the device. */
export function launch6(skb: SkBuff, way: Ip6Way, protocol: number, label: number): DropReason {
  const { view, data, tail } = skb;
  const { header } = way;
  const at = data - FRONT;
  view.setInt32(at, header[0]!);
  view.setInt32(at + 4, header[1]!);
  view.setInt32(at + 8, header[2]!);
  view.setInt32(at + 12, header[3]!);
  view.setInt32(at + 16, header[4]! | label);
  view.setInt32(at + 20, header[5]! | ((tail - data) << 16) | (protocol << 8));
  view.setInt32(at + 24, header[6]!);
  view.setInt32(at + 28, header[7]!);
  view.setInt32(at + 32, header[8]!);
  view.setInt32(at + 36, header[9]!);
  view.setInt32(at + 40, header[10]!);
  view.setInt32(at + 44, header[11]!);
  view.setInt32(at + 48, header[12]!);
  view.setInt32(at + 52, header[13]!);
  skb.data = at + GAP;
  skb.network = at + LINK;
  skb.protocol = TYPE;
  return (way.leaves as NetDevice).transmit(skb);
}
