/** Routes of IPv6 under the methods of `route.*`. */
import type { Ip6 } from "../../ip/ip6.ts";
import { formatIpv6, type Ip6Words, ip6Words } from "../../ip/ip6-text.ts";
import { errnoOf, failureOf, RouteType, refuses } from "../../ip/route-type.ts";
import { ADDRESS_BITS } from "../../ip6/common/address-kind.ts";
import type { Fib6 } from "../../ip6/routing/fib.ts";
import {
  type Ip6Route,
  type Ip6RouteEntry,
  type Ip6RouteMatch,
  Ip6RouteType,
  leadsSomewhere,
  type NewIp6Route,
  RoutePreference,
  USER_METRIC,
} from "../../ip6/routing/route.ts";
import { orderOfRoutes } from "../../ip6/routing/route-order.ts";
import { protocolNumber } from "../protocols.ts";
import { ControlError } from "../rpc/protocol.ts";
import { asked6 } from "./address6.ts";
import { holds6 } from "./by-family.ts";
import { type AnyPrefix, type HostPrefix6, isOfIpv6, wrong } from "./forms.ts";
import type { MethodContext } from "./method.ts";
import type { Details, Question, Selection } from "./route-forms.ts";
import { type RouteView, routeTypeName } from "./route-view.ts";

const MS = 1000;
const ANY = "::";

/** @param now the clock's milliseconds */
function routeView6(route: Ip6RouteEntry, now: number): RouteView {
  const { destination, prefixLength, gateway, device, source, metric, type, mtu, expires, preference } = route;
  const whole = prefixLength === ADDRESS_BITS;
  const dst = prefixLength === 0 ? "default" : formatIpv6(destination) + (whole ? "" : `/${prefixLength}`);
  return {
    type: routeTypeName(type),
    dst,
    ...(gateway ? { gateway: formatIpv6(gateway) } : {}),
    // Packets that are refused end at the loopback device, as the kernel has it.
    dev: device?.name ?? "lo",
    table: isOfLocal6(route) ? "local" : "main",
    protocol: route.protocol,
    scope: "global",
    ...(source ? { prefsrc: formatIpv6(source) } : {}),
    metric,
    flags: [...(route.onlink ? ["onlink"] : []), ...(device?.up && !device.hasCarrier ? ["linkdown"] : [])],
    ...(mtu ? { mtu } : {}),
    ...(expires === Number.POSITIVE_INFINITY ? {} : { expires: Math.max(0, Math.floor((expires - now) / MS)) }),
    pref: preference === RoutePreference.MEDIUM ? "medium" : preference === RoutePreference.HIGH ? "high" : "low",
  };
}

function isOfLocal6({ type }: Ip6RouteEntry): boolean {
  return type !== Ip6RouteType.UNICAST && !refuses(type);
}

export function showRoutes6(context: MethodContext, selection: Selection): RouteView[] {
  const now = context.stack.clock.now();
  return chosen6(context, selection).map((route) => routeView6(route, now));
}

/** Removes the routes that the selection shows, and returns them. */
export function flushRoutes6(context: MethodContext, selection: Selection): RouteView[] {
  const now = context.stack.clock.now();
  const gone = chosen6(context, selection);
  const views = gone.map((route) => routeView6(route, now));
  const { routes } = context.ip6("routes");
  for (const route of gone) routes.drop(route);
  return views;
}

/** By table, and in it as the kernel walks it. */
function chosen6(context: MethodContext, selection: Selection): Ip6RouteEntry[] {
  const { to, how = "exact", dev, table = "main", scope, protocol, type, via, src, metric } = selection;
  const device = dev === undefined ? undefined : context.device(dev);
  const { routes } = context.ip6("routes");
  const selects = selectorOf(to, how);
  const all = [...(table === "local" ? [] : routes.list), ...(table === "main" ? [] : routes.localList)];
  const wanted = (route: Ip6RouteEntry): boolean =>
    (!device || route.device === device || (route.device === null && device.loopback)) &&
    // Every route of IPv6 is of the whole world's scope.
    (scope === undefined || scope === 0) &&
    (protocol === undefined || protocolNumber(route.protocol) === protocol) &&
    (type === undefined || route.type === type) &&
    (metric === undefined || route.metric === metric) &&
    (via === undefined || (route.gateway !== null && isOfIpv6(via) && holds6(via, route.gateway))) &&
    (src === undefined || (route.source !== null && isOfIpv6(src) && holds6(src, route.source))) &&
    selects(route);
  const order = (a: Ip6RouteEntry, b: Ip6RouteEntry): number => {
    const byTable = Number(isOfLocal6(a)) - Number(isOfLocal6(b));
    return byTable || orderOfRoutes(a, b);
  };
  return all.filter(wanted).sort(order);
}

function prefixOf({ destination, prefixLength: length }: Ip6RouteEntry): HostPrefix6 {
  return { address: formatIpv6(destination), length };
}

function selectorOf(to: AnyPrefix | undefined, how: string): (route: Ip6RouteEntry) => boolean {
  if (to === undefined || !isOfIpv6(to)) return () => true;
  const within = (route: Ip6RouteEntry): boolean => route.prefixLength >= to.length && holds6(to, route.destination);
  const holds = (route: Ip6RouteEntry): boolean => route.prefixLength <= to.length && holds6(prefixOf(route), wordsIn(to));
  if (how === "match") return holds;
  return how === "root" ? within : (route) => within(route) && route.prefixLength === to.length;
}

function wordsIn({ address }: HostPrefix6): Ip6Words {
  return ip6Words(address) ?? { a: 0, b: 0, c: 0, d: 0 };
}

/** The way of a packet of ours to an address; with `fibmatch` the route itself. */
export function getRoute6(context: MethodContext, to: string, { from, dev, fibmatch }: Omit<Question, "to">): RouteView {
  const { fib } = context.ip6(to);
  const destination = context.ip6Address(to);
  const asked = from === undefined ? null : six(context, from);
  const only = dev === undefined ? null : context.device(dev);
  const entry = fib.routes.match(destination, only);
  if (!entry || !leadsSomewhere(entry)) {
    throw new ControlError("UNREACHABLE", `no route to ${to}`, { errno: errnoOf(failureOf(entry)), detail: to });
  }
  const now = context.stack.clock.now();
  const view = routeView6(entry, now);
  if (fibmatch) return view;
  const source = fib.sourceBy(entry, destination);
  return {
    ...view,
    dst: formatIpv6(destination),
    from: asked ? formatIpv6(asked) : ANY,
    ...(entry.type === Ip6RouteType.LOCAL ? { dev: "lo" } : {}),
    ...(source ? { prefsrc: formatIpv6(source) } : {}),
    ...pathView(fib, destination, entry),
  };
}

/** The part of a view that routers have told. */
function pathView(fib: Fib6, destination: Ip6, route: Ip6Route): Partial<RouteView> {
  const path = fib.paths.find(destination, route);
  if (!path) return {};
  return {
    ...(Number.isFinite(path.mtu) ? { mtu: Math.min(path.mtu, route.device.mtu) } : {}),
    ...(path.gateway ? { gateway: formatIpv6(path.gateway) } : {}),
    ...(Number.isFinite(path.left) ? { expires: Math.trunc(path.left / MS) } : {}),
  };
}

const PREFERENCES: Readonly<Record<string, RoutePreference>> = {
  low: RoutePreference.LOW,
  medium: RoutePreference.MEDIUM,
  high: RoutePreference.HIGH,
};

export function addRoute6(
  context: MethodContext,
  to: HostPrefix6,
  { onlink, mtuLock, ...details }: Details & { onlink: boolean; mtuLock: boolean },
  how: "add" | "replace" | "change" | "append" | "prepend",
): null {
  const { fib } = context.ip6(to.address);
  const { pref = "medium", expires, mtu, nexthops = [] } = details;
  const match = matchOf(context, to, details);
  if (nexthops.length > 0) throw wrong("an IPv6 route has one next hop here; leave nexthops out");
  if (mtuLock) throw wrong("the mtu of an IPv6 route cannot be locked here; leave mtuLock out");
  const { gateway, device, type = RouteType.UNICAST } = match;
  if (!gateway && !device && !refuses(type)) {
    throw new ControlError("ROUTE_NO_DEVICE", "a route needs via or dev", { errno: "ENODEV" });
  }
  const preference = PREFERENCES[pref];
  if (preference === undefined) throw wrong(`pref is low, medium or high, not "${pref}"`);
  const lasts = expires === undefined ? {} : { expires: context.stack.clock.now() + expires * MS };
  const route: NewIp6Route = { ...match, mtu, onlink, preference, ...lasts };
  // Packets that are refused go to no gateway.
  if (refuses(type)) route.gateway = null;
  if (how === "append" || how === "prepend") mustBeOther(fib, route);
  return asked6(() => {
    fib.addRoute({ ...route, how: how === "prepend" ? "append" : how });
    return null;
  });
}

/** A route stands beside others with its destination and metric only if it leads elsewhere. */
function mustBeOther({ routes }: Fib6, { destination, prefixLength, device, gateway, metric }: NewIp6Route): void {
  const same = (other: Ip6RouteEntry): boolean =>
    other.prefixLength === prefixLength &&
    other.gateway === (gateway ?? null) &&
    (!device || other.device === device) &&
    other.metric === (metric || USER_METRIC) &&
    holds6(prefixOf(other), destination);
  if (!routes.list.some(same)) return;
  throw new ControlError("ROUTE_EXISTS", "there is such a route already", { errno: "EEXIST" });
}

/** Removes the first route that is as asked. */
export function removeRoute6(context: MethodContext, to: HostPrefix6, details: Details): null {
  const { routes } = context.ip6(to.address);
  if (routes.remove(matchOf(context, to, details))) return null;
  throw new ControlError("ROUTE_MISSING", "there is no such route", { errno: "ESRCH" });
}

function matchOf(context: MethodContext, { address, length }: HostPrefix6, details: Details): Ip6RouteMatch {
  const { via, dev, src, metric, protocol, type } = details;
  const destination = context.ip6Address(address);
  return {
    destination,
    prefixLength: length,
    gateway: via === undefined ? via : six(context, via),
    device: dev === undefined ? dev : context.device(dev),
    source: src === undefined ? src : six(context, src),
    metric,
    protocol,
    type,
  };
}

/** An address beside one of IPv6. @throws ControlError INVALID_PARAMS when it is one of IPv4 */
function six(context: MethodContext, address: number | string): Ip6 {
  if (typeof address === "string") return context.ip6Address(address);
  throw wrong("an IPv4 address stands beside one of IPv6");
}
