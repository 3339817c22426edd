/** Extension headers (RFC 8200 4): their numbers and offsets, and the way over them to a packet's transport header. */
import { IP6_HEADER, IP6_NEXT } from "./ip6-header.ts";

/** Numbers of headers, as the header before names them. */
export const NextHeader = {
  HOP_BY_HOP: 0,
  ROUTING: 43,
  FRAGMENT: 44,
  AUTHENTICATION: 51,
  NONE: 59,
  DESTINATION_OPTIONS: 60,
} as const;

/** Offsets in an extension header: the next header's number, and the length behind the first unit, in units of eight octets. */
export const EXTENSION_NEXT = 0;
export const EXTENSION_LENGTH = 1;
export const EXTENSION_UNIT = 8;

/** Offsets in a fragment header (RFC 8200 4.5): 13 bits of offset in units of eight octets and a flag for more; the identification. */
export const FRAGMENT_OFFSET_FIELD = 2;
export const FRAGMENT_ID = 4;
export const FRAGMENT_HEADER = 8;
export const FRAGMENT_OFFSET_MASK = 0xfff8;
export const FRAGMENT_MORE = 1;

/** Offsets in a routing header (RFC 8200 4.4). */
export const ROUTING_TYPE = 2;
export const ROUTING_LEFT = 3;

const { HOP_BY_HOP, ROUTING, FRAGMENT, AUTHENTICATION, DESTINATION_OPTIONS } = NextHeader;

/** Bytes of an extension header that has a length field. */
export function extensionLengthOf(view: DataView, at: number): number {
  return (view.getUint8(at + EXTENSION_LENGTH) + 1) * EXTENSION_UNIT;
}

/** The place of a packet's transport header: its number and its offset. Its owner looks for one after the other. */
export class TransportPlace {
  protocol = 0;
  at = 0;
  /** The packet is a part of one. */
  fragment = false;

  /**
   * Looks for it in view[at..end), which begins with an IPv6 header. Returns false when the packet ends before, or goes on with the later
   * part of a fragmented one, whose transport header is elsewhere.
   */
  find(view: DataView, at: number, end: number): boolean {
    let next = view.getUint8(at + IP6_NEXT);
    let place = at + IP6_HEADER;
    this.fragment = false;
    while (
      next === HOP_BY_HOP ||
      next === ROUTING ||
      next === FRAGMENT ||
      next === DESTINATION_OPTIONS ||
      next === AUTHENTICATION
    ) {
      if (place + EXTENSION_UNIT > end) return false;
      const part = next === FRAGMENT ? view.getUint16(place + FRAGMENT_OFFSET_FIELD) : 0;
      if ((part & FRAGMENT_OFFSET_MASK) !== 0) return false;
      if (part !== 0) this.fragment = true;
      const length = next === FRAGMENT ? FRAGMENT_HEADER : lengthOf(view, place, next);
      next = view.getUint8(place + EXTENSION_NEXT);
      place += length;
    }
    this.protocol = next;
    this.at = place;
    return place <= end;
  }
}

/** An authentication header counts in units of four octets, without the first two of them (RFC 4302 2.2). */
function lengthOf(view: DataView, at: number, kind: number): number {
  return kind === AUTHENTICATION ? (view.getUint8(at + EXTENSION_LENGTH) + 2) * 4 : extensionLengthOf(view, at);
}
