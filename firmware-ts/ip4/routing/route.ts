/** A route and what it is made from, as `ip route` speaks of them; the next hop of a flow where a route has several. */

import { spread } from "../../ip/address.ts";
import type { Ip6 } from "../../ip/ip6.ts";
import { RouteType, refuses } from "../../ip/route-type.ts";
import type { NetDevice } from "../../net/device.ts";

export { RouteType, refuses };

/** A table's entry: a route, or, without a device, the word that packets to the destination are refused. */
export interface RouteEntry {
  readonly destination: number;
  readonly prefixLength: number;
  readonly mask: number;
  /** 0: the destination is on the link, or `gateway6` is there. */
  readonly gateway: number;
  /** The neighbour of IPv6 that gets the packets; null for none. */
  readonly gateway6: Ip6 | null;
  /** The neighbour that gets the packets; 0: the destination itself, also where the gateway is an address of ours. */
  readonly hop: number;
  readonly device: NetDevice | null;
  /** The preferred source address; 0 for none. */
  readonly source: number;
  readonly metric: number;
  /** The originator as `ip route` prints it: `kernel` with an address, `static` or any other word by the operator. */
  readonly protocol: string;
  readonly type: RouteType;
  /** One of Scope: how far the destination is. */
  readonly scope: number;
  /** The gateway was said to be on the link, whatever the routes say. */
  readonly onlink: boolean;
  /** Longest packet, in bytes; 0: as long as the device carries. */
  readonly mtu: number;
  /** Routers may fragment, and are not believed about the length. */
  readonly mtuLock: boolean;
  /** Its share of the packets, among the next hops of a route that has several. */
  readonly weight: number;
  /** The next hops, when there are several. The route itself then has the first one's gateway and device. */
  readonly nexthops: readonly Route[];
}

/** An entry that leads somewhere. */
export interface Route extends RouteEntry {
  readonly device: NetDevice;
}

/** A next hop of a route that has several. */
export type NewNextHop = Pick<Route, "gateway" | "gateway6" | "hop" | "device" | "onlink" | "weight">;

export interface NewRoute {
  destination: number;
  prefixLength: number;
  gateway?: number | undefined;
  gateway6?: Ip6 | null | undefined;
  /** Default: the gateway. */
  hop?: number | undefined;
  /** Left out where the type refuses packets, or `nexthops` has devices. */
  device?: NetDevice | null | undefined;
  source?: number | undefined;
  metric?: number | undefined;
  protocol?: string | undefined;
  type?: RouteType | undefined;
  /** Default: global through a gateway and where packets are refused, link without a gateway, host for our own addresses. */
  scope?: number | undefined;
  onlink?: boolean | undefined;
  mtu?: number | undefined;
  mtuLock?: boolean | undefined;
  nexthops?: readonly NewNextHop[] | undefined;
}

/** The features by which a route is named. A feature that is left out may be anything. */
export interface RouteMatch {
  destination: number;
  prefixLength: number;
  gateway?: number | undefined;
  gateway6?: Ip6 | null | undefined;
  device?: NetDevice | undefined;
  source?: number | undefined;
  metric?: number | undefined;
  protocol?: string | undefined;
  type?: RouteType | undefined;
  scope?: number | undefined;
  mtu?: number | undefined;
  /** All next hops in their order. */
  nexthops?: readonly { [Feature in keyof NewNextHop]?: NewNextHop[Feature] | undefined }[] | undefined;
}

/** Longest packet by the route, in bytes. We do not fragment, so that it is never longer than the device carries. */
export function mtuOf({ mtu, device }: Route): number {
  return mtu !== 0 && mtu < device.mtu ? mtu : device.mtu;
}

/**
 * Picks the next hop of a flow: by a hash of its addresses, each next hop whose device is up in proportion to its weight. It stays the
 * same one as long as the route and the ups of its devices do (the kernel's fib_multipath_hash_policy 0, with other hash values).
 * @param source 0 for packets of ours: all to one destination take one way, whatever their source
 */
export function nextHopOf(route: Route, source: number, destination: number): Route {
  const { nexthops } = route;
  if (nexthops.length === 0) return route;
  let weights = 0;
  for (let at = 0; at < nexthops.length; at++) if (nexthops[at]!.device.up) weights += nexthops[at]!.weight;
  let point = ((spread(destination, source) >>> (32 - HASH_BITS)) * weights) >>> HASH_BITS;
  for (let at = 0; at < nexthops.length; at++) {
    const hop = nexthops[at]!;
    if (!hop.device.up) continue;
    if (point < hop.weight) return hop;
    point -= hop.weight;
  }
  return route;
}

/** Returns true when some packets by the route leave by the device. */
export function leavesBy({ device, nexthops }: RouteEntry, by: NetDevice): boolean {
  for (let at = 0; at < nexthops.length; at++) if (nexthops[at]!.device === by) return true;
  return device === by;
}

/** So few that a hash times all weights is an integer of 32 bits. */
const HASH_BITS = 16;
