/**
 * The forwarding information base: it keeps addresses, routes and devices together as Linux does. An address brings a local and a
 * broadcast route and the route to its subnet. A device that goes down loses all routes but those to its own addresses; when it comes up,
 * the routes to its subnets come back, those of the operator do not. A lost carrier changes nothing here.
 */

import type { Clock } from "../../../hal/clock.ts";
import { formatIpv4, INADDR_BROADCAST, isMulticast, isZeronet } from "../../ip/address.ts";
import { AddressType } from "../../ip/address-type.ts";
import { InetError } from "../../ip/inet-error.ts";
import type { DeviceEvent, NetDevice } from "../../net/device.ts";
import { Addresses, type AddressOptions, type InterfaceAddress, sameSubnet } from "./addresses.ts";
import type { Devconfs } from "./devconf.ts";
import { PathExceptions } from "./path-exceptions.ts";
import { type NewRoute, type Route, Routes, RouteType } from "./routes.ts";
import { Scope } from "./scope.ts";

const LOOPBACK_ADDRESS = 0x7f000001;

/** A route as an operator asks for it. */
export interface RouteRequest extends Omit<NewRoute, "device"> {
  /** Default: the device by which the gateway is reached. Needed with `onlink`. */
  device?: NetDevice | undefined;
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
  readonly addresses: Addresses = new Addresses();
  readonly routes: Routes = new Routes();
  readonly paths: PathExceptions;
  readonly conf: Devconfs;
  readonly #user: FibUser;

  constructor(clock: Clock, conf: Devconfs, user: FibUser) {
    this.paths = new PathExceptions(clock);
    this.conf = conf;
    this.#user = user;
  }

  /** Another number after every change of addresses, routes or path MTUs. */
  get generation(): number {
    return this.addresses.changes + this.routes.changes + this.paths.changes;
  }

  /** Gives a device an address. @throws InetError ADDRESS_EXISTS, SCOPE_INVALID */
  addAddress(device: NetDevice, local: number, prefixLength: number, options: AddressOptions = {}): InterfaceAddress {
    const address = this.addresses.add(device, local, prefixLength, options);
    this.conf.pin(device);
    this.#addLocal(address);
    if (device.up) this.#connect(address);
    this.#user.addressed(device, local);
    return address;
  }

  /** Takes an address away. With a primary address go its secondary ones. Returns all that went. */
  removeAddress(address: InterfaceAddress): InterfaceAddress[] {
    const gone = this.addresses.remove(address);
    for (const one of gone) this.#disconnect(one);
    if (gone.length > 0 && this.addresses.of(address.device).length === 0) {
      this.routes.removeAll((route) => route.device === address.device);
      this.#user.addressless(address.device);
    }
    return gone;
  }

  /** Makes a route. @throws InetError ROUTE_INVALID, ROUTE_EXISTS, ROUTE_NOT_THERE, ROUTE_UNREACHABLE, DEVICE_DOWN, SOURCE_INVALID, SCOPE_INVALID */
  addRoute(request: RouteRequest): Route {
    const { source = 0, how = "add" } = request;
    const device = request.onlink ? this.#onlink(request) : this.#towards(request);
    if (source !== 0 && !this.addresses.isLocal(source))
      throw new InetError("SOURCE_INVALID", `${formatIpv4(source)} is not an address of this stack`);
    const route: NewRoute = { ...request, device };
    if (how === "add") return this.routes.add(route);
    if (how === "replace" || how === "change") return this.routes.replace(route, how === "change");
    return this.routes.addBeside(route, how === "prepend");
  }

  /** Returns the device by which the gateway is reached, or the one named where there is none. */
  #towards({ gateway = 0, device }: RouteRequest): NetDevice {
    const towards = gateway === 0 ? null : this.routes.lookup(gateway, device ?? null);
    const found = device ?? towards?.device;
    const reached = gateway === 0 || (towards?.type === RouteType.UNICAST && towards.gateway === 0);
    if (!found || !reached) throw new InetError("ROUTE_UNREACHABLE", "the gateway is not on a link of ours");
    if (!found.up) throw new InetError("DEVICE_DOWN", `${found.name} is down`);
    return found;
  }

  /** Returns the device on whose link the gateway is said to be. */
  #onlink({ gateway = 0, device, scope = Scope.GLOBAL }: RouteRequest): NetDevice {
    if (gateway === 0) throw new InetError("ROUTE_INVALID", "onlink is said of a gateway", "ONLINK_NO_GATEWAY");
    if (scope >= Scope.LINK) throw new InetError("SCOPE_INVALID", "a route by a gateway is wider than its link", "ONLINK_SCOPE");
    if (!device) throw new InetError("ROUTE_INVALID", "onlink needs a device", "ONLINK_NO_DEVICE");
    if (!device.up) throw new InetError("DEVICE_DOWN", `${device.name} is down`, "ONLINK_DEVICE_DOWN");
    if (this.addressType(gateway) === AddressType.UNICAST) return device;
    throw new InetError("ROUTE_UNREACHABLE", "the gateway is no other host's address");
  }

  /** Adds and removes routes with the ups and downs of a device. */
  event(device: NetDevice, event: DeviceEvent): void {
    if (event === "up") {
      if (device.loopback && this.addresses.of(device).length === 0) this.addAddress(device, LOOPBACK_ADDRESS, 8);
      else for (const address of this.addresses.of(device)) this.#connect(address);
    } else if (event === "down") {
      this.routes.removeAll((route) => route.device === device && route.type !== RouteType.LOCAL);
    } else if (event === "unregister") {
      for (const address of [...this.addresses.of(device)]) this.removeAddress(address);
      this.routes.removeAll((route) => route.device === device);
      this.conf.forget(device);
    }
  }

  /** Makes the route to the address itself, which stands whether or not the device is up. */
  #addLocal(address: InterfaceAddress): void {
    const { device, local, secondary } = address;
    const primary = (other: InterfaceAddress): boolean => !other.secondary && sameSubnet(other, address);
    const source = (secondary && this.addresses.of(device).find(primary)?.local) || local;
    this.#addOnce({ destination: local, prefixLength: 32, device, source, type: RouteType.LOCAL });
  }

  /** Makes the broadcast routes of an address and the route to its subnet. */
  #connect(address: InterfaceAddress): void {
    const { device, local, prefixLength, mask, secondary } = address;
    for (const destination of broadcastsOf(address)) {
      this.#addOnce({ destination, prefixLength: 32, device, source: local, type: RouteType.BROADCAST });
    }
    if (secondary || prefixLength === 32 || (local & mask) === 0) return;
    const type = device.loopback ? RouteType.LOCAL : RouteType.UNICAST;
    this.#addOnce({ destination: local & mask, prefixLength, device, source: local, type });
  }

  #addOnce(route: NewRoute): void {
    const { destination, prefixLength, device, type } = route;
    const list = type === RouteType.UNICAST ? this.routes.list : this.routes.localList;
    const there = (other: Route): boolean =>
      other.destination === destination && other.prefixLength === prefixLength && other.device === device && other.type === type;
    if (!list.some(there)) this.routes.add({ ...route, protocol: "kernel" });
  }

  /** Removes the routes that an address brought, unless another address brings them too. */
  #disconnect(gone: InterfaceAddress): void {
    const { device, local, mask, prefixLength, secondary } = gone;
    const left = this.addresses.of(device);
    const ours = left.some((other) => other.local === local);
    const broadcasts = broadcastsOf(gone).filter((address) => !left.some((other) => broadcastsOf(other).includes(address)));
    this.routes.removeAll((route) => {
      if (route.device !== device || route.protocol !== "kernel") return false;
      if (route.prefixLength === 32 && route.type === RouteType.LOCAL) return route.destination === local && !ours;
      if (route.type === RouteType.BROADCAST) return broadcasts.includes(route.destination);
      const subnet = route.destination === (local & mask) && route.prefixLength === prefixLength;
      return subnet && route.source === local && !secondary;
    });
    if (!this.addresses.isLocal(local)) this.routes.removeAll((route) => route.source === local);
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

  /** Returns the source address of packets to the destination that name none, by the route to it. */
  sourceBy(route: Route, destination: number): number {
    if (route.type === RouteType.LOCAL) return destination;
    return route.source || this.addresses.select(route.device, route.gateway || destination, route.scope);
  }
}

/** Returns the broadcast addresses of an address: its own and that of its subnet, mostly the same. */
function broadcastsOf({ broadcast, secondary, prefixLength, local, mask }: InterfaceAddress): number[] {
  const found: number[] = [];
  if (broadcast !== 0 && broadcast !== INADDR_BROADCAST) found.push(broadcast);
  const ofSubnet = local | ~mask;
  if (!secondary && prefixLength < 31 && !found.includes(ofSubnet)) found.push(ofSubnet);
  return found;
}
