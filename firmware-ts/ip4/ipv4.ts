/**
 * IPv4 (RFC 791, RFC 1122 3, RFC 1812): checks packets that come in and hands them to their protocol, or forwards them where the device's
 * `forwarding` is set; finds route and neighbour of packets that go out. It neither fragments nor reassembles.
 */
import { DropReason } from "../../hal/drop-reason.ts";
import { ETHERNET_HEADER } from "../../hal/ethernet.ts";
import type { Random } from "../../hal/random.ts";
import { Checksum, DropCounters, PacketType, type SkBuff, type SkBuffQueue } from "../../hal/skbuff.ts";
import { INADDR_ANY, type Ip4, isMulticast, readIp4 } from "../ip/address.ts";
import { AddressType } from "../ip/address-type.ts";
import { sumPseudoHeader } from "../ip/checksum.ts";
import { InetCounters } from "../ip/counters.ts";
import type { IpLayer, IpProtocol, Received } from "../ip/layer.ts";
import { OwnCopies } from "../ip/own-copies.ts";
import { truesizeOf } from "../ip/truesize.ts";
import type { Neighbour } from "../neigh/entry.ts";
import { confirm, type Fate, output } from "../neigh/machine.ts";
import type { NeighbourSource } from "../neigh/service.ts";
import { Nud } from "../neigh/states.ts";
import { update } from "../neigh/update.ts";
import type { Backlog, BacklogTarget } from "../net/backlog.ts";
import type { NetDevice } from "../net/device.ts";
import { ETH_P_IP, ETH_SOURCE } from "../net/ethernet.ts";
import type { Network, PacketHandler } from "../net/network.ts";
import { Arp } from "./arp/arp.ts";
import { Forwarding } from "./forwarding.ts";
import { Groups } from "./groups.ts";
import { checkHeader } from "./header/check.ts";
import { Identifications } from "./header/identification.ts";
import {
  FRAGMENT_PART,
  headerLengthOf,
  IP_DESTINATION,
  IP_FRAGMENT,
  IP_HEADER,
  IP_SOURCE,
  IP_TTL,
  writeHeader,
} from "./header/ip-header.ts";
import { IpOptions, OPTIONS_SOUND, OPTIONS_SOURCE_ROUTE } from "./header/options.ts";
import {
  HOST_UNREACHABLE,
  ICMP_DEST_UNREACH,
  ICMP_PARAMETER_PROBLEM,
  type IpErrors,
  PORT_UNREACHABLE,
  PROTOCOL_UNREACHABLE,
} from "./icmp-types.ts";
import { Igmp, IPPROTO_IGMP } from "./igmp.ts";
import { Ip4Received } from "./received.ts";
import { Redirects } from "./redirects.ts";
import { countRefusal, treatmentOf } from "./refused.ts";
import type { Addresses } from "./routing/addresses.ts";
import { Devconfs } from "./routing/devconf.ts";
import { Fib } from "./routing/fib.ts";
import { InputRoute, InputRouter, InputWay, type Refusal } from "./routing/input-route.ts";
import { Ip4Way, OutputRouter } from "./routing/output-route.ts";
import { RouteLog } from "./routing/route-log.ts";
import { mtuOf, type Route, type Routes } from "./routing/routes.ts";
import { Ip4Settings } from "./settings.ts";
import { pushHeaders, straightTo } from "./straight.ts";

// Constants of this module's own: V8 reads an imported or exported one anew at each use (docs/datapath.md).
const { NONE, QDISC_DROP } = DropReason;
const { HOST, OTHERHOST } = PacketType;
const [HEADER, SOURCE, DESTINATION, TTL] = [IP_HEADER, IP_SOURCE, IP_DESTINATION, IP_TTL];
const [FRAGMENT, PART] = [IP_FRAGMENT, FRAGMENT_PART];

/** Multicast stays on the link unless somebody asks otherwise (RFC 1112 6.1). */
const MULTICAST_TTL = 1;

export class Ipv4 implements IpLayer, PacketHandler, BacklogTarget {
  readonly family = 4;
  readonly headerBytes: number = IP_HEADER;
  readonly unspecified: Ip4 = INADDR_ANY;
  readonly checksumRequired = false;
  readonly conf: Devconfs = new Devconfs();
  readonly settings: Ip4Settings = new Ip4Settings();
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
  /** The route and the header of the packet that is being received. */
  readonly #route = new InputRoute();
  readonly #received = new Ip4Received(this);
  /** By number. */
  readonly #protocols: (IpProtocol | undefined)[] = new Array<IpProtocol | undefined>(256).fill(undefined);
  readonly #backlog: Backlog;
  readonly #trafficConfirms: boolean;
  readonly #identifications: Identifications;
  readonly #options: IpOptions;
  readonly #groups: Groups;
  readonly #copies: OwnCopies;
  readonly #forwarding: Forwarding;
  readonly #redirects: Redirects;

  constructor(network: Network, random: Random, options: NeighbourSource = {}) {
    this.#identifications = new Identifications(random.fork("identification"));
    this.#options = new IpOptions(network.clock, (address) => this.addressType(address) === AddressType.UNICAST);
    this.fib = new Fib(network.clock, this.conf, {
      addressed: (device, address) => this.arp.addressed(device, address),
      addressless: (device) => this.arp.addressless(device),
    });
    this.log = new RouteLog(network.clock);
    this.#router = new InputRouter(this.fib, this.conf, this.log);
    this.#output = new OutputRouter(this.fib);
    const unreachable = (packet: SkBuff, device: NetDevice): void =>
      this.errors?.sendError(packet, device, ICMP_DEST_UNREACH, HOST_UNREACHABLE);
    this.arp = new Arp({ network, random, fib: this.fib, router: this.#router, unreachable }, options);
    this.#trafficConfirms = this.arp.table.policy.trafficConfirms;
    this.#forwarding = new Forwarding(this);
    this.#redirects = new Redirects(this.fib, this.arp, this.log);
    this.#backlog = network.backlog;
    this.handle(IPPROTO_IGMP, new Igmp());
    network.handle(ETH_P_IP, this);
    this.#groups = new Groups(this.fib.routes);
    this.#copies = new OwnCopies(network, this.drops, (skb, device) => {
      this.counters.ip.inReceives++;
      const reason = this.#deliver(skb, device, false);
      if (reason !== DropReason.NONE) device.drops.drop(skb, reason);
    });
    network.onDeviceEvent((device, event) => {
      this.fib.event(device, event);
      this.#groups.event(device, event);
    });
  }

  get addresses(): Addresses {
    return this.fib.addresses;
  }

  get routes(): Routes {
    return this.fib.routes;
  }

  handle(protocol: number, handler: IpProtocol): void {
    this.#protocols[protocol] = handler;
  }

  /** Returns the handler of an IP protocol. */
  handlerOf(protocol: number): IpProtocol | undefined {
    return this.#protocols[protocol];
  }

  addressType(address: number): AddressType {
    return this.fib.addressType(address);
  }

  isLocal(address: Ip4): boolean {
    return this.addresses.isLocal(address);
  }

  canBind(address: Ip4): boolean {
    return this.addressType(address) !== AddressType.UNICAST;
  }

  deviceOfGroup(group: Ip4, device: NetDevice | null): NetDevice {
    return this.#groups.deviceOf(group, device);
  }

  join(group: Ip4, device: NetDevice): void {
    this.#groups.join(device, group);
  }

  leave(group: Ip4, device: NetDevice): void {
    this.#groups.leave(device, group);
  }

  way(destination: Ip4, source: Ip4 | null): Ip4Way {
    return new Ip4Way(destination, source ?? INADDR_ANY);
  }

  refresh(way: Ip4Way): void {
    this.#output.refresh(way);
  }

  /** The way of an answer from `source` (INADDR_ANY: from the best address), for senders that keep no destination. Up to date. */
  wayOfAnswer(destination: Ip4, source: Ip4): Ip4Way {
    return this.#output.to(destination, source);
  }

  send(skb: SkBuff, way: Ip4Way, protocol: number, ttl = 0, tos = 0): Fate {
    const entry = ttl === 0 && tos === 0 && skb.confirm === false ? straightTo(way) : null;
    if (entry === null || skb.length > mtuOf(way.route as Route) - HEADER || skb.truesize === 0) {
      return this.#send(skb, way, protocol, ttl, tos, way.fragment, 0);
    }
    const { ip } = this.counters;
    const id = this.#identifications.next(way.source, way.destination, protocol);
    pushHeaders(skb, way, entry, protocol, this.settings.defaultTtl, id);
    ip.outRequests++;
    ip.outTransmits++;
    const fate = entry.on.device.transmit(skb);
    if (fate === QDISC_DROP) ip.outDiscards++;
    return fate;
  }

  /**
   * Makes the options of an answer to the packet whose header is at skb.network.
   * @param fault offset in the header of what is wrong with it; only options before that are answered
   * @returns bytes of them, for answer(); -1 when the packet cannot be answered
   */
  optionsOfAnswer(skb: SkBuff, way: Ip4Way, fault = 0): number {
    const { view, network } = skb;
    const headerLength = headerLengthOf(view, network);
    if (headerLength <= IP_HEADER) return 0;
    return this.#options.answer(view, network, network + (fault || headerLength), way.source);
  }

  /**
   * Sends an ICMP message by which we answer: routers may fragment it, however long the packet is that it answers.
   * @param options the answer of optionsOfAnswer(), called just before
   */
  answer(skb: SkBuff, way: Ip4Way, protocol: number, tos: number, options: number): Fate {
    return this.#send(skb, way, protocol, 0, tos, 0, options);
  }

  #send(skb: SkBuff, way: Ip4Way, protocol: number, ttl: number, tos: number, fragment: number, options: number): Fate {
    const { destination, source, route } = way;
    const length = skb.length + options;
    const at = skb.push(IP_HEADER + options);
    const id = this.#identifications.next(source, destination, protocol);
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
      fragment,
    );
    if (options > 0) this.#options.write(skb.view, at, options);
    skb.network = at;
    skb.protocol = ETH_P_IP;
    skb.truesize = truesizeOf(skb.length);
    const { ip } = this.counters;
    if (!route) {
      if (way.failure === DropReason.IP_OUTNOROUTES) ip.outNoRoutes++;
      return this.#refuse(skb, way.failure);
    }
    ip.outRequests++;
    const fate = this.#transmit(skb, way, route.device);
    if (fate === DropReason.NEIGH_CREATEFAIL || fate === DropReason.QDISC_DROP) ip.outDiscards++;
    return fate;
  }

  confirm(way: Ip4Way): void {
    this.refresh(way);
    if (!way.route || way.toOurselves || way.toMany) return;
    const entry = this.#neighbour(way, way.route.device);
    if (entry) confirm(entry);
  }

  /** Takes the news that a packet of ours was too long for its way: shorter ones go by it from now on. */
  tooLong(destination: Ip4, source: Ip4, mtu: number): void {
    const { route } = this.wayOfAnswer(destination, source);
    if (route) this.fib.paths.learn(destination, route, mtu);
  }

  /** Takes a router's word for a better gateway than the one that a packet of ours went by. */
  redirected(destination: Ip4, source: Ip4, code: number, reporter: Ip4, gateway: Ip4, device: NetDevice): void {
    this.#redirects.take(this.wayOfAnswer(destination, source), code, reporter, gateway, device);
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

  #transmit(skb: SkBuff, way: Ip4Way, device: NetDevice): Fate {
    if (!way.toOurselves && skb.length > device.mtu) return this.#refuse(skb, DropReason.PKT_TOO_BIG);
    this.counters.ip.outTransmits++;
    if (way.toOurselves) return this.#toOurselves(skb, way);
    if (way.toMany) {
      skb.confirm = false;
      if (!device.loopback && (!isMulticast(way.destination) || this.#groups.has(device, way.destination))) {
        this.#copies.loop(skb, device);
      }
    }
    return this.#toNextHop(skb, way, device);
  }

  #toNextHop(skb: SkBuff, way: Ip4Way, device: NetDevice): Fate {
    const entry = this.#neighbour(way, device) ?? this.arp.table.create(this.arp.keyOf(way.nextHop, device), device);
    way.neighbour = entry;
    return entry ? output(entry, skb) : this.#refuse(skb, DropReason.NEIGH_CREATEFAIL);
  }

  /** Finds the next hop's entry, if there is one. The way keeps it until it is removed from its table. */
  #neighbour(way: Ip4Way, device: NetDevice): Neighbour | null {
    if (!way.neighbour || way.neighbour.dead) {
      way.neighbour = this.arp.table.find(this.arp.keyOf(way.nextHop, device), device);
    }
    return way.neighbour;
  }

  #refuse(skb: SkBuff, reason: DropReason): DropReason {
    this.drops.drop(skb, reason);
    return reason;
  }

  #toOurselves(skb: SkBuff, way: Ip4Way): Fate {
    skb.confirm = false;
    skb.checksum = Checksum.UNNECESSARY;
    skb.packetType = PacketType.HOST;
    if (this.loopback) return this.#toNextHop(skb, way, this.loopback);
    return this.#backlog.enqueue(skb, this) ? DropReason.NONE : this.#refuse(skb, DropReason.CPU_BACKLOG);
  }

  /** Returns NONE when the packet was taken, else the reason to drop it. */
  #input(skb: SkBuff, device: NetDevice, loopback: boolean): DropReason {
    const { ip } = this.counters;
    ip.inReceives++;
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
    if (toGroup && !this.#groups.has(device, destination)) return DropReason.IP_NOT_LOCAL;
    const toHost = skb.packetType === HOST;
    // Packets of which nothing depends on more than addresses and device: the answer of the first of them holds for all.
    const direct = toHost && !this.#trafficConfirms;
    let toUsAlone = true;
    if (loopback) {
      toUsAlone = this.addressType(destination) === AddressType.LOCAL;
    } else if (!direct || !this.#router.isKnown(destination, source, device)) {
      const route = this.#route;
      const way = this.#router.find(route, destination, source, device, true);
      if (way === InputWay.REFUSED) {
        this.#router.tell(route, destination, source, device, skb.bytes, at - ETHERNET_HEADER);
        return this.#refused(skb, device, route.refusal);
      }
      if (toHost && !direct) this.#heard(skb, device, source);
      if (way === InputWay.LOCAL && direct) this.#router.know(destination, source, device);
      if (way === InputWay.FORWARD) return this.#forwarding.forward(skb, device, route, destination);
      toUsAlone = way === InputWay.LOCAL;
    }
    return this.#deliver(skb, device, toUsAlone);
  }

  /** Hands a packet that is for us to its protocol. Returns NONE when it was taken. */
  #deliver(skb: SkBuff, device: NetDevice, toUsAlone: boolean): DropReason {
    const { view, network: at } = skb;
    const { ip } = this.counters;
    const source = readIp4(view, at + SOURCE);
    const destination = readIp4(view, at + DESTINATION);
    const headerLength = headerLengthOf(view, at);
    if (headerLength > HEADER) {
      const reason = this.takeOptions(skb, device, toUsAlone ? destination : this.wayOfAnswer(source, INADDR_ANY).source);
      if (reason !== DropReason.NONE) return reason;
    }
    if (toUsAlone && skb.packetType !== HOST && this.conf.on(device).dropUnicastInL2Multicast) {
      return DropReason.UNICAST_IN_L2_MULTICAST;
    }
    if (view.getUint16(at + FRAGMENT) & PART) {
      ip.reasmFails++;
      return DropReason.IP_FRAGMENT;
    }
    // Both fields in one read: the protocol follows the time to live.
    const ttlAndProtocol = view.getUint16(at + TTL);
    const protocol = this.#protocols[ttlAndProtocol & 0xff];
    if (protocol === undefined) {
      ip.inUnknownProtos++;
      this.errors?.sendError(skb, device, ICMP_DEST_UNREACH, PROTOCOL_UNREACHABLE);
      return DropReason.IP_NOPROTO;
    }
    ip.inDelivers++;
    skb.transport = skb.pull(headerLength);
    const packet = this.#received;
    packet.source = source;
    packet.destination = destination;
    packet.ttl = ttlAndProtocol >>> 8;
    packet.toUsAlone = toUsAlone;
    packet.device = device;
    return protocol.receive(skb, packet);
  }

  /**
   * Checks the options of a packet that has some, and fills in `own` where they ask for it. Returns NONE when they are sound; else the
   * sender is told what is wrong.
   */
  takeOptions(skb: SkBuff, device: NetDevice, own: number): DropReason {
    const { view, network: at } = skb;
    const fault = this.#options.receive(view, at, at + headerLengthOf(view, at), own);
    if (fault === OPTIONS_SOUND) return DropReason.NONE;
    this.counters.ip.inHdrErrors++;
    if (fault !== OPTIONS_SOURCE_ROUTE) this.errors?.sendError(skb, device, ICMP_PARAMETER_PROBLEM, 0, fault << 24);
    return DropReason.IP_INHDR;
  }

  /** Confirms the next hop towards the source if the packet came straight from it (a profile's trafficConfirms). */
  #heard(skb: SkBuff, device: NetDevice, source: Ip4): void {
    const way = this.wayOfAnswer(source, INADDR_ANY);
    if (way.route?.device !== device) return;
    const entry = this.#neighbour(way, device);
    const from = skb.network - ETHERNET_HEADER + ETH_SOURCE;
    if (entry?.valid && entry.sameAddress(skb.bytes, from)) update(entry, null, 0, Nud.REACHABLE, 0);
  }

  /** Counts a packet that the look-up refused, and tells its sender where a router does. */
  #refused(skb: SkBuff, device: NetDevice, refusal: Refusal): DropReason {
    const { view, network: at } = skb;
    const { reason, code, options } = treatmentOf(refusal);
    if (options && headerLengthOf(view, at) > IP_HEADER) {
      const malformed = this.takeOptions(skb, device, this.wayOfAnswer(readIp4(view, at + IP_SOURCE), INADDR_ANY).source);
      if (malformed !== DropReason.NONE) return malformed;
    }
    countRefusal(this.counters, refusal);
    if (code >= 0) this.errors?.sendError(skb, device, ICMP_DEST_UNREACH, code);
    return reason;
  }
}
