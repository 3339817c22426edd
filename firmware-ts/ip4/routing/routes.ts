/**
 * The IPv4 routes of a namespace, in Linux's two tables: `local`, which is made with our addresses and asked first, and `main`. In each
 * the longest prefix wins, then the smallest metric, then the older route.
 */

import { formatIpv4, isLoopback, isZeronet, prefixMask } from "../../ip/address.ts";
import { InetError } from "../../ip/inet-error.ts";
import type { NetDevice } from "../../net/device.ts";
import { Scope } from "./scope.ts";

/** The fate of packets to a route's destinations (RTN_*). */
export const RouteType = { UNICAST: 1, LOCAL: 2, BROADCAST: 3 } as const;
export type RouteType = (typeof RouteType)[keyof typeof RouteType];

export interface Route {
  readonly destination: number;
  readonly prefixLength: number;
  readonly mask: number;
  /** 0: the destination is on the link. */
  readonly gateway: number;
  readonly device: NetDevice;
  /** The preferred source address; 0 for none. */
  readonly source: number;
  readonly metric: number;
  /** The originator as `ip route` prints it: `kernel` with an address, `static` or any other word by the operator. */
  readonly protocol: string;
  readonly type: RouteType;
  /** One of Scope: how far the destination is. */
  readonly scope: number;
  /** The gateway was said to be on the link, whatever the routes say. */
  readonly onlink: boolean;
}

export interface NewRoute {
  destination: number;
  prefixLength: number;
  gateway?: number | undefined;
  device: NetDevice;
  source?: number | undefined;
  metric?: number | undefined;
  protocol?: string | undefined;
  type?: RouteType | undefined;
  /** Default: global through a gateway, link without one, host for our own addresses. */
  scope?: number | undefined;
  onlink?: boolean | undefined;
}

/** The features by which a route is named. A feature that is left out may be anything. */
export interface RouteMatch {
  destination: number;
  prefixLength: number;
  gateway?: number | undefined;
  device?: NetDevice | undefined;
  source?: number | undefined;
  metric?: number | undefined;
  protocol?: string | undefined;
  type?: RouteType | undefined;
  scope?: number | undefined;
}

const FEATURES: readonly (keyof RouteMatch)[] = [
  "destination",
  "prefixLength",
  "gateway",
  "device",
  "source",
  "metric",
  "protocol",
  "type",
  "scope",
];

export class Routes {
  /** Table `main`: the longest prefix first, then by metric. */
  readonly #main: Route[] = [];
  /** Table `local`: single addresses, and prefixes. */
  readonly #hosts = new Map<number, Route[]>();
  readonly #local: Route[] = [];
  #changes = 0;

  /** Grows with every change, so that remembered answers can be checked. */
  get changes(): number {
    return this.#changes;
  }

  /** The routes of table `main`. */
  get list(): readonly Route[] {
    return this.#main;
  }

  /** The routes of table `local`. */
  get localList(): readonly Route[] {
    return [...this.#local, ...[...this.#hosts.values()].flat()];
  }

  /**
   * Adds a route to table `main`, or to `local` if its type says so.
   * @throws InetError ROUTE_INVALID (host bits set), ROUTE_EXISTS (same destination and metric)
   */
  add(route: NewRoute): Route {
    const made = complete(route);
    // Two devices may have addresses of one subnet, so that the kernel's own routes stand beside each other.
    if (made.protocol !== "kernel" && this.#main.some((other) => sameKey(other, made))) {
      throw new InetError("ROUTE_EXISTS", "there is such a route already");
    }
    this.#insert(made);
    return made;
  }

  /**
   * Replaces the first route with this destination and metric (`ip route replace`, `change`). `change` makes no route if there is none.
   * @throws InetError ROUTE_INVALID, ROUTE_NOT_THERE
   */
  replace(route: NewRoute, change = false): Route {
    const made = complete(route);
    this.#changes++;
    const at = this.#main.findIndex((other) => sameKey(other, made));
    if (at < 0 && change) throw new InetError("ROUTE_NOT_THERE", "there is no such route to change");
    if (at >= 0) this.#main[at] = made;
    else this.#insert(made);
    return made;
  }

  /**
   * Adds a route behind or before those with this destination and metric, of which the first is used (`ip route append`, `prepend`).
   * @throws InetError ROUTE_INVALID, ROUTE_EXISTS (the very same route)
   */
  addBeside(route: NewRoute, before: boolean): Route {
    const made = complete(route);
    if (this.#main.some((other) => sameRoute(other, made))) throw new InetError("ROUTE_EXISTS", "there is such a route already");
    this.#changes++;
    const at = before ? this.#main.findIndex((other) => sameKey(other, made)) : -1;
    if (at >= 0) this.#main.splice(at, 0, made);
    else this.#insert(made);
    return made;
  }

  /** Removes the first route that matches; undefined when none does. */
  remove(match: RouteMatch): Route | undefined {
    const meant = (route: Route): boolean => FEATURES.every((name) => match[name] === undefined || route[name] === match[name]);
    this.#changes++;
    const main = this.#main.findIndex(meant);
    if (main >= 0) return this.#main.splice(main, 1)[0];
    const local = match.type === undefined ? undefined : this.localList.find(meant);
    if (local) this.#takeLocal(local);
    return local;
  }

  /** Removes every route for which `gone` returns true. */
  removeAll(gone: (route: Route) => boolean): void {
    this.#changes++;
    for (let at = this.#main.length - 1; at >= 0; at--) if (gone(this.#main[at] as Route)) this.#main.splice(at, 1);
    for (const route of this.localList) if (gone(route)) this.#takeLocal(route);
  }

  /**
   * Finds the route to a destination. There is none to 0.0.0.0 and 127/8 but in table `local` (RFC 1122 3.2.1.3).
   * @param device only its routes count
   */
  lookup(destination: number, device: NetDevice | null = null): Route | null {
    return this.lookupLocal(destination, device) ?? this.lookupMain(destination, device);
  }

  /** Finds a route in table `local` alone: the destination is ours, or a broadcast address of ours. */
  lookupLocal(destination: number, device: NetDevice | null = null): Route | null {
    const hosts = this.#hosts.get(destination);
    if (hosts) return device ? hostOn(hosts, device) : (hosts[0] as Route);
    for (let at = 0; at < this.#local.length; at++) {
      const route = this.#local[at] as Route;
      if ((destination & route.mask) === route.destination && (!device || route.device === device)) return route;
    }
    return null;
  }

  /** Finds a route in table `main` alone. */
  lookupMain(destination: number, device: NetDevice | null = null): Route | null {
    if (isZeronet(destination) || isLoopback(destination)) return null;
    for (let at = 0; at < this.#main.length; at++) {
      const route = this.#main[at] as Route;
      if ((destination & route.mask) === route.destination && (!device || route.device === device)) return route;
    }
    return null;
  }

  #insert(made: Route): void {
    this.#changes++;
    if (made.type === RouteType.UNICAST) {
      insertSorted(this.#main, made);
    } else if (made.prefixLength < 32) {
      insertSorted(this.#local, made);
    } else {
      const hosts = this.#hosts.get(made.destination);
      if (hosts) hosts.push(made);
      else this.#hosts.set(made.destination, [made]);
    }
  }

  #takeLocal(route: Route): void {
    const list = route.prefixLength < 32 ? this.#local : (this.#hosts.get(route.destination) as Route[]);
    list.splice(list.indexOf(route), 1);
    if (list.length === 0 && list !== this.#local) this.#hosts.delete(route.destination);
  }
}

/** Completes a route with the default of each feature that was left out. */
function complete(route: NewRoute): Route {
  const { destination, prefixLength, gateway = 0, device, source = 0, metric = 0, protocol = "static" } = route;
  const { type = RouteType.UNICAST, scope = defaultScope(type, gateway), onlink = false } = route;
  const mask = prefixMask(prefixLength);
  if (destination & ~mask) {
    const right = `${formatIpv4(destination & mask)}/${prefixLength}`;
    throw new InetError("ROUTE_INVALID", `${formatIpv4(destination)}/${prefixLength} has host bits set; say ${right}`);
  }
  return { destination, prefixLength, mask, gateway, device, source, metric, protocol, type, scope, onlink };
}

function defaultScope(type: RouteType, gateway: number): number {
  if (type === RouteType.LOCAL) return Scope.HOST;
  return type === RouteType.UNICAST && gateway !== 0 ? Scope.GLOBAL : Scope.LINK;
}

function sameKey(one: Route, other: Route): boolean {
  return one.destination === other.destination && one.prefixLength === other.prefixLength && one.metric === other.metric;
}

function sameRoute(one: Route, other: Route): boolean {
  const fields = ["gateway", "device", "source", "protocol", "type", "scope", "onlink"] as const;
  return sameKey(one, other) && fields.every((field) => one[field] === other[field]);
}

function insertSorted(list: Route[], made: Route): void {
  const { prefixLength, metric } = made;
  const later = (other: Route): boolean =>
    other.prefixLength < prefixLength || (other.prefixLength === prefixLength && other.metric > metric);
  const at = list.findIndex(later);
  list.splice(at < 0 ? list.length : at, 0, made);
}

/** Finds a device's route among those to one host. A closure within the look-up itself would cost an object for each packet. */
function hostOn(hosts: readonly Route[], device: NetDevice): Route | null {
  return hosts.find((route) => route.device === device) ?? null;
}
