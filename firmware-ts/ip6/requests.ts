/** Addresses, routes and neighbours of IPv6 as a stack's user names them: by text. */

import { InetError } from "../ip/inet-error.ts";
import type { Ip6 } from "../ip/ip6.ts";
import { isIpv6, parseIpv6 } from "../ip/ip6-text.ts";
import type { Lifetimes } from "../ip/lifetimes.ts";
import { refuses } from "../ip/route-type.ts";
import type { Neighbour } from "../neigh/entry.ts";
import { Nud } from "../neigh/states.ts";
import type { NeighTable } from "../neigh/table.ts";
import { UpdateFlags, update } from "../neigh/update.ts";
import type { NetDevice } from "../net/device.ts";
import { ADDRESS_BITS } from "./common/address-kind.ts";
import type { Ipv6 } from "./ipv6.ts";
import { AddressFlags, type Ip6InterfaceAddress } from "./routing/addresses.ts";
import { type Ip6RouteEntry, Ip6RouteType, RoutePreference } from "./routing/route.ts";

/** The settings of an address that both families know, and IPv6's own. */
export interface Ip6AddressRequest {
  metric?: number;
  noPrefixRoute?: boolean;
  lifetimes?: Lifetimes;
  /** Nobody is asked whether the address is free. */
  noDad?: boolean;
}

/** A route as a user names it. */
export interface Ip6RouteRequestText {
  to: string;
  via?: string | undefined;
  device?: NetDevice | undefined;
  source?: string | undefined;
  metric?: number | undefined;
  protocol?: string | undefined;
  type?: Ip6RouteType | undefined;
  onlink?: boolean | undefined;
  mtu?: number | undefined;
  /** Default medium (RFC 4191). */
  preference?: "low" | "medium" | "high" | undefined;
  replace?: boolean | undefined;
  mtuLock?: boolean | undefined;
  /** Several next hops instead of `via` and `device`, each with its share of the flows by `weight` (1 to 256, default 1). */
  nexthops?:
    | readonly {
        via?: string | undefined;
        device?: NetDevice | undefined;
        weight?: number | undefined;
        onlink?: boolean | undefined;
      }[]
    | undefined;
}

const PREFERENCES = { low: RoutePreference.LOW, medium: RoutePreference.MEDIUM, high: RoutePreference.HIGH };

/** Returns true for the text of an IPv6 address or prefix. */
export function isIp6Text(text: string): boolean {
  return isIpv6(text.split("/")[0] ?? "");
}

/** @throws InetError ADDRESS_INVALID, ADDRESS_EXISTS, LIFETIME_INVALID */
export function addIp6Address({ fib }: Ipv6, device: NetDevice, cidr: string, request: Ip6AddressRequest): Ip6InterfaceAddress {
  const { noPrefixRoute = false, noDad = false, ...options } = request;
  const { address, length } = ip6Prefix(fib, cidr);
  const flags = (noPrefixRoute ? AddressFlags.NOPREFIXROUTE : 0) | (noDad ? AddressFlags.NODAD : 0);
  return fib.addAddress(device, address, length, { ...options, flags });
}

/** @throws InetError ADDRESS_INVALID, ADDRESS_MISSING */
export function removeIp6Address({ fib }: Ipv6, device: NetDevice, cidr: string): Ip6InterfaceAddress {
  const { address, length } = ip6Prefix(fib, cidr);
  const own = fib.addresses.on(device, address);
  if (!own || (cidr.includes("/") && own.prefixLength !== length)) {
    throw new InetError("ADDRESS_MISSING", `${device.name} has no address ${cidr}`);
  }
  fib.removeAddress(own);
  return own;
}

/** @throws InetError ADDRESS_INVALID, and those of Fib6.addRoute() */
export function addIp6Route({ fib }: Ipv6, request: Ip6RouteRequestText): Ip6RouteEntry {
  const { to, via, source, preference = "medium", replace = false, nexthops = [], ...rest } = request;
  const { address: destination, length: prefixLength } = ip6Destination(fib, to);
  const leads = !refuses(rest.type ?? Ip6RouteType.UNICAST) && nexthops.length === 0;
  if (leads && !rest.device && via === undefined) throw new InetError("ROUTE_UNREACHABLE", "a route needs via ADDRESS or a device");
  return fib.addRoute({
    ...rest,
    destination,
    prefixLength,
    gateway: via === undefined ? null : ip6Address(fib, via),
    source: source === undefined ? null : ip6Address(fib, source),
    preference: PREFERENCES[preference],
    how: replace ? "replace" : "add",
    nexthops: nexthops.map(({ via: hop, ...leg }) => ({ ...leg, gateway: hop === undefined ? null : ip6Address(fib, hop) })),
  });
}

/** Removes the first route that is as asked. @throws InetError ADDRESS_INVALID, ROUTE_MISSING */
export function removeIp6Route({ fib }: Ipv6, request: Ip6RouteRequestText): Ip6RouteEntry {
  const { to, via, device, source, metric, protocol, type } = request;
  const { address: destination, length: prefixLength } = ip6Destination(fib, to);
  const gateway = via === undefined ? via : ip6Address(fib, via);
  const preferred = source === undefined ? source : ip6Address(fib, source);
  const route = fib.routes.remove({ destination, prefixLength, gateway, device, source: preferred, metric, protocol, type });
  if (!route) throw new InetError("ROUTE_MISSING", "there is no such route");
  return route;
}

/** Makes or replaces a static (PERMANENT) neighbour entry. @throws InetError ADDRESS_INVALID */
export function addIp6Neighbour({ fib, ndisc: { table } }: Ipv6, address: string, mac: Uint8Array, device: NetDevice): Neighbour {
  const entry = entryOf(table, ip6Address(fib, address), device);
  update(entry, mac, 0, Nud.PERMANENT, UpdateFlags.OVERRIDE | UpdateFlags.ADMIN);
  return entry;
}

/** Has the strategy of the neighbours look after one. Returns false when it looks after none. @param mac null: not known yet */
export function pinIp6Neighbour(
  { fib, ndisc: { table } }: Ipv6,
  address: string,
  mac: Uint8Array | null,
  device: NetDevice,
): boolean {
  const key = ip6Address(fib, address);
  const { strategy } = table;
  if (strategy?.adopt({ key: key.d, rest: key, device }) !== true) return false;
  if (mac) strategy.pin(entryOf(table, key, device), mac);
  return true;
}

function entryOf(table: NeighTable, key: Ip6, device: NetDevice): Neighbour {
  const entry = table.find(key.d, device, key) ?? table.create(key.d, device, true, 0, key);
  if (!entry) throw new InetError("DEVICE_MISSING", `${device.name} has no IPv6`);
  return entry;
}

/** Reads an address. @throws InetError ADDRESS_INVALID */
export function ip6Address({ interner }: Ipv6["fib"], text: string): Ip6 {
  const address = parseIpv6(text, interner);
  if (address === null) throw new InetError("ADDRESS_INVALID", `"${text}" is not an IPv6 address; say e.g. fd00::1`);
  return address;
}

function ip6Destination(fib: Ipv6["fib"], to: string): { address: Ip6; length: number } {
  return to === "default" ? { address: fib.known.unspecified, length: 0 } : ip6Prefix(fib, to);
}

function ip6Prefix(fib: Ipv6["fib"], text: string): { address: Ip6; length: number } {
  const [address = "", length = `${ADDRESS_BITS}`, ...rest] = text.split("/");
  if (rest.length > 0 || !/^\d{1,3}$/.test(length) || Number(length) > ADDRESS_BITS) {
    throw new InetError("ADDRESS_INVALID", `"${text}" is not an IPv6 prefix; say e.g. fd00::1/64`);
  }
  return { address: ip6Address(fib, address), length: Number(length) };
}
