/** Routes as iproute2 prints them. */
import type { RouteView } from "../methods/route-view.ts";

/** Fields that the filter has fixed are left out; -d shows the defaults that are left out without it. */
export interface RouteViewOptions {
  withoutDevice?: boolean;
  withoutProtocol?: boolean;
  withoutScope?: boolean;
  /** Several tables are shown: those of other tables than `main` say which. */
  withTable?: boolean;
  details?: boolean;
}

/** A route as `ip -j route` has it. */
export function routeJson(route: RouteView, options: RouteViewOptions): Partial<RouteView> {
  const { type, dst, gateway, dev, table, protocol, scope, prefsrc, metric, flags } = route;
  const { details = false } = options;
  return {
    ...(details || type !== "unicast" ? { type } : {}),
    dst,
    ...(gateway === undefined ? {} : { gateway }),
    ...(options.withoutDevice ? {} : { dev }),
    ...(options.withTable && table !== "main" ? { table } : {}),
    ...((details || protocol !== "boot") && !options.withoutProtocol ? { protocol } : {}),
    ...((details || scope !== "global") && !options.withoutScope ? { scope } : {}),
    ...(prefsrc === undefined ? {} : { prefsrc }),
    ...(metric === undefined ? {} : { metric }),
    flags,
  };
}

/** Words of `ip route` in front of each value, in its order. */
const ROUTE_WORDS = [
  ["type", ""],
  ["dst", ""],
  ["gateway", "via "],
  ["dev", "dev "],
  ["table", "table "],
  ["protocol", "proto "],
  ["scope", "scope "],
  ["prefsrc", "src "],
  ["metric", "metric "],
] as const;

/** A line of `ip route show`. */
export function routeLine(route: RouteView, options: RouteViewOptions): string {
  const shown = routeJson(route, options);
  const words = ROUTE_WORDS.map(([key, word]) => (shown[key] === undefined ? "" : `${word}${shown[key]} `));
  return `${words.join("")}${route.flags.map((flag) => `${flag} `).join("")}`;
}
