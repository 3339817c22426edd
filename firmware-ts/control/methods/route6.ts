/** Routes of IPv6 under the methods of `route.*`. */
import type { Ip6 } from "../../ip/ip6.ts";
import { formatIpv6, type Ip6Words, ip6Words } from "../../ip/ip6-text.ts";
import { errnoOf, failureOf, RouteType, refuses } from "../../ip/route-type.ts";
import { ADDRESS_BITS } from "../../ip6/common/address-kind.ts";
import type { Fib6 } from "../../ip6/routing/fib.ts";
import type { NewIp6NextHop } from "../../ip6/routing/requested-route.ts";
import {
  type Ip6Route,
  type Ip6RouteEntry,
  type Ip6RouteMatch,
  Ip6RouteType,
  leadsSomewhere,
  type NewIp6Route,
  RoutePreference,
  sharedWith,
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

/**
 * @param group the route and those that share its flows
 * @param now the clock's milliseconds
 */
function routeView6(route: Ip6RouteEntry, group: readonly Ip6RouteEntry[], now: number): RouteView {
  const { destination, prefixLength, gateway, device, source, metric, type, mtu, mtuLock, expires, preference } = route;
  const several = group.length > 1;
  const whole = prefixLength === ADDRESS_BITS;
  const dst = prefixLength === 0 ? "default" : formatIpv6(destination) + (whole ? "" : `/${prefixLength}`);
  return {
    type: routeTypeName(type),
    dst,
    ...(gateway && !several ? { gateway: formatIpv6(gateway) } : {}),
    // Packets that are refused end at the loopback device, as the kernel has it.
    ...(several ? {} : { dev: device?.name ?? "lo" }),
    table: isOfLocal6(route) ? "local" : "main",
    protocol: route.protocol,
    scope: "global",
    ...(source ? { prefsrc: formatIpv6(source) } : {}),
    metric,
    flags: several ? [] : flagsOf(route),
    ...(mtu ? { mtu } : {}),
    ...(mtu && mtuLock ? { mtuLock } : {}),
    ...(expires === Number.POSITIVE_INFINITY ? {} : { expires: Math.max(0, Math.floor((expires - now) / MS)) }),
    pref: preference === RoutePreference.MEDIUM ? "medium" : preference === RoutePreference.HIGH ? "high" : "low",
    ...(several ? { nexthops: group.map(nexthopView6) } : {}),
  };
}

function flagsOf({ device, onlink }: Ip6RouteEntry): string[] {
  const dead = device?.up === false;
  return [
    ...(dead ? ["dead"] : []),
    ...(onlink ? ["onlink"] : []),
    ...(device && (dead || !device.hasCarrier) ? ["linkdown"] : []),
  ];
}

function nexthopView6(route: Ip6RouteEntry): NonNullable<RouteView["nexthops"]>[number] {
  const { gateway, device, weight } = route;
  return { ...(gateway ? { gateway: formatIpv6(gateway) } : {}), dev: device?.name ?? "lo", weight, flags: flagsOf(route) };
}

function isOfLocal6({ type }: Ip6RouteEntry): boolean {
  return type !== Ip6RouteType.UNICAST && !refuses(type);
}

export function showRoutes6(context: MethodContext, selection: Selection): RouteView[] {
  const now = context.stack.clock.now();
  return chosen6(context, selection).map((group) => routeView6(group[0], group, now));
}

/** Removes the routes that the selection shows, and returns them. */
export function flushRoutes6(context: MethodContext, selection: Selection): RouteView[] {
  const now = context.stack.clock.now();
  const gone = chosen6(context, selection);
  const views = gone.map((group) => routeView6(group[0], group, now));
  const { routes } = context.ip6("routes");
  for (const route of gone.flat()) routes.drop(route);
  return views;
}

/** A route, or those that share their flows. */
type Group = readonly [Ip6RouteEntry, ...Ip6RouteEntry[]];

/** By table, and in it as the kernel walks it. */
function chosen6(context: MethodContext, selection: Selection): Group[] {
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
  const groups: Group[] = [];
  const seen = new Set<Ip6RouteEntry>();
  for (const route of all.filter(wanted).sort(order)) {
    if (seen.has(route)) continue;
    const group = sharedWith(route, routes.of(route.destination, route.prefixLength)) as Group;
    for (const one of group) seen.add(one);
    // As with `ip`, routes with several next hops are of no one device and of no one gateway.
    if (group.length === 1 || (dev === undefined && via === undefined)) groups.push(group);
  }
  return groups;
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
  if (fibmatch) {
    const group = sharedWith(entry, fib.routes.of(entry.destination, entry.prefixLength));
    return routeView6(group[0] as Ip6RouteEntry, group, now);
  }
  const view = routeView6(entry, [entry], now);
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
  const { gateway, device, type = RouteType.UNICAST } = match;
  if (!gateway && !device && nexthops.length === 0 && !refuses(type)) {
    throw new ControlError("ROUTE_NO_DEVICE", "a route needs via or dev", { errno: "ENODEV" });
  }
  const preference = PREFERENCES[pref];
  if (preference === undefined) throw wrong(`pref is low, medium or high, not "${pref}"`);
  const lasts = expires === undefined ? {} : { expires: context.stack.clock.now() + expires * MS };
  const route: NewIp6Route = { ...match, mtu, mtuLock, onlink, preference, ...lasts };
  if (how === "append" || how === "prepend") mustBeOther(fib, route);
  return asked6(() => {
    const legs = nexthops.map((hop) => nexthopOf(context, hop));
    fib.addRoute({ ...route, how: how === "prepend" ? "append" : how, nexthops: legs });
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

type NextHop = NonNullable<Details["nexthops"]>[number];

function nexthopOf(context: MethodContext, { via, dev, weight, onlink }: NextHop): NewIp6NextHop {
  const gateway = via === undefined ? null : gatewayOf(context, via);
  return { gateway, device: dev === undefined ? null : context.device(dev), weight, onlink };
}

/** Removes the first route that is as asked, or each of several next hops. */
export function removeRoute6(context: MethodContext, to: HostPrefix6, details: Details): null {
  const { routes } = context.ip6(to.address);
  const { nexthops = [], ...rest } = details;
  const hops = nexthops.length === 0 ? [rest] : nexthops.map(({ via, dev }) => ({ ...rest, via, dev }));
  let gone = 0;
  for (const hop of hops) if (routes.remove(matchOf(context, to, hop))) gone++;
  if (gone > 0) return null;
  throw new ControlError("ROUTE_MISSING", "there is no such route", { errno: "ESRCH" });
}

function matchOf(context: MethodContext, { address, length }: HostPrefix6, details: Details): Ip6RouteMatch {
  const { via, dev, src, metric, protocol, type } = details;
  const destination = context.ip6Address(address);
  return {
    destination,
    prefixLength: length,
    gateway: via === undefined ? via : gatewayOf(context, via),
    device: dev === undefined ? dev : context.device(dev),
    source: src === undefined ? src : six(context, src),
    metric,
    protocol,
    type,
  };
}

/** @throws ControlError ROUTE_INVALID when it is an address of IPv4 */
function gatewayOf(context: MethodContext, via: number | string): Ip6 {
  if (typeof via === "string") return context.ip6Address(via);
  throw new ControlError("ROUTE_INVALID", "a route of IPv6 has no next hop of IPv4", { errno: "EINVAL", detail: "IP6_VIA" });
}

/** An address beside one of IPv6. @throws ControlError INVALID_PARAMS when it is one of IPv4 */
function six(context: MethodContext, address: number | string): Ip6 {
  if (typeof address === "string") return context.ip6Address(address);
  throw wrong("an IPv4 address stands beside one of IPv6");
}
