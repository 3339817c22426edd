/**
 * Path MTUs (RFC 1191): how long a packet may be on its way to one destination, as routers have told. What was told is forgotten after ten
 * minutes, with the route, and when newer destinations need the place.
 */
import type { Clock } from "../../../hal/clock.ts";
import { mtuOf, type Route, RouteType } from "./routes.ts";

/** Milliseconds for which a message is believed (net.ipv4.route.mtu_expires). */
const EXPIRES = 600_000;
/** No message makes packets shorter than this (net.ipv4.route.min_pmtu). */
const MIN_PMTU = 552;
/** Destinations that are remembered. */
const PLACES = 1024;

/** The path MTU of one destination. */
export class PathMtu {
  readonly route: Route;
  readonly mtu: number;
  /** A router asked for less than MIN_PMTU: it may fragment what we send. */
  readonly locked: boolean;
  readonly #clock: Clock;
  readonly #expires: number;

  constructor(clock: Clock, route: Route, mtu: number, locked: boolean) {
    this.route = route;
    this.mtu = mtu;
    this.locked = locked;
    this.#clock = clock;
    this.#expires = clock.now() + EXPIRES;
  }

  /** Milliseconds for which it is still believed; 0 or less when it is not. */
  get left(): number {
    return this.#expires - this.#clock.now();
  }
}

export class PathMtus {
  readonly #clock: Clock;
  readonly #paths = new Map<number, PathMtu>();
  #changes = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Grows with every change, so that remembered answers can be checked. */
  get changes(): number {
    return this.#changes;
  }

  /** Returns the path MTU of a destination by this route; null when no router has told any. */
  find(destination: number, route: Route): PathMtu | null {
    const path = this.#paths.get(destination);
    return path && path.route === route && path.left > 0 ? path : null;
  }

  /** Believes a router that says how long a packet to the destination may be. It is not believed when it says more than was known. */
  learn(destination: number, route: Route, mtu: number): void {
    const known = this.find(destination, route);
    const before = Math.min(known?.mtu ?? Number.POSITIVE_INFINITY, mtuOf(route));
    if (route.type !== RouteType.UNICAST || route.mtuLock || known?.locked || mtu > before) return;
    const locked = mtu < MIN_PMTU;
    this.#paths.delete(destination);
    if (this.#paths.size >= PLACES) for (const oldest of this.#paths.keys()) if (this.#paths.delete(oldest)) break;
    this.#paths.set(destination, new PathMtu(this.#clock, route, locked ? Math.min(before, MIN_PMTU) : mtu, locked));
    this.#changes++;
  }

  /** Forgets all (`ip route flush cache`). */
  clear(): void {
    this.#paths.clear();
    this.#changes++;
  }
}
