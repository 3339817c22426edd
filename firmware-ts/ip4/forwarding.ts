/** Hands packets on that came in for others (RFC 1812 5.2.1). */
import { DropReason } from "../../hal/drop-reason.ts";
import { type DropCounters, PacketType, type SkBuff } from "../../hal/skbuff.ts";
import type { InetCounters } from "../ip/counters.ts";
import type { Fragmentation } from "../ip/fragmentation.ts";
import { truesizeOf } from "../ip/truesize.ts";
import type { Neighbour } from "../neigh/entry.ts";
import { type Fate, output } from "../neigh/machine.ts";
import type { NetDevice } from "../net/device.ts";
import type { Arp } from "./arp/arp.ts";
import type { Delivery } from "./delivery.ts";
import { FRAGMENT_DF, headerLengthOf, IP_CHECKSUM, IP_FRAGMENT, IP_HEADER, IP_TTL, writeChecksum } from "./header/ip-header.ts";
import { FRAGMENTATION_NEEDED, ICMP_DEST_UNREACH, ICMP_TIME_EXCEEDED, type IpErrors } from "./icmp-types.ts";
import type { Fib } from "./routing/fib.ts";
import type { InputRoute } from "./routing/input-route.ts";
import { mtuOf, type Route } from "./routing/routes.ts";

/** The parts of IPv4 that forwarding uses. */
export interface ForwardingGround {
  readonly fib: Fib;
  readonly arp: Arp;
  readonly drops: DropCounters;
  readonly counters: InetCounters;
  readonly errors: IpErrors | null;
  readonly delivery: Pick<Delivery, "takeOptions">;
}

export class Forwarding {
  readonly #ground: ForwardingGround;
  readonly #fragmentation: Fragmentation;
  readonly #emit = (skb: SkBuff, entry: Neighbour): Fate => {
    this.#ground.counters.ip.outTransmits++;
    return output(entry, skb);
  };

  constructor(ground: ForwardingGround, fragmentation: Fragmentation) {
    this.#ground = ground;
    this.#fragmentation = fragmentation;
  }

  /** Hands a packet on. Returns NONE when the buffer is not the caller's any more, else the reason to drop it. */
  forward(skb: SkBuff, device: NetDevice, found: InputRoute, destination: number): DropReason {
    const { view, network: at } = skb;
    const { fib, arp, counters, errors, drops } = this.#ground;
    const { ip } = counters;
    const route = found.route as Route;
    // A frame to the broadcast or a group address is not forwarded.
    if (skb.packetType !== PacketType.HOST) return DropReason.IP_NOT_LOCAL;
    const headerLength = headerLengthOf(view, at);
    if (headerLength > IP_HEADER) {
      const malformed = this.#ground.delivery.takeOptions(skb, device, fib.sourceBy(route, destination));
      if (malformed !== DropReason.NONE) return malformed;
    }
    const ttl = view.getUint8(at + IP_TTL);
    if (ttl <= 1) {
      ip.inHdrErrors++;
      errors?.sendError(skb, device, ICMP_TIME_EXCEEDED, 0);
      return DropReason.IP_INHDR;
    }
    // As in Linux, a packet that is too long counts, too.
    ip.forwDatagrams++;
    const mtu = mtuOf(route);
    if (skb.length > mtu && (view.getUint16(at + IP_FRAGMENT) & FRAGMENT_DF) !== 0) {
      ip.fragFails++;
      errors?.sendError(skb, device, ICMP_DEST_UNREACH, FRAGMENTATION_NEEDED, mtu);
      return DropReason.PKT_TOO_BIG;
    }
    view.setUint8(at + IP_TTL, ttl - 1);
    // The sum loses what the field loses (RFC 1624).
    const sum = view.getUint16(at + IP_CHECKSUM) + 0x0100;
    view.setUint16(at + IP_CHECKSUM, (sum & 0xffff) + (sum >>> 16));
    if (headerLength > IP_HEADER) writeChecksum(view, at, headerLength);
    const nextHop = fib.paths.gateway(destination, route) || destination;
    if (found.redirect) errors?.sendRedirect(skb, device, nextHop);
    skb.truesize = truesizeOf(skb.length);
    const entry = route.gateway6 === null ? arp.neighbour(nextHop, route.device) : fib.neighbour6(route.gateway6, route.device);
    if (!entry) drops.drop(skb, DropReason.NEIGH_CREATEFAIL);
    else if (skb.length > mtu) this.#fragmentation.send(skb, headerLength, mtu, this.#emit, entry);
    else this.#emit(skb, entry);
    return DropReason.NONE;
  }
}
