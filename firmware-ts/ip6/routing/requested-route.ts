/** Routes as an operator asks for them: checked, and by which device they lead. */
import { AddressType } from "../../ip/address-type.ts";
import { InetError } from "../../ip/inet-error.ts";
import type { Ip6 } from "../../ip/ip6.ts";
import { formatIpv6 } from "../../ip/ip6-text.ts";
import { refuses } from "../../ip/route-type.ts";
import type { NetDevice } from "../../net/device.ts";
import { isLinkLocal, isMulticast6, isUnspecified } from "../common/address-kind.ts";
import { type Ip6RouteEntry, Ip6RouteType, type NewIp6Route, USER_METRIC } from "./route.ts";
import type { Ip6Routes } from "./routes.ts";

/** A next hop of several that share their flows. */
export type NewIp6NextHop = Pick<NewIp6Route, "gateway" | "device" | "onlink" | "weight">;

/** A route as an operator asks for it. */
export interface Ip6RouteRequest extends NewIp6Route {
  /** The treatment of a route with the same destination and metric. Default `add`: there must be none. */
  how?: "add" | "replace" | "change" | "append";
  /** Several next hops instead of one. */
  nexthops?: readonly NewIp6NextHop[] | undefined;
}

/** The part of Fib6 that requests are checked against. */
export interface RouteGround {
  readonly routes: Ip6Routes;
  addressType(address: Ip6, device: NetDevice | null): AddressType;
}

/** Adds the routes of a request: one for each next hop. Returns the first. @throws InetError as Fib6.addRoute() */
export function addRequested(ground: RouteGround, { nexthops = [], ...request }: Ip6RouteRequest): Ip6RouteEntry {
  const { routes } = ground;
  const { source = null, how = "add", type = Ip6RouteType.UNICAST, metric = 0 } = request;
  const legs = nexthops.length === 0 ? [request] : nexthops;
  if (nexthops.some(({ gateway = null }) => gateway === null)) {
    throw new InetError("ROUTE_INVALID", "each of several next hops needs a gateway", "NEXTHOP_GATEWAY");
  }
  const made = legs.map((leg): NewIp6Route => {
    const route = { ...request, ...leg, metric: metric || USER_METRIC };
    // Packets that are refused go to no gateway.
    return refuses(type) ? { ...route, gateway: null, device: null } : { ...route, device: towards(ground, route) };
  });
  if (made.some((one, at) => made.findIndex((other) => sameHop(one, other)) < at)) {
    throw new InetError("ROUTE_EXISTS", "a next hop is there twice");
  }
  if (source && ground.addressType(source, null) !== AddressType.LOCAL) {
    throw new InetError("SOURCE_INVALID", `${formatIpv6(source)} is not an address of this stack`);
  }
  const [first, ...others] = made as [NewIp6Route, ...NewIp6Route[]];
  const entry = addFirst(routes, first, how);
  for (const other of others) routes.addBeside(other);
  return entry;
}

function addFirst(routes: Ip6Routes, route: NewIp6Route, how: NonNullable<Ip6RouteRequest["how"]>): Ip6RouteEntry {
  if (how === "add") return routes.add(route);
  if (how === "append") return routes.addBeside(route);
  return routes.replace(route, how === "change");
}

function sameHop(one: NewIp6Route, other: NewIp6Route): boolean {
  return one.gateway === other.gateway && one.device === other.device;
}

/** Returns the device by which a new route leads. */
function towards(ground: RouteGround, { gateway = null, device = null, onlink = false }: NewIp6Route): NetDevice {
  if (onlink && !device) throw new InetError("DEVICE_MISSING", "onlink needs a device", "ONLINK_NO_DEVICE");
  if (gateway === null) {
    if (!device) throw new InetError("ROUTE_UNREACHABLE", "a route needs via ADDRESS or a device");
    return mustBeUp(device);
  }
  if (isMulticast6(gateway) || isUnspecified(gateway))
    throw new InetError("ROUTE_INVALID", "no gateway has such an address", "GATEWAY");
  if (isLinkLocal(gateway) && !device) throw new InetError("DEVICE_MISSING", "a link-local gateway needs a device", "EGRESS");
  if (ground.addressType(gateway, isLinkLocal(gateway) ? device : null) === AddressType.LOCAL) {
    throw new InetError("ROUTE_INVALID", "the gateway is an address of ours", "GATEWAY_LOCAL");
  }
  if (device && (onlink || isLinkLocal(gateway))) return mustBeUp(device);
  const found = ground.routes.match(gateway, device);
  // A gateway is on a link: it is not reached by another one.
  if (!found?.device || found.gateway !== null) throw new InetError("ROUTE_NO_GATEWAY", "the gateway is not on a link of ours");
  return mustBeUp(found.device);
}

function mustBeUp(device: NetDevice): NetDevice {
  if (device.up) return device;
  throw new InetError("DEVICE_DOWN", `${device.name} is down`);
}
