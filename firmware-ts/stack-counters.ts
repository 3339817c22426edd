/** The counters of a stack as `nstat -az` prints them. */

import type { NeighbourServices } from "./families.ts";
import type { Ipv4 } from "./ip4/ipv4.ts";
import type { Ipv6 } from "./ip6/ipv6.ts";
import type { NeighTable } from "./neigh/table.ts";
import type { Tcp } from "./transport/tcp/tcp.ts";

/** The stack, as far as it counts. */
interface Counting {
  readonly ip: Ipv4;
  readonly ip6: Ipv6 | null;
  readonly tcp: Tcp;
  neighbours<V extends 4 | 6>(version: V): NeighbourServices[V];
}

type CounterRow = [name: string, value: number];

/** Names and values, in the order of the kernel's files; what the kernel has no name for comes last. */
export function listCounters(stack: Counting): CounterRow[] {
  const { policy, table, namespace } = stack.neighbours(4);
  const rows = stack.ip.counters.list(policy.filtered);
  rows.splice(indexOf(rows, "Udp"), 0, ...stack.tcp.counters.basic());
  // Those of IPv6 stand before the extensions, as in the kernel.
  const extensions = indexOf(rows, "TcpExt");
  const [arpFilter, reversePath] = rows.slice(extensions, extensions + 2) as [CounterRow, CounterRow];
  const ours = stack.tcp.counters.extensions(arpFilter, reversePath);
  rows.splice(extensions, 2, ...(stack.ip6?.counters.list() ?? []), ...ours);
  if (!namespace.initial) return rows;
  rows.push(...troubles("Arp", table));
  if (stack.ip6) rows.push(...troubles("Nd", stack.neighbours(6).table));
  return rows;
}

function indexOf(rows: readonly CounterRow[], group: string): number {
  return rows.findIndex(([name]) => name.startsWith(group));
}

/** Counts of faults of a table, and of doubtful words about its neighbours. */
function troubles(protocol: string, { statistics, suspicions }: NeighTable): [name: string, value: number][] {
  const { changed, flipFlops, contradicted, refused } = suspicions;
  return [
    [`${protocol}TableFulls`, statistics.tableFulls],
    [`${protocol}AddressChanges`, changed],
    [`${protocol}AddressFlipFlops`, flipFlops],
    [`${protocol}StaticContradictions`, contradicted],
    [`${protocol}AddressRefusals`, refused],
  ];
}
