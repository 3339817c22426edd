/** `route.*`: the requests behind `ip route`. */
import { formatIpv4, INADDR_ANY, INADDR_BROADCAST, isMulticast, prefixMask } from "../ip/address.ts";
import { AddressType } from "../ip/address-type.ts";
import type { RouteChange } from "../ip4/routing/fib.ts";
import { type Route, type RouteMatch, RouteType } from "../ip4/routing/routes.ts";
import type { NetDevice } from "../net/device.ts";
import type { Stack } from "../stack.ts";
import { asked, type RouteView, scopeName } from "./inet.ts";
import { protocolNumber } from "./iproute/protocols.ts";
import { deviceOf, flag, hostPrefixOf, ipv4Of, optionalInteger, optionalText, prefixOf, text } from "./params.ts";
import { ControlError, type Json, type JsonObject, type Method } from "./rpc/protocol.ts";

const LOOPBACK = 0x7f000001;

export function routeMethods(stack: Stack): [string, Method][] {
  return [
    ["route.show", (params) => show(stack, params) as unknown as Json],
    ["route.get", (params) => get(stack, params) as unknown as Json],
    ...CHANGES.map((how): [string, Method] => [`route.${how}`, (params) => add(stack, params, how)]),
    ["route.flush", (params) => flush(stack, params) as unknown as Json],
    ["route.del", (params) => remove(stack, params)],
  ];
}

const CHANGES: readonly RouteChange[] = ["add", "replace", "change", "append", "prepend"];

const TYPES: Readonly<Record<RouteType, RouteView["type"]>> = {
  [RouteType.UNICAST]: "unicast",
  [RouteType.LOCAL]: "local",
  [RouteType.BROADCAST]: "broadcast",
};

function show(stack: Stack, params: JsonObject): RouteView[] {
  return chosen(stack, params).map(view);
}

/** Removes what show() would show, without anything that it was for; returns what it was. */
function flush(stack: Stack, params: JsonObject): RouteView[] {
  const gone = new Set(chosen(stack, params));
  stack.ip.routes.removeAll((route) => gone.has(route));
  return [...gone].map(view);
}

/** By address, the longest prefix first, then the smallest metric: the order of `ip route`. */
function chosen(stack: Stack, params: JsonObject): Route[] {
  const name = optionalText(params, "dev");
  const device = name === undefined ? undefined : deviceOf(stack, name);
  const table = optionalText(params, "table") ?? "main";
  const scope = optionalInteger(params, "scope", 0, 255);
  const protocol = optionalInteger(params, "protocol", 0, 255);
  const selects = selectorOf(optionalText(params, "to"), optionalText(params, "how") ?? "exact");
  const { list, localList } = stack.ip.routes;
  const all = [...(table === "local" ? [] : list), ...(table === "main" ? [] : localList)];
  const wanted = (route: Route): boolean =>
    (!device || route.device === device) &&
    (scope === undefined || route.scope === scope) &&
    (protocol === undefined || protocolNumber(route.protocol) === protocol) &&
    selects(route);
  const order = (a: Route, b: Route): number =>
    (a.destination >>> 0) - (b.destination >>> 0) || b.prefixLength - a.prefixLength || a.metric - b.metric;
  return all.filter(wanted).sort(order);
}

/** `exact` that prefix, those that hold it (`match`), or those within it (`root`). */
function selectorOf(to: string | undefined, how: string): (route: Route) => boolean {
  if (to === undefined) return () => true;
  const { address, length, mask } = prefixOf(to);
  const within = (route: Route): boolean => route.prefixLength >= length && (route.destination & mask) === address;
  const holds = (route: Route): boolean => route.prefixLength <= length && (address & route.mask) === route.destination;
  if (how === "match") return holds;
  return how === "root" ? within : (route) => within(route) && holds(route);
}

function view(route: Route): RouteView {
  const { destination, prefixLength, gateway, source, metric, type } = route;
  const dst = prefixLength === 0 ? "default" : formatIpv4(destination) + (prefixLength === 32 ? "" : `/${prefixLength}`);
  return {
    type: TYPES[type],
    dst,
    ...(gateway ? { gateway: formatIpv4(gateway) } : {}),
    dev: route.device.name,
    table: type === RouteType.UNICAST ? "main" : "local",
    protocol: route.protocol,
    scope: scopeName(route.scope),
    ...(source ? { prefsrc: formatIpv4(source) } : {}),
    ...(metric ? { metric } : {}),
    flags: route.device.hasCarrier || !route.device.up ? [] : ["linkdown"],
  };
}

/**
 * The way of a packet of ours to one address, from `from` if that is said, by `dev` if that is. With `fibmatch` the route itself.
 * What goes to ourselves goes by `lo`, whatever route says so.
 */
function get(stack: Stack, params: JsonObject): RouteView {
  // To nobody is to ourselves, as in the kernel.
  const to = ipv4Of(text(params, "to"));
  const name = optionalText(params, "dev");
  const only = name === undefined ? null : deviceOf(stack, name);
  const from = optionalText(params, "from");
  const { routes, addresses } = stack.ip;
  const route = to === INADDR_ANY ? routes.lookup(LOOPBACK) : wayTo(stack, to, only);
  const foreign = from !== undefined && stack.ip.addressType(ipv4Of(from)) !== AddressType.LOCAL;
  if (!route || foreign) throw new ControlError("UNREACHABLE", "RTNETLINK answers: Network is unreachable");
  const { prefsrc: _, ...way } = view(route);
  if (flag(params, "fibmatch")) return view(route);
  const dst = formatIpv4(to);
  if (isMulticast(to) || to === INADDR_BROADCAST) {
    const source = addresses.select(route.device, to);
    const type = isMulticast(to) ? "multicast" : "broadcast";
    const { gateway: _gateway, ...direct } = way;
    return { ...direct, type, dst, ...(source ? { prefsrc: formatIpv4(source) } : {}) };
  }
  const local = route.type === RouteType.LOCAL;
  const ours = addresses.isLocal(to) ? to : route.source;
  const source = local ? ours : stack.ip.fib.sourceBy(route, to);
  const dev = local ? "lo" : route.device.name;
  return { ...way, dst, dev, ...(source && from === undefined ? { prefsrc: formatIpv4(source) } : {}) };
}

/** Everybody on the link and its groups are there without a route, once the device is said. */
function wayTo(stack: Stack, to: number, only: NetDevice | null): Route | null {
  const { routes } = stack.ip;
  const route = routes.lookupLocal(to) ?? routes.lookup(to, only);
  if (route || !only || !(isMulticast(to) || to === INADDR_BROADCAST)) return route;
  return routes.list.find(({ device }) => device === only) ?? null;
}

function add(stack: Stack, params: JsonObject, how: RouteChange): Json {
  const { address: destination, length: prefixLength } = hostPrefixOf(text(params, "to"));
  const { device, gateway = 0, ...rest } = detailsOf(stack, params);
  if (!device && gateway === 0) throw new ControlError("ROUTE_NO_DEVICE", "RTNETLINK answers: No such device");
  const request = { destination, prefixLength, gateway, device, ...rest, onlink: flag(params, "onlink"), how };
  // Before anything else, as the kernel does.
  if (destination & ~prefixMask(prefixLength))
    throw new ControlError("ROUTE_INVALID", "Error: Invalid prefix for given prefix length.");
  asked(() => stack.ip.fib.addRoute(request));
  return null;
}

function remove(stack: Stack, params: JsonObject): Json {
  const { address: destination, length: prefixLength } = hostPrefixOf(text(params, "to"));
  const match: RouteMatch = { destination, prefixLength, ...detailsOf(stack, params) };
  if (!stack.ip.routes.remove(match)) throw new ControlError("ROUTE_MISSING", "RTNETLINK answers: No such process");
  return null;
}

function detailsOf(stack: Stack, params: JsonObject): Omit<RouteMatch, "destination" | "prefixLength" | "type"> {
  const via = optionalText(params, "via");
  const name = optionalText(params, "dev");
  const source = optionalText(params, "src");
  const metric = optionalInteger(params, "metric", 0, 0xffffffff);
  const scope = optionalInteger(params, "scope", 0, 255);
  const protocol = optionalText(params, "protocol");
  return {
    ...(via === undefined ? {} : { gateway: ipv4Of(via) }),
    ...(name === undefined ? {} : { device: deviceOf(stack, name) }),
    ...(source === undefined ? {} : { source: ipv4Of(source) }),
    ...(metric === undefined ? {} : { metric }),
    ...(scope === undefined ? {} : { scope }),
    ...(protocol === undefined ? {} : { protocol }),
  };
}
