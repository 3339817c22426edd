/** The order in which the kernel walks a table of routes, and in which its tools show them. */
import type { Ip6 } from "../../ip/ip6.ts";
import { commonBits } from "../common/address-kind.ts";
import type { Ip6RouteEntry } from "./route.ts";

/** By address, what lies within a prefix before the prefix itself, then the smallest metric. */
export function orderOfRoutes(a: Ip6RouteEntry, b: Ip6RouteEntry): number {
  if (commonBits(a.destination, b.destination) < Math.min(a.prefixLength, b.prefixLength)) {
    return orderOfAddresses(a.destination, b.destination);
  }
  return b.prefixLength - a.prefixLength || a.metric - b.metric;
}

function orderOfAddresses(one: Ip6, other: Ip6): number {
  const [a, b] = one.a !== other.a ? [one.a, other.a] : one.b !== other.b ? [one.b, other.b] : [0, 0];
  if (a !== b) return (a >>> 0) - (b >>> 0);
  return one.c !== other.c ? (one.c >>> 0) - (other.c >>> 0) : (one.d >>> 0) - (other.d >>> 0);
}
