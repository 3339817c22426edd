/**
 * The IPv4 routes of a namespace, in Linux's two tables: `local`, which is made with our addresses and asked first, and `main`. In each
 * the longest prefix wins, then the smallest metric, then the older route.
 */

import { formatIpv4, isLoopback, isZeronet, prefixMask } from "../../ip/address.ts";
import { Scope } from "../../ip/address-type.ts";
import { InetError } from "../../ip/inet-error.ts";
import type { NetDevice } from "../../net/device.ts";
import type { Generation } from "../../net/generation.ts";
import { ANY_LENGTH, NOWHERE, PrefixTable } from "./prefix-table.ts";
import { type NewRoute, type Route, type RouteEntry, type RouteMatch, RouteType, refuses } from "./route.ts";

export * from "./route.ts";

const FEATURES: readonly (keyof RouteMatch)[] = [
  "destination",
  "prefixLength",
  "gateway",
  "gateway6",
  "device",
  "source",
  "metric",
  "protocol",
  "type",
  "scope",
  "mtu",
];

/** The kernel keeps no longer one (fib_metrics: 65,535 less 15). */
const MAX_MTU = 65_520;

const NONE: readonly Route[] = [];

/** Features by which a next hop is named, among those of its route. */
const LEG_FEATURES = ["gateway", "gateway6", "device", "weight", "onlink"] as const;

export class Routes {
  readonly #main = new PrefixTable<RouteEntry>();
  readonly #local = new PrefixTable<Route>();
  readonly #changes: Generation;

  constructor(changes: Generation) {
    this.#changes = changes;
  }

  /** The routes of table `main`: the longest prefix first, then by metric. */
  get list(): readonly RouteEntry[] {
    return this.#main.list;
  }

  /** The routes of table `local`. */
  get localList(): readonly Route[] {
    return this.#local.list;
  }

  /** The routes of both tables whose destination is this very prefix. */
  of(prefix: Pick<RouteEntry, "destination" | "prefixLength">): readonly RouteEntry[] {
    return [...this.#local.of(prefix), ...this.#main.of(prefix)];
  }

  /**
   * Adds a route to table `main`, or to `local` if its type says so.
   * @throws InetError ROUTE_INVALID (host bits set), ROUTE_EXISTS (same destination and metric)
   */
  add(route: NewRoute): RouteEntry {
    const made = complete(route);
    // Two devices may have addresses of one subnet, so that the kernel's own routes stand beside each other.
    if (made.protocol !== "kernel" && this.#main.of(made).some((other) => sameKey(other, made))) {
      throw new InetError("ROUTE_EXISTS", "there is such a route already");
    }
    this.#insert(made);
    return made;
  }

  /**
   * Replaces the first route with this destination and metric (`ip route replace`, `change`). `change` makes no route if there is none.
   * @throws InetError ROUTE_INVALID, ROUTE_NOT_THERE
   */
  replace(route: NewRoute, change = false): RouteEntry {
    const made = complete(route);
    this.#changes.next();
    const there = this.#main.of(made).find((other) => sameKey(other, made));
    if (!there && change) throw new InetError("ROUTE_NOT_THERE", "there is no such route to change");
    if (there) this.#main.replace(there, made);
    else this.#insert(made);
    return made;
  }

  /**
   * Adds a route behind or before those with this destination and metric, of which the first is used (`ip route append`, `prepend`).
   * @throws InetError ROUTE_INVALID, ROUTE_EXISTS (the very same route)
   */
  addBeside(route: NewRoute, before: boolean): RouteEntry {
    const made = complete(route);
    const others = this.#main.of(made);
    if (others.some((other) => sameRoute(other, made))) throw new InetError("ROUTE_EXISTS", "there is such a route already");
    this.#changes.next();
    const there = before ? others.find((other) => sameKey(other, made)) : undefined;
    if (there) this.#main.addBefore(made, there);
    else this.#insert(made);
    return made;
  }

  /** Removes the first route that matches; undefined when none does. */
  remove(match: RouteMatch): RouteEntry | undefined {
    const meant = (route: RouteEntry): boolean =>
      FEATURES.every((name) => match[name] === undefined || route[name] === match[name]) && hasNexthops(route, match.nexthops);
    this.#changes.next();
    const main = this.#main.of(match).find(meant);
    if (main) this.#main.remove(main);
    const local = main || match.type === undefined ? undefined : this.#local.of(match).find(meant);
    if (local) this.#local.remove(local);
    return main ?? local;
  }

  /** Has remembered answers looked up again: a device of some next hop went up or down. */
  refresh(): void {
    this.#changes.next();
  }

  /** Removes every route for which `gone` returns true. */
  removeAll(gone: (route: RouteEntry) => boolean): void {
    this.#changes.next();
    for (const route of this.#main.filter(gone)) this.#main.remove(route);
    for (const route of this.#local.filter(gone)) this.#local.remove(route);
  }

  /** Removes this very route from its table. */
  drop(route: RouteEntry): void {
    this.#changes.next();
    this.#main.remove(route);
    if (leads(route)) this.#local.remove(route);
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
    const table = this.#local;
    let place = table.longest(destination, ANY_LENGTH);
    for (; place !== NOWHERE; place = table.longest(destination, table.lengthAt(place))) {
      const first = table.firstAt(place);
      if (device === null || first.device === device) return first;
      const others = table.othersAt(place);
      for (let at = 0; at < others.length; at++) if (others[at]!.device === device) return others[at]!;
    }
    return null;
  }

  /** Finds a route in table `main` alone; null as well when the route there refuses the packets. */
  lookupMain(destination: number, device: NetDevice | null = null): Route | null {
    const entry = this.match(destination, device);
    return entry !== null && leads(entry) ? entry : null;
  }

  /** Finds the entry of table `main` that decides about packets to the destination: where they go, or that they are refused. */
  match(destination: number, device: NetDevice | null = null): RouteEntry | null {
    if (isZeronet(destination) || isLoopback(destination)) return null;
    const table = this.#main;
    let place = table.longest(destination, ANY_LENGTH);
    for (; place !== NOWHERE; place = table.longest(destination, table.lengthAt(place))) {
      const first = towards(table.firstAt(place), device);
      if (first !== null) return first;
      const others = table.othersAt(place);
      for (let at = 0; at < others.length; at++) {
        const found = towards(others[at] as RouteEntry, device);
        if (found !== null) return found;
      }
    }
    return null;
  }

  /** Returns the routes to the same prefix behind the first one. */
  behind(first: RouteEntry): readonly RouteEntry[] {
    return this.#main.behind(first);
  }

  /**
   * Finds the route by which a gateway itself is reached.
   * @param scope the least that it may have: a gateway is nearer than what lies behind it
   */
  reaching(gateway: number, scope: number, device: NetDevice | null): Route | null {
    const near = (entry: RouteEntry): boolean => entry.scope >= scope;
    const on = (entry: RouteEntry): boolean => !device || entry.device === device || !leads(entry);
    const meant = (entry: RouteEntry): boolean => near(entry) && on(entry);
    const found = firstHolding(this.#local, gateway, meant) ?? firstHolding(this.#main, gateway, meant);
    return found && leads(found) ? found : null;
  }

  #insert(made: RouteEntry): void {
    this.#changes.next();
    if (made.type === RouteType.UNICAST || !leads(made)) this.#main.add(made);
    else this.#local.add(made);
  }
}

/** Finds the first entry that is meant among those that hold the destination, the longest prefix first. */
function firstHolding(
  table: PrefixTable<RouteEntry>,
  destination: number,
  meant: (entry: RouteEntry) => boolean,
): RouteEntry | undefined {
  let place = table.longest(destination, ANY_LENGTH);
  for (; place !== NOWHERE; place = table.longest(destination, table.lengthAt(place))) {
    const found = [table.firstAt(place), ...table.othersAt(place)].find(meant);
    if (found) return found;
  }
  return undefined;
}

/** Returns the route of packets for which a device was named, and no route found: to the link. */
export function onLinkOf(device: NetDevice): Route {
  return complete({ destination: 0, prefixLength: 0, device, scope: Scope.LINK }) as Route;
}

/** Completes a route with the default of each feature that was left out. */
function complete(route: NewRoute): RouteEntry {
  const { destination, prefixLength, type = RouteType.UNICAST, source = 0, metric = 0, protocol = "static" } = route;
  const { gateway = 0, gateway6 = null, device = null, nexthops = [], mtu = 0, mtuLock = false } = route;
  const { scope = defaultScope(type, gateway !== 0 || gateway6 !== null || nexthops.length > 0) } = route;
  const mask = prefixMask(prefixLength);
  if (destination & ~mask) {
    const right = `${formatIpv4(destination & mask)}/${prefixLength}`;
    throw new InetError("ROUTE_INVALID", `${formatIpv4(destination)}/${prefixLength} has host bits set; say ${right}`);
  }
  const whole: Whole = {
    destination,
    prefixLength,
    mask,
    source,
    metric,
    protocol,
    type,
    scope,
    mtu: Math.min(mtu, MAX_MTU),
    mtuLock: mtuLock && mtu !== 0,
  };
  const { hop = gateway, onlink = false } = route;
  if (nexthops.length === 0) return entryOf(whole, { gateway, gateway6, hop, device, onlink, weight: 1 }, NONE);
  const legs = nexthops.map((leg) => entryOf(whole, leg, NONE) as Route);
  // The first of several next hops stands for the route where one does.
  return entryOf(whole, legs[0] as Route, legs);
}

/** The features that each next hop has for itself, and those that a route's next hops share. */
type Leg = Pick<RouteEntry, "gateway" | "gateway6" | "hop" | "device" | "onlink" | "weight">;
type Whole = Omit<RouteEntry, keyof Leg | "nexthops">;

/**
 * Makes the entry of a route, or of one of its next hops. It names each feature, because V8 gives every object that is made of spread ones
 * a shape of its own when there are many, and forgets how to read them.
 */
function entryOf(whole: Whole, leg: Leg, nexthops: readonly Route[]): RouteEntry {
  return {
    // A look-up reads these, so that they stand side by side in memory.
    device: leg.device,
    type: whole.type,
    nexthops,
    source: whole.source,
    gateway: leg.gateway,
    hop: leg.hop,
    gateway6: leg.gateway6,
    scope: whole.scope,
    mtu: whole.mtu,
    mtuLock: whole.mtuLock,
    destination: whole.destination,
    prefixLength: whole.prefixLength,
    mask: whole.mask,
    metric: whole.metric,
    protocol: whole.protocol,
    onlink: leg.onlink,
    weight: leg.weight,
  };
}

function defaultScope(type: RouteType, indirect: boolean): number {
  if (type === RouteType.LOCAL) return Scope.HOST;
  return refuses(type) || (type === RouteType.UNICAST && indirect) ? Scope.GLOBAL : Scope.LINK;
}

/** The route leads somewhere. */
function leads(entry: RouteEntry): entry is Route {
  return entry.device !== null;
}

function sameKey(one: RouteEntry, other: RouteEntry): boolean {
  return one.destination === other.destination && one.prefixLength === other.prefixLength && one.metric === other.metric;
}

function sameRoute(one: RouteEntry, other: RouteEntry): boolean {
  const fields = ["gateway", "gateway6", "device", "source", "protocol", "type", "scope", "onlink", "mtu", "mtuLock"] as const;
  const same = sameKey(one, other) && fields.every((field) => one[field] === other[field]);
  return same && one.nexthops.length === other.nexthops.length && (one.nexthops.length === 0 || hasNexthops(one, other.nexthops));
}

/** The route has these next hops in this order, as far as each is told. */
function hasNexthops(route: RouteEntry, wanted: RouteMatch["nexthops"]): boolean {
  if (wanted === undefined) return true;
  const legs = route.nexthops.length === 0 ? [route] : route.nexthops;
  const has = (leg: RouteEntry, at: number): boolean =>
    LEG_FEATURES.every((name) => wanted[at]?.[name] === undefined || wanted[at]?.[name] === leg[name]);
  return legs.length === wanted.length && legs.every(has);
}

/** Returns the entry, or that of its next hops, by which packets leave by the device (null: by any); null where none does. */
function towards(entry: RouteEntry, device: NetDevice | null): RouteEntry | null {
  // A route without a device refuses the packets of all devices.
  if (device === null || entry.device === null) return entry;
  const { nexthops } = entry;
  if (nexthops.length === 0) return entry.device === device ? entry : null;
  for (let hop = 0; hop < nexthops.length; hop++) if (nexthops[hop]!.device === device) return nexthops[hop]!;
  return null;
}
