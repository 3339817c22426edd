/** UDP (RFC 768, RFC 1122 4.1), over whatever IP layers there are. */
import { DropReason } from "../../hal/drop-reason.ts";
import type { Random } from "../../hal/random.ts";
import { Checksum, type SkBuff } from "../../hal/skbuff.ts";
import { INADDR_ANY, type IpAddress, type IpFamily } from "../ip/address.ts";
import { finish, partial, sumPacket } from "../ip/checksum.ts";
import type { InetCounters } from "../ip/counters.ts";
import type { Destination } from "../ip/destination.ts";
import { InetError } from "../ip/inet-error.ts";
import type { IcmpError, IpLayer, IpProtocol, Received } from "../ip/layer.ts";
import { checkPort, type IpLayers, type ZonedAddress } from "../ip/layers.ts";
import type { Fate } from "../neigh/machine.ts";
import type { NetDevice } from "../net/device.ts";
import type { Network } from "../net/network.ts";
import type { GroupPlace } from "./socket-groups.ts";
import { UDP_HEADER, type UdpPlace, UdpSocket, type UdpSocketUser } from "./udp-socket.ts";

/** UDP's number in an IP header. */
const IPPROTO_UDP = 17;

/** Offsets in the header (RFC 768). */
const UDP_SOURCE = 0;
const UDP_DESTINATION = 2;
const UDP_LENGTH = 4;
const UDP_CHECKSUM = 6;

/** The place of a socket that names none. */
const ANYWHERE: ZonedAddress = { address: INADDR_ANY, zone: null };

/** A power of 2. */
const SLOTS = 256;

/** The range of ports for sockets that ask for none (net.ipv4.ip_local_port_range). */
const FIRST_EPHEMERAL = 32_768;
const LAST_EPHEMERAL = 60_999;

// Constants of this module's own: V8 reads an imported or exported one anew at each use (docs/datapath.md).
const HEADER = UDP_HEADER;
const { NONE: UNVERIFIED, PARTIAL } = Checksum;
const { NONE, NEIGH_CREATEFAIL, QDISC_DROP, NOMEM, IP_OUTNOROUTES, PKT_TOO_BIG } = DropReason;

export interface UdpOpenOptions {
  /** The only family that the socket has. Default: that of its address, both where it has none. */
  family?: IpFamily;
  /** Other sockets that say so too may have the same address and port (SO_REUSEADDR): the newest gets what is for one alone. */
  shared?: boolean;
}

export class Udp implements IpProtocol, UdpSocketUser {
  readonly #network: Network;
  readonly #random: Random;
  readonly #layers: IpLayers;
  /** The sockets of each port: one for any address, or several with an address each. */
  readonly #ports = new Map<number, UdpSocket[]>();
  /** The lists of ports that were looked up, by the low bits of the port. A place belongs to the port that was asked for last. */
  readonly #slots: (UdpSocket[] | null)[] = new Array<UdpSocket[] | null>(SLOTS).fill(null);

  constructor(network: Network, random: Random, layers: IpLayers) {
    this.#network = network;
    this.#random = random;
    this.#layers = layers;
    for (const layer of layers.list) layer.handle(IPPROTO_UDP, this);
  }

  /**
   * Opens a socket.
   * @param port 0 for any free one
   * @param host one of our addresses, or a group or broadcast address whose datagrams alone are wanted; null, 0.0.0.0 or :: for any.
   * With a zone (`fe80::1%eth0`) the socket has that device alone
   * @throws InetError ADDRESS_INVALID, ADDRESS_IN_USE, ADDRESS_NOT_AVAILABLE, DEVICE_MISSING, FAMILY_UNSUPPORTED, PORT_INVALID
   */
  open(port = 0, host: string | IpAddress | null = null, { family, shared = false }: UdpOpenOptions = {}): UdpSocket {
    checkPort(port);
    const { address, device } = this.#bound(host);
    const bound = port || this.#freePort();
    const sockets = this.#ports.get(bound) ?? [];
    const ours = address !== null && this.#layers.of(address).isLocal(address, device);
    const place = { address, source: ours ? address : null, device, port: bound };
    const socket = new UdpSocket(this, place, family ?? null, shared);
    if (sockets.some((other) => other.excludes(socket))) throw new InetError("ADDRESS_IN_USE", `UDP port ${bound} is in use`);
    sockets.unshift(socket);
    this.#ports.set(bound, sockets);
    this.#slots[bound & (SLOTS - 1)] = sockets;
    return socket;
  }

  #bound(host: string | IpAddress | null): Pick<UdpPlace, "address" | "device"> {
    const { address, zone: device } = host === null ? ANYWHERE : this.#layers.zoned(host);
    if (address === INADDR_ANY) return { address: null, device };
    const layer = this.#layers.of(address);
    if (address === layer.unspecified) return { address: null, device };
    if (!layer.canBind(address) || layer.isLocal(address)) this.#layers.own(host ?? address);
    return { address, device };
  }

  /** All open sockets, by port, the newest of each first. */
  get sockets(): readonly UdpSocket[] {
    return [...this.#ports.values()].flat();
  }

  closed(socket: UdpSocket): void {
    this.#slots[socket.port & (SLOTS - 1)] = null;
    const left = (this.#ports.get(socket.port) ?? []).filter((other) => other !== socket);
    if (left.length > 0) this.#ports.set(socket.port, left);
    else this.#ports.delete(socket.port);
  }

  get busyRead(): number {
    return this.#network.napi.softnet.busyRead / 1000;
  }

  allocate(bytes: number): SkBuff | null {
    return this.#network.allocate(bytes);
  }

  has(layer: IpLayer): boolean {
    return this.#layers.list.includes(layer);
  }

  destination(
    host: string | IpAddress,
    port: number,
    from: IpAddress | null,
    device: NetDevice | null,
    groupDevice: NetDevice | null,
  ): Destination {
    // Nobody can listen to it (RFC 768 has it as "no port"), and Linux refuses to send there.
    if (port === 0) throw new InetError("PORT_INVALID", "a datagram cannot be sent to port 0");
    const made = this.#layers.destination(host, port, from, device);
    const chosen = groupDevice !== null && made.device === null && made.way.toGroup;
    return chosen ? this.#layers.destination(made.address, port, from, groupDevice) : made;
  }

  address(host: string | IpAddress): IpAddress {
    return this.#layers.address(host);
  }

  place(group: string | IpAddress, device: NetDevice | null): GroupPlace {
    const address = this.#layers.address(group);
    const layer = this.#layers.of(address);
    return { layer, group: address, device: layer.groups.deviceOf(address, device) };
  }

  transmit(socket: UdpSocket, skb: SkBuff, { layer, way, port }: Destination, payload: number): Fate {
    const { view, tail } = skb;
    const at = skb.data - HEADER;
    const length = tail - at;
    let sum = way.addressSum + IPPROTO_UDP + length;
    if (way.offloadsChecksum) {
      sum = partial(sum);
      skb.checksum = PARTIAL;
      skb.csumStart = at;
      skb.csumOffset = UDP_CHECKSUM;
    } else {
      // The header is written word by word and summed up meanwhile: only the payload has to be read.
      sum += socket.port + port + length;
      // A sum of zero is sent as 0xffff: zero would mean that there is none (RFC 768).
      sum = finish(payload < 0 ? sumPacket(skb, at + HEADER, length - HEADER, sum) : sum + payload) || 0xffff;
    }
    view.setInt32(at, (socket.port << 16) | port);
    view.setInt32(at + UDP_LENGTH, (length << 16) | sum);
    skb.data = at;
    skb.transport = at;
    const fate = layer.send(skb, way, IPPROTO_UDP, way.toGroup ? socket.multicastTtl : socket.ttl, socket.tos);
    if (fate === NONE) layer.counters.udp.outDatagrams++;
    else count(fate, layer.counters.udp);
    return fate;
  }

  receive(skb: SkBuff, packet: Received): DropReason {
    const { view, data: at } = skb;
    const { layer, source, destination } = packet;
    const { udp } = layer.counters;
    const held = skb.tail - at;
    // The header in two words, each read once: the ports; length and checksum.
    const ports = held < HEADER ? 0 : view.getInt32(at + UDP_SOURCE);
    const rest = held < HEADER ? 0 : view.getInt32(at + UDP_LENGTH);
    const length = rest >>> 16;
    if (length < HEADER || length > held) {
      udp.inErrors++;
      return DropReason.PKT_TOO_SMALL;
    }
    skb.tail = at + length;
    if (skb.checksum === UNVERIFIED && ((rest & 0xffff) !== 0 || layer.checksumRequired === true)) {
      const pseudo = layer.pseudoHeader(source, destination, IPPROTO_UDP, length);
      const head = pseudo + (ports >>> 16) + (ports & 0xffff) + length + (rest & 0xffff);
      if ((rest & 0xffff) === 0 || finish(sumPacket(skb, at + HEADER, length - HEADER, head)) !== 0) {
        udp.inErrors++;
        udp.inCsumErrors++;
        return DropReason.UDP_CSUM;
      }
    }
    if (packet.toUsAlone === false) return this.#deliverToMany(skb, packet, ports);
    const socket = this.#find(ports & 0xffff, destination, layer, packet.device, source, ports >>> 16);
    if (socket === null) {
      udp.noPorts++;
      layer.refuse(skb, packet);
      return DropReason.NO_SOCKET;
    }
    udp.inDatagrams++;
    skb.data = at + HEADER;
    try {
      socket.receive(skb, ports >>> 16, packet);
    } finally {
      skb.consume();
    }
    return NONE;
  }

  /** Hands a datagram to a group, or to everybody, to each socket that hears it. @param ports both of its ports, in one word */
  #deliverToMany(skb: SkBuff, packet: Received, ports: number): DropReason {
    const { layer, source, destination, device } = packet;
    const { udp } = layer.counters;
    const toGroup = layer.groups.isGroup(destination);
    const meant = (socket: UdpSocket): boolean =>
      (socket.address === null ? socket.has(layer.family) : socket.address === destination) &&
      (socket.device === null || socket.device === device) &&
      (socket.peerPort === 0 || (socket.peerPort === ports >>> 16 && socket.peer === source)) &&
      (!toGroup || socket.groups.hears(destination, device, source));
    const sockets = (this.#ports.get(ports & 0xffff) ?? []).filter(meant);
    if (sockets.length === 0) {
      udp.ignoredMulti++;
      return DropReason.NO_SOCKET;
    }
    skb.data += HEADER;
    try {
      for (const socket of sockets) {
        udp.inDatagrams++;
        socket.receive(skb, ports >>> 16, packet);
      }
    } finally {
      skb.consume();
    }
    return NONE;
  }

  error(skb: SkBuff, error: IcmpError): boolean {
    const { layer, source, transport } = error;
    const { view } = skb;
    const port = view.getUint16(transport + UDP_DESTINATION);
    const socket = this.#find(view.getUint16(transport + UDP_SOURCE), source, layer, null, error.destination, port);
    if (!socket) {
      layer.counters.icmp.inErrors++;
      return false;
    }
    if (error.errno !== null) socket.onError?.(error, port);
    return true;
  }

  /**
   * Finds the socket that listens to the port at one of our addresses, for what a peer sends. One that is connected to it goes first.
   * @param device the one by which it came; null for any
   */
  #find(
    port: number,
    address: IpAddress,
    layer: IpLayer,
    device: NetDevice | null,
    peer: IpAddress,
    peerPort: number,
  ): UdpSocket | null {
    const slot = port & (SLOTS - 1);
    let sockets = this.#slots[slot] as UdpSocket[] | null;
    if (sockets === null || (sockets[0] as UdpSocket).port !== port) {
      sockets = this.#ports.get(port) ?? null;
      if (sockets === null) return null;
      this.#slots[slot] = sockets;
    }
    let found: UdpSocket | null = null;
    for (let at = 0; at < sockets.length; at++) {
      const socket = sockets[at] as UdpSocket;
      if (socket.address === null ? !socket.has(layer.family) : socket.address !== address) continue;
      if (socket.device !== null && device !== null && socket.device !== device && device.loopback === false) continue;
      if (socket.peerPort === 0) found ??= socket;
      else if (socket.peerPort === peerPort && socket.peer === peer) return socket;
    }
    return found;
  }

  #freePort(): number {
    const range = LAST_EPHEMERAL - FIRST_EPHEMERAL + 1;
    const start = this.#random.below(range);
    for (let step = 0; step < range; step++) {
      const port = FIRST_EPHEMERAL + ((start + step) % range);
      if (!this.#ports.has(port)) return port;
    }
    throw new InetError("ADDRESS_IN_USE", "every ephemeral UDP port is in use");
  }
}

/** Counts a datagram. As in Linux, UDP counts as sent what is lost further down, but not what finds no memory or no room. */
function count(fate: Fate, udp: InetCounters["udp"]): void {
  if (fate === NEIGH_CREATEFAIL || fate === QDISC_DROP || fate === NOMEM) udp.sndbufErrors++;
  else if (fate !== IP_OUTNOROUTES && fate !== PKT_TOO_BIG) udp.outDatagrams++;
}
