/** Addresses as `ip -j address` has them, and which of them a filter selects: the same for an instance and for `ip address show`. */
import * as v from "valibot";
import { formatIpv4, parseIpv4 } from "../../ip/address.ts";
import { Scope } from "../../ip/address-type.ts";
import { formatIpv6, ip6Words } from "../../ip/ip6-text.ts";
import type { Lifetime } from "../../ip/lifetimes.ts";
import type { InterfaceAddress } from "../../ip4/routing/addresses.ts";
import { AddressFlags, type Ip6InterfaceAddress } from "../../ip6/routing/addresses.ts";
import { holds6 } from "./by-family.ts";
import { type HostPrefix6, IP_PREFIX, isOfIpv6, maybe, type Prefix, TEXT, TEXTS, UINT_MAX } from "./forms.ts";

const SET = v.exactOptional(v.boolean());

/** An address of a device. */
export const INFO = v.pipe(
  v.object({
    family: v.string(),
    local: v.string(),
    address: v.exactOptional(v.pipe(v.string(), v.description("the peer's, on a point-to-point link"))),
    prefixlen: v.number(),
    metric: v.exactOptional(v.pipe(v.number(), v.description("of the route to its prefix"))),
    broadcast: v.exactOptional(v.string()),
    scope: v.string(),
    secondary: SET,
    temporary: SET,
    nodad: SET,
    optimistic: SET,
    dadfailed: SET,
    home: SET,
    deprecated: SET,
    tentative: SET,
    dynamic: SET,
    mngtmpaddr: SET,
    noprefixroute: SET,
    autojoin: SET,
    "stable-privacy": SET,
    label: v.exactOptional(v.string()),
    valid_life_time: v.pipe(v.number(), v.description("seconds; 4294967295 for ever")),
    preferred_life_time: v.pipe(v.number(), v.description("seconds; 4294967295 for ever")),
  }),
  v.title("address"),
);

export type AddressInfo = v.InferOutput<typeof INFO>;

/** Lifetime in seconds that `ip` prints as "forever". */
export const FOREVER = UINT_MAX;

/** Scopes by name (/etc/iproute2/rt_scopes); `ip` prints others as numbers. */
const SCOPES: readonly (readonly [name: string, scope: number])[] = [
  ["global", Scope.GLOBAL],
  ["site", Scope.SITE],
  ["link", Scope.LINK],
  ["host", Scope.HOST],
  ["nowhere", Scope.NOWHERE],
];

export const SCOPE_NAMES: readonly string[] = SCOPES.map(([name]) => name);

export function scopeName(scope: number): string {
  return SCOPES.find(([, value]) => value === scope)?.[0] ?? String(scope);
}

/** The scope of a name or of a number up to 255; undefined for anything else. */
export function scopeNumber(written: string): number | undefined {
  const known = SCOPES.find(([name]) => name === written);
  if (known) return known[1];
  return /^\d{1,3}$/.test(written) && Number(written) <= Scope.NOWHERE ? Number(written) : undefined;
}

export function addressInfo(own: InterfaceAddress): AddressInfo {
  const { lifetime } = own;
  return {
    family: "inet",
    local: formatIpv4(own.local),
    ...(own.address !== own.local && own.address !== 0 ? { address: formatIpv4(own.address) } : {}),
    prefixlen: own.prefixLength,
    ...(own.metric ? { metric: own.metric } : {}),
    ...(own.broadcast ? { broadcast: formatIpv4(own.broadcast) } : {}),
    scope: scopeName(own.scope),
    ...(own.secondary ? { secondary: true } : {}),
    ...(lifetime.deprecated ? { deprecated: true } : {}),
    ...(lifetime.dynamic ? { dynamic: true } : {}),
    ...(own.noPrefixRoute ? { noprefixroute: true } : {}),
    ...(own.label ? { label: own.label } : {}),
    ...lifeTimes(lifetime),
  };
}

/** Flags of an IPv6 address by name, in the order in which `ip` prints them. */
const FLAGS6 = [
  ["temporary", AddressFlags.TEMPORARY],
  ["nodad", AddressFlags.NODAD],
  ["optimistic", AddressFlags.OPTIMISTIC],
  ["dadfailed", AddressFlags.DADFAILED],
  ["home", AddressFlags.HOMEADDRESS],
  ["deprecated", AddressFlags.DEPRECATED],
  ["tentative", AddressFlags.TENTATIVE],
  ["dynamic", AddressFlags.PERMANENT],
  ["mngtmpaddr", AddressFlags.MANAGETEMPADDR],
  ["noprefixroute", AddressFlags.NOPREFIXROUTE],
  ["autojoin", AddressFlags.MCAUTOJOIN],
  ["stable-privacy", AddressFlags.STABLE_PRIVACY],
] as const;

/** An IPv6 address. It has neither a label nor a broadcast address. */
export function ip6AddressInfo({ local, peer, prefixLength, metric, scope, flags, lifetime }: Ip6InterfaceAddress): AddressInfo {
  // An address that lacks the flag of those that stay is dynamic.
  const shown = flags | (lifetime.dynamic ? AddressFlags.PERMANENT : 0) | (lifetime.deprecated ? AddressFlags.DEPRECATED : 0);
  return {
    family: "inet6",
    local: formatIpv6(local),
    ...(peer && peer !== local ? { address: formatIpv6(peer) } : {}),
    prefixlen: prefixLength,
    ...(metric ? { metric } : {}),
    scope: scopeName(scope),
    ...Object.fromEntries(FLAGS6.filter(([, bit]) => shown & bit).map(([name]) => [name, true])),
    ...lifeTimes(lifetime),
    // IPv4 says `forever` of an address that stays and is deprecated all the same.
    ...(lifetime.deprecated ? { preferred_life_time: 0 } : {}),
  };
}

function lifeTimes({ validLeft, preferredLeft }: Lifetime): Pick<AddressInfo, "valid_life_time" | "preferred_life_time"> {
  const seconds = (left: number): number => (left === Number.POSITIVE_INFINITY ? FOREVER : left);
  return { valid_life_time: seconds(validLeft), preferred_life_time: seconds(preferredLeft) };
}

/** Parameters that select addresses. */
export const ADDRESS_FILTER = {
  to: maybe(IP_PREFIX, "addresses within it"),
  scope: maybe(TEXT, "its name, or its number from 0 to 255"),
  label: maybe(TEXT, "a pattern with *, ? and [a-z]"),
  flags: maybe(TEXTS, "what it has to be: secondary, deprecated, dynamic, tentative, ...; with a - in front what it must not be"),
};

export interface AddressFilter {
  to?: Prefix | HostPrefix6 | undefined;
  scope?: string | undefined;
  label?: string | undefined;
  flags?: readonly string[] | undefined;
}

/**
 * Returns true when the filter selects the address.
 * @param ifname the device's name, which is the label of an address that has none
 */
export function selects({ to, scope, label, flags = [] }: AddressFilter, info: AddressInfo, ifname: string): boolean {
  if (to && !holds(to, info.local)) return false;
  if (scope !== undefined && scopeNumber(scope) !== scopeNumber(info.scope)) return false;
  if (label !== undefined && !labelPattern(label).test(info.label ?? ifname)) return false;
  return flags.every((flag) => (flag.startsWith("-") ? !hasFlag(info, flag.slice(1)) : hasFlag(info, flag)));
}

function holds(prefix: Prefix | HostPrefix6, local: string): boolean {
  const address = parseIpv4(local);
  const words = ip6Words(local);
  if (isOfIpv6(prefix)) return words !== null && holds6(prefix, words);
  return address !== null && (address & prefix.mask) === prefix.address;
}

/** The kernel has one flag for the secondary addresses of IPv4 and the temporary ones of IPv6. */
function hasFlag(info: AddressInfo, flag: string): boolean {
  if (flag === "secondary") return info.secondary === true || info.temporary === true;
  return info[flag as keyof AddressInfo] === true;
}

/** A pattern as fnmatch(3) reads it. */
function labelPattern(pattern: string): RegExp {
  const parts = pattern.matchAll(/\\(.)|\[([!^]?)(\]?[^\]]*)\]|([\s\S])/g);
  const source = [...parts].map(([, quoted, not = "", set, one = ""]) => {
    if (set !== undefined) return `[${not && "^"}${set.replace(/[\\\][^]/g, "\\$&")}]`;
    if (quoted === undefined && one === "*") return ".*";
    return quoted === undefined && one === "?" ? "." : literal(quoted ?? one);
  });
  try {
    return new RegExp(`^${source.join("")}$`, "s");
  } catch {
    // A set like [z-a] holds nothing.
    return /^\b$/;
  }
}

function literal(character: string): string {
  return character.replace(/[.*+?^${}()|[\]\\/]/g, "\\$&");
}
