/** A router advertisement and the options that only it has (RFC 4861 4.2, 4.6.2, 4.6.4; RFC 4191 2). */
import { RoutePreference } from "../routing/route.ts";

/** Offsets in the message, from the ICMPv6 header on. Times in ms, the router's lifetime in seconds. */
export const RA_HOPS = 4;
export const RA_FLAGS = 5;
export const RA_LIFETIME = 6;
export const RA_REACHABLE = 8;
export const RA_RETRANS = 12;
/** Bytes of one without options. */
export const RA_BYTES = 16;

/** Its flags: addresses and other settings are given by DHCPv6, the router is a home agent (RFC 6275 7.1), it proxies (RFC 4389 4.1.3.3). */
export const MANAGED = 0x80;
export const OTHER = 0x40;
export const HOME_AGENT = 0x20;
export const ND_PROXY = 0x04;

/** Offsets in a prefix information option. Lifetimes in seconds. */
export const PREFIX_LENGTH = 2;
export const PREFIX_FLAGS = 3;
export const PREFIX_VALID = 4;
export const PREFIX_PREFERRED = 8;
export const PREFIX_ADDRESS = 16;
/** Bytes of one. */
export const PREFIX_BYTES = 32;
/** Its flags: the prefix is on the link; addresses are made with it. */
export const ON_LINK = 0x80;
export const AUTONOMOUS = 0x40;

/** Offset in an MTU option. */
export const MTU_VALUE = 4;

/** Offsets in a route information option, whose prefix is as long as it needs to be. */
export const ROUTE_LENGTH = 2;
export const ROUTE_FLAGS = 3;
export const ROUTE_LIFETIME = 4;
export const ROUTE_PREFIX = 8;

/** Options for DNS (RFC 8106 5): servers, and domains to search. */
export const OPTION_RDNSS = 25;
export const OPTION_SEARCH_LIST = 31;
/** Offsets in them. */
export const DNS_LIFETIME = 4;
export const DNS_CONTENTS = 8;

/** A lifetime without end. */
export const FOREVER = 0xffffffff;

const PREFERENCE_SHIFT = 3;
const PREFERENCE_MASK = 3;
const HIGH = 1;
const RESERVED = 2;
const LOW = 3;

/** Returns the preference in a field of flags (RFC 4191 2.1); null for the value that means none. */
export function preferenceOf(flags: number): RoutePreference | null {
  switch ((flags >>> PREFERENCE_SHIFT) & PREFERENCE_MASK) {
    case HIGH:
      return RoutePreference.HIGH;
    case LOW:
      return RoutePreference.LOW;
    case RESERVED:
      return null;
    default:
      return RoutePreference.MEDIUM;
  }
}

/** Reads up to 16 octets of a prefix at `at` that ends at `end`: word `index`, 0 behind the end. */
export function prefixWord(view: DataView, at: number, end: number, index: number): number {
  return at + 4 * index + 4 <= end ? view.getInt32(at + 4 * index) : 0;
}
