/** Routes that routers tell of: to them as default, to prefixes behind them (RFC 4191), and to prefixes on the link (RFC 4861 6.3.4). */
import type { Clock } from "../../../hal/clock.ts";
import type { Ip6 } from "../../ip/ip6.ts";
import type { NetDevice } from "../../net/device.ts";
import { ADDRESS_METRIC, type Ip6RouteEntry, RoutePreference } from "../routing/route.ts";
import type { Ip6Routes } from "../routing/routes.ts";

/** The most routes that routers may make in a namespace. Linux has no such bound: a flood of advertisements makes tens of thousands. */
const MOST_ROUTES = 1024;
const SECOND = 1000;

/** A route as a router tells of it. */
export interface ToldRoute {
  readonly destination: Ip6;
  readonly prefixLength: number;
  readonly device: NetDevice;
  /** The router; null for a prefix on the link. */
  readonly gateway: Ip6 | null;
  readonly metric: number;
  readonly preference: RoutePreference;
}

export class LearnedRoutes {
  readonly #routes: Ip6Routes;
  readonly #clock: Clock;

  constructor(routes: Ip6Routes, clock: Clock) {
    this.#routes = routes;
    this.#clock = clock;
  }

  /** Finds the route that a router told of before. */
  find({ destination, prefixLength, device, gateway }: ToldRoute): Ip6RouteEntry | undefined {
    const same = (route: Ip6RouteEntry): boolean => route.learned && route.device === device && route.gateway === gateway;
    return this.#routes.of(destination, prefixLength).find(same);
  }

  /** Finds a route of somebody else that is the same but for its maker. */
  rival({ destination, prefixLength, device, gateway, metric }: ToldRoute): Ip6RouteEntry | undefined {
    const same = (route: Ip6RouteEntry): boolean =>
      !route.learned && route.device === device && route.gateway === gateway && route.metric === metric;
    return this.#routes.of(destination, prefixLength).find(same);
  }

  /** Makes a route, or gives it another end; 0 ends it. Returns false when there are too many. @param lifetime seconds; Infinity: no end */
  tell(told: ToldRoute, lifetime: number): boolean {
    let known = this.find(told);
    if (known && (lifetime === 0 || known.metric !== told.metric)) {
      this.#routes.drop(known);
      known = undefined;
    }
    if (lifetime === 0) return true;
    const expires = this.#clock.now() + lifetime * SECOND;
    if (known) {
      this.#routes.renew(known, expires, told.preference);
      return true;
    }
    if (this.#routes.learned >= MOST_ROUTES) return false;
    this.#routes.addBeside({ ...told, protocol: told.gateway === null ? "kernel" : "ra", expires, learned: true });
    return true;
  }

  /** Tells of a prefix on the link. @param lifetime seconds; Infinity: no end */
  tellOnLink(destination: Ip6, prefixLength: number, device: NetDevice, lifetime: number): boolean {
    const told = { destination, prefixLength, device, gateway: null, metric: ADDRESS_METRIC, preference: RoutePreference.MEDIUM };
    return this.rival(told) !== undefined || this.tell(told, lifetime);
  }
}
