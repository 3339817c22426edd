/**
 * IPv4 for a host (RFC 791, RFC 1122 3): checks what comes in and hands it to its protocol; finds route and neighbour for what goes
 * out. It does not forward, fragment or reassemble.
 */
import type { Task } from "../../hal/clock.ts";
import { DropReason } from "../../hal/drop-reason.ts";
import type { Random } from "../../hal/random.ts";
import { Checksum, DropCounters, PacketType, type SkBuff, SkBuffQueue } from "../../hal/skbuff.ts";
import { Arp, type ArpInet } from "../neigh/arp.ts";
import { AddressType } from "../neigh/entry.ts";
import { type Fate, output } from "../neigh/machine.ts";
import type { NetDevice } from "../net/device.ts";
import { ETH_P_IP } from "../net/ethernet.ts";
import type { Network, PacketHandler } from "../net/network.ts";
import { INADDR_ANY, INADDR_BROADCAST, isLoopback, isMulticast, isZeronet } from "./address.ts";
import { Addresses, type InterfaceAddress } from "./addresses.ts";
import { finish, sumBytes } from "./checksum.ts";
import { optionsAcceptable } from "./ipv4-options.ts";
import { Routes } from "./routes.ts";
import { truesizeOf } from "./truesize.ts";

/** Offsets in the header (RFC 791 3.1). */
export const IP_VERSION_IHL = 0;
export const IP_TOS = 1;
export const IP_TOTAL_LENGTH = 2;
export const IP_ID = 4;
export const IP_FRAGMENT = 6;
export const IP_TTL = 8;
export const IP_PROTOCOL = 9;
export const IP_CHECKSUM = 10;
export const IP_SOURCE = 12;
export const IP_DESTINATION = 16;
/** Bytes of a header without options. */
export const IP_HEADER = 20;

const FRAGMENT_DF = 0x4000;
/** More-fragments flag and offset: set in any part of a fragmented datagram. */
const FRAGMENT_PART = 0x3fff;

const DEFAULT_TTL = 64;
/** Multicast stays on the link unless somebody asks otherwise (RFC 1112 6.1). */
const MULTICAST_TTL = 1;
/** Largest packet to ourselves: what a buffer holds, as on a wire. */
const LOCAL_MTU = 1500;
/** Packets to ourselves that may wait for their turn (net.core.netdev_max_backlog). */
const BACKLOG = 1000;

/** A protocol above IPv4. It owns the packet, which begins behind the IP header; skb.network is the IP header's offset. */
export interface IpProtocol {
  /** @returns NONE when the packet was taken in and its buffer consumed or reused; else why it is to be dropped */
  receive(skb: SkBuff, device: NetDevice, source: number, destination: number): DropReason;
}

export class Ipv4 implements PacketHandler, ArpInet {
  readonly addresses: Addresses = new Addresses();
  readonly routes: Routes = new Routes();
  readonly arp: Arp;
  /** Packets that found no way out. */
  readonly drops: DropCounters = new DropCounters();
  readonly #protocols = new Map<number, IpProtocol>();
  readonly #backlog = new SkBuffQueue();
  readonly #loop: Task;

  constructor(network: Network, random: Random) {
    this.arp = new Arp(network, random, this);
    this.#loop = network.clock.task(() => this.#deliverBacklog());
    network.handle(ETH_P_IP, this);
  }

  handle(protocol: number, handler: IpProtocol): void {
    this.#protocols.set(protocol, handler);
  }

  /** Gives a device an address, and the stack the route to its subnet. */
  addAddress(device: NetDevice, local: number, prefixLength: number): InterfaceAddress {
    const address = this.addresses.add(device, local, prefixLength);
    if (prefixLength < 32 && !address.secondary) {
      this.routes.add({ destination: local & address.mask, prefixLength, device, source: local, protocol: "kernel" });
    }
    return address;
  }

  /** The source address of packets to `destination`; 0 when there is no route. */
  sourceTo(destination: number): number {
    if (this.addresses.isLocal(destination)) return destination;
    const route = this.routes.lookup(destination);
    if (!route) return 0;
    return route.source || this.addresses.select(route.device, route.gateway || destination);
  }

  /** Bytes behind the IP header that go to the destination in one packet; -1 when there is no route. */
  maxPayload(destination: number): number {
    if (this.addresses.isLocal(destination)) return LOCAL_MTU - IP_HEADER;
    const route = this.routes.lookup(destination);
    return route ? route.device.mtu - IP_HEADER : -1;
  }

  /**
   * Sends what begins at skb.data as the payload of one packet. The buffer is not the caller's any more.
   * @param ttl 0 for the default of the destination
   * @param tos type of service
   */
  send(skb: SkBuff, source: number, destination: number, protocol: number, ttl = 0, tos = 0): Fate {
    const length = skb.length;
    const at = skb.push(IP_HEADER);
    const view = skb.view;
    view.setUint16(at + IP_VERSION_IHL, 0x4500 | tos);
    view.setUint16(at + IP_TOTAL_LENGTH, IP_HEADER + length);
    // A datagram that cannot be fragmented needs no identification (RFC 6864 4.1).
    view.setUint16(at + IP_ID, 0);
    view.setUint16(at + IP_FRAGMENT, FRAGMENT_DF);
    view.setUint8(at + IP_TTL, ttl || (isMulticast(destination) ? MULTICAST_TTL : DEFAULT_TTL));
    view.setUint8(at + IP_PROTOCOL, protocol);
    view.setUint16(at + IP_CHECKSUM, 0);
    view.setInt32(at + IP_SOURCE, source);
    view.setInt32(at + IP_DESTINATION, destination);
    view.setUint16(at + IP_CHECKSUM, finish(sumBytes(view, at, IP_HEADER)));
    skb.network = at;
    skb.protocol = ETH_P_IP;
    skb.truesize = truesizeOf(length);
    return this.#route(skb, destination);
  }

  receive(skb: SkBuff, device: NetDevice): void {
    const reason = skb.packetType === PacketType.OTHERHOST ? DropReason.OTHERHOST : this.#input(skb, device, false);
    if (reason !== DropReason.NONE) device.drops.drop(skb, reason);
  }

  // What ARP asks.

  addressType(address: number, device: NetDevice): AddressType {
    if (isMulticast(address)) return AddressType.MULTICAST;
    if (address === INADDR_ANY || address === INADDR_BROADCAST || this.addresses.isBroadcast(address, device)) {
      return AddressType.BROADCAST;
    }
    return this.addresses.isLocal(address) ? AddressType.LOCAL : AddressType.UNICAST;
  }

  isLocal(address: number): boolean {
    return this.addresses.isLocal(address);
  }

  sourceFor(device: NetDevice, target: number, packet: SkBuff | null): number {
    if (packet) {
      const source = packet.view.getInt32(packet.network + IP_SOURCE);
      if (this.addresses.isLocal(source)) return source;
    }
    return this.addresses.select(device, target);
  }

  acceptsFrom(source: number): boolean {
    return !(isMulticast(source) || isZeronet(source) || isLoopback(source) || source === INADDR_BROADCAST || this.isLocal(source));
  }

  resend(packet: SkBuff): void {
    this.#route(packet, packet.view.getInt32(packet.network + IP_DESTINATION));
  }

  #route(skb: SkBuff, destination: number): Fate {
    if (this.addresses.isLocal(destination)) return this.#toOurselves(skb);
    const route = this.routes.lookup(destination);
    if (!route) return this.#refuse(skb, DropReason.IP_OUTNOROUTES);
    if (skb.length > route.device.mtu) return this.#refuse(skb, DropReason.PKT_TOO_BIG);
    const table = this.arp.table;
    const nextHop = this.#nextHop(destination, route.gateway, route.device);
    const entry = table.find(nextHop, route.device) ?? table.create(nextHop, route.device);
    return entry ? output(entry, skb) : this.#refuse(skb, DropReason.NEIGH_CREATEFAIL);
  }

  /** Broadcast and multicast are for the link itself, whatever gateway the route has. */
  #nextHop(destination: number, gateway: number, device: NetDevice): number {
    if (gateway === 0 || destination === INADDR_BROADCAST || isMulticast(destination)) return destination;
    return this.addresses.isBroadcast(destination, device) ? destination : gateway;
  }

  #refuse(skb: SkBuff, reason: DropReason): DropReason {
    this.drops.drop(skb, reason);
    return reason;
  }

  #toOurselves(skb: SkBuff): Fate {
    if (this.#backlog.length >= BACKLOG) return this.#refuse(skb, DropReason.CPU_BACKLOG);
    skb.checksum = Checksum.UNNECESSARY;
    skb.packetType = PacketType.HOST;
    this.#backlog.enqueue(skb);
    this.#loop.schedule();
    return DropReason.NONE;
  }

  #deliverBacklog(): void {
    for (let left = this.#backlog.length; left > 0; left--) {
      const skb = this.#backlog.dequeue() as SkBuff;
      const own = this.addresses.find(skb.view.getInt32(skb.network + IP_DESTINATION));
      const reason = own ? this.#input(skb, own.device, true) : DropReason.IP_NOT_LOCAL;
      if (reason !== DropReason.NONE) this.#refuse(skb, reason);
    }
  }

  /** Returns NONE when somebody took the packet. */
  #input(skb: SkBuff, device: NetDevice, loopback: boolean): DropReason {
    const { view, data: at, length } = skb;
    if (length < IP_HEADER) return DropReason.PKT_TOO_SMALL;
    const headerLength = (view.getUint8(at + IP_VERSION_IHL) & 15) * 4;
    if (view.getUint8(at + IP_VERSION_IHL) >> 4 !== 4 || headerLength < IP_HEADER || headerLength > length)
      return DropReason.IP_INHDR;
    if (finish(sumBytes(view, at, headerLength)) !== 0) return DropReason.IP_CSUM;
    const totalLength = view.getUint16(at + IP_TOTAL_LENGTH);
    if (totalLength < headerLength) return DropReason.IP_INHDR;
    if (totalLength > length) return DropReason.PKT_TOO_SMALL;
    if (headerLength > IP_HEADER && !optionsAcceptable(skb.bytes, at + IP_HEADER, at + headerLength)) return DropReason.IP_INHDR;
    skb.trim(totalLength);

    const source = view.getInt32(at + IP_SOURCE);
    const destination = view.getInt32(at + IP_DESTINATION);
    if (!loopback && !this.acceptsFrom(source)) return DropReason.IP_INADDRERRORS;
    if (this.addresses.isBroadcast(source, device)) return DropReason.IP_INADDRERRORS;
    const type = this.addressType(destination, device);
    if (type === AddressType.UNICAST || destination === INADDR_ANY) return DropReason.IP_NOT_LOCAL;
    if (type === AddressType.MULTICAST) return DropReason.IP_NOT_LOCAL;
    if (view.getUint16(at + IP_FRAGMENT) & FRAGMENT_PART) return DropReason.IP_FRAGMENT;

    const protocol = this.#protocols.get(view.getUint8(at + IP_PROTOCOL));
    if (!protocol) return DropReason.IP_NOPROTO;
    skb.network = at;
    skb.transport = skb.pull(headerLength);
    return protocol.receive(skb, device, source, destination);
  }
}
