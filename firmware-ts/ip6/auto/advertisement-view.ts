/** Reads a whole router advertisement for people and programs that look at it: the stack itself takes from it only what it needs. */
import type { SkBuff } from "../../../hal/skbuff.ts";
import type { Ip6Words } from "../../ip/ip6-text.ts";
import { OPTION_CONTENTS, OPTION_MTU, OPTION_PREFIX, OPTION_ROUTE, OPTION_SOURCE_LINK, OPTION_UNIT } from "../ndisc/wire.ts";
import { RoutePreference } from "../routing/route.ts";
import {
  AUTONOMOUS,
  DNS_CONTENTS,
  DNS_LIFETIME,
  HOME_AGENT,
  MANAGED,
  MTU_VALUE,
  ND_PROXY,
  ON_LINK,
  OPTION_RDNSS,
  OPTION_SEARCH_LIST,
  OTHER,
  PREFIX_ADDRESS,
  PREFIX_BYTES,
  PREFIX_FLAGS,
  PREFIX_LENGTH,
  PREFIX_PREFERRED,
  PREFIX_VALID,
  preferenceOf,
  prefixWord,
  RA_BYTES,
  RA_FLAGS,
  RA_HOPS,
  RA_LIFETIME,
  RA_REACHABLE,
  RA_RETRANS,
  ROUTE_FLAGS,
  ROUTE_LENGTH,
  ROUTE_LIFETIME,
  ROUTE_PREFIX,
} from "./advertisement-wire.ts";

/** Low, medium or high, or the value that means none (RFC 4191 2.1). */
export type PreferenceName = "low" | "medium" | "high" | "invalid";

/** An option. Lifetimes are in seconds, 0xffffffff means for ever. */
export type AdvertisedOption =
  | {
      readonly kind: "prefix";
      readonly prefix: Ip6Words;
      readonly length: number;
      readonly onLink: boolean;
      readonly autonomous: boolean;
      readonly valid: number;
      readonly preferred: number;
    }
  | {
      readonly kind: "route";
      readonly prefix: Ip6Words;
      readonly length: number;
      readonly preference: PreferenceName;
      readonly lifetime: number;
    }
  | { readonly kind: "dns"; readonly servers: readonly Ip6Words[]; readonly lifetime: number }
  | { readonly kind: "search"; readonly domains: readonly string[]; readonly lifetime: number }
  | { readonly kind: "mtu"; readonly mtu: number }
  | { readonly kind: "link"; readonly address: Uint8Array };

/** A router advertisement (RFC 4861 4.2). Times in ms, the router's lifetime in seconds; 0 leaves a value open. */
export interface Advertisement {
  readonly hopLimit: number;
  readonly managed: boolean;
  readonly other: boolean;
  readonly homeAgent: boolean;
  readonly preference: PreferenceName;
  readonly proxy: boolean;
  readonly lifetime: number;
  readonly reachable: number;
  readonly retrans: number;
  /** Those that are known here, up to the first that ends behind the message. */
  readonly options: readonly AdvertisedOption[];
}

const ADDRESS_BYTES = 16;
/** Longest label of a domain (RFC 1035 2.3.4). */
const MOST_LABEL = 63;

const PREFERENCES: ReadonlyMap<RoutePreference | null, PreferenceName> = new Map([
  [RoutePreference.LOW, "low"],
  [RoutePreference.MEDIUM, "medium"],
  [RoutePreference.HIGH, "high"],
  [null, "invalid"],
]);

function preferenceName(flags: number): PreferenceName {
  return PREFERENCES.get(preferenceOf(flags)) ?? "invalid";
}

/** Reads the advertisement at skb.data; null for one that is too short. */
export function readAdvertisement({ view, bytes, data: at, tail }: SkBuff): Advertisement | null {
  if (tail - at < RA_BYTES) return null;
  const flags = view.getUint8(at + RA_FLAGS);
  const options: AdvertisedOption[] = [];
  for (let next = at + RA_BYTES; next + OPTION_UNIT <= tail; ) {
    const end = next + view.getUint8(next + 1) * OPTION_UNIT;
    if (end === next || end > tail) break;
    const option = readOption(view, bytes, next, end);
    if (option !== null) options.push(option);
    next = end;
  }
  return {
    hopLimit: view.getUint8(at + RA_HOPS),
    managed: (flags & MANAGED) !== 0,
    other: (flags & OTHER) !== 0,
    homeAgent: (flags & HOME_AGENT) !== 0,
    preference: preferenceName(flags),
    proxy: (flags & ND_PROXY) !== 0,
    lifetime: view.getUint16(at + RA_LIFETIME),
    reachable: view.getUint32(at + RA_REACHABLE),
    retrans: view.getUint32(at + RA_RETRANS),
    options,
  };
}

function readOption(view: DataView, bytes: Uint8Array, at: number, end: number): AdvertisedOption | null {
  switch (view.getUint8(at)) {
    case OPTION_PREFIX:
      return end - at < PREFIX_BYTES ? null : readPrefix(view, at, end);
    case OPTION_ROUTE:
      return readRoute(view, at, end);
    case OPTION_RDNSS:
      return readServers(view, at, end);
    case OPTION_SEARCH_LIST:
      return readDomains(view, bytes, at, end);
    case OPTION_MTU:
      return { kind: "mtu", mtu: view.getUint32(at + MTU_VALUE) };
    case OPTION_SOURCE_LINK:
      return { kind: "link", address: bytes.slice(at + OPTION_CONTENTS, end) };
    default:
      return null;
  }
}

/** The address at `at`, with zeros behind `end`. */
function wordsAt(view: DataView, at: number, end: number): Ip6Words {
  const word = (index: number): number => prefixWord(view, at, end, index);
  return { a: word(0), b: word(1), c: word(2), d: word(3) };
}

function readPrefix(view: DataView, at: number, end: number): AdvertisedOption {
  const flags = view.getUint8(at + PREFIX_FLAGS);
  return {
    kind: "prefix",
    prefix: wordsAt(view, at + PREFIX_ADDRESS, end),
    length: view.getUint8(at + PREFIX_LENGTH),
    onLink: (flags & ON_LINK) !== 0,
    autonomous: (flags & AUTONOMOUS) !== 0,
    valid: view.getUint32(at + PREFIX_VALID),
    preferred: view.getUint32(at + PREFIX_PREFERRED),
  };
}

/** Null when the option is too short for the prefix that it names. */
function readRoute(view: DataView, at: number, end: number): AdvertisedOption | null {
  const length = view.getUint8(at + ROUTE_LENGTH);
  if (length > 8 * (end - at - ROUTE_PREFIX)) return null;
  return {
    kind: "route",
    prefix: wordsAt(view, at + ROUTE_PREFIX, end),
    length,
    preference: preferenceName(view.getUint8(at + ROUTE_FLAGS)),
    lifetime: view.getUint32(at + ROUTE_LIFETIME),
  };
}

/** RFC 8106 5.1. Null when the option holds no whole number of addresses. */
function readServers(view: DataView, at: number, end: number): AdvertisedOption | null {
  const count = (end - at - DNS_CONTENTS) / ADDRESS_BYTES;
  if (count < 1 || !Number.isInteger(count)) return null;
  const servers = Array.from({ length: count }, (_, n) => wordsAt(view, at + DNS_CONTENTS + n * ADDRESS_BYTES, end));
  return { kind: "dns", servers, lifetime: view.getUint32(at + DNS_LIFETIME) };
}

/** RFC 8106 5.2: domains of labels with their lengths in front, and zeros behind the last. Null when a label ends behind the option. */
function readDomains(view: DataView, bytes: Uint8Array, at: number, end: number): AdvertisedOption | null {
  const domains: string[] = [];
  let labels: string[] = [];
  for (let next = at + DNS_CONTENTS; next < end; ) {
    const length = view.getUint8(next++);
    if (length === 0) {
      if (labels.length > 0) domains.push(labels.join("."));
      labels = [];
      continue;
    }
    if (length > MOST_LABEL || next + length > end) return null;
    labels.push(String.fromCharCode(...bytes.subarray(next, next + length)));
    next += length;
  }
  return domains.length === 0 ? null : { kind: "search", domains, lifetime: view.getUint32(at + DNS_LIFETIME) };
}
