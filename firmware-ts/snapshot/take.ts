/** Takes a snapshot of a stack: all that it knows at one moment. Nothing is sent, and nothing changes. */
import { formatIpv4 } from "../ip/address.ts";
import { formatIp } from "../ip/endpoint.ts";
import { formatIpv6 } from "../ip/ip6-text.ts";
import type { InterfaceAddress } from "../ip4/routing/addresses.ts";
import type { RouteEntry } from "../ip4/routing/routes.ts";
import type { Ip6InterfaceAddress } from "../ip6/routing/addresses.ts";
import { AddressFlags } from "../ip6/routing/addresses.ts";
import { type Ip6RouteEntry, RoutePreference } from "../ip6/routing/route.ts";
import type { Neighbour } from "../neigh/entry.ts";
import { Nud, nudName } from "../neigh/states.ts";
import { formatMac } from "../net/ethernet.ts";
import type { UdpSocket } from "../transport/udp-socket.ts";
import { countsOf } from "./counters.ts";
import type { SavedAddress, SavedNeighbour, SavedRoute, SavedSocket, Snapshot } from "./form.ts";
import { KIND, SAVED_STATES, VERSION } from "./form.ts";
import { countersOf, type SavedStack, tablesOf } from "./stack.ts";

/** Routes that come by themselves: with their addresses, and from the link's routers. */
const BY_THEMSELVES: ReadonlySet<string> = new Set(["kernel", "ra"]);
/** Addresses of IPv6 that an operator gave (IFAPROT_UNSPEC). */
const BY_OPERATOR = 0;

export function takeSnapshot(stack: SavedStack): Snapshot {
  const { ip, ip6, clock, udp } = stack;
  const addresses = [
    ...ip.addresses.list.filter(({ device }) => !device.loopback).map(saveAddress),
    // A list of IPv6 begins with the newest.
    ...(ip6?.addresses.list ?? [])
      .filter(({ device, protocol }) => !device.loopback && protocol === BY_OPERATOR)
      .map(saveAddress6)
      .toReversed(),
  ];
  const routes = [
    ...ip.routes.list.filter(({ protocol }) => !BY_THEMSELVES.has(protocol)).map(saveRoute),
    ...(ip6?.fib.routes.list ?? []).filter(({ protocol, learned }) => !learned && !BY_THEMSELVES.has(protocol)).map(saveRoute6),
  ];
  const groups = Object.entries(countersOf(stack)).map(([name, counts]) => [name, countsOf(counts)] as const);
  const { key, counts } = ip.identifications.save();
  return {
    kind: KIND,
    version: VERSION,
    wall: clock.wallTime(),
    addresses,
    routes,
    neighbours: tablesOf(stack).flatMap((table) => table.list().flatMap(saveNeighbour)),
    sockets: udp.sockets.map(saveSocket),
    counters: Object.fromEntries(groups),
    identifications: { key, counts: Array.from(counts, (id) => id.toString(16).padStart(4, "0")).join("") },
  };
}

function saveAddress(own: InterfaceAddress): SavedAddress {
  const { device, local, address, prefixLength, broadcast, scope, label, metric, noPrefixRoute, lifetime } = own;
  return {
    device: device.name,
    cidr: `${formatIpv4(local)}/${prefixLength}`,
    metric,
    noPrefixRoute,
    noDad: false,
    scope,
    label,
    broadcast: broadcast === 0 ? null : formatIpv4(broadcast),
    peer: address === local ? null : formatIpv4(address),
    valid: finite(lifetime.validLeft),
    preferred: finite(lifetime.preferredLeft),
  };
}

function saveAddress6({ device, local, prefixLength, metric, flags, lifetime }: Ip6InterfaceAddress): SavedAddress {
  return {
    device: device.name,
    cidr: `${formatIpv6(local)}/${prefixLength}`,
    metric,
    noPrefixRoute: (flags & AddressFlags.NOPREFIXROUTE) !== 0,
    noDad: (flags & AddressFlags.NODAD) !== 0,
    scope: null,
    label: null,
    broadcast: null,
    peer: null,
    valid: finite(lifetime.validLeft),
    preferred: finite(lifetime.preferredLeft),
  };
}

function finite(seconds: number): number | null {
  return Number.isFinite(seconds) ? seconds : null;
}

function saveRoute(route: RouteEntry): SavedRoute {
  const { destination, prefixLength, source, metric, protocol, type, scope, mtu, mtuLock, nexthops } = route;
  const hops = nexthops.length > 0 ? nexthops : route.device === null ? [] : [route];
  return {
    family: "4",
    to: prefixLength === 0 ? "default" : `${formatIpv4(destination)}/${prefixLength}`,
    hops: hops.map(({ gateway, gateway6, device, onlink, weight }) => {
      const via = gateway6 ? formatIpv6(gateway6) : gateway === 0 ? null : formatIpv4(gateway);
      return { via, device: device?.name ?? null, onlink, weight: Math.max(1, weight) };
    }),
    source: source === 0 ? null : formatIpv4(source),
    metric,
    protocol,
    type,
    scope,
    mtu,
    mtuLock,
    preference: "medium",
  };
}

function saveRoute6(route: Ip6RouteEntry): SavedRoute {
  const { destination, prefixLength, gateway, device, source, metric, protocol, type, onlink, weight, mtu, mtuLock, preference } =
    route;
  const via = gateway ? formatIpv6(gateway) : null;
  return {
    family: "6",
    to: prefixLength === 0 ? "default" : `${formatIpv6(destination)}/${prefixLength}`,
    hops: device === null ? [] : [{ via, device: device.name, onlink, weight }],
    source: source ? formatIpv6(source) : null,
    metric,
    protocol,
    type,
    scope: null,
    mtu,
    mtuLock,
    preference: preference === RoutePreference.LOW ? "low" : preference === RoutePreference.HIGH ? "high" : "medium",
  };
}

/** One that is being asked, or is about to be, is STALE in a snapshot; one that is not known is not in it. */
function saveNeighbour(entry: Neighbour): SavedNeighbour[] {
  const { nudState, device, key, rest, flags, protocol } = entry;
  if (device.loopback) return [];
  const name = nudState & (Nud.DELAY | Nud.PROBE) ? "STALE" : nudName(nudState);
  const state = SAVED_STATES.find((saved) => saved === name);
  if (!state) return [];
  const now = entry.host.now();
  const age = (time: number): number => Math.max(0, now - time);
  return [
    {
      device: device.name,
      address: rest === null ? formatIpv4(key) : formatIpv6({ ...rest, d: key }),
      lladdr: formatMac(entry.address),
      state,
      flags,
      protocol,
      confirmed: age(entry.confirmed),
      used: age(entry.used),
      updated: age(entry.updated),
      left: state === "REACHABLE" ? Math.max(0, entry.timerArmed ? entry.timerDue - now : entry.timerDue) : 0,
    },
  ];
}

function saveSocket(socket: UdpSocket): SavedSocket {
  const { address, port, family, shared, ttl, multicastTtl, tos, peer, peerPort, groups } = socket;
  return {
    address: address === null ? null : formatIp(address),
    port,
    family: family === null ? null : family === 4 ? "4" : "6",
    shared,
    ttl,
    multicastTtl,
    tos,
    peer: peer === null ? null : { address: formatIp(peer), port: peerPort },
    groups: groups.joined.map(({ group, device }) => ({ group: formatIp(group), device: device.name })),
  };
}
