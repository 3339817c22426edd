/**
 * The counters of a namespace for IPv6, ICMPv6 and UDP over IPv6. Names and meanings are those of /proc/net/snmp6 (RFC 4293), so that
 * `nstat` can print them.
 */
import { InetCounters, IpCounters } from "../../ip/counters.ts";

/** Values of the two ECN bits (RFC 3168 5). */
const CODEPOINTS = 4;

export class Ip6IpCounters extends IpCounters {
  inTooBigErrors = 0;
  inMcastPkts = 0;
  outMcastPkts = 0;
  inOctets = 0;
  outOctets = 0;
  inMcastOctets = 0;
  outMcastOctets = 0;
  /** Packets that came in, by their ECN bits. */
  readonly inEcn: Float64Array = new Float64Array(CODEPOINTS);
}

/** Neighbour solicitations sent, by kind. The kernel tells them together; a node that pays for every frame wants to know whom they woke. */
export class NdCounters {
  /** To the target's solicited-node group. */
  solicitsMulticast = 0;
  /** To the target alone. */
  solicitsUnicast = 0;
  /** About an address of our own, which is being tried. */
  claims = 0;
}

/** Types with a counter of their own, in the order of /proc/net/snmp6, with the names that they have there. */
const TYPES: readonly (readonly [name: string, type: number])[] = [
  ["DestUnreachs", 1],
  ["PktTooBigs", 2],
  ["TimeExcds", 3],
  ["ParmProblems", 4],
  ["Echos", 128],
  ["EchoReplies", 129],
  ["GroupMembQueries", 130],
  ["GroupMembResponses", 131],
  ["GroupMembReductions", 132],
  ["RouterSolicits", 133],
  ["RouterAdvertisements", 134],
  ["NeighborSolicits", 135],
  ["NeighborAdvertisements", 136],
  ["Redirects", 137],
  ["MLDv2Reports", 143],
];

/** Counters of a protocol that is not here (RFC 3828), in the kernel's file all the same. */
const UDP_LITE = [
  "InDatagrams",
  "NoPorts",
  "InErrors",
  "OutDatagrams",
  "RcvbufErrors",
  "SndbufErrors",
  "InCsumErrors",
  "MemErrors",
];

export class Ip6Counters extends InetCounters {
  override readonly ip: Ip6IpCounters = new Ip6IpCounters();
  readonly nd: NdCounters = new NdCounters();

  /** Names as `nstat` prints them with their values, in the order of the kernel's file. */
  override list(): [name: string, value: number][] {
    const { ip, icmp, udp } = this;
    const rows: [string, number][] = [
      ["Ip6InReceives", ip.inReceives],
      ["Ip6InHdrErrors", ip.inHdrErrors],
      ["Ip6InTooBigErrors", ip.inTooBigErrors],
      ["Ip6InNoRoutes", ip.inNoRoutes],
      ["Ip6InAddrErrors", ip.inAddrErrors],
      ["Ip6InUnknownProtos", ip.inUnknownProtos],
      ["Ip6InTruncatedPkts", ip.inTruncatedPkts],
      ["Ip6InDiscards", ip.inDiscards],
      ["Ip6InDelivers", ip.inDelivers],
      ["Ip6OutForwDatagrams", ip.forwDatagrams],
      ["Ip6OutRequests", ip.outRequests],
      ["Ip6OutDiscards", ip.outDiscards],
      ["Ip6OutNoRoutes", ip.outNoRoutes],
      ["Ip6ReasmTimeout", ip.reasmTimeout],
      ["Ip6ReasmReqds", ip.reasmReqds],
      ["Ip6ReasmOKs", ip.reasmOKs],
      ["Ip6ReasmFails", ip.reasmFails],
      ["Ip6FragOKs", ip.fragOKs],
      ["Ip6FragFails", ip.fragFails],
      ["Ip6FragCreates", ip.fragCreates],
      ["Ip6InMcastPkts", ip.inMcastPkts],
      ["Ip6OutMcastPkts", ip.outMcastPkts],
      ["Ip6InOctets", ip.inOctets],
      ["Ip6OutOctets", ip.outOctets],
      ["Ip6InMcastOctets", ip.inMcastOctets],
      ["Ip6OutMcastOctets", ip.outMcastOctets],
      // IPv6 has no broadcasts.
      ["Ip6InBcastOctets", 0],
      ["Ip6OutBcastOctets", 0],
      ["Ip6InNoECTPkts", ip.inEcn[0]!],
      ["Ip6InECT1Pkts", ip.inEcn[1]!],
      ["Ip6InECT0Pkts", ip.inEcn[2]!],
      ["Ip6InCEPkts", ip.inEcn[3]!],
      ["Ip6OutTransmits", ip.outTransmits],
      ["Icmp6InMsgs", icmp.inMsgs],
      ["Icmp6InErrors", icmp.inErrors],
      ["Icmp6OutMsgs", icmp.outMsgs],
      ["Icmp6OutErrors", icmp.outErrors],
      ["Icmp6InCsumErrors", icmp.inCsumErrors],
      ["Icmp6OutRateLimitHost", icmp.outRateLimitHost],
    ];
    for (const [name, type] of TYPES) rows.push([`Icmp6In${name}`, icmp.inType[type]!]);
    for (const [name, type] of TYPES) rows.push([`Icmp6Out${name}`, icmp.outType[type]!]);
    for (const [type, count] of icmp.inType.entries()) if (count > 0) rows.push([`Icmp6InType${type}`, count]);
    for (const [type, count] of icmp.outType.entries()) if (count > 0) rows.push([`Icmp6OutType${type}`, count]);
    rows.push(
      ["Udp6InDatagrams", udp.inDatagrams],
      ["Udp6NoPorts", udp.noPorts],
      ["Udp6InErrors", udp.inErrors],
      ["Udp6OutDatagrams", udp.outDatagrams],
      ["Udp6RcvbufErrors", udp.rcvbufErrors],
      ["Udp6SndbufErrors", udp.sndbufErrors],
      ["Udp6InCsumErrors", udp.inCsumErrors],
      ["Udp6IgnoredMulti", udp.ignoredMulti],
      ["Udp6MemErrors", 0],
      ...UDP_LITE.map((name): [string, number] => [`UdpLite6${name}`, 0]),
    );
    return rows;
  }
}
