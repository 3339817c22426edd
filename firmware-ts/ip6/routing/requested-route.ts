/** Routes as an operator asks for them: checked, and by which device they lead. */
import { AddressType } from "../../ip/address-type.ts";
import { InetError, type InetErrorCode } from "../../ip/inet-error.ts";
import type { Ip6 } from "../../ip/ip6.ts";
import { formatIpv6 } from "../../ip/ip6-text.ts";
import { refuses } from "../../ip/route-type.ts";
import type { NetDevice } from "../../net/device.ts";
import { isLinkLocal, isMulticast6, isUnspecified } from "../common/address-kind.ts";
import type { Ip6Addresses } from "./addresses.ts";
import type { Ip6Devconfs } from "./devconf.ts";
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
  readonly addresses: Ip6Addresses;
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
    return refuses(type) ? { ...route, gateway: null, device: null } : { ...route, device: deviceTowards(ground, route) };
  });
  const there = how === "append" ? routes.besides(made[0] as NewIp6Route) : [];
  const twice = made.find((one, at) => [...there, ...made.slice(0, at)].some((other) => sameHop(one, other)));
  if (twice) throw new InetError("ROUTE_EXISTS", `the next hop ${hopText(twice)} is there already`);
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
  return (one.gateway ?? null) === (other.gateway ?? null) && (one.device ?? null) === (other.device ?? null);
}

function hopText({ gateway = null, device = null }: NewIp6Route): string {
  return [gateway && `via ${formatIpv6(gateway)}`, device && `dev ${device.name}`].filter(Boolean).join(" ");
}

/** Where a new route leads. */
type Leads = Pick<NewIp6Route, "gateway" | "device" | "onlink">;

/** Returns the device by which a new route leads. @throws InetError DEVICE_MISSING, DEVICE_DOWN, ROUTE_UNREACHABLE, ROUTE_INVALID, ROUTE_NO_GATEWAY */
function deviceTowards(ground: RouteGround, { gateway = null, device = null, onlink = false }: Leads): NetDevice {
  if (onlink && !device) throw new InetError("DEVICE_MISSING", "onlink needs a device", "ONLINK_NO_DEVICE");
  if (gateway === null) {
    if (!device) throw new InetError("ROUTE_UNREACHABLE", "a route needs via ADDRESS or a device");
    return mustBeUp(device);
  }
  if (isMulticast6(gateway) || isUnspecified(gateway))
    throw new InetError("ROUTE_INVALID", "no gateway has such an address", "GATEWAY");
  if (isLinkLocal(gateway) && !device) throw new InetError("DEVICE_MISSING", "a link-local gateway needs a device", "EGRESS");
  if (ground.addresses.has(gateway, isLinkLocal(gateway) ? device : null)) {
    throw new InetError("ROUTE_INVALID", "the gateway is an address of ours", "GATEWAY_LOCAL");
  }
  if (device && (onlink || isLinkLocal(gateway))) return mustBeUp(device);
  const found = ground.routes.match(gateway, device);
  // A gateway is on a link: it is not reached by another one.
  if (!found?.device || found.gateway !== null) throw new InetError("ROUTE_NO_GATEWAY", "the gateway is not on a link of ours");
  return mustBeUp(found.device);
}

/** Returns the device towards a next hop of a route of another family. @throws InetError as NextHops6.deviceOfHop() */
export function deviceOfHop(
  ground: RouteGround,
  conf: Ip6Devconfs,
  gateway: Ip6,
  device: NetDevice | null,
  onlink: boolean,
): NetDevice {
  try {
    const found = deviceTowards(ground, { gateway, device, onlink });
    if (found.loopback) throw new InetError("ROUTE_INVALID", `no next hop is reached by ${found.name}`, "EGRESS_LOOPBACK");
    if (conf.on(found).disableIpv6 === 0) return found;
    throw new InetError("FAMILY_DISABLED", `IPv6 is disabled on ${found.name} (disable_ipv6)`);
  } catch (error) {
    if (!(error instanceof InetError)) throw error;
    throw new InetError(error.code as InetErrorCode, error.message, `IP6_${error.detail || error.code}`);
  }
}

function mustBeUp(device: NetDevice): NetDevice {
  if (device.up) return device;
  throw new InetError("DEVICE_DOWN", `${device.name} is down`);
}
