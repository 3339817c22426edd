/** Packets that the look-up of their way refuses: the counters of each refusal, and what the sender is told. */
import { DropReason } from "../../hal/drop-reason.ts";
import type { InetCounters } from "../ip/counters.ts";
import { HOST_UNREACHABLE, NET_UNREACHABLE, PACKET_FILTERED } from "./icmp-types.ts";
import { Refusal } from "./routing/input-route.ts";

/** Nothing is told. */
const SILENT = -1;

interface Treatment {
  readonly reason: DropReason;
  /** Code of the "destination unreachable" that the sender gets. */
  readonly code: number;
  /** The packet's options are looked at first, as a router would act on them. */
  readonly options: boolean;
}

const TREATMENTS: Readonly<Record<Refusal, Treatment>> = {
  [Refusal.SOURCE]: { reason: DropReason.IP_INADDRERRORS, code: SILENT, options: false },
  [Refusal.DESTINATION]: { reason: DropReason.IP_NOT_LOCAL, code: SILENT, options: false },
  [Refusal.REVERSE_PATH]: { reason: DropReason.IP_RPFILTER, code: SILENT, options: false },
  [Refusal.NOT_LOCAL]: { reason: DropReason.IP_NOT_LOCAL, code: SILENT, options: true },
  [Refusal.NO_ROUTE]: { reason: DropReason.IP_OUTNOROUTES, code: NET_UNREACHABLE, options: true },
  [Refusal.BLACKHOLE]: { reason: DropReason.RTN_BLACKHOLE, code: SILENT, options: true },
  [Refusal.UNREACHABLE]: { reason: DropReason.RTN_UNREACHABLE, code: HOST_UNREACHABLE, options: true },
  [Refusal.PROHIBIT]: { reason: DropReason.RTN_PROHIBIT, code: PACKET_FILTERED, options: true },
};

export function treatmentOf(refusal: Refusal): Treatment {
  return TREATMENTS[refusal];
}

export function countRefusal({ ip, netstat }: InetCounters, refusal: Refusal): void {
  if (refusal === Refusal.REVERSE_PATH) netstat.ipReversePathFilter++;
  else if (refusal === Refusal.NO_ROUTE) ip.inNoRoutes++;
  else if (refusal === Refusal.NOT_LOCAL) ip.inAddrErrors++;
}
