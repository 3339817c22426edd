/**
 * The IPv6 routes of a namespace, in Linux's two tables: `local`, which is made with our addresses and groups and asked first, and `main`.
 * In each the longest prefix wins, then the smallest metric, then a gateway that is not known to be dead, then the preference (RFC 4191
 * 3.2), then the older route. A route of a device that is down leads nowhere.
 */
import type { Clock, Timer } from "../../../hal/clock.ts";
import { InetError } from "../../ip/inet-error.ts";
import type { Ip6, Ip6Interner } from "../../ip/ip6.ts";
import { refuses } from "../../ip/route-type.ts";
import type { NetDevice } from "../../net/device.ts";
import type { Generation } from "../../net/generation.ts";
import { prefixOf } from "../common/address-kind.ts";
import { Ip6PrefixTable, type PrefixNode } from "./prefix-table.ts";
import {
  completeIp6,
  type Ip6Route,
  type Ip6RouteEntry,
  type Ip6RouteMatch,
  Ip6RouteType,
  leadsSomewhere,
  type NewIp6Route,
  pickShared,
  RoutePreference,
  sharedWith,
  USER_METRIC,
} from "./route.ts";

const FEATURES = ["gateway", "device", "source", "metric", "protocol", "type"] as const;

/** Worth of a gateway that may be alive, above that of any preference. */
const ALIVE = 4;
/** The worth of such a one with the lowest preference. */
const LEAST_ALIVE: number = ALIVE + RoutePreference.LOW;

/** Tells whether a gateway is known to be dead. */
export type GatewayDead = (gateway: Ip6, device: NetDevice) => boolean;

export class Ip6Routes {
  readonly #main = new Ip6PrefixTable<Ip6RouteEntry>();
  readonly #local = new Ip6PrefixTable<Ip6RouteEntry>();
  readonly #interner: Ip6Interner;
  readonly #clock: Clock;
  readonly #timer: Timer;
  readonly #dead: GatewayDead;
  /** Routes that will go by themselves. */
  readonly #expiring = new Set<Ip6RouteEntry>();
  readonly #changes: Generation;
  #learned = 0;

  constructor(clock: Clock, interner: Ip6Interner, dead: GatewayDead, changes: Generation) {
    this.#clock = clock;
    this.#changes = changes;
    this.#interner = interner;
    this.#dead = dead;
    this.#timer = clock.timer(() => this.#expire());
  }

  /** The routes of table `main`, in the kernel's order. */
  get list(): readonly Ip6RouteEntry[] {
    return this.#main.list;
  }

  /** Number of routes that routers told of. */
  get learned(): number {
    return this.#learned;
  }

  /** The routes of table `main` to this very destination, in their order. */
  of(destination: Ip6, prefixLength: number): readonly Ip6RouteEntry[] {
    return this.#main.of({ destination, prefixLength });
  }

  /** The routes beside which a new one would stand: of its destination and metric. */
  besides({ destination, prefixLength, metric = USER_METRIC, type }: NewIp6Route): readonly Ip6RouteEntry[] {
    const table = this.#tableOf({ type });
    return table
      .of({ destination: prefixOf(this.#interner, destination, prefixLength), prefixLength })
      .filter((other) => other.metric === metric);
  }

  /** The routes of table `local`. */
  get localList(): readonly Ip6RouteEntry[] {
    return this.#local.list;
  }

  /**
   * Adds a route to table `main`, or to `local` if its type says so. Bits behind the prefix do not count.
   * @throws InetError ROUTE_EXISTS (same destination and metric)
   */
  add(route: NewIp6Route): Ip6RouteEntry {
    const made = this.#complete(route);
    const table = this.#tableOf(made);
    // The kernel's own routes of several devices stand beside each other.
    const rival = (other: Ip6RouteEntry): boolean =>
      other.metric === made.metric && (made.protocol !== "kernel" || other.device === made.device);
    if (table.of(made).some(rival)) throw new InetError("ROUTE_EXISTS", "there is such a route already");
    table.add(made);
    this.#watch(made);
    return made;
  }

  /** Adds a route beside those with this destination and metric: one of several routers. */
  addBeside(route: NewIp6Route): Ip6RouteEntry {
    const made = this.#complete(route);
    this.#tableOf(made).add(made);
    if (made.learned) this.#learned++;
    this.#watch(made);
    return made;
  }

  /**
   * Replaces the first route with this destination and metric (`ip route replace`, `change`). `change` makes no route if there is none.
   * @throws InetError ROUTE_NOT_THERE
   */
  replace(route: NewIp6Route, change = false): Ip6RouteEntry {
    const made = this.#complete(route);
    const table = this.#tableOf(made);
    const there = table.of(made).find(({ metric }) => metric === made.metric);
    if (!there && change) throw new InetError("ROUTE_NOT_THERE", "there is no such route to change");
    if (there) {
      for (const other of sharedWith(there, table.of(made))) if (other !== there) this.drop(other);
      table.replace(there, made);
    } else table.add(made);
    if (there) this.#expiring.delete(there);
    if (there?.learned) this.#learned--;
    this.#watch(made);
    return made;
  }

  /** Removes the first route that matches, and, when no gateway was named, those that share its flows; undefined when none does. */
  remove(match: Ip6RouteMatch): Ip6RouteEntry | undefined {
    const destination = prefixOf(this.#interner, match.destination, match.prefixLength);
    const meant = (route: Ip6RouteEntry): boolean =>
      FEATURES.every((name) => match[name] === undefined || route[name] === match[name]);
    const prefix = { destination, prefixLength: match.prefixLength };
    const found = this.#main.of(prefix).find(meant) ?? (match.type === undefined ? undefined : this.#local.of(prefix).find(meant));
    if (!found) return undefined;
    const all = match.gateway == null ? sharedWith(found, this.#tableOf(found).of(prefix)) : [found];
    for (const route of all) this.drop(route);
    return found;
  }

  /** There is a route of the kernel's own as this one. */
  has({ destination, prefixLength, device = null, metric, protocol, type = Ip6RouteType.UNICAST }: NewIp6Route): boolean {
    const table = type === Ip6RouteType.UNICAST ? this.#main : this.#local;
    const same = (other: Ip6RouteEntry): boolean =>
      other.device === device && other.metric === metric && other.protocol === protocol && other.type === type;
    return table.of({ destination, prefixLength }).some(same);
  }

  /**
   * Gives a route another end and another preference, in its place. With the same preference it stays the same object: the ways by it hold.
   * @param expires in the clock's milliseconds; Infinity: it stays
   */
  renew(route: Ip6RouteEntry, expires: number, preference: RoutePreference): void {
    this.#expiring.delete(route);
    if (preference === route.preference) {
      const kept: { -readonly [Key in keyof Ip6RouteEntry]: Ip6RouteEntry[Key] } = route;
      kept.expires = expires;
      this.#watch(route);
      return;
    }
    this.#changes.next();
    const made = { ...route, expires, preference };
    this.#tableOf(route).replace(route, made);
    this.#watch(made);
  }

  /** Removes this very route from its table. */
  drop(route: Ip6RouteEntry): void {
    this.#changes.next();
    if (route.learned) this.#learned--;
    this.#tableOf(route).remove(route);
    if (this.#expiring.delete(route)) this.#arm();
  }

  /** Lets routes that had this source address take the best one. */
  forgetSource(source: Ip6): void {
    this.#changes.next();
    for (const route of this.list) {
      if (route.source !== source) continue;
      const made = { ...route, source: null };
      this.#main.replace(route, made);
      if (this.#expiring.delete(route)) this.#expiring.add(made);
    }
  }

  /**
   * Removes the routes of a device on which IPv6 ends. When the device is down, one of several that share their flows waits for it to come
   * back, for as long as another of them leads anywhere.
   */
  down(device: NetDevice): void {
    const useless = (route: Ip6RouteEntry): boolean => route.device === device || route.device?.up === false;
    const goes = (route: Ip6RouteEntry): boolean =>
      device.up ? route.device === device : sharedWith(route, this.#tableOf(route).of(route)).every(useless);
    for (const route of [...this.list, ...this.localList]) if (goes(route)) this.drop(route);
  }

  /** Removes every route for which `gone` returns true. */
  removeAll(gone: (route: Ip6RouteEntry) => boolean): void {
    for (const route of [...this.list, ...this.localList]) if (gone(route)) this.drop(route);
  }

  /** Has remembered answers looked up again: a gateway died, or a device's link did. */
  refresh(): void {
    this.#changes.next();
  }

  /**
   * Finds the entry that decides about packets to the destination: where they go, or that they are refused.
   * @param device only its routes count; null for all
   * @param flow tells flows to one destination apart, where several routes share them
   */
  match(destination: Ip6, device: NetDevice | null = null, flow = 0): Ip6RouteEntry | null {
    return this.matchLocal(destination, device) ?? this.#find(this.#main, destination, device, flow);
  }

  /** Finds an entry in table `local` alone: the destination is ours, or a group. */
  matchLocal(destination: Ip6, device: NetDevice | null = null): Ip6RouteEntry | null {
    return this.#find(this.#local, destination, device, 0);
  }

  /** Finds the route to a destination; null as well when its packets are refused. */
  lookup(destination: Ip6, device: NetDevice | null = null): Ip6Route | null {
    const entry = this.match(destination, device);
    return entry !== null && leadsSomewhere(entry) ? entry : null;
  }

  /**
   * Finds a route to a destination by a gateway, whether or not it is the one in use: that of the longest prefix, and none behind one that
   * refuses its packets.
   * @param isBy the gateway is the route's own, or one that was named instead of it
   */
  lookupBy(
    destination: Ip6,
    device: NetDevice,
    gateway: Ip6,
    isBy: (destination: Ip6, route: Ip6Route, gateway: Ip6) => boolean,
  ): Ip6Route | null {
    for (let node = this.#main.longest(destination); node !== null; node = this.#main.longest(destination, node.prefixLength)) {
      for (let at = 0; at < node.entries.length; at++) {
        const entry = node.entries[at] as Ip6RouteEntry;
        if (!leadsSomewhere(entry)) return null;
        if (entry.device === device && isBy(destination, entry, gateway)) return entry;
      }
    }
    return null;
  }

  /** As in Linux, a route whose gateway is dead gives way to shorter prefixes; when all are dead, it is taken after all. */
  #find(table: Ip6PrefixTable<Ip6RouteEntry>, destination: Ip6, device: NetDevice | null, flow: number): Ip6RouteEntry | null {
    let dead: Ip6RouteEntry | null = null;
    for (let node = table.longest(destination); node !== null; node = table.longest(destination, node.prefixLength)) {
      const best = this.#best(node, device);
      if (best === null) continue;
      if (best.type === Ip6RouteType.THROW) return null;
      if (!this.#isDead(best)) return this.#pick(best, node, device, destination.hash ^ flow, false);
      dead ??= this.#pick(best, node, device, destination.hash ^ flow, true);
    }
    return dead;
  }

  /** Picks the route of a flow among those that share flows with the best of their prefix. */
  #pick(
    best: Ip6RouteEntry,
    { entries }: PrefixNode<Ip6RouteEntry>,
    device: NetDevice | null,
    flow: number,
    allDead: boolean,
  ): Ip6RouteEntry {
    if (entries.length === 1) return best;
    const usable = (entry: Ip6RouteEntry): boolean => this.#isOpen(entry, device) && (allDead || !this.#isDead(entry));
    return pickShared(best, entries, flow, usable);
  }

  /** Calls `visit` for each route that match() looks at in table `main` until it has one whose gateway is not dead, and for its rivals. */
  visitCandidates(destination: Ip6, device: NetDevice | null, visit: (route: Ip6RouteEntry) => void): void {
    const table = this.#main;
    for (let node = table.longest(destination); node !== null; node = table.longest(destination, node.prefixLength)) {
      const { entries } = node;
      const best = this.#best(node, device);
      if (best === null) continue;
      const dead = this.#isDead(best);
      for (const entry of entries) if ((dead || entry.metric <= best.metric) && this.#isOpen(entry, device)) visit(entry);
      if (!dead) return;
    }
  }

  /** Notes that the gateway of a route was asked whether it is there. */
  noteProbe(route: Ip6RouteEntry, now: number): void {
    const noted: { -readonly [Key in keyof Ip6RouteEntry]: Ip6RouteEntry[Key] } = route;
    noted.probed = now;
  }

  /** Picks among the routes of one prefix: those of the smallest metric with one that is not dead, by their worth. */
  #best({ entries }: PrefixNode<Ip6RouteEntry>, device: NetDevice | null): Ip6RouteEntry | null {
    let best: Ip6RouteEntry | null = null;
    let most = 0;
    for (let at = 0; at < entries.length; at++) {
      const entry = entries[at] as Ip6RouteEntry;
      const another = best !== null && entry.metric !== best.metric;
      if (another && most >= LEAST_ALIVE) break;
      if (!this.#isOpen(entry, device)) continue;
      const worth = this.#worth(entry);
      if (best !== null && (worth <= most || (another && worth < LEAST_ALIVE))) continue;
      best = entry;
      most = worth;
    }
    return best;
  }

  /** The route's device is up, and the one that is wanted. */
  #isOpen({ device }: Ip6RouteEntry, wanted: NetDevice | null): boolean {
    return device === null || (device.up && (wanted === null || device === wanted));
  }

  #worth(entry: Ip6RouteEntry): number {
    return entry.preference + (this.#isDead(entry) ? 0 : ALIVE);
  }

  #isDead({ gateway, device }: Ip6RouteEntry): boolean {
    return gateway !== null && device !== null && this.#dead(gateway, device);
  }

  #tableOf({ type = Ip6RouteType.UNICAST }: Pick<NewIp6Route, "type">): Ip6PrefixTable<Ip6RouteEntry> {
    return type === Ip6RouteType.UNICAST || refuses(type) ? this.#main : this.#local;
  }

  #complete(route: NewIp6Route): Ip6RouteEntry {
    this.#changes.next();
    return completeIp6(route, prefixOf(this.#interner, route.destination, route.prefixLength), this.#clock.now());
  }

  #watch(route: Ip6RouteEntry): void {
    if (route.expires === Number.POSITIVE_INFINITY) return;
    this.#expiring.add(route);
    this.#arm();
  }

  #arm(): void {
    let next = Number.POSITIVE_INFINITY;
    for (const { expires } of this.#expiring) next = Math.min(next, expires);
    if (next === Number.POSITIVE_INFINITY) this.#timer.cancel();
    else this.#timer.armAt(next);
  }

  #expire(): void {
    const now = this.#clock.now();
    for (const route of [...this.#expiring]) if (route.expires <= now) this.drop(route);
    this.#arm();
  }
}
