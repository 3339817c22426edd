/**
 * The short way out: a packet to a neighbour that is known to be there, by a way just refreshed, needs its headers and nothing else. The
 * way keeps them as words.
 */
import type { SkBuff } from "../../hal/skbuff.ts";
import { finish } from "../ip/checksum.ts";
import { LINK_WORDS } from "../ip/header-template.ts";
import { isUndivided } from "../ip/layer.ts";
import { ETH_P_IP } from "../net/ethernet.ts";
import type { Identifications } from "./header/identification.ts";
import { IP_HEADER } from "./header/ip-header.ts";
import type { Ip4Way } from "./routing/output-route.ts";

const WORDS: number = LINK_WORDS + IP_HEADER / 4;
/** The first word of an IP header without options, but for its length. */
const FIRST = 0x45000000;

// Constants of this module's own: V8 reads an imported or exported one anew at each use (docs/datapath.md).
const [HEADER, TYPE] = [IP_HEADER, ETH_P_IP];
/** Bytes from the template's first word to the transport's header, and to the IP header. */
const [FRONT, LINK] = [4 * WORDS, 4 * LINK_WORDS];
/** Bytes at the front that are none of the frame's. */
const GAP = 2;

/** Makes the headers of packets by this way, where they may go straight; false when they have to take the long way. */
export function straighten(way: Ip4Way, ttl: number): boolean {
  // Packets to ourselves leave by no wire, those to everybody are heard by us, too, and those that stay whole have no identification.
  if (!way.prepareLink(WORDS, TYPE, way.toOurselves || way.toMany || isUndivided(way.manner))) return false;
  const { header, fragment } = way;
  header[4] = FIRST;
  header[5] = fragment;
  header[6] = ttl << 24;
  header[7] = way.source;
  header[8] = way.destination;
  way.headerSum = (FIRST >>> 16) + HEADER + fragment + (ttl << 8) + way.addressSum;
  way.protocol = -1;
  return true;
}

/** Writes both headers in front of a transport's packet. */
export function pushHeaders(skb: SkBuff, way: Ip4Way, protocol: number, identifications: Identifications): void {
  const { view, data, tail } = skb;
  const { header } = way;
  if (way.protocol !== protocol) {
    way.protocol = protocol;
    way.identification = identifications.placeOf(way.source, way.destination, protocol);
  }
  const id = identifications.at(way.identification);
  const length = tail - data;
  const at = data - FRONT;
  view.setInt32(at, header[0]!);
  view.setInt32(at + 4, header[1]!);
  view.setInt32(at + 8, header[2]!);
  view.setInt32(at + 12, header[3]!);
  view.setInt32(at + 16, header[4]! + HEADER + length);
  view.setInt32(at + 20, header[5]! | (id << 16));
  view.setInt32(at + 24, header[6]! | (protocol << 16) | finish(way.headerSum + length + id + protocol));
  view.setInt32(at + 28, header[7]!);
  view.setInt32(at + 32, header[8]!);
  skb.data = at + GAP;
  skb.network = at + LINK;
  skb.protocol = TYPE;
}
