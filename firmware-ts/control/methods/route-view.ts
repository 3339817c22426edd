/** A route as `route.*` answers it, which is as `ip -j route` has it. */
import * as v from "valibot";
import { formatIpv4 } from "../../ip/address.ts";
import { formatIpv6 } from "../../ip/ip6-text.ts";
import { leavesBy, type Route, type RouteEntry, RouteType } from "../../ip4/routing/route.ts";
import { Ip6RouteType } from "../../ip6/routing/route.ts";
import type { NetDevice } from "../../net/device.ts";
import { scopeName } from "./address-view.ts";

/** A next hop that is not of the route's own family. */
const VIA = v.object({ family: v.literal("inet6"), host: v.string() });

const NEXTHOP = v.object({
  gateway: v.exactOptional(v.string()),
  via: v.exactOptional(VIA),
  dev: v.string(),
  weight: v.number(),
  flags: v.array(v.string()),
});

/** Types of routes by name, and those that only an answer about a packet has. */
const TYPES = ["unicast", "local", "broadcast", "anycast", "multicast", "blackhole", "unreachable", "prohibit", "throw"] as const;

/** Preferences of IPv6 routes by name. */
export const PREFERENCES = ["low", "medium", "high"] as const;

export const ROUTE = v.pipe(
  v.object({
    type: v.picklist(TYPES),
    dst: v.pipe(v.string(), v.description("`default`, an address or a prefix")),
    from: v.exactOptional(v.pipe(v.string(), v.description("the source that was asked for; `::` for any"))),
    gateway: v.exactOptional(v.string()),
    via: v.exactOptional(v.pipe(VIA, v.description("the next hop of an IPv4 route by IPv6"))),
    dev: v.exactOptional(v.pipe(v.string(), v.description("none where packets are refused, and with `nexthops`"))),
    table: v.picklist(["main", "local"]),
    protocol: v.string(),
    scope: v.string(),
    prefsrc: v.exactOptional(v.string()),
    metric: v.exactOptional(v.number()),
    flags: v.array(v.string()),
    mtu: v.exactOptional(v.pipe(v.number(), v.description("longest packet: the route's own, or what a router told"))),
    mtuLock: v.exactOptional(v.pipe(v.boolean(), v.description("with `mtu`: routers may fragment"))),
    redirected: v.exactOptional(v.pipe(v.boolean(), v.description("a router told of the gateway"))),
    expires: v.exactOptional(v.pipe(v.number(), v.description("seconds for which it is believed, or stays"))),
    pref: v.exactOptional(v.pipe(v.picklist(PREFERENCES), v.description("of an IPv6 route (RFC 4191)"))),
    nexthops: v.exactOptional(v.pipe(v.array(NEXTHOP), v.description("when there are several"))),
  }),
  v.title("route"),
);

export type RouteView = v.InferOutput<typeof ROUTE>;

const NAMES: Readonly<Record<Ip6RouteType, RouteView["type"]>> = {
  [Ip6RouteType.ANYCAST]: "anycast",
  [Ip6RouteType.MULTICAST]: "multicast",
  [RouteType.UNICAST]: "unicast",
  [RouteType.LOCAL]: "local",
  [RouteType.BROADCAST]: "broadcast",
  [RouteType.BLACKHOLE]: "blackhole",
  [RouteType.UNREACHABLE]: "unreachable",
  [RouteType.PROHIBIT]: "prohibit",
  [RouteType.THROW]: "throw",
};

/** The type of this name; undefined for one that no route of ours has. Two of them are of IPv6 alone. */
export function routeTypeOf(name: string): Ip6RouteType | undefined {
  return Object.values(Ip6RouteType).find((type) => NAMES[type] === name);
}

export function routeTypeName(type: Ip6RouteType): RouteView["type"] {
  return NAMES[type];
}

/** The route stands in table `local`. */
export function isOfLocal({ type }: RouteEntry): boolean {
  return type === RouteType.LOCAL || type === RouteType.BROADCAST;
}

export function routeView(route: RouteEntry): RouteView {
  const { destination, prefixLength, device, source, metric, type, mtu, mtuLock, nexthops } = route;
  const dst = prefixLength === 0 ? "default" : formatIpv4(destination) + (prefixLength === 32 ? "" : `/${prefixLength}`);
  const several = nexthops.length > 0;
  const linkdown = several ? nexthops.every((hop) => withoutLink(hop.device)) : device?.up && withoutLink(device);
  return {
    type: NAMES[type],
    dst,
    ...(several ? {} : hopView(route)),
    ...(device && !several ? { dev: device.name } : {}),
    table: isOfLocal(route) ? "local" : "main",
    protocol: route.protocol,
    scope: scopeName(route.scope),
    ...(source ? { prefsrc: formatIpv4(source) } : {}),
    ...(metric ? { metric } : {}),
    flags: [...(route.onlink && !several ? ["onlink"] : []), ...(linkdown ? ["linkdown"] : [])],
    ...(mtu ? { mtu } : {}),
    ...(mtu && mtuLock ? { mtuLock } : {}),
    ...(several ? { nexthops: nexthops.map(nexthopView) } : {}),
  };
}

/** The next hop, whichever family it is of. */
export function hopView({ gateway, gateway6 }: Pick<RouteEntry, "gateway" | "gateway6">): Pick<RouteView, "gateway" | "via"> {
  if (gateway6 !== null) return { via: { family: "inet6", host: formatIpv6(gateway6) } };
  return gateway === 0 ? {} : { gateway: formatIpv4(gateway) };
}

function nexthopView({ device, weight, onlink, ...hop }: Route): v.InferOutput<typeof NEXTHOP> {
  const flags = [...(device.up ? [] : ["dead"]), ...(onlink ? ["onlink"] : []), ...(withoutLink(device) ? ["linkdown"] : [])];
  return { ...hopView(hop), dev: device.name, weight, flags };
}

/** A device that is down has no carrier either. */
function withoutLink(device: NetDevice): boolean {
  return !device.hasCarrier;
}

/** The route has one next hop, by this device: the question that `ip route show dev` asks. */
export function onlyDevice(route: RouteEntry, device: NetDevice): boolean {
  return route.nexthops.length === 0 && leavesBy(route, device);
}
