/** The result of a run: counts of all its devices and of both families. */
import { DropCounters } from "../../hal/skbuff.ts";
import { dropsOf } from "../control/drops.ts";
import type { ReadingFates } from "../control/metrics/ground.ts";
import { ICMP6_NEIGHBOUR_ADVERTISEMENT, ICMP6_NEIGHBOUR_SOLICITATION } from "../ip6/common/icmp6-types.ts";
import type { NeighTable } from "../neigh/table.ts";
import type { HealthReport } from "../net/device-health.ts";
import type { Stack } from "../stack.ts";
import { type NeighTroubles, neighTroubles } from "./neigh-watch.ts";
import type { Datagrams } from "./running-apps.ts";

export interface ArpSummary {
  requestsBroadcast: number;
  requestsUnicast: number;
  repliesSent: number;
  requestsReceived: number;
  repliesReceived: number;
}

/** Solicitations and advertisements. */
export interface NdSummary {
  /** To a solicited-node group. */
  solicitsMulticast: number;
  /** To one known neighbour. */
  solicitsUnicast: number;
  /** About an address of our own, which was being tried. */
  claims: number;
  advertsSent: number;
  solicitsReceived: number;
  advertsReceived: number;
}

/** The result of a run. */
export interface Summary {
  /** By name, without `lo`. */
  devices: Record<string, HealthReport>;
  /** Since the system was ready, in ms of the clock's time. */
  duration: number;
  /** All apps together. */
  datagrams: Datagrams;
  /** Each firmware for itself, by its name. */
  apps: Readonly<Record<string, Datagrams>>;
  /** The fate of the readings of all apps; null where none takes any. */
  readings: ReadingFates | null;
  arp: ArpSummary;
  /** Null in a rig without IPv6. */
  nd: NdSummary | null;
  neighbours: NeighTroubles;
  /** Packets dropped anywhere in the stack, by reason. */
  drops: Record<string, number>;
  /** Frames that controllers lost because their memory was full: the stack never had them. */
  missed: number;
}

/** The neighbour tables of a stack, which its namespaces share: one for each family that it has. */
export function tablesOf(stack: Stack): readonly NeighTable[] {
  const { table } = stack.neighbours(4);
  return stack.ip6 ? [table, stack.neighbours(6).table] : [table];
}

/** @param stacks the namespaces of a system, the initial one first */
export function countersOf(stacks: readonly [Stack, ...Stack[]]): Pick<Summary, "arp" | "nd" | "neighbours" | "drops" | "missed"> {
  const tables = tablesOf(stacks[0]);
  const drops = new DropCounters();
  for (const table of tables) drops.add(table.drops);
  let missed = 0;
  for (const { ip, ip6, devices } of stacks) {
    for (const part of [ip, ip6, ...devices]) if (part) drops.add(part.drops);
    for (const { statistics } of devices) missed += statistics.rxOverErrors;
  }
  return { arp: arpOf(stacks), nd: ndOf(stacks), neighbours: neighTroubles(tables), drops: dropsOf(drops), missed };
}

function arpOf(stacks: readonly Stack[]): ArpSummary {
  const arp: ArpSummary = { requestsBroadcast: 0, requestsUnicast: 0, repliesSent: 0, requestsReceived: 0, repliesReceived: 0 };
  for (const stack of stacks) {
    for (const device of stack.devices) {
      const counters = stack.neighbours(4).counters(device);
      for (const kind of Object.keys(arp) as (keyof ArpSummary)[]) arp[kind] += counters[kind];
    }
  }
  return arp;
}

function ndOf(stacks: readonly [Stack, ...Stack[]]): NdSummary | null {
  if (!stacks[0].ip6) return null;
  const sum = { solicitsMulticast: 0, solicitsUnicast: 0, claims: 0, advertsSent: 0, solicitsReceived: 0, advertsReceived: 0 };
  for (const { ip6 } of stacks) {
    if (!ip6) continue;
    const { nd, icmp } = ip6.counters;
    sum.solicitsMulticast += nd.solicitsMulticast;
    sum.solicitsUnicast += nd.solicitsUnicast;
    sum.claims += nd.claims;
    sum.advertsSent += icmp.outType[ICMP6_NEIGHBOUR_ADVERTISEMENT]!;
    sum.solicitsReceived += icmp.inType[ICMP6_NEIGHBOUR_SOLICITATION]!;
    sum.advertsReceived += icmp.inType[ICMP6_NEIGHBOUR_ADVERTISEMENT]!;
  }
  return sum;
}
