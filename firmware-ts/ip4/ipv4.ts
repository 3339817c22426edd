/**
 * IPv4 (RFC 791, RFC 1122 3, RFC 1812): checks packets that come in and hands them to their protocol, or forwards them where the device's
 * `forwarding` is set; finds route and neighbour of packets that go out.
 */
import { DropReason } from "../../hal/drop-reason.ts";
import { ETHERNET_HEADER } from "../../hal/ethernet.ts";
import type { Random } from "../../hal/random.ts";
import { DropCounters, PacketType, type SkBuff, type SkBuffQueue } from "../../hal/skbuff.ts";
import { INADDR_ANY, type Ip4, isMulticast, readIp4 } from "../ip/address.ts";
import { AddressType } from "../ip/address-type.ts";
import { sumPseudoHeader } from "../ip/checksum.ts";
import { InetCounters } from "../ip/counters.ts";
import { Fragmentation } from "../ip/fragmentation.ts";
import type { Ip6 } from "../ip/ip6.ts";
import { type IpLayer, type IpProtocol, isUndivided, type Received, type SendManner } from "../ip/layer.ts";
import type { NextHops6, Unreachable } from "../ip/next-hops.ts";
import { OwnCopies, turnRound } from "../ip/own-copies.ts";
import { truesizeOf } from "../ip/truesize.ts";
import type { DoubtCause, Neighbour } from "../neigh/entry.ts";
import { confirm, doubt, type Fate, output } from "../neigh/machine.ts";
import type { NeighbourSource } from "../neigh/service.ts";
import { confirmSender } from "../neigh/update.ts";
import type { Backlog, BacklogTarget } from "../net/backlog.ts";
import type { NetDevice } from "../net/device.ts";
import { ETH_P_IP } from "../net/ethernet.ts";
import { Generation } from "../net/generation.ts";
import type { Network, PacketHandler } from "../net/network.ts";
import { Arp } from "./arp/arp.ts";
import { Delivery, UNKNOWN_PACKET } from "./delivery.ts";
import { Forwarding } from "./forwarding.ts";
import { adaptHeader4, Fragments } from "./fragments.ts";
import { checkHeader } from "./header/check.ts";
import { Identifications } from "./header/identification.ts";
import {
  headerLengthOf,
  IP_DESTINATION,
  IP_HEADER,
  IP_MOST,
  IP_PROTOCOL,
  IP_SOURCE,
  IP_TOS,
  writeHeader,
} from "./header/ip-header.ts";
import {
  HOST_UNREACHABLE,
  ICMP_DEST_UNREACH,
  ICMP_TIME_EXCEEDED,
  type IpErrors,
  PORT_UNREACHABLE,
  REASSEMBLY_TIME,
} from "./icmp-types.ts";
import { Igmp } from "./igmp/igmp.ts";
import { IGMP_TOS, IGMP_TTL, IPPROTO_IGMP } from "./igmp/wire.ts";
import type { Ip4Received } from "./received.ts";
import { Redirects } from "./redirects.ts";
import { countRefusal, treatmentOf } from "./refused.ts";
import type { Addresses } from "./routing/addresses.ts";
import { Devconfs } from "./routing/devconf.ts";
import { Fib } from "./routing/fib.ts";
import { Groups } from "./routing/groups.ts";
import { InputRoute, InputRouter, InputWay, type Refusal } from "./routing/input-route.ts";
import { Ip4Way, OutputRouter } from "./routing/output-route.ts";
import { RouteLog } from "./routing/route-log.ts";
import type { Route, Routes } from "./routing/routes.ts";
import { Ip4Settings } from "./settings.ts";
import { launch, straighten } from "./straight.ts";

// Constants of this module's own: V8 reads an imported or exported one anew at each use (docs/datapath.md).
const { NONE, QDISC_DROP } = DropReason;
const { HOST, OTHERHOST } = PacketType;
const [SOURCE, DESTINATION] = [IP_SOURCE, IP_DESTINATION];
const UNKNOWN = UNKNOWN_PACKET;

/** Multicast stays on the link unless somebody asks otherwise (RFC 1112 6.1). */
const MULTICAST_TTL = 1;
/** None of our own listeners hears the packets. */
const UNHEARD: SendManner = { discovery: "do", loop: false };

export class Ipv4 implements IpLayer, PacketHandler, BacklogTarget {
  readonly family = 4;
  readonly headerBytes: number = IP_HEADER;
  readonly maxPayload: number = IP_MOST - IP_HEADER;
  readonly unspecified: Ip4 = INADDR_ANY;
  readonly checksumRequired = false;
  readonly conf: Devconfs;
  readonly settings: Ip4Settings;
  readonly fib: Fib;
  readonly arp: Arp;
  /** Packets dropped on the way out, before they had a device. */
  readonly drops: DropCounters = new DropCounters();
  readonly counters: InetCounters = new InetCounters();
  readonly log: RouteLog;
  /** Sends ICMP errors. */
  errors: IpErrors | null = null;
  /** The device of packets to ourselves; without one they take a short cut. */
  loopback: NetDevice | null = null;
  readonly #router: InputRouter;
  readonly #output: OutputRouter;
  /** The route of the packet that is being received. */
  readonly #route = new InputRoute();
  readonly #backlog: Backlog;
  readonly #trafficConfirms: boolean;
  readonly identifications: Identifications;
  readonly groups: Groups;
  readonly igmp: Igmp;
  readonly #copies: OwnCopies;
  readonly #forwarding: Forwarding;
  readonly redirects: Redirects;
  readonly fragments: Fragments;
  readonly delivery: Delivery;
  readonly #fragmentation: Fragmentation;
  readonly #unreachable: Unreachable = (packet, device) =>
    this.errors?.sendError(packet, device, ICMP_DEST_UNREACH, HOST_UNREACHABLE);
  readonly #emit = (skb: SkBuff, way: Ip4Way): Fate => this.#transmit(skb, way);

  constructor(network: Network, random: Random, options: NeighbourSource = {}) {
    this.identifications = new Identifications(random.fork("identification"));
    const changes = new Generation(network.changes);
    this.conf = new Devconfs(changes);
    this.settings = new Ip4Settings(changes);
    this.fib = new Fib(
      network.clock,
      this.conf,
      changes,
      {
        addressed: (device, address) => this.arp.addressed(device, address),
        addressless: (device) => this.arp.addressless(device),
      },
      ({ gateway, gateway6, device }) => device && this.#find(gateway, gateway6, device),
      this.settings,
    );
    this.log = new RouteLog(network.clock);
    this.#router = new InputRouter(this.fib, this.conf, this.log);
    this.#output = new OutputRouter(this.fib, network.changes);
    this.arp = new Arp({ network, random, fib: this.fib, router: this.#router, unreachable: this.#unreachable }, options);
    this.#trafficConfirms = this.arp.table.policy.trafficConfirms;
    this.fragments = new Fragments(
      network,
      this.counters.ip,
      this.settings,
      random.fork("fragments").below(0x100000000),
      (first, device) => this.errors?.sendError(first, device, ICMP_TIME_EXCEEDED, REASSEMBLY_TIME),
    );
    this.delivery = new Delivery(
      this,
      network.clock,
      this.fragments,
      (address) => this.addressType(address) === AddressType.UNICAST,
    );
    this.#fragmentation = new Fragmentation(network, this.counters.ip, this.drops, adaptHeader4);
    this.#forwarding = new Forwarding(this, this.#fragmentation);
    this.redirects = new Redirects(this.fib, this.arp, this.log);
    this.#backlog = network.backlog;
    network.handle(ETH_P_IP, this);
    this.groups = new Groups(this.fib.routes, changes, this.settings);
    this.igmp = new Igmp(this, network, random.fork("igmp"), this.arp.table);
    this.groups.watcher = this.igmp;
    this.handle(IPPROTO_IGMP, this.igmp);
    this.#copies = new OwnCopies(network, this.drops, (skb, device) => {
      this.counters.ip.inReceives++;
      const reason = this.delivery.deliver(skb, device, false);
      if (reason !== DropReason.NONE) device.drops.drop(skb, reason);
    });
    network.onDeviceEvent((device, event) => {
      this.fib.event(device, event);
      if (event === "register") this.groups.attach(device);
      else if (event === "unregister") this.groups.detach(device);
      else if (event === "down") this.fragments.forget(device);
      this.igmp.event(device, event);
    });
  }

  /** Lets routes lead by next hops of IPv6. */
  borrow(hops: NextHops6): void {
    this.fib.hops6 = hops;
    hops.unreachableOther = this.#unreachable;
  }

  get addresses(): Addresses {
    return this.fib.addresses;
  }

  get routes(): Routes {
    return this.fib.routes;
  }

  handle(protocol: number, handler: IpProtocol): void {
    this.delivery.handle(protocol, handler);
  }

  /** Returns the handler of an IP protocol. */
  handlerOf(protocol: number): IpProtocol | undefined {
    return this.delivery.handlerOf(protocol);
  }

  addressType(address: number): AddressType {
    return this.fib.addressType(address);
  }

  isLocal(address: Ip4): boolean {
    return this.addresses.isLocal(address);
  }

  deviceWith(address: Ip4): NetDevice | null {
    return this.addresses.find(address)?.device ?? null;
  }

  canBind(address: Ip4): boolean {
    return this.addressType(address) !== AddressType.UNICAST;
  }

  way(destination: Ip4, source: Ip4 | null, device: NetDevice | null = null): Ip4Way {
    return new Ip4Way(destination, source ?? INADDR_ANY, device);
  }

  refresh(way: Ip4Way): void {
    this.#output.refresh(way);
  }

  wayBack({ source, destination }: Ip4Received): Ip4Way {
    return this.wayOfAnswer(source, destination);
  }

  codepointOf({ view, network }: SkBuff): number {
    return view.getUint8(network + IP_TOS) & 3;
  }

  deviceOf(): null {
    return null;
  }

  /** The way of an answer from `source` (INADDR_ANY: from the best address), for senders that keep no destination. Up to date. */
  wayOfAnswer(destination: Ip4, source: Ip4): Ip4Way {
    return this.#output.to(destination, source);
  }

  send(skb: SkBuff, way: Ip4Way, protocol: number, ttl = 0, tos = 0): Fate {
    const plain = ttl === 0 && tos === 0 && skb.confirm === false && skb.truesize !== 0 && skb.tail - skb.data <= way.room;
    if (plain === false || (way.straight === false && straighten(way, this.settings.defaultTtl) === false)) {
      return this.#send(skb, way, protocol, ttl, tos, way.fragment, 0);
    }
    const { ip } = this.counters;
    ip.outRequests++;
    ip.outTransmits++;
    const fate = launch(skb, way, protocol, this.identifications);
    if (fate === QDISC_DROP) ip.outDiscards++;
    return fate;
  }

  /**
   * Sends an ICMP message by which we answer: routers may fragment it, however long the packet is that it answers.
   * @param options the answer of Delivery.optionsOfAnswer(), called just before
   */
  answer(skb: SkBuff, way: Ip4Way, protocol: number, tos: number, options: number): Fate {
    return this.#send(skb, way, protocol, 0, tos, 0, options);
  }

  /** Sends a message of IGMP, with a router alert. None of our own listeners hears it. */
  sendAlert(skb: SkBuff, device: NetDevice, destination: Ip4): void {
    const way = this.way(destination, null, device);
    this.refresh(way);
    if (this.addresses.of(device).length === 0) way.source = INADDR_ANY;
    way.behave(UNHEARD);
    this.#send(skb, way, IPPROTO_IGMP, IGMP_TTL, IGMP_TOS, way.fragment, this.delivery.alert());
  }

  #send(skb: SkBuff, way: Ip4Way, protocol: number, ttl: number, tos: number, fragment: number, options: number): Fate {
    const { destination, source, route } = way;
    const length = skb.length + options;
    const tooLong = route !== null && length > way.room;
    const at = skb.push(IP_HEADER + options);
    const id = this.#idBy(way, protocol);
    writeHeader(
      skb.view,
      at,
      source,
      destination,
      protocol,
      length,
      ttl || (isMulticast(destination) ? MULTICAST_TTL : this.settings.defaultTtl),
      tos,
      id,
      tooLong ? 0 : fragment,
    );
    if (options > 0) this.delivery.writeOptions(skb.view, at, options);
    skb.network = at;
    skb.protocol = ETH_P_IP;
    if (skb.truesize === 0) skb.truesize = truesizeOf(skb.length);
    const { ip } = this.counters;
    if (!route) {
      if (way.failure === DropReason.IP_OUTNOROUTES) ip.outNoRoutes++;
      return this.#refuse(skb, way.failure);
    }
    ip.outRequests++;
    if (way.toMany) this.#hear(skb, way, route.device);
    const fate = tooLong
      ? this.#fragmentation.send(skb, IP_HEADER + options, way.room + IP_HEADER, this.#emit, way)
      : this.#transmit(skb, way);
    if (fate === DropReason.NEIGH_CREATEFAIL || fate === DropReason.QDISC_DROP) ip.outDiscards++;
    return fate;
  }

  /** A packet that nobody may take apart needs no identification (RFC 6864 4.1). */
  #idBy({ source, destination, manner }: Ip4Way, protocol: number): number {
    return isUndivided(manner) ? 0 : this.identifications.next(source, destination, protocol);
  }

  confirm(way: Ip4Way): void {
    const entry = this.#nextHopOf(way);
    if (entry) confirm(entry);
  }

  doubt(way: Ip4Way, cause: DoubtCause): void {
    doubt(this.#nextHopOf(way), cause);
  }

  #nextHopOf(way: Ip4Way): Neighbour | null {
    this.refresh(way);
    return way.route && !way.toOurselves && !way.toMany ? this.#neighbour(way, way.route.device) : null;
  }

  /** Takes the news that a packet of ours was too long for its way: shorter ones go by it from now on. */
  tooLong(destination: Ip4, source: Ip4, mtu: number): void {
    const { route } = this.wayOfAnswer(destination, source);
    if (route) this.fib.paths.learn(destination, route, mtu);
  }

  pseudoHeader(source: Ip4, destination: Ip4, protocol: number, length: number): number {
    return sumPseudoHeader(source, destination, protocol, length);
  }

  refuse(skb: SkBuff, packet: Received): void {
    this.errors?.sendError(skb, packet.device, ICMP_DEST_UNREACH, PORT_UNREACHABLE);
  }

  receive(skb: SkBuff, device: NetDevice): void {
    const reason = skb.packetType === OTHERHOST ? DropReason.OTHERHOST : this.#input(skb, device, device.loopback);
    if (reason !== NONE) device.drops.drop(skb, reason);
  }

  receiveList(list: SkBuffQueue, device: NetDevice): void {
    for (let skb = list.dequeue(); skb; skb = list.dequeue()) this.receive(skb, device);
  }

  /** Takes a packet to ourselves, where there is no loopback device. */
  backlogged(skb: SkBuff): void {
    const own = this.addresses.find(skb.view.getInt32(skb.network + IP_DESTINATION));
    const reason = own ? this.#input(skb, own.device, true) : DropReason.IP_NOT_LOCAL;
    if (reason !== DropReason.NONE) this.#refuse(skb, reason);
  }

  #transmit(skb: SkBuff, way: Ip4Way): Fate {
    this.counters.ip.outTransmits++;
    return way.toOurselves ? this.#toOurselves(skb, way) : this.#toNextHop(skb, way, (way.route as Route).device);
  }

  /** Hands our own listeners a packet to many. Nobody's answer proves that one of them is there. */
  #hear(skb: SkBuff, way: Ip4Way, device: NetDevice): void {
    skb.confirm = false;
    if (device.loopback || (way.toGroup && !way.manner.loop)) return;
    if (way.toGroup && !this.groups.hears(device, way.destination, way.source)) return;
    this.#copies.loop(skb, device);
  }

  #toNextHop(skb: SkBuff, way: Ip4Way, device: NetDevice): Fate {
    const entry = this.#neighbour(way, device) ?? this.#newNeighbour(way, device);
    way.neighbour = entry;
    return entry ? output(entry, skb) : this.#refuse(skb, DropReason.NEIGH_CREATEFAIL);
  }

  /** Finds the next hop's entry, if there is one. The way keeps it until it is removed from its table. */
  #neighbour(way: Ip4Way, device: NetDevice): Neighbour | null {
    if (!way.neighbour || way.neighbour.dead) way.neighbour = this.#find(way.nextHop, way.nextHop6, device);
    return way.neighbour;
  }

  #find(nextHop: number, nextHop6: Ip6 | null, device: NetDevice): Neighbour | null {
    if (nextHop6 !== null) return this.fib.hops6?.findHop(nextHop6, device) ?? null;
    return this.arp.table.find(this.arp.keyOf(nextHop, device), device);
  }

  #newNeighbour({ nextHop, nextHop6 }: Ip4Way, device: NetDevice): Neighbour | null {
    return nextHop6 === null ? this.arp.neighbour(nextHop, device) : this.fib.neighbour6(nextHop6, device);
  }

  #refuse(skb: SkBuff, reason: DropReason): DropReason {
    this.drops.drop(skb, reason);
    return reason;
  }

  #toOurselves(skb: SkBuff, way: Ip4Way): Fate {
    turnRound(skb);
    if (this.loopback) return this.#toNextHop(skb, way, this.loopback);
    return this.#backlog.enqueue(skb, this) ? DropReason.NONE : this.#refuse(skb, DropReason.CPU_BACKLOG);
  }

  /** Returns NONE when the packet was taken, else the reason to drop it. */
  #input(skb: SkBuff, device: NetDevice, loopback: boolean): DropReason {
    const { ip } = this.counters;
    ip.inReceives++;
    if (loopback === false && skb.packetType === HOST && this.#trafficConfirms === false) {
      const taken = this.delivery.takeKnown(skb, device, this.#router);
      if (taken !== UNKNOWN) return taken;
    }
    const malformed = checkHeader(skb);
    if (malformed !== NONE) {
      if (malformed === DropReason.PKT_TOO_SMALL) ip.inTruncatedPkts++;
      else ip.inHdrErrors++;
      if (malformed === DropReason.IP_CSUM) ip.inCsumErrors++;
      return malformed;
    }
    const { view, data: at } = skb;
    skb.network = at;
    const source = readIp4(view, at + SOURCE);
    const destination = readIp4(view, at + DESTINATION);
    const toGroup = isMulticast(destination);
    if (toGroup && !this.#wanted(skb, device, source, destination)) return DropReason.IP_NOT_LOCAL;
    const toHost = skb.packetType === HOST;
    // Packets of which nothing depends on more than addresses and device: the answer of the first of them holds for all.
    const direct = toHost && !this.#trafficConfirms;
    let toUsAlone = true;
    if (loopback) {
      toUsAlone = this.addressType(destination) === AddressType.LOCAL;
    } else if (!direct || !this.#router.isKnown(destination, source, device)) {
      const route = this.#route;
      const way = this.#router.find(route, destination, source, device, view.getUint8(at + IP_PROTOCOL));
      if (way === InputWay.REFUSED) {
        this.#router.tell(route, destination, source, device, skb.bytes, at - ETHERNET_HEADER);
        return this.#refused(skb, device, route.refusal);
      }
      if (toHost && !direct) this.#heard(skb, device, source);
      if (way === InputWay.LOCAL && direct) this.#router.know(destination, source, device);
      if (way === InputWay.FORWARD) return this.#forwarding.forward(skb, device, route, destination);
      toUsAlone = way === InputWay.LOCAL;
    }
    return this.delivery.deliver(skb, device, toUsAlone);
  }

  /** Somebody here wants the packet to a group; that of a router about the group is wanted from any source. */
  #wanted({ view, network }: SkBuff, device: NetDevice, source: Ip4, group: Ip4): boolean {
    if (this.groups.hears(device, group, source)) return true;
    return view.getUint8(network + IP_PROTOCOL) === IPPROTO_IGMP && this.groups.has(device, group);
  }

  /** Confirms the next hop towards the source if the packet came straight from it (a profile's trafficConfirms). */
  #heard(skb: SkBuff, device: NetDevice, source: Ip4): void {
    const way = this.wayOfAnswer(source, INADDR_ANY);
    if (way.route?.device !== device) return;
    confirmSender(this.#neighbour(way, device), skb);
  }

  /** Counts a packet that the look-up refused, and tells its sender where a router does. */
  #refused(skb: SkBuff, device: NetDevice, refusal: Refusal): DropReason {
    const { view, network: at } = skb;
    const { reason, code, options } = treatmentOf(refusal);
    if (options && headerLengthOf(view, at) > IP_HEADER) {
      const malformed = this.delivery.takeOptions(skb, device, this.wayOfAnswer(readIp4(view, at + IP_SOURCE), INADDR_ANY).source);
      if (malformed !== DropReason.NONE) return malformed;
    }
    countRefusal(this.counters, refusal);
    if (code >= 0) this.errors?.sendError(skb, device, ICMP_DEST_UNREACH, code);
    return reason;
  }
}
