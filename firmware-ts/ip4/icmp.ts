/** ICMP (RFC 792, RFC 1122 3.2.2, RFC 1812 4.3): answers echo requests, sends errors, takes destination unreachable. */
import { DropReason } from "../../hal/drop-reason.ts";
import { PacketType, type SkBuff } from "../../hal/skbuff.ts";
import { AddressType } from "../ip/address-type.ts";
import { finish, sumBytes } from "../ip/checksum.ts";
import { IcmpRateLimit } from "../ip/icmp-rate-limit.ts";
import type { NetDevice } from "../net/device.ts";
import type { Network } from "../net/network.ts";
import {
  FRAGMENT_OFFSET,
  IP_DESTINATION,
  IP_FRAGMENT,
  IP_HEADER,
  IP_PROTOCOL,
  IP_SOURCE,
  IP_TOS,
  IP_VERSION_IHL,
} from "./header/ip-header.ts";
import type { IpErrors, IpProtocol, Ipv4 } from "./ipv4.ts";

export const IPPROTO_ICMP = 1;

/** Offsets in the header (RFC 792). */
export const ICMP_TYPE = 0;
export const ICMP_CODE = 1;
export const ICMP_CHECKSUM = 2;
export const ICMP_ECHO_ID = 4;
export const ICMP_ECHO_SEQUENCE = 6;
export const ICMP_HEADER = 8;

export const ICMP_ECHO_REPLY = 0;
export const ICMP_DEST_UNREACH = 3;
export const ICMP_ECHO_REQUEST = 8;

/** The last type that Linux knows; nothing is reported about those above. */
const LAST_TYPE = 18;
/**
 * Types that are taken for errors: destination unreachable, source quench, redirect, time exceeded, parameter problem, and what is not
 * assigned or not heard by us; as in Linux (measured on 6.18).
 */
const ERROR_TYPES: readonly number[] = [1, 2, 3, 4, 5, 6, 7, 9, 10, 11, 12];

/** Code of a destination unreachable: nobody listens on that port. */
export const ICMP_PORT_UNREACH = 3;

/** Precedence of an error message, internetwork control (RFC 1812 4.3.2.5), and what it keeps of the packet's own type of service. */
const ERROR_TOS = 0xc0;
const KEPT_TOS = 0x1e;
/** An error message is no longer than this, so that it passes everywhere (RFC 1812 4.3.2.3). */
const ERROR_BYTES = 576;

/** Takes echo replies: whoever sent the requests. The payload is only valid during the call. */
export interface EchoListener {
  echoReply(source: number, id: number, sequence: number, skb: SkBuff): void;
}

/** Takes the errors that came for packets of its protocol. Offsets are those of the quoted packet in skb.bytes. */
export interface IcmpErrorListener {
  icmpError(code: number, reporter: number, skb: SkBuff, quotedIp: number, quotedTransport: number): void;
}

export class Icmp implements IpProtocol, IpErrors {
  /** Told of every echo reply. */
  echoListener: EchoListener | null = null;
  readonly #network: Network;
  readonly #ip: Ipv4;
  readonly #limit: IcmpRateLimit;
  readonly #errorListeners = new Map<number, IcmpErrorListener>();

  constructor(network: Network, ip: Ipv4) {
    this.#network = network;
    this.#ip = ip;
    this.#limit = new IcmpRateLimit(network.clock);
    ip.handle(IPPROTO_ICMP, this);
    ip.errors = this;
  }

  /** Who hears of errors for packets of an IP protocol. */
  onError(protocol: number, listener: IcmpErrorListener): void {
    this.#errorListeners.set(protocol, listener);
  }

  receive(skb: SkBuff, _device: NetDevice, source: number, destination: number): DropReason {
    const { view, data: at, length } = skb;
    const { icmp } = this.#ip.counters;
    icmp.inMsgs++;
    const whole = length >= ICMP_HEADER;
    if (!whole || finish(sumBytes(view, at, length)) !== 0) {
      icmp.inErrors++;
      if (whole) icmp.inCsumErrors++;
      return whole ? DropReason.ICMP_CSUM : DropReason.PKT_TOO_SMALL;
    }
    const type = view.getUint8(at + ICMP_TYPE);
    icmp.received(type);
    switch (type) {
      case ICMP_ECHO_REQUEST:
        return this.#answerEcho(skb, source, destination);
      case ICMP_ECHO_REPLY:
        this.echoListener?.echoReply(source, view.getUint16(at + ICMP_ECHO_ID), view.getUint16(at + ICMP_ECHO_SEQUENCE), skb);
        skb.consume();
        return DropReason.NONE;
      case ICMP_DEST_UNREACH: {
        const reason = this.#takeError(skb, source);
        if (reason !== DropReason.NONE) icmp.inErrors++;
        return reason;
      }
      default:
        if (type > LAST_TYPE) icmp.inErrors++;
        return DropReason.INVALID_PROTO;
    }
  }

  /**
   * Tells the sender of a packet what is wrong with it: the packet may be one that came in, or one of our own that found no way.
   * Sends nothing where no error may be sent (RFC 1122 3.2.2: about broadcasts, multicasts, later fragments and errors) or where the
   * rate limit says no.
   * @param skb skb.network is at its IP header
   */
  sendError(skb: SkBuff, device: NetDevice, type: number, code: number, info = 0): void {
    if (!this.#mayReport(skb)) return;
    const source = skb.view.getInt32(skb.network + IP_SOURCE);
    const destination = skb.view.getInt32(skb.network + IP_DESTINATION);
    if (!this.#withinLimits(source, device)) return;
    const error = this.#network.pool.allocate();
    if (!error) {
      device.drops.count(DropReason.NOMEM);
      return;
    }
    const quoted = Math.min(skb.tail - skb.network, ERROR_BYTES - IP_HEADER - ICMP_HEADER);
    const at = error.put(ICMP_HEADER + quoted);
    error.view.setUint16(at + ICMP_TYPE, (type << 8) | code);
    error.view.setUint16(at + ICMP_CHECKSUM, 0);
    error.view.setUint32(at + ICMP_HEADER - 4, info);
    for (let byte = 0; byte < quoted; byte++) error.bytes[at + ICMP_HEADER + byte] = skb.bytes[skb.network + byte] as number;
    error.view.setUint16(at + ICMP_CHECKSUM, finish(sumBytes(error.view, at, ICMP_HEADER + quoted)));
    this.#ip.counters.icmp.sent(type);
    const tos = ERROR_TOS | (skb.view.getUint8(skb.network + IP_TOS) & KEPT_TOS);
    // From the address that was asked, if it is ours; else from the one that faces the sender.
    const from = this.#ip.addressType(destination) === AddressType.LOCAL ? destination : this.#ip.sourceTo(source);
    this.#ip.send(error, from, source, IPPROTO_ICMP, 0, tos);
  }

  #mayReport(skb: SkBuff): boolean {
    const { view, network: at } = skb;
    if (skb.packetType !== PacketType.HOST) return false;
    const type = this.#ip.addressType(view.getInt32(at + IP_DESTINATION));
    if (type === AddressType.BROADCAST || type === AddressType.MULTICAST) return false;
    if (view.getUint16(at + IP_FRAGMENT) & FRAGMENT_OFFSET) return false;
    if (view.getUint8(at + IP_PROTOCOL) !== IPPROTO_ICMP) return true;
    const message = at + (view.getUint8(at + IP_VERSION_IHL) & 15) * 4;
    if (message >= skb.tail) return false;
    const reported = view.getUint8(message + ICMP_TYPE);
    return reported <= LAST_TYPE && !ERROR_TYPES.includes(reported);
  }

  /** Limits of all messages together, and of those to one host; what goes to ourselves is not counted against the latter. */
  #withinLimits(host: number, device: NetDevice): boolean {
    const { icmp } = this.#ip.counters;
    if (!device.loopback && !this.#limit.allowGlobal()) {
      icmp.outRateLimitGlobal++;
      return false;
    }
    if (!this.#ip.isLocal(host) && !this.#limit.takeHost(host)) {
      icmp.outRateLimitHost++;
      return false;
    }
    if (!device.loopback) this.#limit.takeGlobal();
    return true;
  }

  /** Turns the request around in its own buffer. */
  #answerEcho(skb: SkBuff, source: number, destination: number): DropReason {
    // RFC 1122 3.2.2.6 lets a host ignore these; answering them would make it an amplifier.
    if (this.#ip.addressType(destination) !== AddressType.LOCAL) return DropReason.INVALID_PROTO;
    const at = skb.data;
    skb.view.setUint8(at + ICMP_TYPE, ICMP_ECHO_REPLY);
    // The sum changes by the type's old value only (RFC 1624), so damage that happened on our side stays visible.
    const sum = (~skb.view.getUint16(at + ICMP_CHECKSUM) & 0xffff) + (~(ICMP_ECHO_REQUEST << 8) & 0xffff);
    skb.view.setUint16(at + ICMP_CHECKSUM, finish(sum));
    // The one message for which the short way gives the wrong zero of the two: nothing but zeros (RFC 1624 3).
    if (sumBytes(skb.view, at, ICMP_HEADER) === 0 && sumBytes(skb.view, at, skb.length) === 0) {
      skb.view.setUint16(at + ICMP_CHECKSUM, 0xffff);
    }
    // With the request's type of service (RFC 1812 4.3.2.5).
    const tos = skb.view.getUint8(skb.network + IP_TOS);
    this.#ip.counters.icmp.sent(ICMP_ECHO_REPLY);
    this.#ip.send(skb, destination, source, IPPROTO_ICMP, 0, tos);
    return DropReason.NONE;
  }

  #takeError(skb: SkBuff, reporter: number): DropReason {
    const quotedIp = skb.data + ICMP_HEADER;
    if (skb.tail < quotedIp + IP_HEADER) return DropReason.PKT_TOO_SMALL;
    const headerLength = (skb.view.getUint8(quotedIp) & 15) * 4;
    // Eight bytes of the quoted transport header are promised, and enough to find its sender (RFC 792).
    if (headerLength < IP_HEADER || skb.tail < quotedIp + headerLength + 8) return DropReason.PKT_TOO_SMALL;
    if (!this.#ip.isLocal(skb.view.getInt32(quotedIp + IP_SOURCE))) return DropReason.IP_NOT_LOCAL;
    const listener = this.#errorListeners.get(skb.view.getUint8(quotedIp + IP_PROTOCOL));
    listener?.icmpError(skb.view.getUint8(skb.data + ICMP_CODE), reporter, skb, quotedIp, quotedIp + headerLength);
    skb.consume();
    return DropReason.NONE;
  }
}
