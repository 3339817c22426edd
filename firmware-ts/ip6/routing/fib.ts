/**
 * The forwarding information base of IPv6: it keeps addresses, routes, groups and devices together as Linux does. An address joins its
 * solicited-node group, and brings a route to its prefix at once and one to itself when it is ours for good. A device that comes up gets
 * its link-local address and the route to all groups; one that goes down loses addresses and routes. A lost carrier changes nothing here.
 */
import type { Clock } from "../../../hal/clock.ts";
import type { Random } from "../../../hal/random.ts";
import type { SkBuff } from "../../../hal/skbuff.ts";
import { AddressType } from "../../ip/address-type.ts";
import type { Ip6, Ip6Interner } from "../../ip/ip6.ts";
import { Expiry } from "../../ip/lifetimes.ts";
import type { NetDevice } from "../../net/device.ts";
import type { Generation } from "../../net/generation.ts";
import {
  ADDRESS_BITS,
  isLinkBound,
  isLinkLocal,
  isMulticast6,
  isUnspecified,
  KnownAddresses,
  prefixOf,
  solicitedNodeOf,
} from "../common/address-kind.ts";
import { IP6_MIN_MTU } from "../header/ip6-header.ts";
import {
  AddressFlags,
  type Ip6AddressChange,
  Ip6Addresses,
  type Ip6AddressOptions,
  type Ip6InterfaceAddress,
} from "./addresses.ts";
import type { Ip6Devconfs } from "./devconf.ts";
import { Ip6Groups } from "./groups.ts";
import { Identifiers } from "./identifiers.ts";
import { Ip6PathExceptions } from "./path-exceptions.ts";
import { addRequested, type Ip6RouteRequest } from "./requested-route.ts";
import { ADDRESS_METRIC, type Ip6Route, type Ip6RouteEntry, Ip6RouteType, type NewIp6Route } from "./route.ts";
import { type GatewayDead, Ip6Routes } from "./routes.ts";
import { selectSource } from "./source-address.ts";

const { NODAD, OPTIMISTIC, DADFAILED, NOPREFIXROUTE, TENTATIVE } = AddressFlags;

/** Lengths of the link-local prefix and of that of all groups. */
const LINK_LOCAL_LENGTH = 64;
const GROUPS_LENGTH = 8;
/** The originators of addresses (IFAPROT_*). The routes to the prefixes that routers tell of are made with the prefixes. */
const BY_OPERATOR = 0;
const MADE_FOR_LOOPBACK = 1;
const BY_ROUTER = 2;
const MADE_FOR_LINK = 3;

/** Asks the others on the link whether an address is theirs (RFC 4862 5.4). It answers with Fib6.settle() or Fib6.fail(). */
export interface DuplicateDetection {
  /** An address is tentative from now on, and its device is up. */
  begin(address: Ip6InterfaceAddress): void;
  /** An address is gone, or is not to be asked about any more. */
  end(address: Ip6InterfaceAddress): void;
  /** Another host claims a tentative address by this message. */
  claimed(address: Ip6InterfaceAddress, message: SkBuff): void;
  /** bytes[at..at+length) is the nonce of our own claim to the address (RFC 7527). */
  isOurNonce(address: Ip6InterfaceAddress, bytes: Uint8Array, at: number, length: number): boolean;
}

/** Hears of changes of addresses. */
export interface Ip6FibUser {
  /** An operator gives a device an address. */
  adding(device: NetDevice): void;
  /** An address is ours from now on. */
  settled(address: Ip6InterfaceAddress): void;
  /** An address is gone. */
  removed(address: Ip6InterfaceAddress): void;
}

/** Addresses, groups and routes of a namespace. */
export class Fib6 {
  readonly addresses: Ip6Addresses;
  readonly routes: Ip6Routes;
  readonly groups: Ip6Groups;
  readonly identifiers: Identifiers;
  readonly paths: Ip6PathExceptions;
  readonly conf: Ip6Devconfs;
  /** Counts changes of addresses, groups, routes, path MTUs and settings. */
  readonly changes: Generation;
  readonly known: KnownAddresses;
  readonly interner: Ip6Interner;
  /** Null: every address is free, and ours at once. */
  detection: DuplicateDetection | null = null;
  readonly #users: Ip6FibUser[] = [];
  readonly #devices: () => readonly NetDevice[];
  readonly #expiry: Expiry<Ip6InterfaceAddress>;
  /** Devices on which IPv6 is at work. */
  readonly #active = new Set<NetDevice>();
  /** Devices that forward. */
  readonly #routers = new Set<NetDevice>();
  /** Addresses that are in their groups, and ours or asked about. */
  readonly #begun = new Set<Ip6InterfaceAddress>();

  constructor(
    clock: Clock,
    interner: Ip6Interner,
    conf: Ip6Devconfs,
    changes: Generation,
    devices: () => readonly NetDevice[],
    dead: GatewayDead,
    random: Random,
  ) {
    this.interner = interner;
    this.known = new KnownAddresses(interner);
    this.addresses = new Ip6Addresses(clock, changes);
    this.routes = new Ip6Routes(clock, interner, dead, changes);
    this.groups = new Ip6Groups(this.known, this.routes, changes);
    this.paths = new Ip6PathExceptions(clock, changes);
    this.conf = conf;
    this.changes = changes;
    this.identifiers = new Identifiers(conf, interner, random);
    this.#devices = devices;
    this.#expiry = new Expiry(clock, (address) => this.removeAddress(address));
  }

  /** Adds a listener for changes of addresses. */
  watch(user: Ip6FibUser): void {
    this.#users.push(user);
  }

  /** IPv6 is at work on the device: it is up, and its frames are long enough (RFC 8200 5). */
  isActive(device: NetDevice): boolean {
    return this.#active.has(device);
  }

  /** Gives a device an address. @throws InetError ADDRESS_INVALID, ADDRESS_EXISTS, LIFETIME_INVALID */
  addAddress(device: NetDevice, local: Ip6, prefixLength: number, options: Ip6AddressOptions = {}): Ip6InterfaceAddress {
    if ((options.protocol ?? BY_OPERATOR) === BY_OPERATOR) this.adding(device);
    const address = this.addresses.add(device, local, prefixLength, options);
    this.#expiry.watch(address);
    if (this.isActive(device)) this.#bring(address);
    else if (this.#mayHave(device) && !this.#isAsked(address)) this.#begin(address);
    return address;
  }

  /** Tells that the operator is about to give a device an address, be it one that it has already. */
  adding(device: NetDevice): void {
    if (this.isActive(device)) for (const user of this.#users) user.adding(device);
  }

  /** Gives an address other lifetimes, another metric and other flags. @throws InetError LIFETIME_INVALID */
  changeAddress(address: Ip6InterfaceAddress, change: Ip6AddressChange): void {
    const before = this.#prefixRoute(address);
    this.addresses.change(address, change);
    const after = this.#prefixRoute(address);
    if (this.isActive(address.device) && before?.metric !== after?.metric) {
      if (before) this.#dropPrefix(address, before);
      if (after) this.#ensure(after);
    }
    this.#expiry.watch(address);
  }

  /** Takes an address away. Returns false when it is gone already. */
  removeAddress(address: Ip6InterfaceAddress): boolean {
    if (!this.addresses.remove(address)) return false;
    this.#expiry.forget(address);
    this.#take(address);
    // Routes from it stay, with the best address instead.
    if (!this.addresses.find(address.local)) this.routes.forgetSource(address.local);
    for (const user of this.#users) user.removed(address);
    return true;
  }

  /** An address is ours: nobody else has it. */
  settle(address: Ip6InterfaceAddress): void {
    this.addresses.flag(address, address.flags & ~(TENTATIVE | OPTIMISTIC | DADFAILED));
    this.#ensure(this.#hostRoute(address));
    this.#anycast(address, true);
    for (const user of this.#users) user.settled(address);
  }

  /** An address is used from now on, although the others are still asked (RFC 4429). */
  settleForNow(address: Ip6InterfaceAddress): void {
    this.addresses.flag(address, address.flags | OPTIMISTIC);
    this.#ensure(this.#hostRoute(address));
  }

  /** Another host claims a tentative address. */
  claimed(address: Ip6InterfaceAddress, message: SkBuff): void {
    if (this.detection) this.detection.claimed(address, message);
    else this.fail(address);
  }

  /** bytes[at..at+length) is the nonce of our own claim to the address. */
  isOurNonce(address: Ip6InterfaceAddress, bytes: Uint8Array, at: number, length: number): boolean {
    return this.detection?.isOurNonce(address, bytes, at, length) ?? false;
  }

  /** An address is somebody else's: it stays on the list, and is not used. */
  fail(address: Ip6InterfaceAddress): void {
    this.addresses.flag(address, (address.flags & ~OPTIMISTIC) | TENTATIVE | DADFAILED);
    this.#drop(this.#hostRoute(address));
  }

  /**
   * Adds a route that an operator asks for.
   * @throws InetError ROUTE_EXISTS, ROUTE_INVALID, ROUTE_NOT_THERE, ROUTE_UNREACHABLE, DEVICE_DOWN, DEVICE_MISSING, SOURCE_INVALID
   */
  addRoute(request: Ip6RouteRequest): Ip6RouteEntry {
    return addRequested(this, request);
  }

  /** Returns the meaning of an address to our routes. @param device the link of an address that needs one; null for any */
  addressType(address: Ip6, device: NetDevice | null): AddressType {
    if (isMulticast6(address)) return AddressType.MULTICAST;
    const entry = this.routes.matchLocal(address, isLinkBound(address) ? device : null);
    return entry?.type === Ip6RouteType.LOCAL ? AddressType.LOCAL : AddressType.UNICAST;
  }

  /** Packets to the address are for us: it is ours, or that of all routers of a prefix while we are one. */
  isForUs(address: Ip6, device: NetDevice | null): boolean {
    const type = this.routes.matchLocal(address, isLinkBound(address) ? device : null)?.type;
    return type === Ip6RouteType.LOCAL || type === Ip6RouteType.ANYCAST;
  }

  /** The address is that of all routers of a prefix of the device, and we are one (RFC 4291 2.6.1). */
  isAnycast(address: Ip6, device: NetDevice): boolean {
    return this.routes.matchLocal(address, device)?.type === Ip6RouteType.ANYCAST;
  }

  /** A device has become a router's, or a host's. */
  routerChanged(device: NetDevice): void {
    const router = this.conf.on(device).forwarding !== 0;
    if (!this.groups.knows(device) || router === this.#routers.has(device)) return;
    const { allRouters, interfaceRouters, siteRouters } = this.known;
    for (const group of [interfaceRouters, allRouters, siteRouters]) {
      if (router) this.groups.join(device, group);
      else this.groups.leave(device, group);
    }
    if (router) this.#routers.add(device);
    for (const address of this.addresses.of(device)) if (this.#begun.has(address)) this.#anycast(address, router);
    if (!router) this.#routers.delete(device);
  }

  /** Takes the packets to all routers of an address's prefix from now on, or no longer. */
  #anycast(address: Ip6InterfaceAddress, on: boolean): void {
    const { device, local, prefixLength } = address;
    if (!this.#routers.has(device) || prefixLength >= ADDRESS_BITS - 1) return;
    const destination = prefixOf(this.interner, local, prefixLength);
    const route = { device, protocol: "kernel", metric: 0, destination, prefixLength: ADDRESS_BITS, type: Ip6RouteType.ANYCAST };
    const group = solicitedNodeOf(this.interner, destination);
    const twin = (other: Ip6InterfaceAddress): boolean =>
      other !== address && this.#begun.has(other) && prefixOf(this.interner, other.local, other.prefixLength) === destination;
    if (isUnspecified(destination) || this.addresses.of(device).some(twin)) return;
    if (on && !this.routes.has(route)) this.groups.join(device, group);
    if (!on && this.routes.has(route)) this.groups.leave(device, group);
    if (on) this.#ensure(route);
    else this.#drop(route);
  }

  /** Returns the source address of packets to the destination that name none, by the route to it; null when there is none. */
  sourceBy(route: Ip6Route, destination: Ip6): Ip6 | null {
    if (route.source) return route.source;
    return route.type === Ip6RouteType.LOCAL ? destination : this.sourceOn(route.device, destination);
  }

  /** Returns the source address of packets to the destination that leave by a device; null when there is none. */
  sourceOn(device: NetDevice, destination: Ip6): Ip6 | null {
    const { useTempaddr, useOifAddrsOnly, usesOptimistic } = this.conf.on(device);
    const settings = { useOptimistic: usesOptimistic, useTempaddr, useOifAddrsOnly: useOifAddrsOnly !== 0 };
    return selectSource(this.addresses, destination, device, this.#devices(), settings);
  }

  /** A device is in its stack. */
  register(device: NetDevice): void {
    if (!this.#mayHave(device)) return;
    this.groups.attach(device);
    this.routerChanged(device);
  }

  /** A device carries packets of another length now, or the operator forbids or allows IPv6 on it. */
  resized(device: NetDevice): void {
    if (!this.#mayHave(device)) {
      this.down(device);
      this.groups.detach(device);
      this.#routers.delete(device);
    } else {
      if (!this.groups.knows(device)) this.register(device);
      if (device.up) this.up(device);
    }
    this.routes.refresh();
  }

  /** A device has come up, or carries longer packets now. */
  up(device: NetDevice): void {
    if (this.isActive(device) || !this.#mayHave(device)) return;
    this.#active.add(device);
    this.routes.refresh();
    if (device.loopback) {
      const made = { protocol: MADE_FOR_LOOPBACK };
      if (!this.addresses.on(device, this.known.loopback)) this.addresses.add(device, this.known.loopback, ADDRESS_BITS, made);
    } else {
      const route = { device, protocol: "kernel", metric: ADDRESS_METRIC };
      this.#ensure({ ...route, destination: this.known.groups, prefixLength: GROUPS_LENGTH, type: Ip6RouteType.MULTICAST });
    }
    for (const address of this.addresses.of(device)) this.#bring(address);
    if (!device.loopback) this.makeLinkLocal(device);
  }

  /** Gives a device that is up the link-local address of its own making, as its settings have it now. */
  makeLinkLocal(device: NetDevice): void {
    const made = this.isActive(device) ? this.identifiers.linkLocal(device) : null;
    if (!made || this.addresses.on(device, made.local)) return;
    const flags = made.flags | (this.conf.on(device).optimistic ? OPTIMISTIC : 0);
    this.#bring(this.addresses.add(device, made.local, LINK_LOCAL_LENGTH, { flags, protocol: MADE_FOR_LINK }));
  }

  /** A device goes down, or IPv6 ends on it: its routes go, and its addresses, but those that keep_addr_on_down keeps. */
  down(device: NetDevice): void {
    if (!this.#active.delete(device)) return;
    this.routes.down(device);
    const keeps = this.conf.on(device).keepAddrOnDown > 0;
    for (const address of [...this.addresses.of(device)]) {
      if (keeps && !address.lifetime.dynamic && !isLinkLocal(address.local)) {
        this.#take(address);
        this.addresses.flag(address, address.flags | TENTATIVE);
      } else this.removeAddress(address);
    }
  }

  /** A device leaves its stack. */
  unregister(device: NetDevice): void {
    this.down(device);
    for (const address of [...this.addresses.of(device)]) this.removeAddress(address);
    this.routes.removeAll((route) => route.device === device);
    this.groups.detach(device);
    this.#routers.delete(device);
    this.identifiers.forget(device);
    this.conf.forget(device);
  }

  /** Frames of the device are long enough, and the operator does not forbid it. */
  #mayHave(device: NetDevice): boolean {
    return device.mtu >= IP6_MIN_MTU && this.conf.on(device).disableIpv6 === 0;
  }

  /** The others on the link are asked first whether an address is free. */
  #isAsked({ device, flags }: Ip6InterfaceAddress): boolean {
    if (!this.detection || (flags & NODAD) !== 0 || device.loopback || device.noArp) return false;
    return this.conf.on(device).dad >= 1;
  }

  /** Begins to use an address of a device that is up. */
  #bring(address: Ip6InterfaceAddress): void {
    const { device, peer } = address;
    const prefix = this.#prefixRoute(address);
    if (prefix) this.#ensure(prefix);
    if (peer) this.#ensure({ ...this.#kernel(device), destination: peer, prefixLength: ADDRESS_BITS });
    this.#begin(address);
  }

  #begin(address: Ip6InterfaceAddress): void {
    if (this.#begun.has(address)) {
      this.#ensure(this.#hostRoute(address));
      return;
    }
    this.#begun.add(address);
    if (!address.device.loopback) this.groups.join(address.device, solicitedNodeOf(this.interner, address.local));
    if (this.#isAsked(address)) this.detection?.begin(address);
    else this.settle(address);
  }

  /** Takes back what an address brought. */
  #take(address: Ip6InterfaceAddress): void {
    const { device, local } = address;
    this.detection?.end(address);
    this.#anycast(address, false);
    if (this.#begun.delete(address) && !device.loopback) this.groups.leave(device, solicitedNodeOf(this.interner, local));
    this.#drop(this.#hostRoute(address));
    const prefix = this.#prefixRoute(address);
    if (prefix) this.#dropPrefix(address, prefix);
    if (address.peer) this.#drop({ ...this.#kernel(device), destination: address.peer, prefixLength: ADDRESS_BITS });
  }

  /** Drops the route to an address's prefix, unless another address brings it, too. */
  #dropPrefix(address: Ip6InterfaceAddress, route: NewIp6Route): void {
    const same = (other: Ip6InterfaceAddress): boolean => {
      const brought = other === address ? null : this.#prefixRoute(other);
      return brought !== null && brought.destination === route.destination && brought.prefixLength === route.prefixLength;
    };
    if (!this.addresses.of(address.device).some(same)) this.#drop(route);
  }

  #kernel(device: NetDevice): Pick<NewIp6Route, "device" | "protocol" | "metric"> {
    return { device, protocol: "kernel", metric: ADDRESS_METRIC };
  }

  #hostRoute({ device, local }: Ip6InterfaceAddress): NewIp6Route {
    return { ...this.#kernel(device), destination: local, prefixLength: ADDRESS_BITS, type: Ip6RouteType.LOCAL, metric: 0 };
  }

  /** Returns the route to an address's prefix; null when it brings none. */
  #prefixRoute({ device, local, prefixLength, flags, metric, protocol }: Ip6InterfaceAddress): NewIp6Route | null {
    if (flags & NOPREFIXROUTE || protocol === BY_ROUTER || local === this.known.loopback) return null;
    const destination = prefixOf(this.interner, local, prefixLength);
    return { ...this.#kernel(device), destination, prefixLength, metric: metric || ADDRESS_METRIC };
  }

  /** Makes a route of the kernel's own, unless it is there. */
  #ensure(route: NewIp6Route): void {
    if (!this.routes.has(route)) this.routes.add(route);
  }

  #drop(route: NewIp6Route): void {
    const { destination, prefixLength, device, metric, protocol, type = Ip6RouteType.UNICAST } = route;
    if (device) this.routes.remove({ destination, prefixLength, device, metric, protocol, type });
  }
}
