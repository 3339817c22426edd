/**
 * Goes over the extension headers of packets for us (RFC 8200 4), to the header of the protocol above. Each may be there in any order, and
 * more than once, but for hop-by-hop options, which stand first or nowhere.
 */
import { DropReason } from "../../hal/drop-reason.ts";
import { PacketType, type SkBuff } from "../../hal/skbuff.ts";
import type { Ip6 } from "../ip/ip6.ts";
import { Piece } from "../ip/reassembly.ts";
import type { NetDevice } from "../net/device.ts";
import { isMulticast6 } from "./common/address-kind.ts";
import type { Ip6Counters } from "./common/counters.ts";
import {
  BAD_FIELD,
  HEADERS_INCOMPLETE,
  ICMP6_PARAMETER_PROBLEM,
  IPPROTO_ICMPV6,
  type Ip6Errors,
  UNKNOWN_NEXT_HEADER,
  UNKNOWN_OPTION,
} from "./common/icmp6-types.ts";
import type { Fragments } from "./fragments.ts";
import {
  EXTENSION_NEXT,
  EXTENSION_UNIT,
  extensionLengthOf,
  FRAGMENT_HEADER,
  FRAGMENT_MORE,
  FRAGMENT_OFFSET_FIELD,
  FRAGMENT_OFFSET_MASK,
  NextHeader,
  ROUTING_LEFT,
  ROUTING_TYPE,
  TransportPlace,
} from "./header/extension-headers.ts";
import { IP6_HEADER, IP6_LENGTH, IP6_MOST_PAYLOAD, IP6_NEXT } from "./header/ip6-header.ts";
import { Ip6Options, OPTIONS_BROKEN, OPTIONS_FINE } from "./header/options.ts";

const { NONE, IPV6_BAD_EXTHDR, UNHANDLED_PROTO, IP_INADDRERRORS, IP_NOPROTO } = DropReason;

/** Routing headers of protocols that are off unless somebody sets them up: RPL (RFC 6554), segments (RFC 8754). */
const ROUTING_RPL = 3;
const ROUTING_SEGMENTS = 4;

/** Bytes of the transport header that a first fragment has to have, by protocol; one byte of any other. */
const UDP = 17;
const TCP = 6;
const TCP_BYTES = 20;
const SHORT_BYTES = 8;

/** Results of a walk, besides the reasons to drop the packet (which are above 0, as Walk.THROUGH is not). */
export const Walk = { THROUGH: 0, TAKEN: -1, WHOLE: -2 } as const;

export class Extensions {
  /** The header behind the extensions: its number and its offset. */
  next = 0;
  at = 0;
  /** The packet came in a fragment, if only in one. */
  fragmented = false;
  readonly #counters: Ip6Counters;
  readonly #fragments: Fragments;
  readonly #errors: () => Ip6Errors | null;
  readonly #options = new Ip6Options();
  readonly #place = new TransportPlace();

  constructor(counters: Ip6Counters, fragments: Fragments, errors: () => Ip6Errors | null) {
    this.#counters = counters;
    this.#fragments = fragments;
    this.#errors = errors;
  }

  /** Checks the hop-by-hop options behind the IP header, before anything else is done with the packet. Returns NONE when they are fine. */
  hopByHop(skb: SkBuff, device: NetDevice, destination: Ip6): DropReason {
    return this.#checkOptions(skb, device, skb.network + IP6_HEADER, true, isMulticast6(destination));
  }

  /**
   * Goes over the headers of the packet at skb.network, whose hop-by-hop options were checked.
   * @returns THROUGH: `next` and `at` say what follows. TAKEN: the buffer is gone. WHOLE: the buffer is gone, and Fragments.whole has the
   * packet that it completes. Else why it is dropped; its sender was told where that is due.
   */
  walk(skb: SkBuff, device: NetDevice, source: Ip6, destination: Ip6): number {
    const { view, network } = skb;
    let field = network + IP6_NEXT;
    let at = network + IP6_HEADER;
    this.fragmented = false;
    for (;;) {
      const next = view.getUint8(field);
      let reason: number = NONE;
      if (next === NextHeader.HOP_BY_HOP && field !== network + IP6_NEXT) return this.#unknown(skb, device, field);
      if (next === NextHeader.DESTINATION_OPTIONS) {
        reason = this.#checkOptions(skb, device, at, false, isMulticast6(destination));
      } else if (next === NextHeader.ROUTING) {
        reason = this.#routing(skb, device, at, destination);
      } else if (next === NextHeader.FRAGMENT) {
        reason = this.#fragment(skb, device, at, source, destination);
      } else if (next !== NextHeader.HOP_BY_HOP) {
        this.next = next;
        this.at = at;
        return Walk.THROUGH;
      }
      if (reason !== NONE) return reason;
      field = at + EXTENSION_NEXT;
      at += next === NextHeader.FRAGMENT ? FRAGMENT_HEADER : extensionLengthOf(view, at);
    }
  }

  /** Tells the sender of a packet that nobody takes what is in it. @param field the offset of the number that nobody knows */
  refuse(skb: SkBuff, device: NetDevice): DropReason {
    const { view, network } = skb;
    let field = network + IP6_NEXT;
    let at = network + IP6_HEADER;
    // The number of the header that was reached stands in the one before it.
    while (at < this.at) {
      const next = view.getUint8(field);
      field = at + EXTENSION_NEXT;
      at += next === NextHeader.FRAGMENT ? FRAGMENT_HEADER : extensionLengthOf(view, at);
    }
    return this.#unknown(skb, device, field);
  }

  #unknown(skb: SkBuff, device: NetDevice, field: number): DropReason {
    this.#counters.ip.inUnknownProtos++;
    this.#tell(skb, device, UNKNOWN_NEXT_HEADER, field - skb.network);
    return IP_NOPROTO;
  }

  #tell(skb: SkBuff, device: NetDevice, code: number, pointer: number): void {
    this.#errors()?.sendError(skb, device, ICMP6_PARAMETER_PROBLEM, code, pointer);
  }

  #broken(): DropReason {
    this.#counters.ip.inHdrErrors++;
    return IPV6_BAD_EXTHDR;
  }

  #checkOptions(skb: SkBuff, device: NetDevice, at: number, hopByHop: boolean, toMany: boolean): DropReason {
    if (!fits(skb, at)) return this.#broken();
    const finding = this.#options.check(skb, at, at + extensionLengthOf(skb.view, at), hopByHop, toMany);
    if (finding === OPTIONS_FINE) return NONE;
    this.#counters.ip.inHdrErrors++;
    if (finding === OPTIONS_BROKEN) return IPV6_BAD_EXTHDR;
    this.#tell(skb, device, this.#options.badField ? BAD_FIELD : UNKNOWN_OPTION, finding);
    return UNHANDLED_PROTO;
  }

  /** A routing header that has led the packet to its end is passed over; none leads it on (RFC 5095). */
  #routing(skb: SkBuff, device: NetDevice, at: number, destination: Ip6): DropReason {
    const { view } = skb;
    if (!fits(skb, at)) return this.#broken();
    if (isMulticast6(destination) || skb.packetType !== PacketType.HOST) {
      this.#counters.ip.inAddrErrors++;
      return IP_INADDRERRORS;
    }
    const type = view.getUint8(at + ROUTING_TYPE);
    if (type === ROUTING_RPL || type === ROUTING_SEGMENTS) return IPV6_BAD_EXTHDR;
    if (view.getUint8(at + ROUTING_LEFT) === 0) return NONE;
    this.#tell(skb, device, BAD_FIELD, at + ROUTING_TYPE - skb.network);
    return this.#broken();
  }

  #fragment(skb: SkBuff, device: NetDevice, at: number, source: Ip6, destination: Ip6): number {
    const { view, network, tail } = skb;
    const { ip } = this.#counters;
    if (at + FRAGMENT_HEADER > tail) return this.#broken();
    if (this.fragmented) {
      this.#tell(skb, device, BAD_FIELD, at - network);
      return this.#broken();
    }
    ip.reasmReqds++;
    this.fragmented = true;
    const field = view.getUint16(at + FRAGMENT_OFFSET_FIELD);
    const offset = field & FRAGMENT_OFFSET_MASK;
    const more = (field & FRAGMENT_MORE) !== 0;
    if (offset === 0 && !more) {
      // The only fragment of its packet (RFC 6946).
      ip.reasmOKs++;
      return NONE;
    }
    if (offset === 0 && !this.#isComplete(skb)) {
      this.#tell(skb, device, HEADERS_INCOMPLETE, 0);
      return this.#broken();
    }
    const length = tail - at - FRAGMENT_HEADER;
    if (offset + length > IP6_MOST_PAYLOAD) {
      this.#tell(skb, device, BAD_FIELD, at + FRAGMENT_OFFSET_FIELD - network);
      return this.#broken();
    }
    if (more && length % EXTENSION_UNIT !== 0) {
      this.#tell(skb, device, BAD_FIELD, IP6_LENGTH);
      return this.#broken();
    }
    const fate = this.#fragments.take(skb, at, source, destination, device);
    if (fate > 0) return fate;
    return fate === Piece.COMPLETE ? Walk.WHOLE : Walk.TAKEN;
  }

  /** A first fragment has the transport's header (RFC 7112). As in Linux, one that ends within an extension header is found later. */
  #isComplete({ view, network, tail }: SkBuff): boolean {
    const place = this.#place;
    if (!place.find(view, network, tail)) return true;
    const { protocol } = place;
    const least = protocol === TCP ? TCP_BYTES : protocol === UDP || protocol === IPPROTO_ICMPV6 ? SHORT_BYTES : 1;
    return place.at + least <= tail;
  }
}

/** The extension header at `at`, which has a length field, ends within the packet. */
function fits({ view, tail }: SkBuff, at: number): boolean {
  return at + EXTENSION_UNIT <= tail && at + extensionLengthOf(view, at) <= tail;
}
