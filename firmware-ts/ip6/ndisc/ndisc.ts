/**
 * Neighbour discovery for IPv6 (RFC 4861, RFC 4862 5.4) as a client of the neighbour machine. It constructs entries, sends solicitations
 * and handles device events; receive.ts takes messages in.
 */
import { DropReason } from "../../../hal/drop-reason.ts";
import type { Random } from "../../../hal/random.ts";
import type { SkBuff } from "../../../hal/skbuff.ts";
import type { Ip6 } from "../../ip/ip6.ts";
import type { NextHops6, Unreachable } from "../../ip/next-hops.ts";
import type { NeighDefaults } from "../../neigh/defaults.ts";
import type { Neighbour, NeighFamily } from "../../neigh/entry.ts";
import type { KeyRest } from "../../neigh/key.ts";
import { probesUnicast } from "../../neigh/machine.ts";
import type { NeighNamespace } from "../../neigh/namespace.ts";
import type { ProxyEntry } from "../../neigh/proxy.ts";
import type { NeighbourService, NeighbourSource } from "../../neigh/service.ts";
import { Nud } from "../../neigh/states.ts";
import { NeighTable } from "../../neigh/table.ts";
import type { DeviceEvent, NetDevice } from "../../net/device.ts";
import { ETH_P_IPV6 } from "../../net/ethernet.ts";
import type { Network } from "../../net/network.ts";
import { GROUP_HIGH, solicitedNodeOf } from "../common/address-kind.ts";
import type { Ip6Counters } from "../common/counters.ts";
import { ICMP6_NEIGHBOUR_ADVERTISEMENT, ICMP6_NEIGHBOUR_SOLICITATION, ICMP6_ROUTER_SOLICITATION } from "../common/icmp6-types.ts";
import type { Ip6Received } from "../common/received.ts";
import { IP6_MIN_MTU, IP6_SOURCE } from "../header/ip6-header.ts";
import { type Ip6InterfaceAddress, isSettled } from "../routing/addresses.ts";
import type { Fib6 } from "../routing/fib.ts";
import { deviceOfHop } from "../routing/requested-route.ts";
import { NDISC_DEFAULTS } from "./defaults.ts";
import { KnownAskers } from "./known-askers.ts";
import { NdReceiver } from "./receive.ts";
import { RouterProbe } from "./router-probe.ts";
import { NdSender } from "./sender.ts";
import { NA_OVERRIDE, NA_ROUTER, ND_HOPS } from "./wire.ts";

/** The parts of the stack that neighbour discovery uses. */
export interface NdiscGround {
  readonly network: Network;
  readonly random: Random;
  readonly fib: Fib6;
  readonly counters: Ip6Counters;
  readonly unreachable: Unreachable;
}

/**
 * Takes a message that has passed the gate: it came from the link, whole and with the code 0. Returns NONE when the buffer was consumed,
 * else why it is dropped. The message begins at skb.data.
 */
export type NdHandler = (skb: SkBuff, packet: Ip6Received) => DropReason;

/** Hears a message that has passed the gate; it stays the stack's. */
export type NdListener = (skb: SkBuff, packet: Ip6Received, type: number) => void;

/** The neighbour service of IPv6 in one namespace. */
export class Ndisc implements NeighFamily, NeighbourService, NextHops6 {
  readonly keyLength: number = 16;
  readonly defaults: NeighDefaults = NDISC_DEFAULTS;
  readonly table: NeighTable;
  /** The namespace of these devices, in a table that several namespaces share. */
  readonly namespace: NeighNamespace;
  readonly fib: Fib6;
  readonly sender: NdSender;
  /** Each hears the messages before they are taken, but for solicitations that are answered on the short way. */
  readonly listeners: Set<NdListener> = new Set();
  readonly askers: KnownAskers;
  readonly routerProbe: RouterProbe;
  unreachableOther: Unreachable | null = null;
  readonly #shared: boolean;
  readonly #network: Network;
  readonly #unreachable: NdiscGround["unreachable"];
  /** By type, from the first of neighbour discovery's on. */
  readonly #handlers: (NdHandler | undefined)[] = [undefined, undefined, undefined, undefined, undefined];
  readonly #forget: () => void;
  /** Entries of gateways that do not answer. */
  readonly #deadGateways = new Set<Neighbour>();

  constructor({ network, random, fib, counters, unreachable }: NdiscGround, options: NeighbourSource = {}) {
    this.#network = network;
    this.#unreachable = unreachable;
    this.fib = fib;
    this.#shared = options.table !== undefined;
    this.table = options.table ?? new NeighTable(network.clock, random, this, options);
    this.namespace = options.table ? { initial: false } : this.table.namespace;
    if (this.table.policy.tellsRouters) fib.conf.write("default", "accept_untracked_na", 1);
    this.sender = new NdSender(network, this.table, fib.conf, counters);
    this.askers = new KnownAskers(fib, this.table, counters);
    this.routerProbe = new RouterProbe(network.clock, fib, this.table, this.sender);
    const receiver = new NdReceiver(this);
    this.handle(ICMP6_NEIGHBOUR_SOLICITATION, (skb, { source, destination, device }) =>
      receiver.solicitation(skb, device, source, destination, false),
    );
    this.handle(ICMP6_NEIGHBOUR_ADVERTISEMENT, (skb, packet) => receiver.advertisement(skb, packet));
    this.#forget = this.table.onChange((entry, event) => {
      if (entry.on.namespace === this.namespace) this.#judge(entry, event === "deleted" || entry.nudState !== Nud.FAILED);
    });
  }

  /** Gives a type of message, 133 to 137, to a handler. */
  handle(type: number, handler: NdHandler): void {
    this.#handlers[type - ICMP6_ROUTER_SOLICITATION] = handler;
  }

  /** Takes an ICMPv6 message of a type of neighbour discovery, with its checksum checked. */
  receive(skb: SkBuff, packet: Ip6Received, type: number, code: number): DropReason {
    if (packet.fragmented && this.fib.conf.on(packet.device).suppressFragNdisc !== 0) return DropReason.IPV6_NDISC_FRAG;
    if (packet.ttl !== ND_HOPS) return DropReason.IPV6_NDISC_HOP_LIMIT;
    if (code !== 0) return DropReason.IPV6_NDISC_BAD_CODE;
    if (this.listeners.size > 0) for (const listener of this.listeners) listener(skb, packet, type);
    const handler = this.#handlers[type - ICMP6_ROUTER_SOLICITATION];
    return handler === undefined ? DropReason.INVALID_PROTO : handler(skb, packet);
  }

  construct(entry: Neighbour): boolean {
    const { device, rest } = entry;
    if (rest === null || device.mtu < IP6_MIN_MTU || this.fib.conf.on(device).disableIpv6 !== 0) return false;
    entry.multicast = rest.a >>> 24 === 0xff;
    if (entry.multicast) {
      entry.nudState = Nud.NOARP;
      entry.addressHigh = GROUP_HIGH;
      entry.addressLow = entry.key;
    } else if (device.noArp || device.loopback) {
      entry.nudState = Nud.NOARP;
      entry.setAddress(device.address, 0);
    } else if (device.pointToPoint) {
      entry.nudState = Nud.NOARP;
      entry.setAddress(device.broadcast, 0);
    }
    return true;
  }

  solicit(entry: Neighbour, packet: SkBuff | null): void {
    const { device, key } = entry;
    const { interner } = this.fib;
    const { a, b, c } = entry.rest as KeyRest;
    const target = interner.intern(a, b, c, key);
    const source = this.#askerFor(device, packet);
    if (source === null) return;
    this.sender.solicit(device, target, probesUnicast(entry) ? target : solicitedNodeOf(interner, target), source);
  }

  reportError(entry: Neighbour, packet: SkBuff): void {
    if (packet.protocol === ETH_P_IPV6) this.#unreachable(packet, entry.device);
    else this.unreachableOther?.(packet, entry.device);
  }

  isNextHop({ key, rest, device }: Neighbour): boolean {
    const { routes, interner } = this.fib;
    if (rest === null) return false;
    const gateway = interner.intern(rest.a, rest.b, rest.c, key);
    return routes.list.some((route) => route.gateway === gateway && route.device === device);
  }

  /** Questions for an address that we answer for go to its solicited-node group (RFC 4861 7.2.8). */
  proxyChanged({ key, rest }: ProxyEntry, device: NetDevice, present: boolean): void {
    const { interner, groups } = this.fib;
    const { a, b, c } = rest as KeyRest;
    const group = solicitedNodeOf(interner, interner.intern(a, b, c, key));
    if (present) groups.join(device, group);
    else groups.leave(device, group);
  }

  /** A gateway does not answer any more: there may be another one. */
  isDead(gateway: Ip6, device: NetDevice): boolean {
    return this.table.find(gateway.d, device, gateway)?.nudState === Nud.FAILED;
  }

  /** Tells everybody on the link our addresses (RFC 4861 7.2.6). */
  announce(device: NetDevice): void {
    for (const own of this.fib.addresses.of(device)) this.announceOne(own);
  }

  /** Tells everybody on the link one of our addresses. */
  announceOne(own: Ip6InterfaceAddress): void {
    this.#tell(own, this.fib.known.allNodes, NA_OVERRIDE);
  }

  /** Tells the routers of the link one of our addresses (RFC 9131 6.1.1). Returns false when it is not in use. */
  tellRouters(own: Ip6InterfaceAddress): boolean {
    return this.#tell(own, this.fib.known.allRouters, 0);
  }

  /** Handles an event of a device, after the addresses and routes did. */
  event(device: NetDevice, event: DeviceEvent): void {
    const { table } = this;
    switch (event) {
      case "register":
        table.attach(device, { family: this, namespace: this.namespace });
        return;
      case "unregister":
        table.detach(device);
        return;
      case "up":
        if (device.loopback) table.parametersOf(device).pin();
        // Else each address is told of when it is settled.
        if (this.fib.detection === null && this.fib.conf.on(device).notifies) this.announce(device);
        return;
      case "down":
        table.ifdown(device, false);
        return;
      case "carrier-up":
        table.strategy?.carrierReturned(device);
        return;
      case "carrier-down":
        if (this.fib.conf.on(device).evictsNocarrier) table.ifdown(device, true);
        return;
      case "address":
      case "replaced":
        // As with ARP, the static entries of an interface that was replaced stay: perhaps nobody is there to set them again.
        table.flushDevice(device, event === "replaced");
        if (this.fib.conf.on(device).notifies) this.announce(device);
        return;
      case "arp":
        table.flushDevice(device, false);
    }
  }

  deviceOfHop(address: Ip6, device: NetDevice | null, onlink: boolean): NetDevice {
    return deviceOfHop(this.fib, this.fib.conf, address, device, onlink);
  }

  findHop(address: Ip6, device: NetDevice): Neighbour | null {
    return this.table.find(address.d, device, address);
  }

  createHop(address: Ip6, device: NetDevice): Neighbour | null {
    return this.table.create(address.d, device, false, 0, address);
  }

  /** Detaches this namespace's devices from the table, or closes a table that nobody shares. */
  close(): void {
    this.#forget();
    this.routerProbe.close();
    if (!this.#shared) this.table.close();
    else for (const device of this.#network.devices) this.table.detach(device);
  }

  #tell(own: Ip6InterfaceAddress, to: Ip6, flags: number): boolean {
    if (!isSettled(own) || !own.device.up) return false;
    const router = this.fib.conf.on(own.device).forwarding !== 0 ? NA_ROUTER : 0;
    this.sender.advertise(own.device, own.local, to, own.local, router | flags, true);
    return true;
  }

  /** The source of a question: that of the packet which waits, if it is the device's own, else the device's link-local address. */
  #askerFor(device: NetDevice, packet: SkBuff | null): Ip6 | null {
    const { addresses, interner } = this.fib;
    if (packet !== null && packet.protocol === ETH_P_IPV6) {
      const own = addresses.on(device, interner.read(packet.view, packet.network + IP6_SOURCE));
      if (own !== null && isSettled(own)) return own.local;
    }
    return addresses.linkLocal(device);
  }

  /** Has the routes looked at again when a gateway has failed, and when it may be alive again. */
  #judge(entry: Neighbour, alive: boolean): void {
    const { device, key, rest } = entry;
    const { routes, interner, paths } = this.fib;
    if (alive) {
      if (this.#deadGateways.delete(entry)) routes.refresh();
      return;
    }
    if (rest === null) return;
    const gateway = interner.intern(rest.a, rest.b, rest.c, key);
    paths.forsake(gateway, device);
    if (!routes.list.some((route) => route.gateway === gateway && route.device === device)) return;
    this.#deadGateways.add(entry);
    routes.refresh();
  }
}
