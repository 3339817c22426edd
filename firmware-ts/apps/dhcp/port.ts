/**
 * The way of DHCP messages. Until a client has an address its messages are frames that it writes itself, and answers are taken from the
 * link as they come, to everybody or to an address that is not ours yet: what programs on Linux do with a packet socket. Messages to one
 * server go by a UDP socket, and so by the neighbour entry of the server or its router.
 */
import { DropReason } from "../../../hal/drop-reason.ts";
import { Checksum, type SkBuff } from "../../../hal/skbuff.ts";
import { INADDR_ANY, INADDR_BROADCAST, type Ip4 } from "../../ip/address.ts";
import { finish, sumBytes, sumPseudoHeader } from "../../ip/checksum.ts";
import type { Destination } from "../../ip/destination.ts";
import {
  FRAGMENT_PART,
  headerLengthOf,
  IP_DESTINATION,
  IP_FRAGMENT,
  IP_HEADER,
  IP_PROTOCOL,
  IP_SOURCE,
  IP_TOTAL_LENGTH,
  IP_VERSION_IHL,
  writeHeader,
} from "../../ip4/header/ip-header.ts";
import type { NetDevice } from "../../net/device.ts";
import { BROADCAST_MAC, ETH_P_IP, ETH_SOURCE, highOctets, lowOctets, pushHeader, sameMac } from "../../net/ethernet.ts";
import type { Stack } from "../../stack.ts";
import type { UdpSocket } from "../../transport/udp-socket.ts";
import { DHCP_CLIENT_PORT, DHCP_SERVER_PORT } from "./wire.ts";

const ETHERNET = 14;
const UDP = 8;
const IPPROTO_UDP = 17;
const TTL = 64;
/** Precedence "internetwork control", as DHCP programs set it, for switches that have queues. */
const TOS = 0xc0;

/** A message as it came: bytes[at..at+length), valid only during the call. */
export interface DhcpArrival {
  readonly bytes: Uint8Array;
  readonly at: number;
  readonly length: number;
  /** The IP source address. */
  readonly source: number;
  /** The frame's source address stands at bytes[lladdr..lladdr+6). */
  readonly lladdr: number;
}

export class DhcpPort {
  /** Takes a message that came to the client's port, while it listens. */
  onMessage: ((arrival: DhcpArrival) => void) | null = null;
  readonly #stack: Stack;
  readonly #device: NetDevice;
  #untap: (() => void) | null = null;
  #socket: UdpSocket | null = null;
  #server: Destination | null = null;

  constructor(stack: Stack, device: NetDevice) {
    this.#stack = stack;
    this.#device = device;
  }

  /** Listens while an answer is awaited: it costs a look at each frame. */
  set listening(on: boolean) {
    if (on) {
      this.#untap ??= this.#stack.network.tap((skb, device, outgoing) => {
        if (device === this.#device && !outgoing) this.#look(skb);
      });
    } else {
      this.#untap?.();
      this.#untap = null;
    }
  }

  /** Sends a message to everybody. @param source our address, or 0 while we have none that we may use. */
  broadcast(message: Uint8Array, source: number): void {
    const { network } = this.#stack;
    const skb = network.allocate(message.length);
    if (!skb) {
      this.#device.drops.count(DropReason.NOMEM);
      return;
    }
    skb.bytes.set(message, skb.put(message.length));
    const length = UDP + message.length;
    const at = skb.push(UDP);
    const { view } = skb;
    view.setInt32(at, (DHCP_CLIENT_PORT << 16) | DHCP_SERVER_PORT);
    view.setInt32(at + 4, length << 16);
    const pseudo = sumPseudoHeader(source, INADDR_BROADCAST, IPPROTO_UDP, length);
    view.setUint16(at + 6, finish(sumBytes(view, at, length, pseudo)) || 0xffff);
    const ip = skb.push(IP_HEADER);
    writeHeader(view, ip, source, INADDR_BROADCAST, IPPROTO_UDP, length, TTL, TOS, 0, 0);
    skb.network = ip;
    skb.protocol = ETH_P_IP;
    skb.truesize = skb.length;
    pushHeader(skb, highOctets(BROADCAST_MAC, 0), lowOctets(BROADCAST_MAC, 0), this.#device.addressView, ETH_P_IP);
    this.#device.transmit(skb);
  }

  /** Sends a message from our address to one server. It is lost where no way leads there. */
  unicast(message: Uint8Array, server: number): void {
    if (this.#socket && this.#server?.address === server) this.#socket.send(message, this.#server);
  }

  /** Notes that the neighbour on the way to the server is alive: it has just answered. */
  confirm(): void {
    if (this.#server) this.#socket?.confirm(this.#server);
  }

  /** Opens the way for messages from `address`, which is ours, to one server. Another program may have the port: then there is none. */
  bind(address: number, server: number): void {
    this.unbind();
    try {
      this.#socket = this.#stack.udp.open(DHCP_CLIENT_PORT, address as Ip4);
      this.#server = this.#socket.to(server as Ip4, DHCP_SERVER_PORT, this.#device);
    } catch {
      this.unbind();
    }
  }

  unbind(): void {
    this.#socket?.close();
    this.#socket = null;
    this.#server = null;
  }

  close(): void {
    this.listening = false;
    this.unbind();
  }

  /** Hands on a sound UDP datagram to the client's port. Frames to other stations are none of ours. */
  #look({ bytes, view, data: at, tail, checksum }: SkBuff): void {
    const ip = at + ETHERNET;
    if (tail - at < ETHERNET + IP_HEADER + UDP || view.getUint16(at + 12) !== ETH_P_IP) return;
    if (view.getUint8(ip + IP_PROTOCOL) !== IPPROTO_UDP || view.getUint8(ip + IP_VERSION_IHL) >> 4 !== 4) return;
    const headerLength = headerLengthOf(view, ip);
    const total = view.getUint16(ip + IP_TOTAL_LENGTH);
    const udp = ip + headerLength;
    if (headerLength < IP_HEADER || total < headerLength + UDP || ip + total > tail) return;
    if (view.getUint16(udp + 2) !== DHCP_CLIENT_PORT || (view.getUint16(ip + IP_FRAGMENT) & FRAGMENT_PART) !== 0) return;
    const toAll = sameMac(bytes, at, BROADCAST_MAC, 0);
    if (!toAll && !sameMac(bytes, at, this.#device.address, 0)) return;
    if (finish(sumBytes(view, ip, headerLength)) !== 0) return;
    const length = view.getUint16(udp + 4);
    if (length < UDP || length > total - headerLength) return;
    const source = view.getInt32(ip + IP_SOURCE);
    // Behind a virtual link the sender's kernel leaves the sum to hardware that is not there, and says so.
    if (checksum === Checksum.NONE && view.getUint16(udp + 6) !== 0) {
      const pseudo = sumPseudoHeader(source, view.getInt32(ip + IP_DESTINATION), IPPROTO_UDP, length);
      if (finish(sumBytes(view, udp, length, pseudo)) !== 0) return;
    }
    this.onMessage?.({ bytes, at: udp + UDP, length: length - UDP, source, lladdr: at + ETH_SOURCE });
  }
}

/** The source of messages of a client without an address (RFC 2131 4.1). */
export const NO_ADDRESS: number = INADDR_ANY;
