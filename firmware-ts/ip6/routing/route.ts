/** An IPv6 route and what it is made from, as `ip -6 route` speaks of them. */
import type { Ip6 } from "../../ip/ip6.ts";
import { RouteType } from "../../ip/route-type.ts";
import type { NetDevice } from "../../net/device.ts";

/** The fate of packets to a route's destinations (RTN_*). */
export const Ip6RouteType: typeof RouteType & { readonly ANYCAST: 4; readonly MULTICAST: 5 } = {
  ...RouteType,
  ANYCAST: 4,
  MULTICAST: 5,
};
export type Ip6RouteType = (typeof Ip6RouteType)[keyof typeof Ip6RouteType];

/** A router's preference of a route (RFC 4191 2.1), as a number: the higher, the better. */
export const RoutePreference = { LOW: -1, MEDIUM: 0, HIGH: 1 } as const;
export type RoutePreference = (typeof RoutePreference)[keyof typeof RoutePreference];

/** Metrics of routes whose maker names none: an operator's, and the kernel's own (IP6_RT_PRIO_USER, IP6_RT_PRIO_ADDRCONF). */
export const USER_METRIC = 1024;
export const ADDRESS_METRIC = 256;

/** A table's entry: a route, or, without a device, the word that packets to the destination are refused. */
export interface Ip6RouteEntry {
  readonly device: NetDevice | null;
  readonly type: Ip6RouteType;
  /** The neighbour that gets the packets; null: the destination itself. */
  readonly gateway: Ip6 | null;
  /** The preferred source address; null for none. */
  readonly source: Ip6 | null;
  /** Longest packet, in bytes; 0: as long as the device carries. */
  readonly mtu: number;
  /** Routers are not believed about the length. */
  readonly mtuLock: boolean;
  readonly destination: Ip6;
  readonly prefixLength: number;
  readonly metric: number;
  /** Its share of the flows, among routes that share them. */
  readonly weight: number;
  readonly preference: RoutePreference;
  /** The originator as `ip route` prints it: `kernel`, `ra`, `static` or any other word by the operator. */
  readonly protocol: string;
  /** The gateway was said to be on the link, whatever the routes say. */
  readonly onlink: boolean;
  /** The time at which the route goes, in the clock's milliseconds; Infinity: it stays. */
  readonly expires: number;
  /** A router told of it. */
  readonly learned: boolean;
  /** The time at which its gateway was last asked whether it is there, else at which the route was made. */
  readonly probed: number;
}

/** An entry that leads somewhere. */
export interface Ip6Route extends Ip6RouteEntry {
  readonly device: NetDevice;
}

export interface NewIp6Route {
  destination: Ip6;
  prefixLength: number;
  gateway?: Ip6 | null | undefined;
  /** Left out where the type refuses packets. */
  device?: NetDevice | null | undefined;
  source?: Ip6 | null | undefined;
  /** Default 1024; an operator's 0 means that, too. */
  metric?: number | undefined;
  /** 1 to 256; default 1. */
  weight?: number | undefined;
  preference?: RoutePreference | undefined;
  protocol?: string | undefined;
  type?: Ip6RouteType | undefined;
  mtu?: number | undefined;
  mtuLock?: boolean | undefined;
  onlink?: boolean | undefined;
  expires?: number | undefined;
  learned?: boolean | undefined;
}

/** The features by which a route is named. A feature that is left out may be anything. */
export interface Ip6RouteMatch {
  destination: Ip6;
  prefixLength: number;
  gateway?: Ip6 | null | undefined;
  device?: NetDevice | undefined;
  source?: Ip6 | null | undefined;
  metric?: number | undefined;
  protocol?: string | undefined;
  type?: Ip6RouteType | undefined;
}

/** The route leads somewhere. */
export function leadsSomewhere(entry: Ip6RouteEntry): entry is Ip6Route {
  return entry.device !== null;
}

/** Longest packet by the route, in bytes. */
export function mtuOfIp6({ mtu, device }: Ip6Route): number {
  return mtu !== 0 && mtu < device.mtu ? mtu : device.mtu;
}

/**
 * Completes a route with the default of each feature that was left out.
 * @param destination with nothing behind the prefix
 * @param now the clock's milliseconds
 */
export function completeIp6(route: NewIp6Route, destination: Ip6, now: number): Ip6RouteEntry {
  const { type = Ip6RouteType.UNICAST, metric = USER_METRIC, preference = RoutePreference.MEDIUM } = route;
  return {
    // A look-up reads these, so that they stand side by side in memory.
    device: route.device ?? null,
    type,
    gateway: route.gateway ?? null,
    source: route.source ?? null,
    mtu: route.mtu ?? 0,
    mtuLock: route.mtuLock ?? false,
    destination,
    prefixLength: route.prefixLength,
    metric,
    weight: route.weight ?? 1,
    preference,
    protocol: route.protocol ?? "static",
    onlink: route.onlink ?? false,
    expires: route.expires ?? Number.POSITIVE_INFINITY,
    learned: route.learned ?? false,
    probed: now,
  };
}

// Routes that share their flows: several to one destination with one metric, each by a gateway, as an operator made them with `nexthop` or
// `append` (the kernel's siblings). Each is a route of its own in the table; together `ip -6 route` shows them as one.

/** A hash has so many bits left that it times all weights is an integer of 32 bits. */
const HASH_BITS = 16;

/** The two take flows from each other. */
export function areShared(one: Ip6RouteEntry, other: Ip6RouteEntry): boolean {
  return one.metric === other.metric && mayShare(one) && mayShare(other);
}

/** Returns a route with those that share its flows, itself among them, in their order. @param entries all of its prefix */
export function sharedWith(route: Ip6RouteEntry, entries: readonly Ip6RouteEntry[]): readonly Ip6RouteEntry[] {
  return mayShare(route) ? entries.filter((other) => areShared(route, other)) : [route];
}

/** Routes by routers' word are chosen by their preference and share nothing (RFC 4191 3.2). */
function mayShare({ type, gateway, learned }: Ip6RouteEntry): boolean {
  return type === RouteType.UNICAST && gateway !== null && !learned;
}

/** Tells whether flows may take a route: it is up, on the device that is wanted, and its gateway not known to be dead. */
export type Usable = (route: Ip6RouteEntry) => boolean;

/**
 * Picks the route of a flow among those that share flows with `best`: each usable one in proportion to its weight. A flow keeps its route
 * for as long as the same ones are usable (the kernel's fib_multipath_hash_policy 0, with other hash values).
 * @param flow a hash of the flow's addresses
 */
export function pickShared(best: Ip6RouteEntry, entries: readonly Ip6RouteEntry[], flow: number, usable: Usable): Ip6RouteEntry {
  if (entries.length === 1 || !mayShare(best)) return best;
  let weights = 0;
  for (let at = 0; at < entries.length; at++) weights += weightOf(best, entries[at]!, usable);
  let point = ((Math.imul(flow ^ (flow >>> 15), 0x85ebca6b) >>> (32 - HASH_BITS)) * weights) >>> HASH_BITS;
  for (let at = 0; at < entries.length; at++) {
    const entry = entries[at]!;
    const weight = weightOf(best, entry, usable);
    if (point < weight) return entry;
    point -= weight;
  }
  return best;
}

function weightOf(best: Ip6RouteEntry, entry: Ip6RouteEntry, usable: Usable): number {
  return leadsSomewhere(entry) && areShared(best, entry) && usable(entry) ? entry.weight : 0;
}
