/** Hands packets on that came in for others (RFC 8200 3, RFC 4443 3, RFC 4861 8.2), in the order of Linux's checks. */
import { DropReason } from "../../hal/drop-reason.ts";
import { type DropCounters, PacketType, type SkBuff } from "../../hal/skbuff.ts";
import type { Ip6 } from "../ip/ip6.ts";
import { truesizeOf } from "../ip/truesize.ts";
import { output } from "../neigh/machine.ts";
import type { NetDevice } from "../net/device.ts";
import { isLinkLocal, isLoopback6 } from "./common/address-kind.ts";
import type { Ip6Counters } from "./common/counters.ts";
import {
  BEYOND_SCOPE,
  HOP_LIMIT,
  ICMP6_REDIRECT,
  ICMP6_ROUTER_SOLICITATION,
  ICMP6_TIME_EXCEEDED,
  ICMP6_TOO_BIG,
  ICMP6_TYPE,
  ICMP6_UNREACHABLE,
  IPPROTO_ICMPV6,
  type Ip6Errors,
  PROHIBITED,
} from "./common/icmp6-types.ts";
import { TransportPlace } from "./header/extension-headers.ts";
import { IP6_HEADER, IP6_HOPS } from "./header/ip6-header.ts";
import type { Ndisc } from "./ndisc/ndisc.ts";
import type { Redirects6 } from "./redirects.ts";
import type { Fib6 } from "./routing/fib.ts";
import type { Ip6Way } from "./routing/output-route.ts";

/** The parts of IPv6 that forwarding uses. */
export interface ForwardingGround6 {
  readonly fib: Fib6;
  readonly ndisc: Ndisc;
  readonly drops: DropCounters;
  readonly counters: Ip6Counters;
  readonly errors: Ip6Errors | null;
  wayOfAnswer(destination: Ip6, source: Ip6 | null, device: NetDevice): Ip6Way;
}

const { NONE, IP_INHDR, IP_INADDRERRORS, IP_NOT_LOCAL, PKT_TOO_BIG } = DropReason;

export class Forwarding6 {
  readonly #ground: ForwardingGround6;
  readonly #redirects: Redirects6;
  readonly #place = new TransportPlace();

  constructor(ground: ForwardingGround6, redirects: Redirects6) {
    this.#ground = ground;
    this.#redirects = redirects;
  }

  /** Packets that come in by the device are handed on. */
  serves(device: NetDevice): boolean {
    const { conf } = this.#ground.fib;
    return conf.all.forwarding !== 0 || conf.on(device).forceForwarding !== 0;
  }

  /** The packet is to a host for which we answer, and asks for it: a message of neighbour discovery (RFC 4389 4.1.3.3). */
  isForProxy({ view, network, tail }: SkBuff, device: NetDevice, destination: Ip6): boolean {
    const { fib, ndisc } = this.#ground;
    if (fib.conf.all.proxyNdp === 0 || ndisc.table.proxies.find(destination.d, device, destination) === null) return false;
    const place = this.#place;
    if (!place.find(view, network, tail) || place.protocol !== IPPROTO_ICMPV6 || place.at >= tail) return false;
    const type = view.getUint8(place.at + ICMP6_TYPE);
    return type >= ICMP6_ROUTER_SOLICITATION && type <= ICMP6_REDIRECT;
  }

  /** Hands a packet on. Returns NONE when the buffer is not the caller's any more, else the reason to drop it. */
  forward(skb: SkBuff, device: NetDevice, source: Ip6, destination: Ip6): DropReason {
    const { view, network: at } = skb;
    const { counters, errors, drops, ndisc } = this.#ground;
    const { ip } = counters;
    const way = this.#ground.wayOfAnswer(destination, null, device);
    const { route } = way;
    if (!route) {
      if (way.failure === DropReason.RTN_BLACKHOLE) return way.failure;
      ip.inNoRoutes++;
      errors?.sendError(skb, device, ICMP6_UNREACHABLE, way.failure === DropReason.RTN_PROHIBIT ? PROHIBITED : 0);
      return way.failure;
    }
    // A frame to a group address is not forwarded.
    if (skb.packetType !== PacketType.HOST) {
      ip.inDiscards++;
      return IP_NOT_LOCAL;
    }
    const hops = view.getUint8(at + IP6_HOPS);
    if (hops <= 1) {
      ip.inHdrErrors++;
      errors?.sendError(skb, device, ICMP6_TIME_EXCEEDED, HOP_LIMIT);
      return IP_INHDR;
    }
    if (route.device === device) this.#redirects.send(skb, device, way, source);
    else if (source === this.#ground.fib.known.unspecified || isLoopback6(source)) {
      ip.inAddrErrors++;
      return IP_INADDRERRORS;
    } else if (isLinkLocal(source)) {
      ip.inAddrErrors++;
      errors?.sendError(skb, device, ICMP6_UNREACHABLE, BEYOND_SCOPE);
      return IP_INADDRERRORS;
    }
    const mtu = way.room + IP6_HEADER;
    if (skb.length > mtu) {
      ip.inTooBigErrors++;
      ip.fragFails++;
      errors?.sendError(skb, device, ICMP6_TOO_BIG, 0, mtu);
      return PKT_TOO_BIG;
    }
    view.setUint8(at + IP6_HOPS, hops - 1);
    skb.truesize = truesizeOf(skb.length);
    ip.forwDatagrams++;
    ip.outTransmits++;
    ip.outOctets += skb.length;
    const { table } = ndisc;
    const { nextHop } = way;
    const entry = table.find(nextHop.d, route.device, nextHop) ?? table.create(nextHop.d, route.device, false, 0, nextHop);
    if (entry) output(entry, skb);
    else drops.drop(skb, DropReason.NEIGH_CREATEFAIL);
    return NONE;
  }
}
