/** Hands packets on that came in for others (RFC 8200 3, RFC 4443 3), or tells their sender why not. */
import { DropReason } from "../../hal/drop-reason.ts";
import { type DropCounters, PacketType, type SkBuff } from "../../hal/skbuff.ts";
import type { Ip6 } from "../ip/ip6.ts";
import { failureOf, refuses } from "../ip/route-type.ts";
import { truesizeOf } from "../ip/truesize.ts";
import { output } from "../neigh/machine.ts";
import type { NetDevice } from "../net/device.ts";
import { isLinkBound, isLinkLocal, isLoopback6, isMulticast6, isUnspecified } from "./common/address-kind.ts";
import type { Ip6Counters } from "./common/counters.ts";
import {
  ADMIN_PROHIBITED,
  BEYOND_SCOPE,
  HOP_LIMIT_EXCEEDED,
  ICMP6_REDIRECT,
  ICMP6_ROUTER_SOLICITATION,
  ICMP6_TIME_EXCEEDED,
  ICMP6_TOO_BIG,
  ICMP6_TYPE,
  ICMP6_UNREACHABLE,
  IPPROTO_ICMPV6,
  type Ip6Errors,
  NO_ROUTE,
} from "./common/icmp6-types.ts";
import { TransportPlace } from "./header/extension-headers.ts";
import { IP6_HOPS } from "./header/ip6-header.ts";
import type { Ndisc } from "./ndisc/ndisc.ts";
import type { Redirects6 } from "./redirects.ts";
import type { Fib6 } from "./routing/fib.ts";
import { mtuBy } from "./routing/output-route.ts";
import { type Ip6Route, type Ip6RouteEntry, Ip6RouteType, leadsSomewhere } from "./routing/route.ts";

/** The parts of IPv6 that forwarding uses. */
export interface Forwarding6Ground {
  readonly fib: Fib6;
  readonly ndisc: Ndisc;
  readonly drops: DropCounters;
  readonly counters: Ip6Counters;
  readonly errors: Ip6Errors | null;
}

export class Forwarding6 {
  readonly #ground: Forwarding6Ground;
  readonly #redirects: Redirects6;
  readonly #place = new TransportPlace();

  constructor(ground: Forwarding6Ground, redirects: Redirects6) {
    this.#ground = ground;
    this.#redirects = redirects;
  }

  /** The packet is to a host for which we answer, and asks for it: a message of neighbour discovery (RFC 4389 4.1.3.3). */
  isForProxy({ view, network, tail }: SkBuff, device: NetDevice, destination: Ip6): boolean {
    const { fib, ndisc } = this.#ground;
    if (fib.conf.all.proxyNdp === 0 || !this.#serves(device)) return false;
    if (ndisc.table.proxies.find(destination.d, device, destination) === null) return false;
    const place = this.#place;
    if (!place.find(view, network, tail) || place.protocol !== IPPROTO_ICMPV6 || place.at >= tail) return false;
    const type = view.getUint8(place.at + ICMP6_TYPE);
    return type >= ICMP6_ROUTER_SOLICITATION && type <= ICMP6_REDIRECT;
  }

  /** Takes a packet that is not for us. Returns NONE when the buffer is not the caller's any more, else the reason to drop it. */
  take(skb: SkBuff, device: NetDevice, source: Ip6, destination: Ip6): DropReason {
    const { fib, counters } = this.#ground;
    const entry = fib.routes.match(destination, isLinkBound(destination) ? device : null, source.hash);
    if (entry === null || refuses(entry.type)) return this.#refused(skb, device, destination, entry);
    if (!this.#serves(device) || !leadsSomewhere(entry)) {
      counters.ip.inAddrErrors++;
      return DropReason.IP_NOT_LOCAL;
    }
    return this.#forward(skb, device, source, destination, entry);
  }

  /** Packets that come in by the device are handed on. */
  #serves(device: NetDevice): boolean {
    const { conf } = this.#ground.fib;
    return conf.all.forwarding !== 0 || conf.on(device).forceForwarding !== 0;
  }

  /** Tells the sender that there is no way, as Linux does even where it forwards nothing. */
  #refused(skb: SkBuff, device: NetDevice, destination: Ip6, entry: Ip6RouteEntry | null): DropReason {
    const { counters, errors } = this.#ground;
    if (entry?.type === Ip6RouteType.BLACKHOLE) return DropReason.RTN_BLACKHOLE;
    if (isUnspecified(destination)) counters.ip.inAddrErrors++;
    else counters.ip.inNoRoutes++;
    const code = entry?.type === Ip6RouteType.PROHIBIT ? ADMIN_PROHIBITED : NO_ROUTE;
    errors?.sendError(skb, device, ICMP6_UNREACHABLE, code);
    return failureOf(entry);
  }

  #forward(skb: SkBuff, device: NetDevice, source: Ip6, destination: Ip6, route: Ip6Route): DropReason {
    const { view, network: at } = skb;
    const { fib, ndisc, counters, errors, drops } = this.#ground;
    const { ip } = counters;
    // A frame to a group is not forwarded.
    if (skb.packetType !== PacketType.HOST) return DropReason.IP_NOT_LOCAL;
    const hops = view.getUint8(at + IP6_HOPS);
    if (hops <= 1) {
      ip.inHdrErrors++;
      errors?.sendError(skb, device, ICMP6_TIME_EXCEEDED, HOP_LIMIT_EXCEEDED);
      return DropReason.IP_INHDR;
    }
    const nextHop = fib.paths.find(destination, route)?.gateway ?? route.gateway ?? destination;
    if (route.device === device) {
      this.#redirects.send(skb, device, source, destination, nextHop);
    } else if (isUnspecified(source) || isMulticast6(source) || isLoopback6(source)) {
      ip.inAddrErrors++;
      return DropReason.IP_INADDRERRORS;
    } else if (isLinkLocal(source)) {
      ip.inAddrErrors++;
      errors?.sendError(skb, device, ICMP6_UNREACHABLE, BEYOND_SCOPE);
      return DropReason.IP_INADDRERRORS;
    }
    const mtu = mtuBy(fib, route);
    if (skb.length > mtu) {
      ip.inTooBigErrors++;
      ip.fragFails++;
      errors?.sendError(skb, device, ICMP6_TOO_BIG, 0, mtu);
      return DropReason.PKT_TOO_BIG;
    }
    view.setUint8(at + IP6_HOPS, hops - 1);
    skb.truesize = truesizeOf(skb.length);
    ip.forwDatagrams++;
    ip.outTransmits++;
    ip.outOctets += skb.length;
    const { table } = ndisc;
    const entry = table.find(nextHop.d, route.device, nextHop) ?? table.create(nextHop.d, route.device, false, 0, nextHop);
    if (entry) output(entry, skb);
    else drops.drop(skb, DropReason.NEIGH_CREATEFAIL);
    return DropReason.NONE;
  }
}
