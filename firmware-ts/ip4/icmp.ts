/** ICMP (RFC 792, RFC 1122 3.2.2, RFC 1812 4.3): answers echo and timestamp requests, sends errors, takes destination unreachable. */
import { DropReason } from "../../hal/drop-reason.ts";
import { copyFrame } from "../../hal/kit/copy-frame.ts";
import { PacketType, type SkBuff } from "../../hal/skbuff.ts";
import { INADDR_ANY, type Ip4, readIp4 } from "../ip/address.ts";
import { AddressType } from "../ip/address-type.ts";
import { finish, sumBytes, sumPacket } from "../ip/checksum.ts";
import { ECHO_HEADER, type EchoListener, type EchoProtocol } from "../ip/echo.ts";
import { IcmpRateLimit } from "../ip/icmp-rate-limit.ts";
import type { IpProtocol, Unreachable } from "../ip/layer.ts";
import type { Fate } from "../neigh/machine.ts";
import type { NetDevice } from "../net/device.ts";
import type { Network } from "../net/network.ts";
import {
  FRAGMENT_OFFSET,
  headerLengthOf,
  IP_DESTINATION,
  IP_FRAGMENT,
  IP_HEADER,
  IP_PROTOCOL,
  IP_SOURCE,
  IP_TOS,
} from "./header/ip-header.ts";
import { timeOfDay } from "./header/time-of-day.ts";
import {
  FRAGMENTATION_NEEDED,
  ICMP_DEST_UNREACH,
  ICMP_ECHO_REPLY,
  ICMP_ECHO_REQUEST,
  ICMP_PARAMETER_PROBLEM,
  ICMP_TIMESTAMP,
  ICMP_TIMESTAMP_REPLY,
  type IpErrors,
} from "./icmp-types.ts";
import type { Ipv4 } from "./ipv4.ts";
import { type Ip4Received, Ip4Unreachable } from "./received.ts";
import type { Ip4Way } from "./routing/output-route.ts";

const IPPROTO_ICMP = 1;

/** Offsets in the header (RFC 792). */
const ICMP_TYPE = 0;
const ICMP_CODE = 1;
const ICMP_CHECKSUM = 2;
const ICMP_ECHO_ID = 4;
const ICMP_ECHO_SEQUENCE = 6;
const ICMP_NEXT_HOP_MTU = 6;
const ICMP_HEADER: number = ECHO_HEADER;

/** Bytes of each of the three times of a timestamp message: when it was sent, received, and answered. */
const TIME_BYTES = 4;

/** The last type that Linux knows; nothing is reported about those above. */
const LAST_TYPE = 18;
/**
 * Types that count as errors: destination unreachable, source quench, redirect, time exceeded, parameter problem, unassigned types and
 * those that we do not process; as in Linux (measured on 6.18).
 */
const ERROR_TYPES: readonly number[] = [1, 2, 3, 4, 5, 6, 7, 9, 10, 11, 12];

/** Precedence of an error message, internetwork control (RFC 1812 4.3.2.5), and the bits kept of the packet's own type of service. */
const ERROR_TOS = 0xc0;
const KEPT_TOS = 0x1e;
/** Most bytes of an error message, so that it passes everywhere (RFC 1812 4.3.2.3). */
const ERROR_BYTES = 576;

export class Icmp implements IpProtocol, IpErrors, EchoProtocol {
  readonly layer: Ipv4;
  echoListener: EchoListener | null = null;
  readonly #network: Network;
  readonly #limit: IcmpRateLimit;
  /** Describes the error that is being received. */
  readonly #unreachable: Ip4Unreachable;

  constructor(network: Network, ip: Ipv4) {
    this.#network = network;
    this.layer = ip;
    this.#unreachable = new Ip4Unreachable(ip);
    this.#limit = new IcmpRateLimit(network.clock);
    ip.handle(IPPROTO_ICMP, this);
    ip.errors = this;
  }

  receive(skb: SkBuff, packet: Ip4Received): DropReason {
    const { view, data: at, length } = skb;
    const { icmp } = this.layer.counters;
    icmp.inMsgs++;
    const whole = length >= ICMP_HEADER;
    if (!whole || finish(sumPacket(skb, at, length)) !== 0) {
      icmp.inErrors++;
      if (whole) icmp.inCsumErrors++;
      return whole ? DropReason.ICMP_CSUM : DropReason.PKT_TOO_SMALL;
    }
    const type = view.getUint8(at + ICMP_TYPE);
    icmp.received(type);
    switch (type) {
      case ICMP_ECHO_REQUEST:
        return this.#answerEcho(skb, packet);
      case ICMP_TIMESTAMP:
        return this.#answerTimestamp(skb, packet);
      case ICMP_ECHO_REPLY:
        this.echoListener?.echoReply(packet, view.getUint16(at + ICMP_ECHO_ID), view.getUint16(at + ICMP_ECHO_SEQUENCE), length);
        skb.consume();
        return DropReason.NONE;
      case ICMP_DEST_UNREACH: {
        const reason = this.#takeError(skb, packet.source);
        if (reason !== DropReason.NONE) icmp.inErrors++;
        return reason;
      }
      default:
        if (type > LAST_TYPE) icmp.inErrors++;
        return DropReason.INVALID_PROTO;
    }
  }

  /**
   * Tells the sender of a packet what is wrong with it. The packet came in, or is one of our own that found no way.
   * Sends nothing where no error is allowed (RFC 1122 3.2.2: about broadcasts, multicasts, later fragments and errors) or where the
   * rate limit forbids it.
   * @param skb skb.network is at its IP header
   */
  sendError(skb: SkBuff, device: NetDevice, type: number, code: number, info = 0): void {
    if (!this.#mayReport(skb)) return;
    const source = readIp4(skb.view, skb.network + IP_SOURCE);
    const destination = readIp4(skb.view, skb.network + IP_DESTINATION);
    if (!this.#withinLimits(source, device)) return;
    // From the address that was asked, if it is ours; else from the one that faces the sender.
    const asked = this.layer.addressType(destination) === AddressType.LOCAL ? destination : INADDR_ANY;
    const way = this.layer.wayOfAnswer(source, asked);
    const options = this.layer.optionsOfAnswer(skb, way, type === ICMP_PARAMETER_PROBLEM ? info >>> 24 : 0);
    if (options < 0) return;
    const error = this.#network.pool.allocate();
    if (!error) {
      device.drops.count(DropReason.NOMEM);
      return;
    }
    const quoted = Math.min(skb.tail - skb.network, ERROR_BYTES - IP_HEADER - options - ICMP_HEADER);
    const at = error.put(ICMP_HEADER + quoted);
    copyFrame(error.bytes, at + ICMP_HEADER, skb.bytes, skb.network, quoted);
    error.view.setUint16(at + ICMP_TYPE, (type << 8) | code);
    error.view.setUint16(at + ICMP_CHECKSUM, 0);
    error.view.setUint32(at + ICMP_HEADER - 4, info);
    error.view.setUint16(at + ICMP_CHECKSUM, finish(sumPacket(error, at, ICMP_HEADER + quoted)));
    this.layer.counters.icmp.sent(type);
    const tos = ERROR_TOS | (skb.view.getUint8(skb.network + IP_TOS) & KEPT_TOS);
    this.layer.answer(error, way, IPPROTO_ICMP, tos, options);
  }

  sendEcho(skb: SkBuff, way: Ip4Way, id: number, sequence: number): Fate {
    const at = skb.push(ICMP_HEADER);
    const { view } = skb;
    view.setUint16(at + ICMP_TYPE, ICMP_ECHO_REQUEST << 8);
    view.setUint16(at + ICMP_CHECKSUM, 0);
    view.setUint16(at + ICMP_ECHO_ID, id);
    view.setUint16(at + ICMP_ECHO_SEQUENCE, sequence);
    view.setUint16(at + ICMP_CHECKSUM, finish(sumPacket(skb, at, skb.length)));
    this.layer.counters.icmp.sent(ICMP_ECHO_REQUEST);
    return this.layer.send(skb, way, IPPROTO_ICMP);
  }

  /** Takes the news about a reply of ours, of which nobody is told, or about a request, whose sender has to be here. */
  unreachable(skb: SkBuff, { transport }: Unreachable): boolean {
    if (skb.view.getUint8(transport + ICMP_TYPE) === ICMP_ECHO_REPLY) return true;
    return this.echoListener?.sends(skb.view.getUint16(transport + ICMP_ECHO_ID)) ?? false;
  }

  #mayReport(skb: SkBuff): boolean {
    const { view, network: at } = skb;
    if (skb.packetType !== PacketType.HOST) return false;
    const type = this.layer.addressType(view.getInt32(at + IP_DESTINATION));
    if (type === AddressType.BROADCAST || type === AddressType.MULTICAST) return false;
    if (view.getUint16(at + IP_FRAGMENT) & FRAGMENT_OFFSET) return false;
    if (view.getUint8(at + IP_PROTOCOL) !== IPPROTO_ICMP) return true;
    const message = at + headerLengthOf(view, at);
    if (message >= skb.tail) return false;
    const reported = view.getUint8(message + ICMP_TYPE);
    return reported <= LAST_TYPE && !ERROR_TYPES.includes(reported);
  }

  /** Asks the limits of all messages together and of those to one host; messages to ourselves do not count against the latter. */
  #withinLimits(host: Ip4, device: NetDevice): boolean {
    const { icmp } = this.layer.counters;
    if (!device.loopback && !this.#limit.allowGlobal()) {
      icmp.outRateLimitGlobal++;
      return false;
    }
    if (!this.layer.isLocal(host) && !this.#limit.takeHost(host)) {
      icmp.outRateLimitHost++;
      return false;
    }
    if (!device.loopback) this.#limit.takeGlobal();
    return true;
  }

  /** Turns the request around in its own buffer. */
  #answerEcho(skb: SkBuff, packet: Ip4Received): DropReason {
    // RFC 1122 3.2.2.6 lets a host ignore requests to many; answering them would make it an amplifier.
    if (!packet.toUsAlone) return DropReason.INVALID_PROTO;
    const at = skb.data;
    skb.view.setUint8(at + ICMP_TYPE, ICMP_ECHO_REPLY);
    // The sum changes by the type's old value only (RFC 1624), so damage that happened on our side stays visible.
    const sum = (~skb.view.getUint16(at + ICMP_CHECKSUM) & 0xffff) + (~(ICMP_ECHO_REQUEST << 8) & 0xffff);
    skb.view.setUint16(at + ICMP_CHECKSUM, finish(sum));
    // A message of nothing but zeros is the one for which this gives the wrong one of the two zeros (RFC 1624 3).
    if (sumBytes(skb.view, at, ICMP_HEADER) === 0 && sumBytes(skb.view, at, skb.length) === 0) {
      skb.view.setUint16(at + ICMP_CHECKSUM, 0xffff);
    }
    return this.#reply(skb, packet, ICMP_ECHO_REPLY);
  }

  /** Sends an answer that was made in the request's own buffer, with the request's type of service (RFC 1812 4.3.2.5) and options. */
  #reply(skb: SkBuff, packet: Ip4Received, type: number): DropReason {
    const way = this.layer.wayOfAnswer(packet.source, packet.destination);
    const options = this.layer.optionsOfAnswer(skb, way);
    if (options < 0) return DropReason.IP_INHDR;
    const tos = skb.view.getUint8(skb.network + IP_TOS);
    this.layer.counters.icmp.sent(type);
    this.layer.answer(skb, way, IPPROTO_ICMP, tos, options);
    return DropReason.NONE;
  }

  /** Answers in the request's own buffer: its identifier and its first time, then the time of day twice. Anything else it had is cut off. */
  #answerTimestamp(skb: SkBuff, packet: Ip4Received): DropReason {
    if (!packet.toUsAlone) return DropReason.INVALID_PROTO;
    if (skb.length < ICMP_HEADER + TIME_BYTES) {
      this.layer.counters.icmp.inErrors++;
      return DropReason.PKT_TOO_SMALL;
    }
    skb.trim(ICMP_HEADER + TIME_BYTES);
    const { view, data: at } = skb;
    const now = timeOfDay(this.#network.clock);
    const times = skb.put(2 * TIME_BYTES);
    view.setUint32(times, now);
    view.setUint32(times + TIME_BYTES, now);
    view.setUint16(at + ICMP_TYPE, ICMP_TIMESTAMP_REPLY << 8);
    view.setUint16(at + ICMP_CHECKSUM, 0);
    view.setUint16(at + ICMP_CHECKSUM, finish(sumPacket(skb, at, skb.length)));
    return this.#reply(skb, packet, ICMP_TIMESTAMP_REPLY);
  }

  /** Hands a destination unreachable to the protocol that sent the packet it quotes. */
  #takeError(skb: SkBuff, reporter: Ip4): DropReason {
    const { view } = skb;
    const quotedIp = skb.data + ICMP_HEADER;
    if (skb.tail < quotedIp + IP_HEADER) return DropReason.PKT_TOO_SMALL;
    const headerLength = headerLengthOf(view, quotedIp);
    // Eight bytes of the quoted transport header are promised, and enough to find its sender (RFC 792).
    if (headerLength < IP_HEADER || skb.tail < quotedIp + headerLength + 8) return DropReason.PKT_TOO_SMALL;
    const source = readIp4(view, quotedIp + IP_SOURCE);
    if (!this.layer.isLocal(source)) return DropReason.IP_NOT_LOCAL;
    const error = this.#unreachable;
    error.code = view.getUint8(skb.data + ICMP_CODE);
    error.reporter = reporter;
    error.source = source;
    error.destination = readIp4(view, quotedIp + IP_DESTINATION);
    error.transport = quotedIp + headerLength;
    const { destination, code } = error;
    const handler = this.layer.handlerOf(view.getUint8(quotedIp + IP_PROTOCOL));
    if (handler?.unreachable?.(skb, error) === false) this.layer.counters.icmp.inErrors++;
    else if (handler?.unreachable && code === FRAGMENTATION_NEEDED)
      this.layer.tooLong(destination, source, view.getUint16(skb.data + ICMP_NEXT_HOP_MTU));
    skb.consume();
    return DropReason.NONE;
  }
}
