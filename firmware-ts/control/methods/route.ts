/** `route.*`: routes as `ip -j route` has them, and what an operator changes about them. */
import * as v from "valibot";
import { formatIpv4, INADDR_ANY, INADDR_BROADCAST, type Ip4, isMulticast, prefixMask } from "../../ip/address.ts";
import { AddressType } from "../../ip/address-type.ts";
import { errnoOf, failureOf } from "../../ip/route-type.ts";
import type { RouteChange } from "../../ip4/routing/fib.ts";
import type { PathException } from "../../ip4/routing/path-exceptions.ts";
import { type Route, type RouteEntry, type RouteMatch, RouteType, refuses } from "../../ip4/routing/route.ts";
import { Ip6RouteType } from "../../ip6/routing/route.ts";
import type { NetDevice } from "../../net/device.ts";
import type { Stack } from "../../stack.ts";
import { protocolNumber } from "../protocols.ts";
import { ControlError } from "../rpc/protocol.ts";
import { familiesOf, holds6 } from "./by-family.ts";
import { type AnyPrefix, FLAG, type HostPrefix, isOfIpv6, maybe, type Prefix, wrong } from "./forms.ts";
import { type MethodContext, method } from "./method.ts";
import { DETAILS, type Details, FILTER, QUESTION, type Question, type Selection } from "./route-forms.ts";
import { hopView, isOfLocal, onlyDevice, ROUTE, type RouteView, routeView } from "./route-view.ts";
import { addRoute6, flushRoutes6, getRoute6, removeRoute6, showRoutes6 } from "./route6.ts";

const REFUSALS = [
  "NO_DEVICE",
  "ROUTE_NO_DEVICE",
  "ROUTE_INVALID",
  "DEVICE_DOWN",
  "ROUTE_UNREACHABLE",
  "SCOPE_INVALID",
  "SOURCE_INVALID",
];

const change = (how: RouteChange, about: string, errors: readonly string[]) =>
  method({
    about,
    params: {
      ...DETAILS,
      onlink: maybe(FLAG, "the gateway is on the link, whatever the routes say"),
      mtuLock: maybe(FLAG, "with mtu: routers may fragment, and are not believed about the length"),
    },
    result: v.null(),
    errors: [...REFUSALS, ...errors, "FAMILY_UNSUPPORTED"],
    run(context, { to, onlink = false, mtuLock = false, ...details }) {
      if (isOfIpv6(to)) return addRoute6(context, to, { ...details, onlink, mtuLock }, how);
      add(context, to, { ...detailsOf(context, details), onlink, mtuLock }, how);
      return null;
    },
  });

export const routeMethods = {
  "route.show": method({
    about:
      "Routes by family and destination, the longest prefix first (of IPv6 what lies within a prefix before it), then the smallest metric.",
    params: FILTER,
    result: v.array(ROUTE),
    errors: ["NO_DEVICE", "FAMILY_UNSUPPORTED"],
    run: (context, params) =>
      meant(context, params).flatMap((version) =>
        version === 6 ? showRoutes6(context, params) : chosen(context, params).map(routeView),
      ),
  }),
  "route.get": method({
    about: "The way of a packet of ours to an address; with `fibmatch` the route itself. Packets to ourselves go by `lo`.",
    params: QUESTION,
    result: ROUTE,
    errors: ["NO_DEVICE", "UNREACHABLE", "FAMILY_UNSUPPORTED"],
    run: (context, { to, from, dev, fibmatch }) =>
      typeof to === "string"
        ? getRoute6(context, to, { from, dev, fibmatch })
        : get(context, to, { from: fourOf(from), dev, fibmatch }),
  }),
  "route.add": change("add", "Adds a route that is not there.", ["ROUTE_EXISTS"]),
  "route.replace": change("replace", "Adds a route, in the place of one with the same destination and metric.", []),
  "route.change": change("change", "Changes the route with this destination and metric.", ["ROUTE_NOT_THERE"]),
  "route.append": change("append", "Adds a route behind those with the same destination and metric.", ["ROUTE_EXISTS"]),
  "route.prepend": change("prepend", "Adds a route before those with the same destination and metric.", ["ROUTE_EXISTS"]),
  "route.flush": method({
    about: "Removes the routes that route.show would show and returns them; with `cache` what routers told of ways instead.",
    params: { ...FILTER, cache: maybe(FLAG, "forget path MTUs and redirects, and remove no route") },
    result: v.array(ROUTE),
    errors: ["NO_DEVICE", "FAMILY_UNSUPPORTED"],
    run(context, { cache = false, ...params }) {
      if (cache) {
        for (const version of familiesOf(context, params.family)) {
          if (version === 4) context.stack.ip.fib.paths.clear();
          else context.ip6("cache").fib.paths.clear();
        }
        return [];
      }
      return meant(context, params).flatMap((version) => {
        if (version === 6) return flushRoutes6(context, params);
        const gone = new Set(chosen(context, params));
        context.stack.ip.routes.removeAll((route) => gone.has(route));
        return [...gone].map(routeView);
      });
    },
  }),
  "route.del": method({
    about: "Removes the first route that is as asked; what is left out may be anything.",
    params: DETAILS,
    result: v.null(),
    errors: ["NO_DEVICE", "ROUTE_MISSING", "ROUTE_INVALID", "FAMILY_UNSUPPORTED"],
    run(context, { to, ...details }) {
      if (isOfIpv6(to)) return removeRoute6(context, to, details);
      const { address: destination, length: prefixLength } = to;
      const match: RouteMatch = { destination, prefixLength, ...detailsOf(context, details) };
      if (context.stack.ip.routes.remove(match)) return null;
      throw new ControlError("ROUTE_MISSING", "there is no such route", { errno: "ESRCH" });
    },
  }),
};

const LOOPBACK = 0x7f000001;

/** The families that a selection means. */
function meant(context: MethodContext, { dev, family, to, via, src }: Selection): readonly (4 | 6)[] {
  if (dev !== undefined) context.device(dev);
  // A route of IPv4 may have a next hop of IPv6.
  return familiesOf(context, family, to, family === "inet" ? undefined : via, src);
}

/** The prefix, if it is one of IPv4. */
function fourIn(prefix: AnyPrefix | undefined): Prefix | undefined {
  return prefix && "mask" in prefix ? prefix : undefined;
}

/** An address beside one of IPv4. @throws ControlError INVALID_PARAMS when it is one of IPv6 */
function fourOf(address: Ip4 | string | undefined): Ip4 | undefined {
  if (typeof address === "string") throw wrong(`${address} is an IPv6 address, and the destination is none`);
  return address;
}

/** By table, then by address, the longest prefix first, then the smallest metric: the order of `ip route`. */
function chosen(context: MethodContext, selection: Selection): RouteEntry[] {
  const { how = "exact", dev, table = "main", scope, protocol, type, metric } = selection;
  const device = dev === undefined ? undefined : context.device(dev);
  const [to, src] = [selection.to, selection.src].map(fourIn);
  const selects = selectorOf(to, how);
  const { list, localList } = context.stack.ip.routes;
  const all: RouteEntry[] = [...(table === "local" ? [] : list), ...(table === "main" ? [] : localList)];
  const wanted = (route: RouteEntry): boolean =>
    (!device || onlyDevice(route, device)) &&
    (scope === undefined || route.scope === scope) &&
    (protocol === undefined || protocolNumber(route.protocol) === protocol) &&
    (type === undefined || route.type === type) &&
    (metric === undefined || route.metric === metric) &&
    goesBy(selection.via, route) &&
    holdsAddress(src, route.source) &&
    selects(route);
  const order = (a: RouteEntry, b: RouteEntry): number =>
    Number(isOfLocal(a)) - Number(isOfLocal(b)) ||
    (a.destination >>> 0) - (b.destination >>> 0) ||
    b.prefixLength - a.prefixLength ||
    a.metric - b.metric;
  return all.filter(wanted).sort(order);
}

/** The route has one next hop, which the prefix, if there is one, holds. */
function goesBy(via: AnyPrefix | undefined, { nexthops, gateway, gateway6 }: RouteEntry): boolean {
  if (via === undefined) return true;
  if (nexthops.length > 0) return false;
  return isOfIpv6(via) ? gateway6 !== null && holds6(via, gateway6) : holdsAddress(fourIn(via), gateway);
}

/** There is an address, and the prefix that is asked for, if any is, holds it. */
function holdsAddress(prefix: Prefix | undefined, address: number): boolean {
  return prefix === undefined || (address !== 0 && (address & prefix.mask) === prefix.address);
}

/** `exact` that prefix, those that hold it (`match`), or those within it (`root`). */
function selectorOf(to: Prefix | undefined, how: string): (route: RouteEntry) => boolean {
  if (to === undefined) return () => true;
  const { address, length, mask } = to;
  const within = (route: RouteEntry): boolean => route.prefixLength >= length && (route.destination & mask) === address;
  const holds = (route: RouteEntry): boolean => route.prefixLength <= length && (address & route.mask) === route.destination;
  if (how === "match") return holds;
  return how === "root" ? within : (route) => within(route) && holds(route);
}

function get(
  context: MethodContext,
  to: Ip4,
  { from, dev: by, fibmatch }: Omit<Question, "to" | "from"> & { from: Ip4 | undefined },
): RouteView {
  const { stack } = context;
  const only = by === undefined ? null : context.device(by);
  const { routes, addresses } = stack.ip;
  // To 0.0.0.0 is to ourselves, as in the kernel.
  const found = to === INADDR_ANY ? routes.lookup(LOOPBACK) : wayTo(stack, to, only);
  const foreign = from !== undefined && stack.ip.addressType(from) !== AddressType.LOCAL;
  if (!found || foreign) throw unreachable(to, foreign ? null : routes.match(to, only));
  const route = stack.ip.fib.hopOf(found, INADDR_ANY, to, only);
  if (fibmatch) return routeView(found.nexthops.length > 0 ? found : route);
  const { prefsrc: _, gateway: _gateway, via: _via, mtu, mtuLock, ...rest } = routeView(route);
  const way = { ...rest, ...hopView({ gateway: route.hop, gateway6: route.gateway6 }) };
  const dst = formatIpv4(to);
  if (isMulticast(to) || to === INADDR_BROADCAST) {
    const source = addresses.select(route.device, to);
    const type = isMulticast(to) ? "multicast" : "broadcast";
    return { ...rest, type, dst, ...(source ? { prefsrc: formatIpv4(source) } : {}) };
  }
  const local = route.type === RouteType.LOCAL;
  const ours = route.source || to;
  const source = local ? ours : stack.ip.fib.sourceBy(route, to);
  const dev = local ? "lo" : route.device.name;
  const shown = { ...way, dst, dev, ...(source && from === undefined ? { prefsrc: formatIpv4(source) } : {}) };
  const path = local ? null : stack.ip.fib.paths.find(to, route);
  if (path) return { ...shown, ...pathView(path, route.device) };
  return mtu === undefined ? shown : { ...shown, mtu, ...(mtuLock ? { mtuLock } : {}) };
}

/** The refusal to a sender whose packets the entry, if there is one, refuses. */
function unreachable(to: number, entry: RouteEntry | null): ControlError {
  const destination = formatIpv4(to);
  return new ControlError("UNREACHABLE", `no route to ${destination}`, { errno: errnoOf(failureOf(entry)), detail: destination });
}

/** The part of a view that routers have told. */
function pathView({ mtu, locked, gateway, left }: PathException, device: NetDevice): Partial<RouteView> {
  return {
    ...(Number.isFinite(mtu) ? { mtu: Math.min(mtu, device.mtu) } : {}),
    ...(locked ? { mtuLock: true } : {}),
    ...(gateway === 0 ? {} : { gateway: formatIpv4(gateway), redirected: true }),
    expires: Math.trunc(left / 1000),
  };
}

/** Broadcasts on the link and its groups need no route once the device is given. */
function wayTo(stack: Stack, to: number, only: NetDevice | null): Route | null {
  const { routes } = stack.ip;
  const route = routes.lookupLocal(to) ?? routes.lookup(to, only);
  if (route || !only || !(isMulticast(to) || to === INADDR_BROADCAST)) return route;
  return routes.list.find((entry): entry is Route => entry.device === only) ?? null;
}

type RouteDetails = Omit<RouteMatch, "destination" | "prefixLength">;

function add(
  { stack }: MethodContext,
  { address: destination, length: prefixLength }: HostPrefix,
  { device, gateway = 0, gateway6, ...rest }: RouteDetails & { onlink: boolean; mtuLock: boolean },
  how: RouteChange,
): void {
  const { type = RouteType.UNICAST, nexthops = [] } = rest;
  if (!device && gateway === 0 && !gateway6 && nexthops.length === 0 && !refuses(type))
    throw new ControlError("ROUTE_NO_DEVICE", "a route needs via or dev", { errno: "ENODEV" });
  // Before the gateway is looked at, as the kernel does.
  if (destination & ~prefixMask(prefixLength)) {
    const written = `${formatIpv4(destination)}/${prefixLength}`;
    throw new ControlError("ROUTE_INVALID", `${written} has host bits set`, { errno: "EINVAL", detail: written });
  }
  stack.ip.fib.addRoute({ destination, prefixLength, gateway, gateway6, device, ...rest, how });
}

function detailsOf(context: MethodContext, details: Details): RouteDetails {
  const { via, dev, src, nexthops, type, pref: _pref, expires: _expires, ...rest } = details;
  if (type === Ip6RouteType.ANYCAST || type === Ip6RouteType.MULTICAST) throw wrong("a route of this type is one of IPv6");
  const deviceOf = (name: string | undefined): NetDevice | undefined => (name === undefined ? undefined : context.device(name));
  return {
    ...rest,
    type,
    ...gatewayOf(context, via),
    device: deviceOf(dev),
    source: fourOf(src),
    nexthops: nexthops?.map(({ via: hop, dev: name, weight, onlink }) => ({
      ...gatewayOf(context, hop),
      device: deviceOf(name),
      weight,
      onlink,
    })),
  };
}

/** The next hop of a route of IPv4, which either family may have. */
function gatewayOf(context: MethodContext, via: Ip4 | string | undefined): Pick<RouteMatch, "gateway" | "gateway6"> {
  return typeof via === "string" ? { gateway6: context.ip6Address(via) } : { gateway: via };
}
