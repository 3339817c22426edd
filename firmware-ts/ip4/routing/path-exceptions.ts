/**
 * Exceptions of the ways to single destinations (the kernel's fib_nh_exception), as routers have told them: how long a packet may be
 * (RFC 1191), and another gateway (RFC 1122 3.2.2.2). They are forgotten after some minutes, with the route, and when newer ones need
 * the place.
 */
import type { Clock } from "../../../hal/clock.ts";
import type { Generation } from "../../net/generation.ts";
import { mtuOf, type Route, RouteType } from "./routes.ts";

/** Milliseconds for which a redirect is believed (gc_timeout). */
const REDIRECT_EXPIRES = 300_000;
/** Destinations that are remembered. */
const PLACES = 1024;

/** The settings of path MTUs. */
export interface PathSettings {
  /** Milliseconds for which one is believed (net.ipv4.route.mtu_expires, there in seconds). */
  readonly routeMtuExpires: number;
  /** No message makes packets shorter than this (net.ipv4.route.min_pmtu). */
  readonly routeMinPmtu: number;
}

/** The exception of the way to one destination. */
export class PathException {
  readonly route: Route;
  /** Infinity while none was told. */
  readonly mtu: number;
  /** A router asked for less than the least: it may fragment what we send. */
  readonly locked: boolean;
  /** The gateway in the route's place; 0 for that of the route. */
  readonly gateway: number;
  readonly #clock: Clock;
  readonly #expires: number;

  constructor(clock: Clock, { route, mtu, locked, gateway }: Told, lasts: number) {
    this.route = route;
    this.mtu = mtu;
    this.locked = locked;
    this.gateway = gateway;
    this.#clock = clock;
    this.#expires = clock.now() + lasts;
  }

  /** Milliseconds for which it is still believed; 0 or less when it is not. */
  get left(): number {
    return this.#expires - this.#clock.now();
  }
}

type Told = Pick<PathException, "route" | "mtu" | "locked" | "gateway">;

export class PathExceptions {
  readonly #clock: Clock;
  readonly #paths = new Map<number, PathException>();
  readonly #changes: Generation;
  readonly #settings: PathSettings;

  constructor(clock: Clock, changes: Generation, settings: PathSettings) {
    this.#clock = clock;
    this.#changes = changes;
    this.#settings = settings;
  }

  /** Returns the exception of a destination by this route; null when there is none. */
  find(destination: number, route: Route): PathException | null {
    const path = this.#paths.get(destination);
    return path && path.route === route && path.left > 0 ? path : null;
  }

  /** Returns the gateway of packets to the destination by this route; 0 for none. */
  gateway(destination: number, route: Route): number {
    if (this.#paths.size === 0) return route.hop;
    return this.find(destination, route)?.gateway || route.hop;
  }

  /** Believes a router that says how long a packet to the destination may be. It is not believed when it says more than was known. */
  learn(destination: number, route: Route, mtu: number): void {
    const known = this.find(destination, route);
    const before = Math.min(known?.mtu ?? Number.POSITIVE_INFINITY, mtuOf(route));
    if (route.type !== RouteType.UNICAST || route.mtuLock || known?.locked || mtu > before) return;
    const { routeMinPmtu: least, routeMtuExpires } = this.#settings;
    const locked = mtu < least;
    const told = { route, mtu: locked ? Math.min(before, least) : mtu, locked, gateway: known?.gateway ?? 0 };
    this.#set(destination, told, routeMtuExpires);
  }

  /** Believes a router that names a better gateway to the destination. */
  redirect(destination: number, route: Route, gateway: number): void {
    const { mtu, locked } = this.find(destination, route) ?? { mtu: Number.POSITIVE_INFINITY, locked: false };
    this.#set(destination, { route, mtu, locked, gateway }, REDIRECT_EXPIRES);
  }

  /** Forgets all (`ip route flush cache`). */
  clear(): void {
    this.#paths.clear();
    this.#changes.next();
  }

  #set(destination: number, told: Told, lasts: number): void {
    this.#paths.delete(destination);
    if (this.#paths.size >= PLACES) for (const oldest of this.#paths.keys()) if (this.#paths.delete(oldest)) break;
    this.#paths.set(destination, new PathException(this.#clock, told, lasts));
    this.#changes.next();
  }
}
