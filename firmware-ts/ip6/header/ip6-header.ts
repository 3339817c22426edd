/** The IPv6 header (RFC 8200 3), written and read by words. */
import type { Ip6 } from "../../ip/ip6.ts";

/** Offsets in it. */
export const IP6_LENGTH = 4;
export const IP6_NEXT = 6;
export const IP6_HOPS = 7;
export const IP6_SOURCE = 8;
export const IP6_DESTINATION = 24;
/** Bytes of it. */
export const IP6_HEADER = 40;
/** Bytes of an address. */
export const IP6_BYTES = 16;

/** Most bytes behind it, but for jumbograms (RFC 8200 3). */
export const IP6_MOST_PAYLOAD = 0xffff;

/** Every link carries packets of so many bytes (RFC 8200 5). */
export const IP6_MIN_MTU = 1280;

/** The version, in the first word. */
const VERSION = 0x60000000;

/**
 * Writes the header of a packet of ours at view[at..at+40), in words that are stored whole.
 * @param length bytes behind the header
 * @param next the protocol, or the extension header, behind it
 * @param tos the traffic class
 * @param label the flow label (RFC 6437); 0 for none
 */
export function writeIp6Header(
  view: DataView,
  at: number,
  source: Ip6,
  destination: Ip6,
  next: number,
  length: number,
  hops: number,
  tos: number,
  label: number,
): void {
  view.setInt32(at, VERSION | (tos << 20) | label);
  view.setInt32(at + IP6_LENGTH, (length << 16) | (next << 8) | hops);
  view.setInt32(at + IP6_SOURCE, source.a);
  view.setInt32(at + IP6_SOURCE + 4, source.b);
  view.setInt32(at + IP6_SOURCE + 8, source.c);
  view.setInt32(at + IP6_SOURCE + 12, source.d);
  view.setInt32(at + IP6_DESTINATION, destination.a);
  view.setInt32(at + IP6_DESTINATION + 4, destination.b);
  view.setInt32(at + IP6_DESTINATION + 8, destination.c);
  view.setInt32(at + IP6_DESTINATION + 12, destination.d);
}

/** Returns the traffic class of the header at `at` (RFC 2474, RFC 3168). */
export function trafficClassOf(view: DataView, at: number): number {
  return (view.getUint16(at) >>> 4) & 0xff;
}

/** Writes the sixteen octets of an address at `at`. */
export function writeIp6(view: DataView, at: number, address: Ip6): void {
  view.setInt32(at, address.a);
  view.setInt32(at + 4, address.b);
  view.setInt32(at + 8, address.c);
  view.setInt32(at + 12, address.d);
}
