/** ICMP (RFC 792, RFC 1122 3.2.2, RFC 1812 4.3): answers echo and timestamp requests, sends errors, takes destination unreachable. */
import { DropReason } from "../../hal/drop-reason.ts";
import { copyFrame } from "../../hal/kit/copy-frame.ts";
import { PacketType, type SkBuff } from "../../hal/skbuff.ts";
import { INADDR_ANY, type Ip4, readIp4 } from "../ip/address.ts";
import { AddressType } from "../ip/address-type.ts";
import { finish, sumBytes, sumPacket } from "../ip/checksum.ts";
import { ECHO_HEADER, type EchoListener, type EchoProtocol } from "../ip/echo.ts";
import { IcmpRateLimit, REDIRECT_NUMBER } from "../ip/icmp-rate-limit.ts";
import type { IcmpError, IpProtocol } from "../ip/layer.ts";
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
  errnoOf,
  FRAGMENTATION_NEEDED,
  ICMP_ADDRESS,
  ICMP_ADDRESS_REPLY,
  ICMP_DEST_UNREACH,
  ICMP_ECHO_REPLY,
  ICMP_ECHO_REQUEST,
  ICMP_EXT_ECHO,
  ICMP_EXT_ECHO_REPLY,
  ICMP_PARAMETER_PROBLEM,
  ICMP_REDIRECT,
  ICMP_SOURCE_QUENCH,
  ICMP_TIME_EXCEEDED,
  ICMP_TIMESTAMP,
  ICMP_TIMESTAMP_REPLY,
  type IpErrors,
  LAST_UNREACHABLE,
  REASSEMBLY_TIME,
  REDIRECT_HOST,
} from "./icmp-types.ts";
import type { Ipv4 } from "./ipv4.ts";
import { Ip4IcmpError, type Ip4Received } from "./received.ts";
import type { Ip4Way } from "./routing/output-route.ts";

const IPPROTO_ICMP = 1;

/** Offsets in the header (RFC 792). */
const ICMP_TYPE = 0;
const ICMP_CODE = 1;
const ICMP_CHECKSUM = 2;
const ICMP_ECHO_ID = 4;
const ICMP_ECHO_SEQUENCE = 6;
const ICMP_INFO = 4;
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
  /** The error that is being received. */
  readonly #error: Ip4IcmpError;

  constructor(network: Network, ip: Ipv4) {
    this.#network = network;
    this.layer = ip;
    this.#error = new Ip4IcmpError(ip);
    this.#limit = new IcmpRateLimit(network.clock, ip.settings);
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
    if (!packet.toUsAlone && !this.#takenOfMany(type)) {
      icmp.inErrors++;
      return DropReason.INVALID_PROTO;
    }
    switch (type) {
      case ICMP_ECHO_REQUEST:
        return this.#answerEcho(skb, packet);
      case ICMP_TIMESTAMP:
        return this.#answerTimestamp(skb, packet);
      case ICMP_ECHO_REPLY:
        this.echoListener?.echoReply(packet, view.getUint16(at + ICMP_ECHO_ID), view.getUint16(at + ICMP_ECHO_SEQUENCE), length);
        skb.consume();
        return DropReason.NONE;
      case ICMP_DEST_UNREACH:
      case ICMP_SOURCE_QUENCH:
      case ICMP_REDIRECT:
      case ICMP_TIME_EXCEEDED:
      case ICMP_PARAMETER_PROBLEM: {
        const reason = this.#takeError(skb, type, packet);
        if (reason === DropReason.PKT_TOO_SMALL) icmp.inErrors++;
        return reason;
      }
      default:
        if (type > LAST_TYPE && type !== ICMP_EXT_ECHO && type !== ICMP_EXT_ECHO_REPLY) icmp.inErrors++;
        return DropReason.INVALID_PROTO;
    }
  }

  /** Tells whether a message to a broadcast address or a group is looked at: none that reports or answers anything (RFC 1122 3.2.2). */
  #takenOfMany(type: number): boolean {
    if (type === ICMP_ECHO_REQUEST || type === ICMP_TIMESTAMP) return this.layer.settings.icmpEchoIgnoreBroadcasts === 0;
    return type === ICMP_ADDRESS || type === ICMP_ADDRESS_REPLY || type > LAST_TYPE;
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
    if (!this.#withinLimits(source, device, type, code)) return;
    // From the address that was asked, if it is ours; else from the one that faces the sender.
    const asked = this.layer.addressType(destination) === AddressType.LOCAL ? destination : this.#facing(source, device);
    const way = this.layer.wayOfAnswer(source, asked);
    const options = this.layer.delivery.optionsOfAnswer(skb, way, type === ICMP_PARAMETER_PROBLEM ? info >>> 24 : 0);
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

  sendRedirect(skb: SkBuff, device: NetDevice, gateway: number): void {
    const host = readIp4(skb.view, skb.network + IP_SOURCE);
    const sent = this.#limit.takeRedirect(host);
    if (sent === 0) return;
    this.sendError(skb, device, ICMP_REDIRECT, REDIRECT_HOST, gateway);
    if (sent < REDIRECT_NUMBER || !this.layer.conf.on(device).logMartians) return;
    this.layer.log.redirectsIgnored(host, device, readIp4(skb.view, skb.network + IP_DESTINATION), gateway);
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

  /** Takes what is said of a reply of ours, of which nobody is told, or of a request, whose sender has to be here. */
  error(skb: SkBuff, error: IcmpError): boolean {
    const { view } = skb;
    const at = error.transport;
    if (view.getUint8(at + ICMP_TYPE) === ICMP_ECHO_REPLY) return true;
    return this.echoListener?.echoError(error, view.getUint16(at + ICMP_ECHO_ID), view.getUint16(at + ICMP_ECHO_SEQUENCE)) ?? false;
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

  /** The address of an error about a packet to others; INADDR_ANY for the best. */
  #facing(source: Ip4, device: NetDevice): Ip4 {
    if (this.layer.settings.icmpErrorsUseInboundIfaddr === 0) return INADDR_ANY;
    return this.layer.addresses.select(device, source) as Ip4;
  }

  /** Asks the limits of all messages together and of those to one host; messages to ourselves do not count against the latter. */
  #withinLimits(host: Ip4, device: NetDevice, type: number, code: number): boolean {
    // Path MTU discovery rests on this one.
    if (type === ICMP_DEST_UNREACH && code === FRAGMENTATION_NEEDED) return true;
    if (((this.layer.settings.icmpRatemask >>> type) & 1) === 0) return true;
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
    if (this.layer.settings.icmpEchoIgnoreAll !== 0) return DropReason.INVALID_PROTO;
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
    const way = this.layer.wayOfAnswer(packet.source, packet.toUsAlone ? packet.destination : INADDR_ANY);
    const options = this.layer.delivery.optionsOfAnswer(skb, way, 0);
    if (options < 0) return DropReason.IP_INHDR;
    if (!this.#withinLimits(packet.source, packet.device, type, 0)) return DropReason.INVALID_PROTO;
    const tos = skb.view.getUint8(skb.network + IP_TOS);
    this.layer.counters.icmp.sent(type);
    this.layer.answer(skb, way, IPPROTO_ICMP, tos, options);
    return DropReason.NONE;
  }

  /** Answers in the request's own buffer: its identifier and its first time, then the time of day twice. Anything else it had is cut off. */
  #answerTimestamp(skb: SkBuff, packet: Ip4Received): DropReason {
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

  /** Hands an error to the protocol that sent the packet it quotes. Returns PKT_TOO_SMALL when it does not quote enough of it. */
  #takeError(skb: SkBuff, type: number, packet: Ip4Received): DropReason {
    const { view } = skb;
    const quotedIp = skb.data + ICMP_HEADER;
    if (skb.tail < quotedIp + IP_HEADER) return DropReason.PKT_TOO_SMALL;
    const headerLength = headerLengthOf(view, quotedIp);
    // Eight bytes of the quoted transport header are promised, and enough to find its sender (RFC 792).
    if (headerLength < IP_HEADER || skb.tail < quotedIp + headerLength + 8) return DropReason.PKT_TOO_SMALL;
    const code = view.getUint8(skb.data + ICMP_CODE);
    if (type === ICMP_DEST_UNREACH ? code > LAST_UNREACHABLE : type === ICMP_TIME_EXCEEDED && code === REASSEMBLY_TIME) {
      return DropReason.INVALID_PROTO;
    }
    const error = this.#error;
    error.type = type;
    error.code = code;
    error.errno = errnoOf(type, code);
    error.info = view.getInt32(skb.data + ICMP_INFO);
    error.reporter = packet.source;
    error.source = readIp4(view, quotedIp + IP_SOURCE);
    error.destination = readIp4(view, quotedIp + IP_DESTINATION);
    error.transport = quotedIp + headerLength;
    const handler = this.layer.handlerOf(view.getUint8(quotedIp + IP_PROTOCOL));
    // Nobody's word counts about the way of a packet that did not come from here.
    if (handler?.error?.(skb, error) === true && this.layer.isLocal(error.source as Ip4)) this.#heed(error, packet.device);
    skb.consume();
    return DropReason.NONE;
  }

  /** Does what an error about a packet of ours says of its way. */
  #heed({ type, code, comesNotThrough, info, reporter, source, destination }: Ip4IcmpError, device: NetDevice): void {
    if (comesNotThrough) this.layer.doubt(this.layer.wayOfAnswer(destination, source), "icmp");
    if (type === ICMP_DEST_UNREACH && code === FRAGMENTATION_NEEDED) this.layer.tooLong(destination, source, info & 0xffff);
    else if (type === ICMP_REDIRECT) {
      this.layer.redirects.take(this.layer.wayOfAnswer(destination, source), code, reporter, info as Ip4, device);
    }
  }
}
