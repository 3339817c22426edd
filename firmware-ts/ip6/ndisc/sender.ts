/** Writes and sends neighbour discovery messages. They go through the neighbour's entry, as every packet does. */
import { DropReason } from "../../../hal/drop-reason.ts";
import type { SkBuff } from "../../../hal/skbuff.ts";
import { finish, sumPacket } from "../../ip/checksum.ts";
import type { Ip6 } from "../../ip/ip6.ts";
import { truesizeOf } from "../../ip/truesize.ts";
import type { Neighbour } from "../../neigh/entry.ts";
import { output } from "../../neigh/machine.ts";
import type { NeighTable } from "../../neigh/table.ts";
import type { NetDevice } from "../../net/device.ts";
import { ETH_P_IPV6 } from "../../net/ethernet.ts";
import type { Network } from "../../net/network.ts";
import { isMulticast6 } from "../common/address-kind.ts";
import type { Ip6Counters } from "../common/counters.ts";
import {
  ICMP6_CHECKSUM,
  ICMP6_NEIGHBOUR_ADVERTISEMENT,
  ICMP6_NEIGHBOUR_SOLICITATION,
  IPPROTO_ICMPV6,
} from "../common/icmp6-types.ts";
import { IP6_HEADER, writeIp6, writeIp6Header } from "../header/ip6-header.ts";
import type { Ip6Devconfs } from "../routing/devconf.ts";
import { LINK_OPTION, ND_BYTES, ND_FLAGS, ND_HOPS, ND_TARGET, OPTION_SOURCE_LINK, OPTION_TARGET_LINK } from "./wire.ts";

// Constants of this module's own: V8 reads an imported or exported one anew at each use (docs/datapath.md).
const [HEADER, BYTES, FLAGS, TARGET, OPTION, HOPS] = [IP6_HEADER, ND_BYTES, ND_FLAGS, ND_TARGET, LINK_OPTION, ND_HOPS];
const [PROTOCOL, TYPE, CHECKSUM] = [IPPROTO_ICMPV6, ETH_P_IPV6, ICMP6_CHECKSUM];
const { NONE } = DropReason;

export class NdSender {
  readonly #network: Network;
  readonly #table: NeighTable;
  readonly #conf: Ip6Devconfs;
  readonly #counters: Ip6Counters;

  constructor(network: Network, table: NeighTable, conf: Ip6Devconfs, counters: Ip6Counters) {
    this.#network = network;
    this.#table = table;
    this.#conf = conf;
    this.#counters = counters;
  }

  /**
   * Asks for the link address of `target`. Returns true when the question is under way.
   * @param source the asker; the unspecified address takes no link address along (RFC 4861 4.3)
   * @param destination the target itself, or its solicited-node group
   */
  solicit(device: NetDevice, target: Ip6, destination: Ip6, source: Ip6): boolean {
    const link = (source.a | source.b | source.c | source.d) === 0 ? 0 : OPTION_SOURCE_LINK;
    if (isMulticast6(destination)) this.#counters.nd.solicitsMulticast++;
    else this.#counters.nd.solicitsUnicast++;
    return this.#send(device, ICMP6_NEIGHBOUR_SOLICITATION, 0, target, destination, source, link, null);
  }

  /**
   * Tells our link address. Returns true when the message is under way.
   * @param flags sum of NA_ROUTER, NA_SOLICITED and NA_OVERRIDE
   * @param link the link address goes along
   * @param entry the destination's, where that is known already
   */
  advertise(
    device: NetDevice,
    target: Ip6,
    destination: Ip6,
    source: Ip6,
    flags: number,
    link: boolean,
    entry: Neighbour | null = null,
  ): boolean {
    return this.#send(
      device,
      ICMP6_NEIGHBOUR_ADVERTISEMENT,
      flags,
      target,
      destination,
      source,
      link ? OPTION_TARGET_LINK : 0,
      entry,
    );
  }

  /** Returns a buffer for a message to be sent by a device; null when there is none, which is counted. */
  allocate(device: NetDevice): SkBuff | null {
    const skb = this.#network.pool.allocate();
    if (skb === null) device.drops.count(DropReason.NOMEM);
    return skb;
  }

  /** Sends a message that is complete but for its checksum, which is 0. Returns true when it is under way. The buffer is gone either way. */
  send(skb: SkBuff, device: NetDevice, destination: Ip6, source: Ip6): boolean {
    this.seal(skb, destination, source);
    return this.pass(skb, device, skb.view.getUint8(skb.data), destination, source);
  }

  /** Fills in the checksum of a message at skb.data, which is 0 yet. */
  seal(skb: SkBuff, destination: Ip6, source: Ip6): void {
    const { view, data: at, length } = skb;
    const sum = sumPacket(skb, at, length, source.sum + destination.sum + PROTOCOL + length);
    view.setUint16(at + CHECKSUM, finish(sum));
  }

  #send(
    device: NetDevice,
    type: number,
    flags: number,
    target: Ip6,
    destination: Ip6,
    source: Ip6,
    link: number,
    entry: Neighbour | null,
  ): boolean {
    const skb = this.allocate(device);
    if (skb === null) return false;
    const length = link === 0 ? BYTES : BYTES + OPTION;
    const at = skb.put(length);
    const { view } = skb;
    let sum = source.sum + destination.sum + PROTOCOL + length + (type << 8) + (flags >>> 16) + (flags & 0xffff) + target.sum;
    view.setInt32(at + FLAGS, flags);
    writeIp6(view, at + TARGET, target);
    if (link !== 0) {
      const own = device.addressView;
      const front = own.getUint16(0);
      const rest = own.getInt32(2);
      const kind = (link << 8) | 1;
      sum += kind + front + (rest >>> 16) + (rest & 0xffff);
      view.setInt32(at + BYTES, (kind << 16) | front);
      view.setInt32(at + BYTES + 4, rest);
    }
    view.setInt32(at, (type << 24) | finish(sum));
    return this.#transmit(skb, device, type, destination, source, entry, PROTOCOL, HOPS);
  }

  /**
   * Sends a message that is complete, with the extension headers that are in front of it. Returns true when it is under way. The buffer is
   * gone either way.
   * @param type of the message, for its counter
   * @param next the number of what begins at skb.data
   */
  pass(
    skb: SkBuff,
    device: NetDevice,
    type: number,
    destination: Ip6,
    source: Ip6,
    next: number = PROTOCOL,
    hops: number = HOPS,
  ): boolean {
    return this.#transmit(skb, device, type, destination, source, null, next, hops);
  }

  #transmit(
    skb: SkBuff,
    device: NetDevice,
    type: number,
    destination: Ip6,
    source: Ip6,
    known: Neighbour | null,
    next: number,
    hops: number,
  ): boolean {
    const { ip, icmp } = this.#counters;
    const { length } = skb;
    const at = skb.push(HEADER);
    const tos = next === PROTOCOL ? this.#conf.on(device).ndiscTclass & 0xff : 0;
    writeIp6Header(skb.view, at, source, destination, next, length, hops, tos, 0);
    skb.network = at;
    skb.protocol = TYPE;
    skb.truesize = truesizeOf(skb.length);
    ip.outRequests++;
    ip.outTransmits++;
    ip.outOctets += skb.length;
    if (isMulticast6(destination)) {
      ip.outMcastPkts++;
      ip.outMcastOctets += skb.length;
    }
    icmp.sent(type);
    const table = this.#table;
    const entry =
      known ??
      table.find(destination.d, device, destination) ??
      table.create(destination.d, device, device.loopback, 0, destination);
    if (entry === null) {
      device.drops.drop(skb, DropReason.NEIGH_CREATEFAIL);
      return false;
    }
    const fate = output(entry, skb);
    return fate === NONE || fate < 0;
  }
}
