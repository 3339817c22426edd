/**
 * Routes that share their flows: several to one destination with one metric, each by a gateway, as an operator made them with `nexthop` or
 * `append` (the kernel's siblings). Each is a route of its own in the table; together `ip -6 route` shows them as one.
 */
import { RouteType } from "../../ip/route-type.ts";
import { type Ip6RouteEntry, leadsSomewhere } from "./route.ts";

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
