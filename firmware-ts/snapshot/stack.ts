/** The stack, as its snapshot sees it. */
import type { Clock } from "../../hal/clock.ts";
import type { Ipv4 } from "../ip4/ipv4.ts";
import type { AddressOptions } from "../ip4/routing/addresses.ts";
import type { RouteType } from "../ip4/routing/routes.ts";
import type { Ipv6 } from "../ip6/ipv6.ts";
import type { NeighTable } from "../neigh/table.ts";
import type { NetDevice } from "../net/device.ts";
import type { Tcp } from "../transport/tcp/tcp.ts";
import type { Udp } from "../transport/udp.ts";
import type { CounterGroups } from "./counters.ts";

/** A route as a stack's user names it. */
export interface RouteWords {
  to: string;
  family?: 4 | 6;
  via?: string;
  device?: NetDevice;
  source?: string;
  metric?: number;
  protocol?: string;
  type?: RouteType;
  scope?: number;
  onlink?: boolean;
  mtu?: number;
  mtuLock?: boolean;
  preference?: "low" | "medium" | "high";
  nexthops?: readonly { via?: string; device?: NetDevice; weight?: number; onlink?: boolean }[];
}

export interface SavedStack {
  readonly clock: Clock;
  readonly devices: readonly NetDevice[];
  readonly ip: Ipv4;
  readonly ip6: Ipv6 | null;
  readonly udp: Udp;
  readonly tcp: Tcp;
  neighbours(version: 4 | 6): { readonly table: NeighTable };
  addAddress(device: NetDevice, cidr: string, options: AddressOptions & { noDad?: boolean }): unknown;
  removeAddress(device: NetDevice, cidr: string): unknown;
  addRoute(words: RouteWords): unknown;
  removeRoute(words: RouteWords): unknown;
}

/** The neighbour tables of a stack, by family. */
export function tablesOf(stack: SavedStack): readonly NeighTable[] {
  return [stack.neighbours(4).table, ...(stack.ip6 ? [stack.neighbours(6).table] : [])];
}

/** Everything that counts in a stack, but for its controllers: a chip's counters begin anew with the chip. */
export function countersOf(stack: SavedStack): CounterGroups {
  const { ip, ip6, tcp } = stack;
  const { counters } = ip;
  const groups: Record<string, object> = { ip: counters.ip, icmp: counters.icmp, udp: counters.udp, netstat: counters.netstat };
  if (ip6) Object.assign(groups, { ip6: ip6.counters.ip, icmp6: ip6.counters.icmp, udp6: ip6.counters.udp, nd: ip6.counters.nd });
  groups["tcp"] = tcp.counters;
  for (const table of tablesOf(stack)) groups[table.name] = table.statistics;
  for (const device of stack.devices) if (!device.loopback) groups[`arp/${device.name}`] = ip.arp.counters(device);
  return groups;
}
