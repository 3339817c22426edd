/** Addresses as `ip -j address` has them, and which of them a filter selects: the same for an instance and for `ip address show`. */
import * as v from "valibot";
import { formatIpv4, parseIpv4 } from "../../ip/address.ts";
import { Scope } from "../../ip/scope.ts";
import type { InterfaceAddress } from "../../ip4/routing/addresses.ts";
import { maybe, PREFIX, type Prefix, TEXT, TEXTS, UINT_MAX } from "./forms.ts";

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
    secondary: v.exactOptional(v.boolean()),
    deprecated: v.exactOptional(v.boolean()),
    dynamic: v.exactOptional(v.boolean()),
    noprefixroute: v.exactOptional(v.boolean()),
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
  ["site", 200],
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
  const seconds = (left: number): number => (left === Number.POSITIVE_INFINITY ? FOREVER : left);
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
    valid_life_time: seconds(lifetime.validLeft),
    preferred_life_time: seconds(lifetime.preferredLeft),
  };
}

/** Parameters that select addresses. */
export const ADDRESS_FILTER = {
  to: maybe(PREFIX, "addresses within it"),
  scope: maybe(TEXT, "its name, or its number from 0 to 255"),
  label: maybe(TEXT, "a pattern with *, ? and [a-z]"),
  flags: maybe(TEXTS, "what it has to be: secondary, deprecated, dynamic, noprefixroute; with a - in front what it must not be"),
};

export interface AddressFilter {
  to?: Pick<Prefix, "address" | "mask"> | undefined;
  scope?: string | undefined;
  label?: string | undefined;
  flags?: readonly string[] | undefined;
}

/** Returns true when the filter selects the address. */
export function selects({ to, scope, label, flags = [] }: AddressFilter, info: AddressInfo): boolean {
  if (to && ((parseIpv4(info.local) ?? 0) & to.mask) !== to.address) return false;
  if (scope !== undefined && scopeNumber(scope) !== scopeNumber(info.scope)) return false;
  if (label !== undefined && !labelPattern(label).test(info.label ?? "")) return false;
  return flags.every((flag) => (flag.startsWith("-") ? !hasFlag(info, flag.slice(1)) : hasFlag(info, flag)));
}

/** An address of ours never has another flag: those are of IPv6. */
function hasFlag({ secondary, deprecated, dynamic, noprefixroute }: AddressInfo, flag: string): boolean {
  const flags = { secondary, deprecated, dynamic, noprefixroute };
  return flag in flags && flags[flag as keyof typeof flags] === true;
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
