/**
 * IPv6 (RFC 8200): checks packets that come in and hands them to their protocol; finds route and neighbour of packets that go out. The
 * neighbours are ndisc/'s, messages about packets icmp6.ts's.
 */
import { DropReason } from "../../hal/drop-reason.ts";
import type { Random } from "../../hal/random.ts";
import { DropCounters, PacketType, type SkBuff, type SkBuffQueue } from "../../hal/skbuff.ts";
import { AddressType } from "../ip/address-type.ts";
import { Fragmentation } from "../ip/fragmentation.ts";
import type { Ip6, Ip6Interner } from "../ip/ip6.ts";
import type { IpLayer, IpProtocol } from "../ip/layer.ts";
import { OwnCopies, turnRound } from "../ip/own-copies.ts";
import { truesizeOf } from "../ip/truesize.ts";
import type { DoubtCause, Neighbour } from "../neigh/entry.ts";
import { confirm, doubt, type Fate, output } from "../neigh/machine.ts";
import type { NeighbourSource } from "../neigh/service.ts";
import { confirmSender } from "../neigh/update.ts";
import type { Backlog, BacklogTarget } from "../net/backlog.ts";
import type { NetDevice } from "../net/device.ts";
import { ETH_P_IPV6 } from "../net/ethernet.ts";
import { Generation } from "../net/generation.ts";
import type { Network, PacketHandler } from "../net/network.ts";
import { isLinkBound, isMulticast6 } from "./common/address-kind.ts";
import { Ip6Counters } from "./common/counters.ts";
import {
  ADDRESS_UNREACHABLE,
  ICMP6_REDIRECT,
  ICMP6_TIME_EXCEEDED,
  ICMP6_UNREACHABLE,
  type Ip6Errors,
  PORT_UNREACHABLE6,
  REASSEMBLY_TIME6,
} from "./common/icmp6-types.ts";
import { Ip6Log } from "./common/log.ts";
import { Ip6Received } from "./common/received.ts";
import { watchDevices } from "./devices.ts";
import { Extensions, Walk } from "./extensions.ts";
import { labelOf } from "./flow-labels.ts";
import { Forwarding6 } from "./forwarding.ts";
import { adaptHeaders6, Fragments, pushFragmentHeader } from "./fragments.ts";
import { NextHeader } from "./header/extension-headers.ts";
import {
  IP6_DESTINATION,
  IP6_HEADER,
  IP6_LENGTH,
  IP6_MOST_PAYLOAD,
  IP6_NEXT,
  IP6_SOURCE,
  writeIp6Header,
} from "./header/ip6-header.ts";
import { hasRouterAlert } from "./mld/wire.ts";
import { Ndisc } from "./ndisc/ndisc.ts";
import { Redirects6 } from "./redirects.ts";
import type { Ip6Addresses } from "./routing/addresses.ts";
import { Ip6Devconfs } from "./routing/devconf.ts";
import { Fib6 } from "./routing/fib.ts";
import type { Ip6Groups } from "./routing/groups.ts";
import { admit, KnownWays } from "./routing/known-ways.ts";
import { type Ip6Way, OutputRouter6 } from "./routing/output-route.ts";
import type { Ip6Route } from "./routing/route.ts";
import type { Ip6Routes } from "./routing/routes.ts";
import { Ip6Settings } from "./settings.ts";
import { launch6, straighten6 } from "./straight.ts";

// Constants of this module's own: V8 reads an imported or exported one anew at each use (docs/datapath.md).
const { NONE, QDISC_DROP, NEIGH_CREATEFAIL } = DropReason;
const { HOST, OTHERHOST } = PacketType;
const [HEADER, LENGTH, NEXT, SOURCE, DESTINATION] = [IP6_HEADER, IP6_LENGTH, IP6_NEXT, IP6_SOURCE, IP6_DESTINATION];
const { HOP_BY_HOP } = NextHeader;

/** Number of identifications of packets in fragments. */
const IDENTIFICATIONS = 0x100000000;

/** The version, in the first octet. */
const VERSION = 6;

export class Ipv6 implements IpLayer, PacketHandler, BacklogTarget {
  readonly family = 6;
  readonly groups: Ip6Groups;
  readonly headerBytes: number = IP6_HEADER;
  readonly maxPayload: number = IP6_MOST_PAYLOAD;
  readonly unspecified: Ip6;
  readonly checksumRequired = true;
  readonly conf: Ip6Devconfs;
  readonly settings: Ip6Settings = new Ip6Settings();
  readonly fib: Fib6;
  readonly ndisc: Ndisc;
  readonly #forwarding: Forwarding6;
  /** Packets dropped on the way out, before they had a device. */
  readonly drops: DropCounters = new DropCounters();
  readonly counters: Ip6Counters = new Ip6Counters();
  readonly log: Ip6Log;
  /** Sends ICMPv6 errors. */
  errors: Ip6Errors | null = null;
  /** The device of packets to ourselves; without one they take a short cut. */
  loopback: NetDevice | null = null;
  readonly #interner: Ip6Interner;
  readonly #output: OutputRouter6;
  readonly #known: KnownWays;
  /** The header of the packet that is being received. */
  readonly #received: Ip6Received;
  /** By number. */
  readonly #protocols: (IpProtocol | undefined)[] = new Array<IpProtocol | undefined>(256).fill(undefined);
  readonly #backlog: Backlog;
  readonly #trafficConfirms: boolean;
  readonly #copies: OwnCopies;
  readonly fragments: Fragments;
  readonly #fragmentation: Fragmentation;
  /** Draws the identifications of packets in fragments. */
  readonly #random: Random;
  readonly #extensions: Extensions;
  readonly #emit = (skb: SkBuff, way: Ip6Way): Fate => this.#transmit(skb, way);

  constructor(network: Network, random: Random, interner: Ip6Interner, options: NeighbourSource = {}) {
    this.#interner = interner;
    this.log = new Ip6Log(network.clock);
    const changes = new Generation(network.changes);
    this.conf = new Ip6Devconfs(changes);
    this.fib = new Fib6(
      network.clock,
      interner,
      this.conf,
      changes,
      () => network.devices,
      (gateway, device) => this.fib.conf.all.forwarding === 0 && this.ndisc.isDead(gateway, device),
      random.fork("identifiers"),
    );
    this.unspecified = this.fib.known.unspecified;
    this.groups = this.fib.groups;
    this.#output = new OutputRouter6(this.fib, network.changes, (to, device) => this.ndisc.routerProbe.probe(to, device));
    this.#known = new KnownWays(this.fib);
    this.#received = new Ip6Received(this, this.unspecified);
    const unreachable = (packet: SkBuff, device: NetDevice): void =>
      this.errors?.sendError(packet, device, ICMP6_UNREACHABLE, ADDRESS_UNREACHABLE);
    this.ndisc = new Ndisc({ network, random, fib: this.fib, counters: this.counters, unreachable }, options);
    const redirects = new Redirects6(this);
    this.ndisc.handle(ICMP6_REDIRECT, (skb, packet) => redirects.take(skb, packet));
    this.#forwarding = new Forwarding6(this, redirects);
    this.#trafficConfirms = this.ndisc.table.policy.trafficConfirms;
    this.#backlog = network.backlog;
    this.#copies = new OwnCopies(network, this.drops, (skb, device) => {
      const reason = this.#input(skb, device);
      if (reason !== NONE) device.drops.drop(skb, reason);
    });
    const late = (first: SkBuff, device: NetDevice): void =>
      this.errors?.sendError(first, device, ICMP6_TIME_EXCEEDED, REASSEMBLY_TIME6);
    this.#random = random.fork("fragments");
    this.fragments = new Fragments(network, this.counters.ip, this.settings, this.#random.below(IDENTIFICATIONS), late);
    this.#fragmentation = new Fragmentation(network, this.counters.ip, this.drops, adaptHeaders6);
    this.#extensions = new Extensions(this.counters, this.fragments, () => this.errors);
    network.handle(ETH_P_IPV6, this);
    watchDevices(network, this, this.fragments);
  }

  get addresses(): Ip6Addresses {
    return this.fib.addresses;
  }

  get routes(): Ip6Routes {
    return this.fib.routes;
  }

  handle(protocol: number, handler: IpProtocol): void {
    this.#protocols[protocol] = handler;
  }

  /** Returns the handler of an IP protocol. */
  handlerOf(protocol: number): IpProtocol | undefined {
    return this.#protocols[protocol];
  }

  isLocal(address: Ip6, device: NetDevice | null = null): boolean {
    return this.fib.addressType(address, device) === AddressType.LOCAL;
  }

  deviceWith(address: Ip6): NetDevice | null {
    return this.addresses.find(address)?.device ?? null;
  }

  canBind(address: Ip6): boolean {
    return isMulticast6(address) || this.isLocal(address);
  }

  way(destination: Ip6, source: Ip6 | null, device: NetDevice | null = null): Ip6Way {
    return this.#output.make(destination, source, device);
  }

  refresh(way: Ip6Way): void {
    this.#output.refresh(way);
  }

  wayBack({ source, destination, device }: Ip6Received): Ip6Way {
    return this.wayOfAnswer(source, destination, device);
  }

  deviceOf(address: Ip6, device: NetDevice | null): NetDevice | null {
    return isLinkBound(address) && device?.loopback !== true ? device : null;
  }

  /**
   * Returns the way of an answer, for senders that keep no destination. Up to date.
   * @param source null for the best address
   * @param device the one by which the packet came that is answered
   */
  wayOfAnswer(destination: Ip6, source: Ip6 | null, device: NetDevice): Ip6Way {
    return this.#output.to(destination, source, this.deviceOf(destination, device));
  }

  send(skb: SkBuff, way: Ip6Way, protocol: number, hops = 0, tos = 0): Fate {
    return this.sendLabelled(skb, way, protocol, hops, tos, labelOf(this.settings, skb, way, protocol));
  }

  /** Sends a packet with this flow label; 0 for none. */
  sendLabelled(skb: SkBuff, way: Ip6Way, protocol: number, hops: number, tos: number, label: number): Fate {
    const plain = hops === 0 && tos === 0 && skb.confirm === false && skb.truesize !== 0 && skb.tail - skb.data <= way.room;
    if (plain === false || (way.straight === false && straighten6(way) === false)) {
      return this.#send(skb, way, protocol, hops, tos, label);
    }
    const { ip } = this.counters;
    ip.outRequests++;
    ip.outTransmits++;
    ip.outOctets += skb.tail - skb.data + HEADER;
    const fate = launch6(skb, way, protocol, label);
    if (fate === QDISC_DROP) ip.outDiscards++;
    return fate;
  }

  confirm(way: Ip6Way): void {
    const entry = this.#nextHopOf(way);
    if (entry) confirm(entry);
  }

  doubt(way: Ip6Way, cause: DoubtCause): void {
    doubt(this.#nextHopOf(way), cause);
  }

  /** The one neighbour that packets by the way go to. */
  #nextHopOf(way: Ip6Way): Neighbour | null {
    this.refresh(way);
    return way.route && !way.toOurselves && !way.toMany ? this.#neighbour(way, way.route.device) : null;
  }

  pseudoHeader(source: Ip6, destination: Ip6, protocol: number, length: number): number {
    return source.sum + destination.sum + protocol + length;
  }

  refuse(skb: SkBuff, packet: Ip6Received): void {
    this.errors?.sendError(skb, packet.device, ICMP6_UNREACHABLE, PORT_UNREACHABLE6);
  }

  receive(skb: SkBuff, device: NetDevice): void {
    if (this.ndisc.askers.answer(skb, device)) return;
    const reason = skb.packetType === OTHERHOST ? DropReason.OTHERHOST : this.#input(skb, device);
    if (reason !== NONE) device.drops.drop(skb, reason);
  }

  receiveList(list: SkBuffQueue, device: NetDevice): void {
    for (let skb = list.dequeue(); skb; skb = list.dequeue()) this.receive(skb, device);
  }

  /** Takes a packet to ourselves, where there is no loopback device. */
  backlogged(skb: SkBuff): void {
    const destination = this.#interner.read(skb.view, skb.network + IP6_DESTINATION);
    const device = this.addresses.find(destination)?.device;
    const reason = device ? this.#input(skb, device) : DropReason.IP_NOT_LOCAL;
    if (reason !== NONE) this.#refuse(skb, reason);
  }

  #send(skb: SkBuff, way: Ip6Way, protocol: number, hops: number, tos: number, label: number): Fate {
    const { destination, source, route } = way;
    const { length } = skb;
    const at = skb.push(HEADER);
    writeIp6Header(skb.view, at, source, destination, protocol, length, hops || way.hops, tos, label);
    skb.network = at;
    skb.protocol = ETH_P_IPV6;
    if (skb.truesize === 0) skb.truesize = truesizeOf(skb.length);
    const { ip } = this.counters;
    if (!route) {
      if (way.failure === DropReason.IP_OUTNOROUTES) ip.outNoRoutes++;
      return this.#refuse(skb, way.failure);
    }
    ip.outRequests++;
    const fate = length > way.room ? this.#inFragments(skb, way) : this.#transmit(skb, way);
    if (fate === NEIGH_CREATEFAIL || fate === QDISC_DROP) ip.outDiscards++;
    return fate;
  }

  #inFragments(skb: SkBuff, way: Ip6Way): Fate {
    // Nobody can tell the next one from this one (RFC 7739), and none is 0.
    const headerBytes = pushFragmentHeader(skb, 1 + this.#random.below(IDENTIFICATIONS - 1));
    return this.#fragmentation.send(skb, headerBytes, way.room + HEADER, this.#emit, way);
  }

  #transmit(skb: SkBuff, way: Ip6Way): Fate {
    const { ip } = this.counters;
    const { device } = way.route as Ip6Route;
    ip.outTransmits++;
    ip.outOctets += skb.length;
    if (way.toOurselves) return this.#toOurselves(skb, way);
    if (way.toMany) {
      skb.confirm = false;
      ip.outMcastPkts++;
      ip.outMcastOctets += skb.length;
      const heard = !device.loopback && way.manner.loop && this.groups.hears(device, way.destination, way.source);
      if (heard) this.#copies.loop(skb, device);
    }
    return this.#toNextHop(skb, way, device);
  }

  #toNextHop(skb: SkBuff, way: Ip6Way, device: NetDevice): Fate {
    const { nextHop } = way;
    const { table } = this.ndisc;
    const entry = this.#neighbour(way, device) ?? table.create(nextHop.d, device, device.loopback, 0, nextHop);
    way.neighbour = entry;
    return entry ? output(entry, skb) : this.#refuse(skb, NEIGH_CREATEFAIL);
  }

  /** Finds the next hop's entry, if there is one. The way keeps it until it is removed from its table. */
  #neighbour(way: Ip6Way, device: NetDevice): Neighbour | null {
    if (way.neighbour === null || way.neighbour.dead) {
      way.neighbour = this.ndisc.table.find(way.nextHop.d, device, way.nextHop);
    }
    return way.neighbour;
  }

  #refuse(skb: SkBuff, reason: DropReason): DropReason {
    this.drops.drop(skb, reason);
    return reason;
  }

  #toOurselves(skb: SkBuff, way: Ip6Way): Fate {
    turnRound(skb);
    if (this.loopback) return this.#toNextHop(skb, way, this.loopback);
    return this.#backlog.enqueue(skb, this) ? NONE : this.#refuse(skb, DropReason.CPU_BACKLOG);
  }

  /** Returns NONE when the packet was taken, else the reason to drop it. */
  #input(skb: SkBuff, device: NetDevice): DropReason {
    const { ip } = this.counters;
    const { view, data: at, length } = skb;
    ip.inReceives++;
    ip.inOctets += length;
    if (length < HEADER || view.getUint8(at) >>> 4 !== VERSION) {
      ip.inHdrErrors++;
      return length < HEADER ? DropReason.PKT_TOO_SMALL : DropReason.IP_INHDR;
    }
    ip.inEcn[(view.getUint8(at + 1) >>> 4) & 3]!++;
    const end = at + HEADER + view.getUint16(at + LENGTH);
    if (end > skb.tail) {
      ip.inTruncatedPkts++;
      return DropReason.PKT_TOO_SMALL;
    }
    skb.tail = end;
    skb.network = at;
    const source = this.#interner.read(view, at + SOURCE);
    const destination = this.#interner.read(view, at + DESTINATION);
    if (view.getUint8(at + NEXT) === HOP_BY_HOP) {
      const reason = this.#extensions.hopByHop(skb, device, destination);
      if (reason !== NONE) return reason;
    }
    const toMany = isMulticast6(destination);
    if (toMany) {
      ip.inMcastPkts++;
      ip.inMcastOctets += length;
    }
    if (this.#trafficConfirms || !this.#known.has(destination, source, device)) {
      const reason = admit(this.fib, source, destination, device);
      if (reason !== NONE) return this.#turnedAway(skb, device, source, destination, reason);
      this.#known.add(destination, source, device);
      if (this.#trafficConfirms && skb.packetType === HOST) this.#heard(skb, device, source);
    }
    return this.#deliver(skb, device, source, destination, !toMany, false);
  }

  /** Counts a packet with addresses that may not be there, hands one for others on, and takes a router's about a group from any source. */
  #turnedAway(skb: SkBuff, device: NetDevice, source: Ip6, destination: Ip6, reason: DropReason): DropReason {
    const { ip } = this.counters;
    if (reason === DropReason.IP_NOT_LOCAL) {
      if (!this.#forwarding.isForProxy(skb, device, destination)) return this.#forwarding.take(skb, device, source, destination);
      return this.#deliver(skb, device, source, destination, true, false);
    }
    const asked = reason === DropReason.IP_INADDRERRORS && this.groups.has(device, destination);
    if (asked && hasRouterAlert(skb.view, skb.network)) return this.#deliver(skb, device, source, destination, false, false);
    if (reason === DropReason.IP_INHDR) ip.inHdrErrors++;
    else if (reason === DropReason.IPV6DISABLED) ip.inDiscards++;
    return reason;
  }

  /**
   * Hands a packet that is for us to its protocol. Returns NONE when it was taken.
   * @param fragmented it was put together from fragments
   */
  #deliver(skb: SkBuff, device: NetDevice, source: Ip6, destination: Ip6, toUsAlone: boolean, fragmented: boolean): DropReason {
    const { view, network: at } = skb;
    const { ip } = this.counters;
    if (toUsAlone && skb.packetType !== HOST && this.conf.on(device).dropUnicastInL2Multicast !== 0) {
      return DropReason.UNICAST_IN_L2_MULTICAST;
    }
    const nextAndHops = view.getUint16(at + NEXT);
    const packet = this.#received;
    packet.source = source;
    packet.destination = destination;
    packet.ttl = nextAndHops & 0xff;
    packet.toUsAlone = toUsAlone;
    packet.device = device;
    packet.fragmented = fragmented;
    const protocol = this.#protocols[nextAndHops >>> 8];
    if (protocol === undefined) return this.#behindExtensions(skb, packet);
    ip.inDelivers++;
    skb.transport = skb.pull(HEADER);
    return protocol.receive(skb, packet);
  }

  /** Hands a packet with extension headers, or of a protocol that nobody takes, on. Returns NONE when it was taken. */
  #behindExtensions(skb: SkBuff, packet: Ip6Received): DropReason {
    const { device, source, destination, toUsAlone } = packet;
    const extensions = this.#extensions;
    const result = extensions.walk(skb, device, source, destination);
    if (result > 0) return result as DropReason;
    if (result === Walk.TAKEN) return NONE;
    if (result === Walk.WHOLE) {
      const whole = this.fragments.whole as SkBuff;
      const reason = this.#deliver(whole, device, source, destination, toUsAlone, true);
      if (reason !== NONE) device.drops.drop(whole, reason);
      return NONE;
    }
    const { ip } = this.counters;
    const protocol = this.#protocols[extensions.next];
    if (protocol === undefined && extensions.next !== NextHeader.NONE) return extensions.refuse(skb, device);
    ip.inDelivers++;
    if (protocol === undefined) {
      skb.consume();
      return NONE;
    }
    packet.fragmented ||= extensions.fragmented;
    skb.data = extensions.at;
    skb.transport = extensions.at;
    return protocol.receive(skb, packet);
  }

  /** Confirms the next hop towards the source if the packet came straight from it (a profile's trafficConfirms). */
  #heard(skb: SkBuff, device: NetDevice, source: Ip6): void {
    const way = this.wayOfAnswer(source, null, device);
    if (way.route?.device !== device) return;
    confirmSender(this.#neighbour(way, device), skb);
  }
}
