/**
 * The counters of a namespace for IPv4, ICMP and UDP. Names and meanings are those of /proc/net/snmp and /proc/net/netstat (RFC 4293,
 * RFC 4113), so that `nstat` can print them.
 */
export class IpCounters {
  inReceives = 0;
  inHdrErrors = 0;
  /** Destinations that may not be there, or are another host's while we do not forward. */
  inAddrErrors = 0;
  forwDatagrams = 0;
  inUnknownProtos = 0;
  inDiscards = 0;
  inDelivers = 0;
  outRequests = 0;
  outDiscards = 0;
  outNoRoutes = 0;
  reasmTimeout = 0;
  reasmReqds = 0;
  reasmOKs = 0;
  reasmFails = 0;
  /** Fragments that cover what was there already; the kernel prints those of IPv4 alone. */
  reasmOverlaps = 0;
  fragOKs = 0;
  fragFails = 0;
  fragCreates = 0;
  /** Packets given to a device, those that are forwarded included. */
  outTransmits = 0;
  // Counters of IpExt.
  inNoRoutes = 0;
  inTruncatedPkts = 0;
  inCsumErrors = 0;
}

const ICMP_TYPES = 256;

export class IcmpCounters {
  inMsgs = 0;
  inErrors = 0;
  inCsumErrors = 0;
  outMsgs = 0;
  outErrors = 0;
  outRateLimitGlobal = 0;
  outRateLimitHost = 0;
  /** By type of message. */
  readonly inType: Float64Array = new Float64Array(ICMP_TYPES);
  readonly outType: Float64Array = new Float64Array(ICMP_TYPES);

  received(type: number): void {
    this.inType[type] = this.inType[type]! + 1;
  }

  sent(type: number): void {
    this.outMsgs++;
    this.outType[type] = this.outType[type]! + 1;
  }
}

export class UdpCounters {
  inDatagrams = 0;
  noPorts = 0;
  inErrors = 0;
  outDatagrams = 0;
  rcvbufErrors = 0;
  sndbufErrors = 0;
  inCsumErrors = 0;
  /** Broadcast and multicast datagrams that nobody listened for. */
  ignoredMulti = 0;
}

/** The counters of TcpExt that IPv4 keeps. */
export class NetstatCounters {
  /** Packets whose way back would be another. */
  ipReversePathFilter = 0;
}

export class InetCounters {
  readonly ip: IpCounters = new IpCounters();
  readonly icmp: IcmpCounters = new IcmpCounters();
  readonly udp: UdpCounters = new UdpCounters();
  readonly netstat: NetstatCounters = new NetstatCounters();

  /** Names as `nstat` prints them with their values, in the order of the kernel's files. */
  list(arpFilter: number): [name: string, value: number][] {
    const { ip, icmp, udp, netstat } = this;
    const rows: [string, number][] = [
      ["IpInReceives", ip.inReceives],
      ["IpInHdrErrors", ip.inHdrErrors],
      ["IpInAddrErrors", ip.inAddrErrors],
      ["IpForwDatagrams", ip.forwDatagrams],
      ["IpInUnknownProtos", ip.inUnknownProtos],
      ["IpInDiscards", ip.inDiscards],
      ["IpInDelivers", ip.inDelivers],
      ["IpOutRequests", ip.outRequests],
      ["IpOutDiscards", ip.outDiscards],
      ["IpOutNoRoutes", ip.outNoRoutes],
      ["IpReasmTimeout", ip.reasmTimeout],
      ["IpReasmReqds", ip.reasmReqds],
      ["IpReasmOKs", ip.reasmOKs],
      ["IpReasmFails", ip.reasmFails],
      ["IpFragOKs", ip.fragOKs],
      ["IpFragFails", ip.fragFails],
      ["IpFragCreates", ip.fragCreates],
      ["IpOutTransmits", ip.outTransmits],
      ["IcmpInMsgs", icmp.inMsgs],
      ["IcmpInErrors", icmp.inErrors],
      ["IcmpInCsumErrors", icmp.inCsumErrors],
    ];
    for (const [name, type] of ICMP_NAMES) rows.push([`IcmpIn${name}`, icmp.inType[type]!]);
    rows.push(
      ["IcmpOutMsgs", icmp.outMsgs],
      ["IcmpOutErrors", icmp.outErrors],
      ["IcmpOutRateLimitGlobal", icmp.outRateLimitGlobal],
      ["IcmpOutRateLimitHost", icmp.outRateLimitHost],
    );
    for (const [name, type] of ICMP_NAMES) rows.push([`IcmpOut${name}`, icmp.outType[type]!]);
    for (const [type, count] of icmp.inType.entries()) if (count > 0) rows.push([`IcmpMsgInType${type}`, count]);
    for (const [type, count] of icmp.outType.entries()) if (count > 0) rows.push([`IcmpMsgOutType${type}`, count]);
    rows.push(
      ["UdpInDatagrams", udp.inDatagrams],
      ["UdpNoPorts", udp.noPorts],
      ["UdpInErrors", udp.inErrors],
      ["UdpOutDatagrams", udp.outDatagrams],
      ["UdpRcvbufErrors", udp.rcvbufErrors],
      ["UdpSndbufErrors", udp.sndbufErrors],
      ["UdpInCsumErrors", udp.inCsumErrors],
      ["UdpIgnoredMulti", udp.ignoredMulti],
      ["TcpExtArpFilter", arpFilter],
      ["TcpExtIPReversePathFilter", netstat.ipReversePathFilter],
      ["IpExtInNoRoutes", ip.inNoRoutes],
      ["IpExtInTruncatedPkts", ip.inTruncatedPkts],
      ["IpExtInCsumErrors", ip.inCsumErrors],
      ["IpExtReasmOverlaps", ip.reasmOverlaps],
    );
    return rows;
  }
}

/** Types with a counter of their own, in the order of /proc/net/snmp (numbers from RFC 792 and RFC 950). */
const ICMP_NAMES: readonly (readonly [string, number])[] = [
  ["DestUnreachs", 3],
  ["TimeExcds", 11],
  ["ParmProbs", 12],
  ["SrcQuenchs", 4],
  ["Redirects", 5],
  ["Echos", 8],
  ["EchoReps", 0],
  ["Timestamps", 13],
  ["TimestampReps", 14],
  ["AddrMasks", 17],
  ["AddrMaskReps", 18],
];
