/**
 * The Address Resolution Protocol for IPv4 (RFC 826, RFC 1122 2.3.2, RFC 5227 2.1.1) as a client of the neighbour machine. It constructs
 * entries, sends requests and handles device events; receive.ts takes packets in, policy.ts applies the settings.
 */
import type { Random } from "../../../hal/random.ts";
import type { SkBuff } from "../../../hal/skbuff.ts";
import { AddressType, Scope } from "../../ip/address-type.ts";
import type { NeighDefaults } from "../../neigh/defaults.ts";
import type { Neighbour, NeighFamily } from "../../neigh/entry.ts";
import { probesUnicast } from "../../neigh/machine.ts";
import type { NeighNamespace } from "../../neigh/namespace.ts";
import type { NeighbourService, NeighbourSource } from "../../neigh/service.ts";
import { Nud } from "../../neigh/states.ts";
import { NeighTable } from "../../neigh/table.ts";
import { type DeviceEvent, MIN_MTU, type NetDevice } from "../../net/device.ts";
import { ETH_P_ARP, sameMac } from "../../net/ethernet.ts";
import type { Network, PacketHandler } from "../../net/network.ts";
import { PerDevice } from "../../net/per-device.ts";
import type { Fib } from "../routing/fib.ts";
import type { InputRouter } from "../routing/input-route.ts";
import type { RouteEntry } from "../routing/route.ts";
import { ArpCounters } from "./counters.ts";
import { ARP_DEFAULTS } from "./defaults.ts";
import { ArpDefence } from "./defence.ts";
import { ArpPolicy } from "./policy.ts";
import { type ArpParts, ArpReceiver } from "./receive.ts";
import { ArpHooks, ArpSender } from "./wire.ts";

/** The parts of the stack that ARP uses. */
export interface ArpGround {
  readonly network: Network;
  readonly random: Random;
  readonly fib: Fib;
  readonly router: InputRouter;
  /** Tells the sender of a packet that its next hop does not answer. The packet stays the caller's. */
  readonly unreachable: (packet: SkBuff, device: NetDevice) => void;
}

/** The neighbour service of IPv4 in one namespace. */
export class Arp implements NeighFamily, NeighbourService, PacketHandler, ArpParts {
  readonly keyLength: number = 4;
  readonly defaults: NeighDefaults = ARP_DEFAULTS;
  readonly table: NeighTable;
  /** The namespace of these devices, in a table that several namespaces share. */
  readonly namespace: NeighNamespace;
  readonly fib: Fib;
  readonly router: InputRouter;
  readonly policy: ArpPolicy;
  readonly sender: ArpSender;
  readonly defence: ArpDefence;
  readonly #receiver: ArpReceiver;
  readonly #shared: boolean;
  readonly #network: Network;
  readonly #unreachable: ArpGround["unreachable"];
  readonly #counters = new PerDevice(() => new ArpCounters());

  constructor({ network, random, fib, router, unreachable }: ArpGround, options: NeighbourSource = {}) {
    this.#network = network;
    this.#unreachable = unreachable;
    this.fib = fib;
    this.router = router;
    this.#shared = options.table !== undefined;
    this.table = options.table ?? new NeighTable(network.clock, random, this, options);
    this.namespace = options.table ? { initial: false } : this.table.namespace;
    this.policy = new ArpPolicy(fib);
    this.sender = new ArpSender(network.pool);
    const input = new ArpHooks();
    this.defence = new ArpDefence({
      clock: network.clock,
      random: random.fork("conflicts"),
      always: this.table.policy.defends,
      input,
      announce: (device, address) => this.#announceOne(device, address),
      probe: (device, address) => this.#probe(device, address),
      isOurs: (bytes, at) => this.isOurs(bytes, at),
    });
    this.#receiver = new ArpReceiver(this, input);
    network.handle(ETH_P_ARP, this);
    network.onDeviceEvent((device, event) => this.#event(device, event));
  }

  /** Filters of incoming packets, behind the checks of length and before all others. */
  get inputHooks(): ArpHooks {
    return this.#receiver.hooks;
  }

  /** Filters of outgoing packets. */
  get outputHooks(): ArpHooks {
    return this.sender.hooks;
  }

  /** Counts of a device's ARP frames, by kind. */
  counters(device: NetDevice): ArpCounters {
    return this.#counters.of(device);
  }

  /** Returns the key of an address on a device. Loopback and point-to-point devices have one neighbour, whatever the address. */
  keyOf(address: number, device: NetDevice): number {
    return device.loopback || device.pointToPoint ? 0 : address;
  }

  /** Finds or makes the entry of a neighbour; null when there can be none. */
  neighbour(address: number, device: NetDevice): Neighbour | null {
    const key = this.keyOf(address, device);
    return this.table.find(key, device) ?? this.table.create(key, device);
  }

  construct(entry: Neighbour): boolean {
    const { device } = entry;
    if (device.mtu < MIN_MTU) return false;
    entry.key = this.keyOf(entry.key, device);
    const type = this.fib.addressType(entry.key);
    entry.multicast = type === AddressType.MULTICAST;
    if (entry.multicast) {
      // The low 23 bits of the group stand behind 01:00:5e (RFC 1112 6.4).
      entry.nudState = Nud.NOARP;
      entry.addressHigh = 0x0100;
      entry.addressLow = 0x5e000000 | (entry.key & 0x7fffff);
    } else if (device.noArp || device.loopback) {
      entry.nudState = Nud.NOARP;
      entry.setAddress(device.address, 0);
    } else if (type === AddressType.BROADCAST || device.pointToPoint) {
      entry.nudState = Nud.NOARP;
      entry.setAddress(device.broadcast, 0);
    }
    return true;
  }

  solicit(entry: Neighbour, packet: SkBuff | null): void {
    const { device, key } = entry;
    const unicast = probesUnicast(entry);
    const source = this.policy.sourceFor(device, key, packet);
    const { sender } = this;
    const sent = unicast
      ? sender.request(device, entry.addressHigh, entry.addressLow, source, key)
      : sender.requestAll(device, source, key);
    if (!sent) return;
    const counters = this.counters(device);
    if (unicast) counters.requestsUnicast++;
    else counters.requestsBroadcast++;
  }

  reportError(entry: Neighbour, packet: SkBuff): void {
    this.#unreachable(packet, entry.device);
  }

  isNextHop({ key, device }: Neighbour): boolean {
    const leads = (leg: RouteEntry): boolean => leg.gateway !== 0 && leg.gateway === key && leg.device === device;
    return this.fib.routes.list.some((route) => leads(route) || route.nexthops.some(leads));
  }

  receive(skb: SkBuff, device: NetDevice): void {
    this.#receiver.receive(skb, device);
  }

  /** Removes the entries of a device that has lost its last IPv4 address. */
  addressless(device: NetDevice): void {
    this.table.ifdown(device, false);
  }

  /** Notes that a device has got an address. */
  addressed(device: NetDevice, address: number): void {
    this.table.parametersOf(device).pin();
    const wired = device.hasCarrier && !device.noArp && !device.loopback;
    if (this.table.policy.defends && wired) this.defence.addressed(device, address);
  }

  /** Returns true when the link address at bytes[at..at+6) belongs to a device of ours. */
  isOurs(bytes: Uint8Array, at: number): boolean {
    return this.#network.devices.some((device) => sameMac(bytes, at, device.address, 0));
  }

  /** Announces our addresses to everybody on the link (RFC 5227 3): one request for each, in the order of their list. */
  announce(device: NetDevice): void {
    for (const { local } of this.fib.addresses.of(device)) this.#announceOne(device, local);
  }

  /** Announces one address. Returns true when the request was sent. */
  #announceOne(device: NetDevice, local: number): boolean {
    if (!device.up || !this.fib.confirms(device, 0, local, Scope.HOST)) return false;
    if (!this.sender.requestAll(device, local, local)) return false;
    this.counters(device).requestsBroadcast++;
    return true;
  }

  /** Asks everybody on the link whether they have an address that we do not use yet (RFC 5227 2.1.1). */
  #probe(device: NetDevice, address: number): void {
    if (device.up && this.sender.requestAll(device, 0, address)) this.counters(device).requestsBroadcast++;
  }

  /** Detaches this namespace's devices from the table, or closes a table that nobody shares. */
  close(): void {
    this.defence.stop();
    if (!this.#shared) this.table.close();
    else for (const device of this.#network.devices) this.table.detach(device);
  }

  #event(device: NetDevice, event: DeviceEvent): void {
    const { table } = this;
    switch (event) {
      case "register":
        table.attach(device, { family: this, namespace: this.namespace });
        return;
      case "unregister":
        table.detach(device);
        this.#counters.forget(device);
        return;
      case "up":
        if (device.loopback) table.parametersOf(device).pin();
        this.#announceIfAsked(device);
        return;
      case "down":
        this.defence.forget(device);
        table.ifdown(device, false);
        return;
      case "carrier-up":
        table.strategy?.carrierReturned(device);
        if (this.table.policy.defends) this.#announceIfAsked(device);
        else this.defence.restored(device);
        return;
      case "carrier-down":
        if (this.fib.conf.on(device).arpEvictNocarrier) table.ifdown(device, true);
        return;
      case "address":
      case "replaced":
        // Linux loses its static entries with the interface. Here the device has stayed, and perhaps nobody is there to set them again.
        table.flushDevice(device, event === "replaced");
        // An announcement of a moment ago named the old link address.
        this.defence.forget(device);
        this.#announceIfAsked(device);
        return;
      case "arp":
        table.flushDevice(device, false);
    }
  }

  #announceIfAsked(device: NetDevice): void {
    if (this.table.policy.defends) for (const { local } of this.fib.addresses.of(device)) this.addressed(device, local);
    else if (device.up && this.fib.conf.on(device).arpNotify !== 0) this.announce(device);
  }
}
