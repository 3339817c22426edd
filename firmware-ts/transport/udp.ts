/** UDP over IPv4 (RFC 768, RFC 1122 4.1). */
import { DropReason } from "../../hal/drop-reason.ts";
import type { Random } from "../../hal/random.ts";
import { Checksum, type SkBuff } from "../../hal/skbuff.ts";
import { formatIpv4, INADDR_ANY } from "../ip/address.ts";
import { AddressType } from "../ip/address-type.ts";
import { finish, sumBytes, sumPseudoHeader } from "../ip/checksum.ts";
import { IP_DESTINATION, IP_SOURCE } from "../ip4/header/ip-header.ts";
import { ICMP_DEST_UNREACH, ICMP_PORT_UNREACH, type Icmp, type IcmpErrorListener } from "../ip4/icmp.ts";
import type { IpProtocol, Ipv4 } from "../ip4/ipv4.ts";
import { InetError } from "../ip4/routing/addresses.ts";
import type { OutputRoute } from "../ip4/routing/output-route.ts";
import type { Fate } from "../neigh/machine.ts";
import type { NetDevice } from "../net/device.ts";
import type { Network } from "../net/network.ts";
import { UDP_HEADER, UdpSocket, type UdpSocketUser } from "./udp-socket.ts";

export const IPPROTO_UDP = 17;

/** Offsets in the header (RFC 768). */
const UDP_SOURCE = 0;
const UDP_DESTINATION = 2;
const UDP_LENGTH = 4;
const UDP_CHECKSUM = 6;

/** Ports given to sockets that ask for none (net.ipv4.ip_local_port_range). */
const FIRST_EPHEMERAL = 32_768;
const LAST_EPHEMERAL = 60_999;

export class Udp implements IpProtocol, IcmpErrorListener, UdpSocketUser {
  readonly #network: Network;
  readonly #random: Random;
  readonly #ip: Ipv4;
  readonly #icmp: Icmp;
  /** Sockets of a port; those bound to one address stand before those bound to any. */
  readonly #ports = new Map<number, UdpSocket[]>();

  constructor(network: Network, random: Random, ip: Ipv4, icmp: Icmp) {
    this.#network = network;
    this.#random = random;
    this.#ip = ip;
    this.#icmp = icmp;
    ip.handle(IPPROTO_UDP, this);
    icmp.onError(IPPROTO_UDP, this);
  }

  /**
   * Opens a socket.
   * @param port 0 for any free one
   * @param address one of ours, or INADDR_ANY
   * @throws InetError ADDRESS_IN_USE, ADDRESS_NOT_AVAILABLE, PORT_INVALID
   */
  open(port = 0, address: number = INADDR_ANY): UdpSocket {
    if (!Number.isInteger(port) || port < 0 || port > 65_535) throw new InetError("PORT_INVALID", `port ${port} is not 0..65535`);
    if (address !== INADDR_ANY && !this.#ip.isLocal(address)) {
      throw new InetError("ADDRESS_NOT_AVAILABLE", `${formatIpv4(address)} is not an address of this stack`);
    }
    const bound = port || this.#freePort();
    const sockets = this.#ports.get(bound) ?? [];
    if (sockets.some((other) => other.address === address || other.address === INADDR_ANY || address === INADDR_ANY)) {
      throw new InetError("ADDRESS_IN_USE", `UDP port ${bound} is in use`);
    }
    const socket = new UdpSocket(this, address, bound);
    sockets.push(socket);
    this.#ports.set(bound, sockets);
    return socket;
  }

  closed(socket: UdpSocket): void {
    const left = (this.#ports.get(socket.port) ?? []).filter((other) => other !== socket);
    if (left.length > 0) this.#ports.set(socket.port, left);
    else this.#ports.delete(socket.port);
  }

  get busyRead(): number {
    return this.#network.napi.softnet.busyRead / 1000;
  }

  allocate(): SkBuff | null {
    return this.#network.pool.allocate();
  }

  wayTo(destination: number, source: number): OutputRoute {
    const way = this.#ip.wayTo(destination, source);
    if (!way.route) this.#ip.counters.ip.outNoRoutes++;
    return way;
  }

  noBuffer(): void {
    this.#ip.counters.udp.sndbufErrors++;
  }

  confirm(destination: number, source: number): void {
    this.#ip.confirm(destination, source);
  }

  transmit(socket: UdpSocket, skb: SkBuff, way: OutputRoute, port: number): Fate {
    const { source, destination } = way;
    const at = skb.push(UDP_HEADER);
    const view = skb.view;
    const length = skb.length;
    const ports = socket.port + (port & 0xffff);
    // The header word by word, and summed up as it is written: the payload alone has to be read.
    const header = sumPseudoHeader(source, destination, IPPROTO_UDP, length) + ports + length;
    const sum = finish(sumBytes(view, at + UDP_HEADER, length - UDP_HEADER, header));
    view.setInt32(at + UDP_SOURCE, (socket.port << 16) | (port & 0xffff));
    // Zero on the wire would say "no checksum" (RFC 768).
    view.setInt32(at + UDP_LENGTH, (length << 16) | (sum || 0xffff));
    skb.transport = at;
    const fate = this.#ip.sendBy(way, skb, source, IPPROTO_UDP);
    const { udp } = this.#ip.counters;
    // As in Linux, what was lost further down was sent as far as UDP is concerned; but not what found no memory or no room.
    if (fate === DropReason.NEIGH_CREATEFAIL || fate === DropReason.QDISC_DROP) udp.sndbufErrors++;
    else if (fate !== DropReason.IP_OUTNOROUTES && fate !== DropReason.PKT_TOO_BIG) udp.outDatagrams++;
    return fate;
  }

  receive(skb: SkBuff, device: NetDevice, source: number, destination: number): DropReason {
    const { view, data: at } = skb;
    const { udp } = this.#ip.counters;
    const length = skb.length < UDP_HEADER ? 0 : view.getUint16(at + UDP_LENGTH);
    if (length < UDP_HEADER || length > skb.length) {
      udp.inErrors++;
      return DropReason.PKT_TOO_SMALL;
    }
    skb.trim(length);
    if (skb.checksum === Checksum.NONE && view.getUint16(at + UDP_CHECKSUM) !== 0) {
      if (finish(sumBytes(view, at, length, sumPseudoHeader(source, destination, IPPROTO_UDP, length))) !== 0) {
        udp.inErrors++;
        udp.inCsumErrors++;
        return DropReason.UDP_CSUM;
      }
    }
    const socket = this.#find(view.getUint16(at + UDP_DESTINATION), destination);
    if (!socket) {
      if (this.#ip.addressType(destination) === AddressType.LOCAL) {
        udp.noPorts++;
        this.#icmp.sendError(skb, device, ICMP_DEST_UNREACH, ICMP_PORT_UNREACH);
      } else {
        udp.ignoredMulti++;
      }
      return DropReason.NO_SOCKET;
    }
    udp.inDatagrams++;
    skb.pull(UDP_HEADER);
    socket.receive(skb, source, view.getUint16(at + UDP_SOURCE), device);
    return DropReason.NONE;
  }

  icmpError(code: number, reporter: number, skb: SkBuff, quotedIp: number, quotedTransport: number): void {
    const socket = this.#find(skb.view.getUint16(quotedTransport + UDP_SOURCE), skb.view.getInt32(quotedIp + IP_SOURCE));
    if (!socket) return;
    const destination = skb.view.getInt32(quotedIp + IP_DESTINATION);
    const port = skb.view.getUint16(quotedTransport + UDP_DESTINATION);
    socket.error(code, reporter, destination, port);
  }

  #find(port: number, destination: number): UdpSocket | null {
    const sockets = this.#ports.get(port);
    if (!sockets) return null;
    for (let at = 0; at < sockets.length; at++) {
      const socket = sockets[at] as UdpSocket;
      if (socket.address === INADDR_ANY || socket.address === destination) return socket;
    }
    return null;
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
