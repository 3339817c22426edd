/** `route.*`: routes as `ip -j route` has them, and what an operator changes about them. */
import * as v from "valibot";
import { formatIpv4, INADDR_ANY, INADDR_BROADCAST, isMulticast, prefixMask } from "../../ip/address.ts";
import { AddressType } from "../../ip/address-type.ts";
import type { RouteChange } from "../../ip4/routing/fib.ts";
import type { PathException } from "../../ip4/routing/path-exceptions.ts";
import { type Route, type RouteMatch, RouteType } from "../../ip4/routing/routes.ts";
import type { NetDevice } from "../../net/device.ts";
import type { Stack } from "../../stack.ts";
import { protocolNumber } from "../protocols.ts";
import { ControlError } from "../rpc/protocol.ts";
import { scopeName } from "./address.ts";
import {
  ADDRESS,
  FAMILY,
  FLAG,
  HOST_PREFIX,
  type HostPrefix,
  integer,
  maybe,
  needed,
  oneOf,
  onlyInet,
  PREFIX,
  type Prefix,
  TEXT,
  UINT_MAX,
} from "./forms.ts";
import { type MethodContext, method } from "./method.ts";

const ROUTE = v.pipe(
  v.object({
    type: v.picklist(["unicast", "local", "broadcast", "multicast"]),
    dst: v.pipe(v.string(), v.description("`default`, an address or a prefix")),
    gateway: v.exactOptional(v.string()),
    dev: v.string(),
    table: v.picklist(["main", "local"]),
    protocol: v.string(),
    scope: v.string(),
    prefsrc: v.exactOptional(v.string()),
    metric: v.exactOptional(v.number()),
    flags: v.array(v.string()),
    mtu: v.exactOptional(v.pipe(v.number(), v.description("path MTU that a router told"))),
    mtuLock: v.exactOptional(v.pipe(v.boolean(), v.description("with `mtu`: a router asked for less"))),
    redirected: v.exactOptional(v.pipe(v.boolean(), v.description("a router told of the gateway"))),
    expires: v.exactOptional(v.pipe(v.number(), v.description("with `mtu` or `redirected`: seconds for which it is believed"))),
  }),
  v.title("route"),
);

export type RouteView = v.InferOutput<typeof ROUTE>;

const FILTER = {
  to: maybe(PREFIX, "destinations"),
  how: maybe(oneOf("exact", "match", "root"), "exact (default) that prefix, those that hold it (match), or those within it (root)"),
  dev: maybe(TEXT, "device"),
  table: maybe(oneOf("main", "local", "all"), "default main"),
  scope: maybe(integer(0, 255), "scope, by its number"),
  protocol: maybe(integer(0, 255), "RTPROT_*"),
  family: maybe(FAMILY, "address family"),
};

interface Selection {
  to?: Prefix | undefined;
  how?: string | undefined;
  dev?: string | undefined;
  table?: string | undefined;
  scope?: number | undefined;
  protocol?: number | undefined;
  family?: "inet" | "inet6" | undefined;
}

const DETAILS = {
  to: needed(HOST_PREFIX, "destination; 0.0.0.0/0 for the default route"),
  via: maybe(ADDRESS, "gateway"),
  dev: maybe(TEXT, "device"),
  src: maybe(ADDRESS, "source of packets whose sender names none"),
  metric: maybe(integer(0, UINT_MAX), "the smallest wins"),
  scope: maybe(integer(0, 255), "scope, by its number"),
  protocol: maybe(TEXT, "who made it, by name"),
};

interface Details {
  via?: number | undefined;
  dev?: string | undefined;
  src?: number | undefined;
  metric?: number | undefined;
  scope?: number | undefined;
  protocol?: string | undefined;
}

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
    params: { ...DETAILS, onlink: maybe(FLAG, "the gateway is on the link, whatever the routes say") },
    result: v.null(),
    errors: [...REFUSALS, ...errors, "FAMILY_UNSUPPORTED"],
    run(context, { to, onlink = false, ...details }) {
      add(context, to, { ...detailsOf(context, details), onlink }, how);
      return null;
    },
  });

export const routeMethods = {
  "route.show": method({
    about: "Routes by destination, the longest prefix first, then the smallest metric.",
    params: FILTER,
    result: v.array(ROUTE),
    errors: ["NO_DEVICE", "FAMILY_UNSUPPORTED"],
    run: (context, params) => chosen(context, params).map(routeView),
  }),
  "route.get": method({
    about: "The way of a packet of ours to an address; with `fibmatch` the route itself. Packets to ourselves go by `lo`.",
    params: {
      to: needed(ADDRESS, "destination"),
      from: maybe(ADDRESS, "source"),
      dev: maybe(TEXT, "device"),
      fibmatch: maybe(FLAG, "the route itself"),
    },
    result: ROUTE,
    errors: ["NO_DEVICE", "UNREACHABLE", "FAMILY_UNSUPPORTED"],
    run: get,
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
        context.stack.ip.fib.paths.clear();
        return [];
      }
      const gone = new Set(chosen(context, params));
      context.stack.ip.routes.removeAll((route) => gone.has(route));
      return [...gone].map(routeView);
    },
  }),
  "route.del": method({
    about: "Removes the first route that is as asked; what is left out may be anything.",
    params: DETAILS,
    result: v.null(),
    errors: ["NO_DEVICE", "ROUTE_MISSING", "FAMILY_UNSUPPORTED"],
    run(context, { to: { address: destination, length: prefixLength }, ...details }) {
      const match: RouteMatch = { destination, prefixLength, ...detailsOf(context, details) };
      if (context.stack.ip.routes.remove(match)) return null;
      throw new ControlError("ROUTE_MISSING", "there is no such route", { errno: "ESRCH" });
    },
  }),
};

const TYPES: Readonly<Record<RouteType, RouteView["type"]>> = {
  [RouteType.UNICAST]: "unicast",
  [RouteType.LOCAL]: "local",
  [RouteType.BROADCAST]: "broadcast",
};

const LOOPBACK = 0x7f000001;

/** By address, the longest prefix first, then the smallest metric: the order of `ip route`. */
function chosen(context: MethodContext, { to, how = "exact", dev, table = "main", scope, protocol, family }: Selection): Route[] {
  const device = dev === undefined ? undefined : context.device(dev);
  onlyInet(family);
  const selects = selectorOf(to, how);
  const { list, localList } = context.stack.ip.routes;
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
function selectorOf(to: Prefix | undefined, how: string): (route: Route) => boolean {
  if (to === undefined) return () => true;
  const { address, length, mask } = to;
  const within = (route: Route): boolean => route.prefixLength >= length && (route.destination & mask) === address;
  const holds = (route: Route): boolean => route.prefixLength <= length && (address & route.mask) === route.destination;
  if (how === "match") return holds;
  return how === "root" ? within : (route) => within(route) && holds(route);
}

function routeView(route: Route): RouteView {
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
    flags: [...(route.onlink ? ["onlink"] : []), ...(route.device.hasCarrier || !route.device.up ? [] : ["linkdown"])],
  };
}

interface Question {
  to: number;
  from?: number | undefined;
  dev?: string | undefined;
  fibmatch?: boolean | undefined;
}

function get(context: MethodContext, { to, from, dev: by, fibmatch }: Question): RouteView {
  const { stack } = context;
  const only = by === undefined ? null : context.device(by);
  const { routes, addresses } = stack.ip;
  // To 0.0.0.0 is to ourselves, as in the kernel.
  const route = to === INADDR_ANY ? routes.lookup(LOOPBACK) : wayTo(stack, to, only);
  const foreign = from !== undefined && stack.ip.addressType(from) !== AddressType.LOCAL;
  if (!route || foreign) {
    const destination = formatIpv4(to);
    throw new ControlError("UNREACHABLE", `no route to ${destination}`, { errno: "ENETUNREACH", detail: destination });
  }
  const { prefsrc: _, ...way } = routeView(route);
  if (fibmatch) return routeView(route);
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
  const shown = { ...way, dst, dev, ...(source && from === undefined ? { prefsrc: formatIpv4(source) } : {}) };
  const path = local ? null : stack.ip.fib.paths.find(to, route);
  return path ? { ...shown, ...pathView(path, route.device) } : shown;
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
  return routes.list.find(({ device }) => device === only) ?? null;
}

type RouteDetails = Omit<RouteMatch, "destination" | "prefixLength" | "type">;

function add(
  { stack }: MethodContext,
  { address: destination, length: prefixLength }: HostPrefix,
  { device, gateway = 0, ...rest }: RouteDetails & { onlink: boolean },
  how: RouteChange,
): void {
  if (!device && gateway === 0) throw new ControlError("ROUTE_NO_DEVICE", "a route needs via or dev", { errno: "ENODEV" });
  // Before the gateway is looked at, as the kernel does.
  if (destination & ~prefixMask(prefixLength)) {
    const written = `${formatIpv4(destination)}/${prefixLength}`;
    throw new ControlError("ROUTE_INVALID", `${written} has host bits set`, { errno: "EINVAL", detail: written });
  }
  stack.ip.fib.addRoute({ destination, prefixLength, gateway, device, ...rest, how });
}

function detailsOf(context: MethodContext, { via, dev, src, metric, scope, protocol }: Details): RouteDetails {
  return {
    ...(via === undefined ? {} : { gateway: via }),
    ...(dev === undefined ? {} : { device: context.device(dev) }),
    ...(src === undefined ? {} : { source: src }),
    ...(metric === undefined ? {} : { metric }),
    ...(scope === undefined ? {} : { scope }),
    ...(protocol === undefined ? {} : { protocol }),
  };
}
