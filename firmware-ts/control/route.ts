/** `route.*`: the requests behind `ip route`. */
import { formatIpv4, prefixMask } from "../inet/address.ts";
import { type Route, type RouteMatch, RouteType } from "../inet/routes.ts";
import type { Stack } from "../stack.ts";
import { asked, type RouteView, scopeName } from "./inet.ts";
import { protocolNumber } from "./iproute/protocols.ts";
import { deviceOf, flag, hostPrefixOf, ipv4Of, optionalInteger, optionalText, prefixOf, text } from "./params.ts";
import { ControlError, type Json, type JsonObject, type Method } from "./rpc.ts";

export function routeMethods(stack: Stack): [string, Method][] {
  return [
    ["route.show", (params) => show(stack, params) as unknown as Json],
    ["route.get", (params) => get(stack, params) as unknown as Json],
    ["route.add", (params) => add(stack, params, false)],
    ["route.replace", (params) => add(stack, params, true)],
    ["route.del", (params) => remove(stack, params)],
  ];
}

const TYPES: Readonly<Record<RouteType, RouteView["type"]>> = {
  [RouteType.UNICAST]: "unicast",
  [RouteType.LOCAL]: "local",
  [RouteType.BROADCAST]: "broadcast",
};

/** By address, the longest prefix first, then the smallest metric: the order of `ip route`. */
function show(stack: Stack, params: JsonObject): RouteView[] {
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
  return all.filter(wanted).sort(order).map(view);
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

/** The way of a packet of ours to one address. */
function get(stack: Stack, params: JsonObject): RouteView {
  const to = ipv4Of(text(params, "to"));
  const route = stack.ip.routes.lookup(to);
  if (!route) throw new ControlError("UNREACHABLE", "RTNETLINK answers: Network is unreachable");
  const source = stack.ip.sourceTo(to);
  const dev = route.type === RouteType.LOCAL ? "lo" : route.device.name;
  const { prefsrc: _, ...way } = view(route);
  return { ...way, dst: formatIpv4(to), dev, ...(source ? { prefsrc: formatIpv4(source) } : {}) };
}

function add(stack: Stack, params: JsonObject, replace: boolean): Json {
  const { address: destination, length: prefixLength } = hostPrefixOf(text(params, "to"));
  const { device, gateway = 0, ...rest } = detailsOf(stack, params);
  if (!device && gateway === 0) throw new ControlError("ROUTE_NO_DEVICE", "RTNETLINK answers: No such device");
  const request = { destination, prefixLength, gateway, device, ...rest, onlink: flag(params, "onlink"), replace };
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
