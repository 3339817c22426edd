/** The reason for which packets of ours do not go out by an entry of the routes, and the errno that it is to their sender. */
import { DropReason } from "../../../hal/drop-reason.ts";
import type { Errno } from "../../net/stack-error.ts";
import { type RouteEntry, RouteType } from "./route.ts";

/** Returns why packets that are refused by this entry do not go out. */
export function failureOf(entry: RouteEntry | null): DropReason {
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
