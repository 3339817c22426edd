/** Routes as iproute2 prints them. */
import type { RouteView } from "../methods/route-view.ts";
import { protocolNumber } from "../protocols.ts";
import { type Paint, type Painted, PLAIN } from "./colors.ts";
import type { IpContext } from "./words.ts";

/** Fields that the filter has fixed are left out; -d shows the defaults that are left out without it. */
export interface RouteViewOptions {
  withoutDevice?: boolean;
  withoutProtocol?: boolean;
  withoutScope?: boolean;
  withoutGateway?: boolean;
  withoutSource?: boolean;
  withoutMetric?: boolean;
  /** Several tables are shown: those of other tables than `main` say which. */
  withTable?: boolean;
  details?: boolean;
  /** Numbers instead of names. */
  numeric?: boolean;
}

/** A route as `ip -j route` has it. */
export interface RouteRecord extends Omit<Partial<RouteView>, "type" | "mtu" | "mtuLock"> {
  type?: string;
  metrics?: { mtu: number }[];
}

export function routeJson(route: RouteView, options: RouteViewOptions): RouteRecord {
  const { dst, from, gateway, via, dev, table, prefsrc, metric, flags, expires, mtu, pref, nexthops } = route;
  const { details = false } = options;
  const { type, protocol, scope } = options.numeric ? numbered(route) : route;
  return {
    ...(details || route.type !== "unicast" ? { type } : {}),
    dst,
    ...(from === undefined ? {} : { from }),
    ...(gateway === undefined || options.withoutGateway ? {} : { gateway }),
    ...(via === undefined ? {} : { via }),
    ...(dev === undefined || options.withoutDevice ? {} : { dev }),
    ...(options.withTable && (details || table !== "main") ? { table } : {}),
    ...((details || route.protocol !== "boot") && !options.withoutProtocol ? { protocol } : {}),
    ...((details || route.scope !== "global") && !options.withoutScope ? { scope } : {}),
    ...(prefsrc === undefined || options.withoutSource ? {} : { prefsrc }),
    ...(metric === undefined || options.withoutMetric ? {} : { metric }),
    flags,
    ...(expires === undefined ? {} : { expires }),
    ...(mtu === undefined ? {} : { metrics: [{ mtu }] }),
    ...(pref === undefined ? {} : { pref }),
    ...(nexthops === undefined ? {} : { nexthops }),
  };
}

/** Numbers of types (RTN_*) and scopes (RT_SCOPE_*) by name. */
const TYPES: Readonly<Record<RouteView["type"], number>> = {
  unicast: 1,
  local: 2,
  broadcast: 3,
  anycast: 4,
  multicast: 5,
  blackhole: 6,
  unreachable: 7,
  prohibit: 8,
  throw: 9,
};
const SCOPES: Readonly<Record<string, number>> = { global: 0, link: 253, host: 254, nowhere: 255 };

function numbered({ type, protocol, scope }: RouteView): { type: string; protocol: string; scope: string } {
  return { type: String(TYPES[type]), protocol: String(protocolNumber(protocol)), scope: String(SCOPES[scope] ?? scope) };
}

/** Words of `ip route` in front of each value, in its order, and what the value is. */
const ROUTE_WORDS = [
  ["type", ""],
  ["dst", "", "inet"],
  ["from", "from ", "inet"],
  ["gateway", "via ", "inet"],
  ["via", "via inet6 ", "inet"],
  ["dev", "dev ", "ifname"],
  ["table", "table "],
  ["protocol", "proto "],
  ["scope", "scope "],
  ["prefsrc", "src ", "inet"],
  ["metric", "metric "],
] as const;

/** A route of `ip route show`: a line, and one for each next hop where there are several. */
export function routeLine(route: RouteView, options: RouteViewOptions, output: Output = TEXT): string {
  const {
    paint,
    options: { oneline },
  } = output;
  const shown = routeJson(route, options);
  const words = ROUTE_WORDS.map(([key, word, what]) => {
    const value = key === "via" ? shown.via?.host : shown[key];
    return value === undefined ? "" : `${word}${painted(paint, what, `${value} `)}`;
  });
  const { mtu, mtuLock = false, nexthops = [], flags, expires, pref } = route;
  const lasts = expires === undefined ? "" : `expires ${expires}sec `;
  const longest = mtu === undefined ? "" : `mtu ${mtuLock ? "lock " : ""}${mtu} `;
  // It stands at the end of a line of IPv6, without a space.
  const preference = pref === undefined ? "" : `pref ${pref}`;
  const hops = nexthops.map(({ gateway, via, dev, weight, flags: each }) => {
    const host = gateway ?? via?.host;
    const hop = host === undefined ? "" : `via ${via ? `${via.family} ` : ""}${painted(paint, "inet", `${host} `)}`;
    return `${oneline ? "\\" : "\n"}\tnexthop ${hop}dev ${dev} weight ${weight} ${spaced(each)}`;
  });
  return `${words.join("")}${spaced(flags)}${lasts}${longest}${preference}${hops.join("")}`;
}

type Output = Pick<IpContext, "paint"> & { options: Pick<IpContext["options"], "oneline"> };

const TEXT: Output = { paint: PLAIN, options: { oneline: false } };

/** `default` has no colour, as it is no address. Addresses have the colour of their family. */
export function painted(paint: Paint, what: Painted | undefined, text: string): string {
  if (what === undefined || text === "default ") return text;
  return paint(what === "inet" && text.includes(":") ? "inet6" : what, text);
}

function spaced(words: readonly string[]): string {
  return words.map((word) => `${word} `).join("");
}
