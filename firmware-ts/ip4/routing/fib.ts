/**
 * The forwarding information base: it keeps addresses, routes and devices together as Linux does. An address brings a local and a
 * broadcast route and the route to its subnet. A device that goes down loses all routes but those to its own addresses; when it comes up,
 * the routes to its subnets come back, those of the operator do not. A lost carrier changes nothing here.
 */

import type { Clock } from "../../../hal/clock.ts";
import { formatIpv4, INADDR_ANY, INADDR_BROADCAST, isMulticast, isZeronet } from "../../ip/address.ts";
import { AddressType, Scope } from "../../ip/address-type.ts";
import { InetError } from "../../ip/inet-error.ts";
import type { Ip6 } from "../../ip/ip6.ts";
import { Expiry } from "../../ip/lifetimes.ts";
import type { NextHops6 } from "../../ip/next-hops.ts";
import type { Neighbour } from "../../neigh/entry.ts";
import type { DeviceEvent, NetDevice } from "../../net/device.ts";
import type { Generation } from "../../net/generation.ts";
import { type AddressChange, Addresses, type AddressOptions, type InterfaceAddress, sameSubnet } from "./addresses.ts";
import { keyOf, primariesOf, routesOf, subnetOf } from "./connected.ts";
import { DefaultRoutes, type GatewayEntry } from "./default-routes.ts";
import type { Devconfs } from "./devconf.ts";
import { PathExceptions, type PathSettings } from "./path-exceptions.ts";
import {
  leavesBy,
  type NewNextHop,
  type NewRoute,
  nextHopOf,
  type Route,
  type RouteEntry,
  Routes,
  RouteType,
  refuses,
} from "./routes.ts";

const LOOPBACK_ADDRESS = 0x7f000001;

/** A next hop as an operator asks for it. */
export interface NextHopRequest {
  gateway?: number | undefined;
  /** A neighbour of IPv6 instead of a gateway. */
  gateway6?: Ip6 | null | undefined;
  /** Default: the device by which the gateway is reached. Needed with `onlink`. */
  device?: NetDevice | undefined;
  onlink?: boolean | undefined;
  /** Its share of the packets, 1 to 256. Default 1. */
  weight?: number | undefined;
}

/** A route as an operator asks for it. */
export interface RouteRequest extends Omit<NewRoute, "device" | "gateway6" | "hop" | "nexthops">, NextHopRequest {
  nexthops?: readonly NextHopRequest[] | undefined;
  /** The treatment of a route with the same destination and metric. Default `add`: there must be none. */
  how?: RouteChange;
}

/** The commands of `ip route` that make a route. */
export type RouteChange = "add" | "replace" | "change" | "append" | "prepend";

/** Hears of changes of addresses. */
export interface FibUser {
  /** A device has got an address. */
  addressed(device: NetDevice, address: number): void;
  /** A device has lost its last address. */
  addressless(device: NetDevice): void;
}

/** Addresses and routes of a namespace. */
export class Fib {
  readonly addresses: Addresses;
  readonly routes: Routes;
  readonly paths: PathExceptions;
  readonly conf: Devconfs;
  /** Counts changes of addresses, routes, path MTUs and settings. */
  readonly changes: Generation;
  /** The next hops of routes by IPv6; null in a stack without it. */
  hops6: NextHops6 | null = null;
  readonly #defaults: DefaultRoutes;
  readonly #user: FibUser;
  readonly #expiry: Expiry<InterfaceAddress>;

  constructor(
    clock: Clock,
    conf: Devconfs,
    changes: Generation,
    user: FibUser,
    gatewayEntry: GatewayEntry,
    settings: PathSettings,
  ) {
    this.changes = changes;
    this.#defaults = new DefaultRoutes(gatewayEntry);
    this.addresses = new Addresses(clock, changes);
    this.routes = new Routes(changes);
    this.#expiry = new Expiry(clock, (address) => this.removeAddress(address));
    this.paths = new PathExceptions(clock, changes, settings);
    this.conf = conf;
    this.#user = user;
  }

  /** Gives a device an address. @throws InetError ADDRESS_EXISTS, SCOPE_INVALID, LIFETIME_INVALID */
  addAddress(device: NetDevice, local: number, prefixLength: number, options: AddressOptions = {}): InterfaceAddress {
    const address = this.addresses.add(device, local, prefixLength, options);
    this.conf.pin(device);
    this.#bring(address);
    this.#expiry.watch(address);
    this.#user.addressed(device, local);
    return address;
  }

  /** Gives an address other lifetimes and another metric. @throws InetError LIFETIME_INVALID */
  changeAddress(address: InterfaceAddress, change: AddressChange): void {
    const akin = this.#akin(address);
    const before = brought(akin);
    this.addresses.change(address, change);
    this.#settle(address.device, before, brought(akin));
    this.#expiry.watch(address);
  }

  /** Takes an address away. With a primary address go its secondary ones, without promote_secondaries. Returns all that went. */
  removeAddress(address: InterfaceAddress): InterfaceAddress[] {
    const { device } = address;
    const akin = this.#akin(address);
    const before = brought(akin);
    const gone = this.addresses.remove(address, this.conf.on(device).promoteSecondaries);
    const left = new Set(gone);
    this.#settle(device, before, brought(akin.filter((one) => !left.has(one))));
    for (const one of gone) this.#expiry.forget(one);
    const sources = new Set(gone.map(({ local }) => local).filter((local) => !this.addresses.isLocal(local)));
    if (sources.size > 0) this.routes.removeAll(({ source }) => sources.has(source));
    if (gone.length > 0 && this.addresses.of(device).length === 0) {
      this.routes.removeAll((route) => onlyBy(route, device));
      this.#user.addressless(device);
    }
    return gone;
  }

  /** Makes a route. @throws InetError ROUTE_INVALID, ROUTE_EXISTS, ROUTE_NOT_THERE, ROUTE_UNREACHABLE, DEVICE_DOWN, SOURCE_INVALID, SCOPE_INVALID, FAMILY_UNSUPPORTED, and those of NextHops6.deviceOfHop() */
  addRoute(request: RouteRequest): RouteEntry {
    const { source = 0, how = "add" } = request;
    // A route made of next hops is not on our link by itself, even if it has one without a gateway.
    const { scope = request.nexthops?.length ? Scope.GLOBAL : undefined } = request;
    const route: NewRoute = { ...request, scope, ...this.#way(request) };
    if (source !== 0 && !this.addresses.isLocal(source))
      throw new InetError("SOURCE_INVALID", `${formatIpv4(source)} is not an address of this stack`);
    if (how === "add") return this.routes.add(route);
    if (how === "replace" || how === "change") return this.routes.replace(route, how === "change");
    return this.routes.addBeside(route, how === "prepend");
  }

  /** Returns the parts of a new route that say where its packets go. */
  #way(request: RouteRequest): Partial<NewNextHop> & { nexthops: readonly NewNextHop[] } {
    const { type = RouteType.UNICAST, gateway = 0, gateway6, device, scope = Scope.GLOBAL, nexthops = [] } = request;
    const [first] = nexthops;
    if (refuses(type)) {
      if (gateway === 0 && !gateway6 && !device && !first) return { nexthops: [] };
      throw new InetError("ROUTE_INVALID", "packets that are refused need neither a gateway nor a device", "TYPE_NEXTHOP");
    }
    if (!first) return { ...this.#nextHop(request, scope), nexthops: [] };
    const legs = nexthops.map((leg) => this.#nextHop(leg, scope));
    if (device && device !== first.device)
      throw new InetError("ROUTE_INVALID", "the route has another device than its first next hop", "NEXTHOP_DEVICE");
    if ((gateway !== 0 && gateway !== (first.gateway ?? 0)) || (gateway6 && gateway6 !== first.gateway6))
      throw new InetError("ROUTE_INVALID", "the route has another gateway than its first next hop", "NEXTHOP_GATEWAY");
    return legs.length === 1 ? { ...(legs[0] as NewNextHop), nexthops: [] } : { nexthops: legs };
  }

  #nextHop(request: NextHopRequest, scope: number): NewNextHop {
    const { gateway = 0, gateway6, onlink = false, weight = 1 } = request;
    if (gateway6) return { gateway: 0, gateway6, hop: 0, device: this.#towards6(gateway6, request), onlink, weight };
    const device = onlink ? this.#onlink(request, scope) : this.#towards(request, scope);
    // A gateway that is an address of ours leads to the link.
    const hop = !onlink && this.addressType(gateway) === AddressType.LOCAL ? 0 : gateway;
    return { gateway, gateway6: null, hop, device, onlink, weight };
  }

  /** Returns the device by which the gateway is reached, or the one named where there is none. */
  #towards({ gateway = 0, device }: NextHopRequest, scope: number): NetDevice {
    const towards = gateway === 0 ? null : this.routes.reaching(gateway, Math.max(scope + 1, Scope.LINK), device ?? null);
    const found = device ?? towards?.device;
    const reached = gateway === 0 || towards?.type === RouteType.UNICAST || towards?.type === RouteType.LOCAL;
    if (!found || !reached) throw new InetError("ROUTE_UNREACHABLE", "the gateway is not on a link of ours");
    if (!found.up) throw new InetError("DEVICE_DOWN", `${found.name} is down`);
    return found;
  }

  #towards6(gateway: Ip6, { device, onlink = false }: NextHopRequest): NetDevice {
    if (this.hops6) return this.hops6.deviceOfHop(gateway, device ?? null, onlink);
    throw new InetError("FAMILY_UNSUPPORTED", "a next hop of IPv6, and this stack has no IPv6");
  }

  /** Returns the device on whose link the gateway is said to be. */
  #onlink({ gateway = 0, device }: NextHopRequest, scope: number): NetDevice {
    if (gateway === 0) throw new InetError("ROUTE_INVALID", "onlink is said of a gateway", "ONLINK_NO_GATEWAY");
    if (scope >= Scope.LINK) throw new InetError("SCOPE_INVALID", "a route by a gateway is wider than its link", "ONLINK_SCOPE");
    if (!device) throw new InetError("ROUTE_INVALID", "onlink needs a device", "ONLINK_NO_DEVICE");
    if (!device.up) throw new InetError("DEVICE_DOWN", `${device.name} is down`, "ONLINK_DEVICE_DOWN");
    if (this.addressType(gateway) === AddressType.UNICAST) return device;
    throw new InetError("ROUTE_UNREACHABLE", "the gateway is no other host's address");
  }

  /** Finds or makes the entry of a next hop of IPv6; null when there can be none. */
  neighbour6(address: Ip6, device: NetDevice): Neighbour | null {
    const { hops6 } = this;
    return hops6 && (hops6.findHop(address, device) ?? hops6.createHop(address, device));
  }

  /** Adds and removes routes with the ups and downs of a device. */
  event(device: NetDevice, event: DeviceEvent): void {
    if (event === "up") {
      for (const address of this.addresses.of(device)) this.#bring(address);
      if (device.loopback && !this.addresses.matching(device, LOOPBACK_ADDRESS, 8)) this.addAddress(device, LOOPBACK_ADDRESS, 8);
      this.routes.refresh();
    } else if (event === "down") {
      const down = (one: RouteEntry): boolean => one.device?.up === false;
      this.routes.removeAll(({ nexthops, ...route }) =>
        nexthops.length > 0 ? nexthops.every(down) : route.device === device && route.type !== RouteType.LOCAL,
      );
    } else if (event === "unregister") {
      for (const address of [...this.addresses.of(device)]) this.removeAddress(address);
      this.routes.removeAll((route) => leavesBy(route, device));
      this.conf.forget(device);
    }
  }

  /** Makes the routes of an address, as far as they are not there. */
  #bring(address: InterfaceAddress): void {
    this.#add(
      address.device,
      routesOf(address, primariesOf(this.addresses.of(address.device).filter((other) => sameSubnet(other, address)))),
    );
  }

  #add(device: NetDevice, routes: readonly NewRoute[]): void {
    if (routes.length === 0) return;
    const has = (route: NewRoute): boolean =>
      this.routes.of(route).some((other) => other.device === device && keyOf(other) === keyOf(route));
    for (const route of routes) if (!has(route)) this.routes.add(route);
  }

  /**
   * Returns an address and those of its device that may bring the same routes, or others when it changes. Routes are the same only if
   * their source is: the primary address of a subnet. So they are the addresses of its subnet, and all subnets of any that equals one.
   */
  #akin(address: InterfaceAddress): readonly InterfaceAddress[] {
    const all = this.addresses.of(address.device);
    const locals = new Set<number>();
    for (const other of all) if (sameSubnet(other, address)) locals.add(other.local);
    const subnets = new Set<string>();
    for (const other of all) if (locals.has(other.local)) subnets.add(subnetOf(other));
    if (subnets.size === 1) return all.filter((other) => sameSubnet(other, address));
    return all.filter((other) => subnets.has(subnetOf(other)));
  }

  /** Makes the routes that a change of addresses brought and removes those that only the addresses of before had. */
  #settle(device: NetDevice, before: ReadonlyMap<string, NewRoute>, after: ReadonlyMap<string, NewRoute>): void {
    for (const [key, lost] of before) {
      if (after.has(key)) continue;
      const meant = (route: RouteEntry): boolean => route.device === device && route.protocol === "kernel" && keyOf(route) === key;
      for (const route of this.routes.of(lost)) if (meant(route)) this.routes.drop(route);
    }
    const come = [...after].filter(([key]) => !before.has(key)).map(([, route]) => route);
    this.#add(device, come);
  }

  /** Returns the meaning of an address to our routes. */
  addressType(address: number): AddressType {
    if (isMulticast(address)) return AddressType.MULTICAST;
    if (isZeronet(address) || address === INADDR_BROADCAST) return AddressType.BROADCAST;
    const route = this.routes.lookupLocal(address);
    if (!route) return AddressType.UNICAST;
    return route.type === RouteType.BROADCAST ? AddressType.BROADCAST : AddressType.LOCAL;
  }

  /** Calls Addresses.confirms() with the device's route_localnet. */
  confirms(device: NetDevice | null, peer: number, local: number, scope: number): boolean {
    return this.addresses.confirms(device, peer, local, scope, device !== null && this.conf.on(device).routeLocalnet);
  }

  /** Calls Addresses.select() with the device's route_localnet. */
  select(device: NetDevice, target: number, scope: number): number {
    return this.addresses.select(device, target, scope, this.conf.on(device).routeLocalnet);
  }

  /**
   * Returns the route or next hop that a packet takes, of those that the route found for it stands for.
   * @param source 0 for packets of ours: all to one destination take one way, whatever their source
   * @param device the one that was asked for; null for any
   */
  hopOf(found: Route, source: number, destination: number, device: NetDevice | null): Route {
    if (found.nexthops.length > 0) return nextHopOf(found, source, destination);
    return this.isChoice(found) && device === null ? this.#defaults.choose(found, this.routes.behind(found)) : found;
  }

  /** The route's gateway was asked for and did not answer. */
  isLost(route: Route | null): boolean {
    return route !== null && this.#defaults.isLost(route);
  }

  /** The route is one of several default routes: by which of them packets go depends on their gateways. */
  isChoice(found: RouteEntry): boolean {
    return found.prefixLength === 0 && this.routes.behind(found).length > 0;
  }

  /** Returns the source address of packets to the destination that name none, by the route to it. */
  sourceBy(route: Route, destination: number): number {
    if (route.type === RouteType.LOCAL) return route.source || destination;
    // No address is nearer than another to a next hop of IPv6.
    const target = route.gateway6 === null ? route.gateway || destination : INADDR_ANY;
    return route.source || this.addresses.select(route.device, target, route.scope);
  }
}

/** Returns the routes that addresses bring now: some of one device, and all of each of their subnets. */
function brought(addresses: readonly InterfaceAddress[]): Map<string, NewRoute> {
  const primaries = primariesOf(addresses);
  return new Map(addresses.flatMap((address) => routesOf(address, primaries)).map((route) => [keyOf(route), route]));
}

/** Returns true when a route leaves by this device and no other. */
function onlyBy({ device, nexthops }: RouteEntry, by: NetDevice): boolean {
  return nexthops.length > 0 ? nexthops.every((hop) => hop.device === by) : device === by;
}
