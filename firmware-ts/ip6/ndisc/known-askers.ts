/**
 * The short way of a solicitation: one like another that was answered a moment ago is answered in its own buffer, behind one guard. Asker,
 * target and link address are compared as words, and the sums of what was compared are known. Nothing is learned: an asker that is known by
 * the address that it names stays as it is (receive.ts). Every counter and the machine's part of the answer are those of the long way.
 */
import { Checksum, PacketType, type SkBuff } from "../../../hal/skbuff.ts";
import { finish } from "../../ip/checksum.ts";
import type { Ip6 } from "../../ip/ip6.ts";
import { truesizeOf } from "../../ip/truesize.ts";
import type { Neighbour } from "../../neigh/entry.ts";
import { output } from "../../neigh/machine.ts";
import { NUD_VALID } from "../../neigh/states.ts";
import type { NeighTable } from "../../neigh/table.ts";
import type { NetDevice } from "../../net/device.ts";
import { isMulticast6 } from "../common/address-kind.ts";
import type { Ip6Counters } from "../common/counters.ts";
import { ICMP6_NEIGHBOUR_ADVERTISEMENT, ICMP6_NEIGHBOUR_SOLICITATION, IPPROTO_ICMPV6 } from "../common/icmp6-types.ts";
import { IP6_DESTINATION, IP6_HEADER, IP6_LENGTH, IP6_SOURCE, writeIp6Header } from "../header/ip6-header.ts";
import type { Fib6 } from "../routing/fib.ts";
import { LINK_OPTION, ND_BYTES, ND_FLAGS, ND_HOPS, ND_TARGET, OPTION_SOURCE_LINK, OPTION_TARGET_LINK } from "./wire.ts";

/** Number of askers that are remembered, as a power of 2. Each has one place and gives way to another there. */
const PLACES_LOG2 = 8;

// Constants of this module's own: V8 reads an imported or exported one anew at each use (docs/datapath.md).
const [HEADER, LENGTH, SOURCE, DESTINATION] = [IP6_HEADER, IP6_LENGTH, IP6_SOURCE, IP6_DESTINATION];
const [BYTES, HOPS, PROTOCOL, VALID] = [ND_BYTES, ND_HOPS, IPPROTO_ICMPV6, NUD_VALID];
const ADVERTISEMENT = ICMP6_NEIGHBOUR_ADVERTISEMENT;
const { HOST, OTHERHOST } = PacketType;
const { NONE: UNVERIFIED } = Checksum;
const MIX = 0x9e3779b1;
/** Bytes of a solicitation with the asker's link address and nothing else, and of the advertisement with ours. */
const MESSAGE: number = ND_BYTES + LINK_OPTION;
const PACKET: number = IP6_HEADER + MESSAGE;
/** The header's second word in such a packet. */
const SECOND: number = (MESSAGE << 16) | (IPPROTO_ICMPV6 << 8) | ND_HOPS;
/** The type with the code 0, and both options' first octets. */
const SOLICITATION: number = ICMP6_NEIGHBOUR_SOLICITATION << 8;
const ASKERS_LINK: number = (OPTION_SOURCE_LINK << 8) | 1;
const OUR_LINK: number = (OPTION_TARGET_LINK << 8) | 1;
/** Offsets in the packet. */
const TYPE: number = IP6_HEADER;
const RESERVED: number = IP6_HEADER + ND_FLAGS;
const TARGET: number = IP6_HEADER + ND_TARGET;
const OPTION: number = IP6_HEADER + ND_BYTES;
const TRUESIZE: number = truesizeOf(PACKET);

/** One that was answered. */
class KnownAsker {
  device: NetDevice;
  source: Ip6;
  destination: Ip6;
  target: Ip6;
  entry: Neighbour;
  /** Fib6.changes at the time. */
  generation = 0;
  toMany = false;
  /** Flags of the answer. */
  flags = 0;
  /** The answer has our link address. */
  link = false;
  tos = 0;
  /** Sums of the words that are the same each time: of the question, and of the answer without its link address. */
  asked = 0;
  told = 0;

  constructor(device: NetDevice, source: Ip6, destination: Ip6, target: Ip6, entry: Neighbour) {
    this.device = device;
    this.source = source;
    this.destination = destination;
    this.target = target;
    this.entry = entry;
  }
}

export class KnownAskers {
  readonly #fib: Fib6;
  readonly #table: NeighTable;
  readonly #counters: Ip6Counters;
  readonly #askers = new Array<KnownAsker | null>(1 << PLACES_LOG2).fill(null);
  /** The profile has no question to a sender whose address is known already, and learns nothing from its traffic. */
  readonly #trusting: boolean;

  constructor(fib: Fib6, table: NeighTable, counters: Ip6Counters) {
    this.#fib = fib;
    this.#table = table;
    this.#counters = counters;
    this.#trusting = !table.policy.checksSender && !table.policy.trafficConfirms;
  }

  /**
   * Notes that a solicitation for an address of ours was answered.
   * @param entry the asker's
   * @param flags and link: as the answer had them
   */
  remember(device: NetDevice, source: Ip6, destination: Ip6, target: Ip6, entry: Neighbour, flags: number, link: boolean): void {
    if (!this.#trusting) return;
    const at = placeOf(source.d, destination.d, target.d);
    const asker = this.#askers[at] ?? new KnownAsker(device, source, destination, target, entry);
    this.#askers[at] = asker;
    asker.device = device;
    asker.source = source;
    asker.destination = destination;
    asker.target = target;
    asker.entry = entry;
    asker.generation = this.#fib.changes.count;
    asker.toMany = isMulticast6(destination);
    asker.flags = flags;
    asker.link = link;
    asker.tos = this.#fib.conf.on(device).ndiscTclass & 0xff;
    asker.asked = source.sum + destination.sum + target.sum + PROTOCOL + MESSAGE + SOLICITATION + ASKERS_LINK;
    const length = link ? MESSAGE : BYTES;
    asker.told = source.sum + 2 * target.sum + PROTOCOL + length + (ADVERTISEMENT << 8) + (flags >>> 16) + (link ? OUR_LINK : 0);
  }

  /**
   * Answers a packet whose IPv6 header is at skb.data, if it is a solicitation of a known asker of which the long way would change nothing
   * but counters. Returns false, and has done nothing, where it is anything else.
   */
  answer(skb: SkBuff, device: NetDevice): boolean {
    const { view, data: at } = skb;
    if (skb.tail - at !== PACKET || view.getInt32(at + LENGTH) !== SECOND || skb.packetType === OTHERHOST) return false;
    const first = view.getInt32(at);
    const head = view.getInt32(at + TYPE);
    const option = view.getInt32(at + OPTION);
    if (first >>> 28 !== 6 || head >>> 16 !== SOLICITATION || option >>> 16 !== ASKERS_LINK) return false;
    const place = placeOf(view.getInt32(at + SOURCE + 12), view.getInt32(at + DESTINATION + 12), view.getInt32(at + TARGET + 12));
    const asker = this.#askers[place] as KnownAsker | null;
    if (asker === null || asker.device !== device || asker.generation !== this.#fib.changes.count) return false;
    const { entry, toMany, source, target } = asker;
    if (!isAt(view, at + SOURCE, source) || !isAt(view, at + DESTINATION, asker.destination) || !isAt(view, at + TARGET, target)) {
      return false;
    }
    // One to us alone in a frame to many may be unwanted.
    if (!toMany && skb.packetType !== HOST) return false;
    const high = option & 0xffff;
    const low = view.getInt32(at + OPTION + 4);
    if (entry.dead || (entry.nudState & VALID) === 0 || entry.addressHigh !== high || entry.addressLow !== low) return false;
    if (skb.checksum === UNVERIFIED) {
      const reserved = view.getInt32(at + RESERVED);
      const rest = (reserved >>> 16) + (reserved & 0xffff) + high + (low >>> 16) + (low & 0xffff);
      if (finish(asker.asked + (head & 0xffff) + rest) !== 0) return false;
    }
    this.#count(first, toMany);
    this.#reply(skb, asker);
    return true;
  }

  /** Counts the question as the long way does. @param first the header's first word */
  #count(first: number, toMany: boolean): void {
    const { ip, icmp } = this.#counters;
    const { statistics } = this.#table;
    const ecn = (first >>> 20) & 3;
    ip.inReceives++;
    ip.inOctets += PACKET;
    ip.inEcn[ecn] = ip.inEcn[ecn]! + 1;
    if (toMany) {
      ip.inMcastPkts++;
      ip.inMcastOctets += PACKET;
      statistics.rcvProbesMcast++;
    } else statistics.rcvProbesUcast++;
    ip.inDelivers++;
    icmp.inMsgs++;
    icmp.received(ICMP6_NEIGHBOUR_SOLICITATION);
    statistics.lookups++;
    statistics.hits++;
  }

  /** Turns the question into its answer; the target stands where it stood. */
  #reply(skb: SkBuff, { device, source, target, entry, flags, link, tos, told }: KnownAsker): void {
    const { view, data: at } = skb;
    let sum = told;
    if (link) {
      const own = device.addressView;
      const front = own.getUint16(0);
      const rest = own.getInt32(2);
      sum += front + (rest >>> 16) + (rest & 0xffff);
      view.setInt32(at + OPTION, (OUR_LINK << 16) | front);
      view.setInt32(at + OPTION + 4, rest);
    }
    const length = link ? MESSAGE : BYTES;
    view.setInt32(at + TYPE, (ADVERTISEMENT << 24) | finish(sum));
    view.setInt32(at + RESERVED, flags);
    writeIp6Header(view, at, target, source, PROTOCOL, length, HOPS, tos, 0);
    skb.tail = at + HEADER + length;
    skb.network = at;
    skb.truesize = TRUESIZE;
    const { ip, icmp } = this.#counters;
    ip.outRequests++;
    ip.outTransmits++;
    ip.outOctets += HEADER + length;
    icmp.sent(ADVERTISEMENT);
    output(entry, skb);
  }
}

function placeOf(source: number, destination: number, target: number): number {
  return Math.imul(Math.imul(source, MIX) ^ destination ^ (target << 1), MIX) >>> (32 - PLACES_LOG2);
}

/** Tells whether the sixteen octets at `at` are this address. */
function isAt(view: DataView, at: number, address: Ip6): boolean {
  return (
    view.getInt32(at + 12) === address.d &&
    view.getInt32(at + 8) === address.c &&
    view.getInt32(at + 4) === address.b &&
    view.getInt32(at) === address.a
  );
}
