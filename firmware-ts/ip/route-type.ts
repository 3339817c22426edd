/** The types of routes, in both families: what becomes of packets by them, and what a sender whose packets are refused hears. */
import { DropReason } from "../../hal/drop-reason.ts";
import type { Errno } from "../net/stack-error.ts";

/** The fate of packets to a route's destinations (RTN_*). IPv6 has no BROADCAST, and two types of its own. */
export const RouteType = {
  UNICAST: 1,
  LOCAL: 2,
  BROADCAST: 3,
  BLACKHOLE: 6,
  UNREACHABLE: 7,
  PROHIBIT: 8,
  THROW: 9,
} as const;
export type RouteType = (typeof RouteType)[keyof typeof RouteType];

/** Packets by a route of this type are refused. */
export function refuses(type: number): boolean {
  return type >= RouteType.BLACKHOLE;
}

/** Returns why packets that are refused by this entry do not go out. */
export function failureOf(entry: { readonly type: number } | null): DropReason {
  switch (entry?.type) {
    case RouteType.BLACKHOLE:
      return DropReason.RTN_BLACKHOLE;
    case RouteType.UNREACHABLE:
      return DropReason.RTN_UNREACHABLE;
    case RouteType.PROHIBIT:
      return DropReason.RTN_PROHIBIT;
    default:
      return DropReason.IP_OUTNOROUTES;
  }
}

/** Returns the errno of a sender whose packets do not go out for this reason. */
export function errnoOf(failure: DropReason): Errno {
  switch (failure) {
    case DropReason.RTN_BLACKHOLE:
      return "EINVAL";
    case DropReason.RTN_UNREACHABLE:
      return "EHOSTUNREACH";
    case DropReason.RTN_PROHIBIT:
      return "EACCES";
    default:
      return "ENETUNREACH";
  }
}
