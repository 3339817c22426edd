/** The parameters of `route.*`. */
import * as v from "valibot";
import type { Ip4 } from "../../ip/address.ts";
import type { Ip6RouteType } from "../../ip6/routing/route.ts";
import {
  type AnyPrefix,
  FAMILY,
  type Family,
  FLAG,
  IP_ADDRESS,
  IP_HOST_PREFIX,
  IP_PREFIX,
  integer,
  maybe,
  needed,
  oneOf,
  TEXT,
  UINT_MAX,
  wrong,
} from "./forms.ts";
import { PREFERENCES, routeTypeOf } from "./route-view.ts";

/** Name of a type -> its number. */
const TYPE = v.pipe(
  oneOf("unicast", "local", "broadcast", "anycast", "multicast", "blackhole", "unreachable", "prohibit", "throw"),
  v.transform((name): Ip6RouteType => {
    const type = routeTypeOf(name);
    if (type === undefined) throw wrong(`no route is of type "${name}"; say e.g. unreachable`);
    return type;
  }),
);

export const FILTER = {
  to: maybe(IP_PREFIX, "destinations"),
  how: maybe(oneOf("exact", "match", "root"), "exact (default) that prefix, those that hold it (match), or those within it (root)"),
  dev: maybe(TEXT, "device"),
  table: maybe(oneOf("main", "local", "all"), "default main"),
  scope: maybe(integer(0, 255), "scope, by its number"),
  protocol: maybe(integer(0, 255), "RTPROT_*"),
  type: maybe(TYPE, "unicast, unreachable, …"),
  via: maybe(IP_PREFIX, "gateways; routes with several next hops have none"),
  src: maybe(IP_PREFIX, "sources of packets whose sender names none"),
  metric: maybe(integer(0, UINT_MAX), "metric"),
  family: maybe(FAMILY, "address family; default both"),
};

export interface Selection {
  to?: AnyPrefix | undefined;
  how?: string | undefined;
  dev?: string | undefined;
  table?: string | undefined;
  scope?: number | undefined;
  protocol?: number | undefined;
  type?: Ip6RouteType | undefined;
  via?: AnyPrefix | undefined;
  src?: AnyPrefix | undefined;
  metric?: number | undefined;
  family?: Family | undefined;
}

/** A next hop of several. */
const NEXTHOP = v.object({
  via: maybe(IP_ADDRESS, "gateway"),
  dev: maybe(TEXT, "device"),
  weight: maybe(integer(1, 256), "its share; default 1"),
  onlink: maybe(FLAG, "the gateway is on the link"),
});

export const DETAILS = {
  to: needed(IP_HOST_PREFIX, "destination; 0.0.0.0/0 or ::/0 for the default route"),
  type: maybe(TYPE, "the fate of the packets; default unicast"),
  via: maybe(IP_ADDRESS, "gateway"),
  dev: maybe(TEXT, "device"),
  src: maybe(IP_ADDRESS, "source of packets whose sender names none"),
  metric: maybe(integer(0, UINT_MAX), "the smallest wins"),
  scope: maybe(integer(0, 255), "scope, by its number"),
  protocol: maybe(TEXT, "who made it, by name"),
  mtu: maybe(integer(0, UINT_MAX), "longest packet in bytes; 0: as the device has it"),
  pref: maybe(oneOf(...PREFERENCES), "IPv6: the preference among routes with the same metric (RFC 4191); default medium"),
  expires: maybe(integer(0, UINT_MAX), "IPv6: seconds until it goes by itself; default it stays"),
  nexthops: maybe(v.array(NEXTHOP), "several next hops instead of `via` and `dev`: flows are shared by weight"),
};

export interface Details {
  type?: Ip6RouteType | undefined;
  mtu?: number | undefined;
  pref?: string | undefined;
  expires?: number | undefined;
  nexthops?: v.InferOutput<typeof NEXTHOP>[] | undefined;
  via?: Ip4 | string | undefined;
  dev?: string | undefined;
  src?: Ip4 | string | undefined;
  metric?: number | undefined;
  scope?: number | undefined;
  protocol?: string | undefined;
}

/** The question of `route.get`. */
export const QUESTION = {
  to: needed(IP_ADDRESS, "destination"),
  from: maybe(IP_ADDRESS, "source"),
  dev: maybe(TEXT, "device"),
  fibmatch: maybe(FLAG, "the route itself"),
};

export type Question = v.InferOutput<v.ObjectSchema<typeof QUESTION, undefined>>;
