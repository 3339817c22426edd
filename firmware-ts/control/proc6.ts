/** The kernel's files in /proc that tell of IPv6, byte for byte as it prints them. */

import { Scope } from "../ip/address-type.ts";
import type { Ip6Words } from "../ip/ip6-text.ts";
import type { Ipv6 } from "../ip6/ipv6.ts";
import { type Ip6RouteEntry, Ip6RouteType, RoutePreference } from "../ip6/routing/route.ts";
import { orderOfRoutes } from "../ip6/routing/route-order.ts";
import type { Stack } from "../stack.ts";

/** Width of the names of counters, and least width of a device's name. */
const NAME_WIDTH = 32;
const DEVICE_WIDTH = 8;

/** The kernel's numbers of scopes in this file; the others are 0. */
const SCOPES: ReadonlyMap<number, string> = new Map([
  [Scope.HOST, "10"],
  [Scope.LINK, "20"],
  [Scope.SITE, "40"],
]);

/** The contents of a file; undefined for one that is not here. A stack without IPv6 has none of them. */
export function readProc6(stack: Stack, path: string): string | undefined {
  if (!stack.ip6) return undefined;
  if (path === "/proc/net/if_inet6") return addresses(stack);
  if (path === "/proc/net/ipv6_route") return routes(stack.ip6);
  return path === "/proc/net/snmp6" ? counters(stack) : undefined;
}

/** A line an address: itself, its device's number, its prefix's length, its scope, its flags, all in hexadecimal, and its device. */
function addresses({ ip6, devices }: Stack): string {
  const lines = devices.flatMap((device) =>
    (ip6?.addresses.of(device) ?? []).map((own) => {
      const { local, prefixLength, scope } = own;
      const flags = octet((ip6?.addresses.shownFlags(own) ?? 0) & 0xff);
      const numbers = `${octet(device.ifindex)} ${octet(prefixLength)} ${SCOPES.get(scope) ?? "00"} ${flags}`;
      return `${hexadecimal(local)} ${numbers} ${device.name.padStart(DEVICE_WIDTH)}\n`;
    }),
  );
  return lines.join("");
}

/** A counter a line. */
function counters({ ip6 }: Stack): string {
  return (ip6?.counters.list() ?? []).map(([name, value]) => `${name.padEnd(NAME_WIDTH)}\t${value}\n`).join("");
}

/** Flags of a route (linux/route.h, linux/ipv6_route.h). */
const RTF_UP = 0x1;
const RTF_GATEWAY = 0x2;
const RTF_ONLINK = 0x4;
const RTF_REJECT = 0x200;
const RTF_DEFAULT = 0x10000;
const RTF_ADDRCONF = 0x40000;
const RTF_PREFIX_RT = 0x80000;
const RTF_ANYCAST = 0x100000;
const RTF_NONEXTHOP = 0x200000;
const RTF_EXPIRES = 0x400000;
const RTF_ROUTEINFO = 0x800000;
const RTF_PREF_HIGH = 0x8000000;
const RTF_PREF_LOW = 0x18000000;
const RTF_LOCAL = 0x80000000;

/**
 * A line a route, of table `main` and then of `local`: destination, source (none), next hop, metric, users, uses, flags and device. A
 * table without a default route ends with the word that there is none. Users and uses are not counted here: one, and none.
 */
function routes({ routes: { list, localList } }: Ipv6): string {
  return [list, localList].map(table).join("");
}

function table(list: readonly Ip6RouteEntry[]): string {
  const lines = [...list].sort(orderOfRoutes).map(routeLine);
  const open = list.some(({ prefixLength }) => prefixLength === 0);
  return [...lines, ...(open ? [] : [routeRow(NOWHERE, 0, NOWHERE, NO_ROUTE, RTF_REJECT | RTF_NONEXTHOP, "lo")])].join("");
}

const NOWHERE: Ip6Words = { a: 0, b: 0, c: 0, d: 0 };
/** The metric of what stands for no route. */
const NO_ROUTE = 0xffffffff;

function routeLine(route: Ip6RouteEntry): string {
  const { destination, prefixLength, gateway, metric, device } = route;
  return routeRow(destination, prefixLength, gateway ?? NOWHERE, metric, flagsOf(route), device?.name ?? "lo");
}

function routeRow(to: Ip6Words, length: number, gateway: Ip6Words, metric: number, flags: number, device: string): string {
  const cells = [hexadecimal(to), octet(length), hexadecimal(NOWHERE), "00", hexadecimal(gateway)];
  const numbers = [metric, 1, 0, flags].map((value) => (value >>> 0).toString(16).padStart(8, "0"));
  return `${[...cells, ...numbers].join(" ")} ${device.padStart(DEVICE_WIDTH)}\n`;
}

function flagsOf(route: Ip6RouteEntry): number {
  const { type, device, gateway, onlink, expires, preference, protocol } = route;
  const ours = protocol === "kernel" ? RTF_NONEXTHOP : 0;
  if (type === Ip6RouteType.LOCAL) return RTF_UP | RTF_LOCAL | ours;
  if (type === Ip6RouteType.ANYCAST) return RTF_UP | (ours && RTF_ANYCAST | RTF_NONEXTHOP);
  if (device === null || device.loopback) return RTF_REJECT | RTF_NONEXTHOP;
  const pref = preference === RoutePreference.HIGH ? RTF_PREF_HIGH : preference === RoutePreference.LOW ? RTF_PREF_LOW : 0;
  const hop = gateway ? RTF_GATEWAY | (onlink ? RTF_ONLINK : 0) : 0;
  return RTF_UP | hop | pref | (expires === Number.POSITIVE_INFINITY ? 0 : RTF_EXPIRES) | learnedFlags(route);
}

function learnedFlags({ learned, gateway, prefixLength, protocol }: Ip6RouteEntry): number {
  if (!learned) return 0;
  if (!gateway) return RTF_ADDRCONF | RTF_PREFIX_RT;
  return prefixLength === 0 && protocol === "ra" ? RTF_ADDRCONF | RTF_DEFAULT : RTF_ADDRCONF | RTF_ROUTEINFO;
}

function hexadecimal({ a, b, c, d }: Ip6Words): string {
  return [a, b, c, d].map((word) => (word >>> 0).toString(16).padStart(8, "0")).join("");
}

function octet(value: number): string {
  return value.toString(16).padStart(2, "0");
}
