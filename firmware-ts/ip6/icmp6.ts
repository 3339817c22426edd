/** ICMPv6 (RFC 4443): answers echo requests, sends errors, takes errors about our packets, and hands other messages to their handlers. */
import { DropReason } from "../../hal/drop-reason.ts";
import { copyFrame } from "../../hal/kit/copy-frame.ts";
import { Checksum, PacketType, type SkBuff } from "../../hal/skbuff.ts";
import { finish, sumPacket } from "../ip/checksum.ts";
import type { EchoListener, EchoProtocol } from "../ip/echo.ts";
import { IcmpRateLimit } from "../ip/icmp-rate-limit.ts";
import type { Ip6, Ip6Interner } from "../ip/ip6.ts";
import type { IcmpError, IpProtocol } from "../ip/layer.ts";
import type { Fate } from "../neigh/machine.ts";
import type { NetDevice } from "../net/device.ts";
import type { Network } from "../net/network.ts";
import { isMulticast6 } from "./common/address-kind.ts";
import {
  errnoOf,
  ICMP6_CHECKSUM,
  ICMP6_ECHO_REPLY,
  ICMP6_ECHO_REQUEST,
  ICMP6_HEADER,
  ICMP6_INFO,
  ICMP6_INFORMATION,
  ICMP6_PARAMETER_PROBLEM,
  ICMP6_REDIRECT,
  ICMP6_ROUTER_SOLICITATION,
  ICMP6_TOO_BIG,
  ICMP6_TYPE,
  IPPROTO_ICMPV6,
  type Ip6Errors,
  UNKNOWN_OPTION,
} from "./common/icmp6-types.ts";
import { Ip6IcmpError, type Ip6Received } from "./common/received.ts";
import { labelOfReply } from "./flow-labels.ts";
import { TransportPlace } from "./header/extension-headers.ts";
import { IP6_DESTINATION, IP6_HEADER, IP6_MIN_MTU, IP6_SOURCE, trafficClassOf } from "./header/ip6-header.ts";
import type { Ipv6 } from "./ipv6.ts";
import type { Ip6Way } from "./routing/output-route.ts";

/** The low half of the header's last word: an echo's sequence number. */
const ICMP6_SEQUENCE: number = ICMP6_INFO + 2;
/** Bytes of a transport header that an error has to quote. */
const QUOTED_TRANSPORT = 8;
/** Most bytes of the packet that an error quotes: the message is no longer than every link carries (RFC 4443 2.4 c). */
const MOST_QUOTED: number = IP6_MIN_MTU - IP6_HEADER - ICMP6_HEADER;

const { NONE, ICMP_CSUM, PKT_TOO_SMALL, INVALID_PROTO } = DropReason;
const { NONE: UNVERIFIED } = Checksum;
const [PROTOCOL, HEADER, TYPE, CHECKSUM] = [IPPROTO_ICMPV6, ICMP6_HEADER, ICMP6_TYPE, ICMP6_CHECKSUM];
/** The code, in the message's first word. */
const CODE_BITS = 0xff_0000;

/** Takes a message whose checksum was checked; it begins at skb.data. Returns NONE when the buffer was consumed. */
export type Icmp6Handler = (skb: SkBuff, packet: Ip6Received) => DropReason;

export class Icmp6 implements IpProtocol, Ip6Errors, EchoProtocol {
  readonly layer: Ipv6;
  echoListener: EchoListener | null = null;
  readonly #network: Network;
  readonly #interner: Ip6Interner;
  readonly #limit: IcmpRateLimit;
  /** The error that is being received, and the transport header of the packet that it quotes. */
  readonly #error: Ip6IcmpError;
  readonly #place = new TransportPlace();
  /** By type. */
  readonly #handlers = new Map<number, Icmp6Handler>();

  constructor(network: Network, ip: Ipv6, interner: Ip6Interner) {
    this.#network = network;
    this.#interner = interner;
    this.layer = ip;
    this.#error = new Ip6IcmpError(ip, ip.unspecified);
    this.#limit = new IcmpRateLimit(network.clock, ip.settings);
    ip.handle(IPPROTO_ICMPV6, this);
    ip.errors = this;
  }

  /** Gives a type of message to a handler. Echo, errors and neighbour discovery have theirs. */
  handle(type: number, handler: Icmp6Handler): void {
    this.#handlers.set(type, handler);
  }

  receive(skb: SkBuff, packet: Ip6Received): DropReason {
    const { view, data: at, length } = skb;
    const { icmp } = this.layer.counters;
    icmp.inMsgs++;
    const { source, destination } = packet;
    const sum = skb.checksum === UNVERIFIED ? sumPacket(skb, at, length, source.sum + destination.sum + PROTOCOL + length) : 0xffff;
    if (finish(sum) !== 0 || length < HEADER) {
      icmp.inErrors++;
      if (finish(sum) === 0) return PKT_TOO_SMALL;
      icmp.inCsumErrors++;
      return ICMP_CSUM;
    }
    const typeAndCode = view.getUint16(at + TYPE);
    const type = typeAndCode >>> 8;
    icmp.received(type);
    if (type >= ICMP6_ROUTER_SOLICITATION && type <= ICMP6_REDIRECT) {
      return this.layer.ndisc.receive(skb, packet, type, typeAndCode & 0xff);
    }
    if (type === ICMP6_ECHO_REQUEST) return this.#answerEcho(skb, packet);
    if (type === ICMP6_ECHO_REPLY) {
      this.echoListener?.echoReply(packet, view.getUint16(at + ICMP6_INFO), view.getUint16(at + ICMP6_SEQUENCE), length);
      skb.consume();
      return NONE;
    }
    if (type < ICMP6_INFORMATION) return this.#takeError(skb, type, typeAndCode & 0xff, packet);
    const handler = this.#handlers.get(type);
    return handler === undefined ? INVALID_PROTO : handler(skb, packet);
  }

  /**
   * Tells the sender of a packet what is wrong with it. The packet came in, or is one of our own that found no way. Sends nothing where no
   * error is allowed (RFC 4443 2.4 e) or where the rate limit forbids it.
   */
  sendError(skb: SkBuff, device: NetDevice, type: number, code: number, info = 0): void {
    const { view, network } = skb;
    const source = this.#interner.read(view, network + IP6_SOURCE);
    const destination = this.#interner.read(view, network + IP6_DESTINATION);
    const toMany = isMulticast6(destination) || skb.packetType !== PacketType.HOST;
    // Path MTU discovery works for groups, too, and an option may ask for its report (RFC 8200 4.2).
    const wanted = type === ICMP6_TOO_BIG || (type === ICMP6_PARAMETER_PROBLEM && code === UNKNOWN_OPTION);
    if ((toMany && !wanted) || source === this.layer.unspecified || isMulticast6(source) || this.#isAboutError(skb)) return;
    // From the address that was asked, if it is ours; else from the one that faces the sender.
    const asked = !isMulticast6(destination) && this.layer.addresses.find(destination) ? destination : null;
    const way = this.layer.wayOfAnswer(source, asked, device);
    if (!this.#withinLimits(way, type)) return;
    const error = this.#network.pool.allocate();
    if (!error) {
      device.drops.count(DropReason.NOMEM);
      return;
    }
    const quoted = Math.min(skb.tail - network, MOST_QUOTED);
    const at = error.put(HEADER + quoted);
    copyFrame(error.bytes, at + HEADER, skb.bytes, network, quoted);
    error.view.setUint16(at + TYPE, (type << 8) | code);
    error.view.setInt32(at + ICMP6_INFO, info);
    this.#complete(error, way);
    this.layer.counters.icmp.sent(type);
    this.layer.send(error, way, PROTOCOL);
  }

  takeToken(host: Ip6, wait: number): boolean {
    return this.#limit.takeHost(host, wait);
  }

  sendEcho(skb: SkBuff, way: Ip6Way, id: number, sequence: number): Fate {
    const at = skb.push(HEADER);
    skb.view.setUint16(at + TYPE, ICMP6_ECHO_REQUEST << 8);
    skb.view.setInt32(at + ICMP6_INFO, (id << 16) | sequence);
    this.#complete(skb, way);
    this.layer.counters.icmp.sent(ICMP6_ECHO_REQUEST);
    return this.layer.send(skb, way, PROTOCOL);
  }

  /** Takes what is said of a reply of ours, of which nobody is told, or of a request, whose sender has to be here. */
  error(skb: SkBuff, error: IcmpError): boolean {
    const { view } = skb;
    const at = error.transport;
    if (view.getUint8(at + TYPE) !== ICMP6_ECHO_REQUEST) return view.getUint8(at + TYPE) === ICMP6_ECHO_REPLY;
    return this.echoListener?.echoError(error, view.getUint16(at + ICMP6_INFO), view.getUint16(at + ICMP6_SEQUENCE)) ?? false;
  }

  /** Fills in the checksum of a message that begins at skb.data. */
  #complete(skb: SkBuff, { source, destination }: Ip6Way): void {
    const { data: at, length } = skb;
    skb.view.setUint16(at + CHECKSUM, 0);
    skb.view.setUint16(at + CHECKSUM, finish(sumPacket(skb, at, length, source.sum + destination.sum + PROTOCOL + length)));
  }

  /** The packet is an error itself, as far as it can be told: about those nothing is reported. */
  #isAboutError({ view, network, tail }: SkBuff): boolean {
    const place = this.#place;
    if (!place.find(view, network, tail)) return false;
    if (place.protocol !== PROTOCOL) return false;
    return place.at >= tail ? !place.fragment : view.getUint8(place.at + TYPE) < ICMP6_INFORMATION;
  }

  /** Asks the limits of all messages together and of those to one host; messages to ourselves do not count. */
  #withinLimits({ toOurselves, destination }: Ip6Way, type: number): boolean {
    // Path MTU discovery rests on this one (icmp/ratemask).
    if (type === ICMP6_TOO_BIG || toOurselves) return true;
    const { icmp } = this.layer.counters;
    if (!this.#limit.allowGlobal()) {
      icmp.outRateLimitGlobal++;
      return false;
    }
    if (!this.#limit.takeHost(destination)) {
      icmp.outRateLimitHost++;
      return false;
    }
    this.#limit.takeGlobal();
    return true;
  }

  /** Turns the request around in its own buffer. */
  #answerEcho(skb: SkBuff, { source, destination, toUsAlone, device }: Ip6Received): DropReason {
    const { settings, counters } = this.layer;
    if (settings.icmpEchoIgnoreAll !== 0 || (!toUsAlone && settings.icmpEchoIgnoreMulticast !== 0)) return INVALID_PROTO;
    if (settings.icmpEchoIgnoreAnycast !== 0 && this.layer.fib.isAnycast(destination, device)) return INVALID_PROTO;
    // An answer of one of several routers comes from an address of its own.
    const own = toUsAlone && this.layer.addresses.find(destination) ? destination : null;
    const way = this.layer.wayOfAnswer(source, own, device);
    const tos = trafficClassOf(skb.view, skb.network);
    const { view, data: at } = skb;
    const head = view.getInt32(at + TYPE);
    // The same addresses the other way round have the same sum: what differs is the type (RFC 1624 3, equation 3).
    const sum = finish((~head & 0xffff) + ((ICMP6_ECHO_REPLY - ICMP6_ECHO_REQUEST) << 8));
    view.setInt32(at + TYPE, (ICMP6_ECHO_REPLY << 24) | (head & CODE_BITS) | sum);
    if (way.source !== destination) this.#complete(skb, way);
    counters.icmp.sent(ICMP6_ECHO_REPLY);
    this.layer.sendLabelled(skb, way, PROTOCOL, 0, tos, labelOfReply(settings, skb, way));
    return NONE;
  }

  /** Hands an error to the protocol that sent the packet it quotes. */
  #takeError(skb: SkBuff, type: number, code: number, { source: reporter, device }: Ip6Received): DropReason {
    const { view, tail } = skb;
    const { counters } = this.layer;
    const quoted = skb.data + HEADER;
    const place = this.#place;
    if (tail < quoted + IP6_HEADER || !place.find(view, quoted, tail) || tail < place.at + QUOTED_TRANSPORT) {
      counters.icmp.inErrors++;
      return PKT_TOO_SMALL;
    }
    const error = this.#error;
    error.type = type;
    error.code = code;
    error.errno = errnoOf(type, code);
    error.info = view.getInt32(skb.data + ICMP6_INFO);
    error.reporter = reporter;
    error.source = this.#interner.read(view, quoted + IP6_SOURCE);
    error.destination = this.#interner.read(view, quoted + IP6_DESTINATION);
    error.transport = place.at;
    const handler = this.layer.handlerOf(place.protocol);
    const known = handler?.error?.(skb, error) === true;
    // As in Linux, a quote of ICMPv6 needs no sender: nobody knows who may have sent it.
    if (known && error.comesNotThrough) this.layer.doubt(this.layer.wayOfAnswer(error.destination, error.source, device), "icmp");
    if (type === ICMP6_TOO_BIG && (known || place.protocol === PROTOCOL)) this.#heed(error, device);
    skb.consume();
    return NONE;
  }

  /** Believes a router that a packet of ours was too long for its way. */
  #heed({ destination, source, info }: { destination: Ip6; source: Ip6; info: number }, device: NetDevice): void {
    this.#tooLong(destination, source, info >>> 0, device);
  }

  /** Takes the news that a packet of ours was too long for its way: shorter ones go by it from now on. */
  #tooLong(destination: Ip6, source: Ip6, mtu: number, device: NetDevice): void {
    const { fib, settings } = this.layer;
    const { route } = this.layer.wayOfAnswer(destination, source, device);
    if (route) fib.paths.learn(destination, route, mtu, settings.mtuExpires);
  }
}
