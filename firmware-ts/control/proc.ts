/** The kernel's files in /proc that tell of neighbours, byte for byte as it prints them. */
import { formatIpv4 } from "../ip/address.ts";
import type { Neighbour } from "../neigh/entry.ts";
import { Nud } from "../neigh/states.ts";
import type { NeighTable } from "../neigh/table.ts";
import { formatMac } from "../net/ethernet.ts";
import type { Stack } from "../stack.ts";
import { readProcGroups } from "./proc-groups.ts";
import { readProc6 } from "./proc6.ts";
import { ControlError } from "./rpc/protocol.ts";
import { readSysctl } from "./sysctl.ts";

const PROC_SYS = "/proc/sys/";

/**
 * The contents of a file.
 * @throws ControlError FILE_UNKNOWN
 */
export function readProc(stack: Stack, path: string): string {
  if (path === "/proc/net/arp") return arp(stack);
  if (path === "/proc/net/softnet_stat") return softnetStat(stack);
  if (path === "/proc/net/netstat") return counterLines(stack, ["TcpExt", "IpExt"]);
  if (path === "/proc/net/snmp") return counterLines(stack, ["Ip", "Icmp", "IcmpMsg", "Tcp", "Udp"]);
  if (path === "/proc/net/stat/arp_cache" && stack.neighbours(4).namespace.initial) return cacheFile(stack.neighbours(4).table);
  if (path === "/proc/net/stat/ndisc_cache" && stack.ip6?.ndisc.namespace.initial) return cacheFile(stack.ip6.ndisc.table);
  const file = readProc6(stack, path) ?? readProcGroups(stack, path);
  if (file !== undefined) return file;
  try {
    if (path.startsWith(PROC_SYS)) return `${readSysctl(stack, path.slice(PROC_SYS.length))}\n`;
  } catch (error) {
    if (!(error instanceof ControlError)) throw error;
  }
  throw new ControlError("FILE_UNKNOWN", `no file ${path}`, { errno: "ENOENT", detail: path });
}

/** The groups of counters by which names begin; one that begins another's name stands behind it. */
const GROUPS = ["IpExt", "Ip6", "Ip", "IcmpMsg", "Icmp6", "Icmp", "Udp6", "UdpLite6", "Udp", "TcpExt", "Tcp"];

/** Two lines a group, names above numbers, as /proc/net/snmp and /proc/net/netstat have them, of the counters that are kept here. */
function counterLines(stack: Stack, groups: readonly string[]): string {
  const counters = stack.counters();
  const line = (group: string, cells: readonly (string | number)[]): string => `${[`${group}:`, ...cells].join(" ")}\n`;
  return groups
    .map((group) => {
      const own = counters.filter(([name]) => GROUPS.find((one) => name.startsWith(one)) === group);
      if (own.length === 0) return "";
      const names = own.map(([name]) => name.slice(group.length));
      return `${line(group, names)}${line(
        group,
        own.map(([, count]) => count),
      )}`;
    })
    .join("");
}

/** Flags of an ARP entry (linux/if_arp.h): complete, permanent, published. */
const ATF_COM = 0x02;
const ATF_PERM = 0x04;
const ATF_PUBL = 0x08;
const NO_MAC = "00:00:00:00:00:00";

function arp(stack: Stack): string {
  const { table, namespace } = stack.neighbours(4);
  const lines = ["IP address       HW type     Flags       HW address            Mask     Device"];
  const row = (key: number, type: number, flags: number, lladdr: string, device: string): void => {
    const numbers = [type, flags].map((number) => `0x${number.toString(16).padEnd(10)}`).join("");
    lines.push(`${formatIpv4(key).padEnd(16)} ${numbers}${lladdr.padEnd(17)}     *        ${device}`);
  };
  const order = (a: Neighbour, b: Neighbour): number => a.device.ifindex - b.device.ifindex || (a.key >>> 0) - (b.key >>> 0);
  for (const entry of table.list(namespace).sort(order)) {
    if ((entry.nudState & ~Nud.NOARP) === 0) continue;
    const permanent = entry.nudState & Nud.PERMANENT ? ATF_PERM : 0;
    row(entry.key, entry.device.type, (entry.valid ? ATF_COM : 0) | permanent, formatMac(entry.address), entry.device.name);
  }
  for (const { key, device } of table.proxies.list(namespace))
    row(key, device?.type ?? 0, ATF_PUBL | ATF_PERM, NO_MAC, device?.name ?? "*");
  return `${lines.join("\n")}\n`;
}

/** Columns with their names and widths; the kernel prints a row a processor. */
function cacheFile(table: NeighTable): string {
  const s = table.statistics;
  const names =
    "entries  allocs   destroys hash_grows lookups  hits     res_failed rcv_probes_mcast rcv_probes_ucast periodic_gc_runs forced_gc_runs unresolved_discards table_fulls";
  const columns: [value: number, gap: number][] = [
    [table.entries, 1],
    [s.allocs, 1],
    [s.destroys, 1],
    [s.hashGrows, 3],
    [s.lookups, 1],
    [s.hits, 1],
    [s.resFailed, 3],
    [s.rcvProbesMcast, 9],
    [s.rcvProbesUcast, 9],
    [s.periodicGcRuns, 9],
    [s.forcedGcRuns, 7],
    [s.unresolvedDiscards, 12],
    [s.tableFulls, 0],
  ];
  return `${names}\n${columns.map(([value, gap]) => hex(value) + " ".repeat(gap)).join("")}\n`;
}

/**
 * Fifteen columns, one line: there is one processor. Processed, dropped, squeezed; six that were something once (fast routes, collisions
 * of processors); received for another processor and flow limit, neither of which exists here; the backlog's length, the processor's
 * number, and again the backlog's length, packets that wait and packets that a poll has taken up apart.
 */
function softnetStat({ network }: Stack): string {
  const { processed, dropped, timeSqueeze } = network.napi.softnet;
  const { inputLength, processLength } = network.backlog;
  const backlog = [inputLength + processLength, 0, inputLength, processLength];
  return `${[processed, dropped, timeSqueeze, 0, 0, 0, 0, 0, 0, 0, 0, ...backlog].map(hex).join(" ")}\n`;
}

function hex(value: number): string {
  return (value >>> 0).toString(16).padStart(8, "0");
}
