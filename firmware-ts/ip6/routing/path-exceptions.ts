/**
 * Exceptions of the ways to single destinations, as routers have told them: how long a packet may be (RFC 8201), and another next hop
 * (RFC 4861 8). They are forgotten after some minutes, with the route, and when newer ones need the place.
 */
import type { Clock } from "../../../hal/clock.ts";
import type { Ip6 } from "../../ip/ip6.ts";
import type { NetDevice } from "../../net/device.ts";
import type { Generation } from "../../net/generation.ts";
import { IP6_MIN_MTU } from "../header/ip6-header.ts";
import { type Ip6Route, mtuOfIp6 } from "./route.ts";

/** Destinations that are remembered. */
const PLACES = 1024;

/** The exception of the way to one destination. */
export class Ip6PathException {
  readonly route: Ip6Route;
  /** Infinity while none was told. */
  readonly mtu: number;
  /** The next hop in the route's place; null for that of the route. */
  readonly gateway: Ip6 | null;
  readonly #clock: Clock;
  readonly #expires: number;

  constructor(clock: Clock, { route, mtu, gateway }: Told6, lasts: number) {
    this.route = route;
    this.mtu = mtu;
    this.gateway = gateway;
    this.#clock = clock;
    this.#expires = clock.now() + lasts;
  }

  /** Milliseconds for which it is still believed; 0 or less when it is not. */
  get left(): number {
    return this.#expires - this.#clock.now();
  }
}

type Told6 = Pick<Ip6PathException, "route" | "mtu" | "gateway">;

export class Ip6PathExceptions {
  readonly #clock: Clock;
  readonly #paths = new Map<Ip6, Ip6PathException>();
  readonly #changes: Generation;

  constructor(clock: Clock, changes: Generation) {
    this.#clock = clock;
    this.#changes = changes;
  }

  /** Returns the exception of a destination by this route; null when there is none. */
  find(destination: Ip6, route: Ip6Route): Ip6PathException | null {
    if (this.#paths.size === 0) return null;
    const path = this.#paths.get(destination);
    return path && path.route === route && path.left > 0 ? path : null;
  }

  /**
   * Believes a router that says how long a packet to the destination may be. It is not believed when it says more than was known, nor less
   * than every link carries (RFC 8201 4).
   * @param lasts milliseconds
   */
  learn(destination: Ip6, route: Ip6Route, mtu: number, lasts: number): void {
    const known = this.find(destination, route);
    const before = Math.min(known?.mtu ?? Number.POSITIVE_INFINITY, mtuOfIp6(route));
    if (route.mtuLock || mtu < IP6_MIN_MTU || mtu >= before) return;
    this.#set(destination, { route, mtu, gateway: known?.gateway ?? null }, lasts);
  }

  /** Believes a router that names a better next hop to the destination. It stays until the route changes. */
  redirect(destination: Ip6, route: Ip6Route, gateway: Ip6): void {
    const { mtu } = this.find(destination, route) ?? { mtu: Number.POSITIVE_INFINITY };
    this.#set(destination, { route, mtu, gateway }, Number.POSITIVE_INFINITY);
  }

  /** The next hop that a router named does not answer: what was told of it is forgotten, and the route's own is used again. */
  forsake(gateway: Ip6, device: NetDevice): void {
    for (const [destination, { route, gateway: named }] of this.#paths) {
      if (named === gateway && route.device === device) this.clear(destination);
    }
  }

  /** Forgets all (`ip -6 route flush cache`), or what was told of one destination. */
  clear(destination: Ip6 | null = null): void {
    if (destination) this.#paths.delete(destination);
    else this.#paths.clear();
    this.#changes.next();
  }

  #set(destination: Ip6, told: Told6, lasts: number): void {
    this.#paths.delete(destination);
    if (this.#paths.size >= PLACES) for (const oldest of this.#paths.keys()) if (this.#paths.delete(oldest)) break;
    this.#paths.set(destination, new Ip6PathException(this.#clock, told, lasts));
    this.#changes.next();
  }
}
