/** The way of an IPv4 packet that is for us: its options, the fragments that it came in, and its protocol (RFC 1122 3.2). */

import type { Clock } from "../../hal/clock.ts";
import { DropReason } from "../../hal/drop-reason.ts";
import { PacketType, type SkBuff } from "../../hal/skbuff.ts";
import { INADDR_ANY, type Ip4, readIp4 } from "../ip/address.ts";
import type { InetCounters } from "../ip/counters.ts";
import type { IpLayer, IpProtocol } from "../ip/layer.ts";
import { Piece } from "../ip/reassembly.ts";
import type { NetDevice } from "../net/device.ts";
import type { Fragments } from "./fragments.ts";
import { PLAIN_HEADER, sumOf } from "./header/check.ts";
import {
  FRAGMENT_PART,
  headerLengthOf,
  IP_DESTINATION,
  IP_FRAGMENT,
  IP_HEADER,
  IP_ID,
  IP_SOURCE,
  IP_TTL,
} from "./header/ip-header.ts";
import { IpOptions, OPTIONS_SOUND, OPTIONS_SOURCE_ROUTE } from "./header/options.ts";
import { ICMP_DEST_UNREACH, ICMP_PARAMETER_PROBLEM, type IpErrors, PROTOCOL_UNREACHABLE } from "./icmp-types.ts";
import { Ip4Received } from "./received.ts";
import type { Devconfs } from "./routing/devconf.ts";
import type { InputRouter } from "./routing/input-route.ts";
import type { Ip4Way } from "./routing/output-route.ts";

// Constants of this module's own: V8 reads an imported or exported one anew at each use (docs/datapath.md).
const { NONE } = DropReason;
const { HOST } = PacketType;
const [HEADER, SOURCE, DESTINATION, TTL] = [IP_HEADER, IP_SOURCE, IP_DESTINATION, IP_TTL];
const [FRAGMENT, PART] = [IP_FRAGMENT, FRAGMENT_PART];
const PLAIN = PLAIN_HEADER;
/** Identification and fragment offset in one word. */
const FRAGMENT_WORD = IP_ID;

/** The answer of takeKnown() to packets that are none of its. */
export const UNKNOWN_PACKET = -1;
const UNKNOWN = UNKNOWN_PACKET;

/** The parts of IPv4 that delivery uses. */
export interface DeliveryGround extends IpLayer {
  readonly counters: InetCounters;
  readonly conf: Devconfs;
  readonly errors: IpErrors | null;
  wayOfAnswer(destination: Ip4, source: Ip4): Ip4Way;
}

export class Delivery {
  readonly #ground: DeliveryGround;
  readonly #fragments: Fragments;
  readonly #options: IpOptions;
  /** The header of the packet that is being received. */
  readonly #received: Ip4Received;
  /** By number. */
  readonly #protocols: (IpProtocol | undefined)[] = new Array<IpProtocol | undefined>(256).fill(undefined);

  /** @param foreign tells whether an address is another host's: neither ours nor a broadcast or group address */
  constructor(ground: DeliveryGround, clock: Clock, fragments: Fragments, foreign: (address: number) => boolean) {
    this.#ground = ground;
    this.#fragments = fragments;
    this.#options = new IpOptions(clock, foreign);
    this.#received = new Ip4Received(ground);
  }

  handle(protocol: number, handler: IpProtocol): void {
    this.#protocols[protocol] = handler;
  }

  /** Returns the handler of an IP protocol. */
  handlerOf(protocol: number): IpProtocol | undefined {
    return this.#protocols[protocol];
  }

  /**
   * Takes the short way in: a packet to this host whose header is sound and plain, whole, from and to addresses that were let in before,
   * is its protocol's. Each word of the header is read once.
   * @returns UNKNOWN_PACKET, and nothing has happened, when it has to take the long way; else as deliver()
   */
  takeKnown(skb: SkBuff, device: NetDevice, router: InputRouter): DropReason | typeof UNKNOWN_PACKET {
    const { view, data: at } = skb;
    const held = skb.tail - at;
    if (held < HEADER) return UNKNOWN;
    const first = view.getInt32(at);
    const length = first & 0xffff;
    if (first >>> 24 !== PLAIN || length < HEADER || length > held) return UNKNOWN;
    const second = view.getInt32(at + FRAGMENT_WORD);
    const third = view.getInt32(at + TTL);
    const source = readIp4(view, at + SOURCE);
    const destination = readIp4(view, at + DESTINATION);
    if ((second & PART) !== 0 || sumOf(first, second, third, source, destination) !== 0) return UNKNOWN;
    if (router.isKnown(destination, source, device) === false) return UNKNOWN;
    skb.tail = at + length;
    skb.network = at;
    return this.#toProtocol(skb, device, true, source, destination, third >>> 16, HEADER);
  }

  /** Hands a packet that is for us to its protocol. Returns NONE when it was taken. */
  deliver(skb: SkBuff, device: NetDevice, toUsAlone: boolean): DropReason {
    const { view, network: at } = skb;
    const ground = this.#ground;
    const source = readIp4(view, at + SOURCE);
    const destination = readIp4(view, at + DESTINATION);
    const headerLength = headerLengthOf(view, at);
    if (headerLength > HEADER) {
      const reason = this.takeOptions(skb, device, toUsAlone ? destination : ground.wayOfAnswer(source, INADDR_ANY).source);
      if (reason !== NONE) return reason;
    }
    if (toUsAlone && skb.packetType !== HOST && ground.conf.on(device).dropUnicastInL2Multicast) {
      return DropReason.UNICAST_IN_L2_MULTICAST;
    }
    if ((view.getUint16(at + FRAGMENT) & PART) !== 0) return this.#takeFragment(skb, device, toUsAlone, source, destination);
    // Both fields in one read: the protocol follows the time to live.
    return this.#toProtocol(skb, device, toUsAlone, source, destination, view.getUint16(at + TTL), headerLength);
  }

  /**
   * Checks the options of a packet that has some, and fills in `own` where they ask for it. Returns NONE when they are sound; else the
   * sender is told what is wrong.
   */
  takeOptions(skb: SkBuff, device: NetDevice, own: number): DropReason {
    const { view, network: at } = skb;
    const { counters, errors } = this.#ground;
    const fault = this.#options.receive(view, at, at + headerLengthOf(view, at), own);
    if (fault === OPTIONS_SOUND) return NONE;
    counters.ip.inHdrErrors++;
    if (fault !== OPTIONS_SOURCE_ROUTE) errors?.sendError(skb, device, ICMP_PARAMETER_PROBLEM, 0, fault << 24);
    return DropReason.IP_INHDR;
  }

  /**
   * Makes the options of an answer to the packet whose header is at skb.network.
   * @param fault offset in the header of what is wrong with it; only options before that are answered
   * @returns bytes of them, for writeOptions(); -1 when the packet cannot be answered
   */
  optionsOfAnswer(skb: SkBuff, way: Ip4Way, fault: number): number {
    const { view, network } = skb;
    const headerLength = headerLengthOf(view, network);
    if (headerLength <= HEADER) return 0;
    return this.#options.answer(view, network, network + (fault || headerLength), way.source);
  }

  /** As IpOptions.alert(). */
  alert(): number {
    return this.#options.alert();
  }

  /** Writes `length` bytes of them behind the plain header at `at`. */
  writeOptions(view: DataView, at: number, length: number): void {
    this.#options.write(view, at, length);
  }

  /** Takes one of several parts of a packet, and delivers the whole when it was the last. Returns NONE when the buffer was taken. */
  #takeFragment(skb: SkBuff, device: NetDevice, toUsAlone: boolean, source: Ip4, destination: Ip4): DropReason {
    this.#ground.counters.ip.reasmReqds++;
    const fate = this.#fragments.take(skb, device);
    if (fate > 0) return fate as DropReason;
    if (fate !== Piece.COMPLETE) return NONE;
    const whole = this.#fragments.whole as SkBuff;
    const { view, data: at } = whole;
    const reason = this.#toProtocol(
      whole,
      device,
      toUsAlone,
      source,
      destination,
      view.getUint16(at + TTL),
      headerLengthOf(view, at),
    );
    if (reason !== NONE) device.drops.drop(whole, reason);
    return NONE;
  }

  /** Hands a packet that is whole to its protocol. Returns NONE when it was taken. */
  #toProtocol(
    skb: SkBuff,
    device: NetDevice,
    toUsAlone: boolean,
    source: Ip4,
    destination: Ip4,
    ttlAndProtocol: number,
    headerLength: number,
  ): DropReason {
    const { counters, errors } = this.#ground;
    const protocol = this.#protocols[ttlAndProtocol & 0xff];
    if (protocol === undefined) {
      counters.ip.inUnknownProtos++;
      errors?.sendError(skb, device, ICMP_DEST_UNREACH, PROTOCOL_UNREACHABLE);
      return DropReason.IP_NOPROTO;
    }
    counters.ip.inDelivers++;
    skb.transport = skb.pull(headerLength);
    const packet = this.#received;
    packet.source = source;
    packet.destination = destination;
    packet.ttl = ttlAndProtocol >>> 8;
    packet.toUsAlone = toUsAlone;
    packet.device = device;
    return protocol.receive(skb, packet);
  }
}
