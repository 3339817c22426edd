/** The part of a stack's books that IPv6 keeps, as ledger.ts reads them. */
import type { Ip6Counters } from "../../firmware-ts/ip6/common/counters.ts";
import type { Stack } from "../../firmware-ts/stack.ts";

export class Books6 {
  readonly #counters: Ip6Counters | null;

  constructor(stack: Stack) {
    this.#counters = stack.ip6?.counters ?? null;
  }

  /** Frames that a protocol took, or that were handed on. */
  get taken(): number {
    const counters = this.#counters;
    return counters ? counters.udp.inDatagrams + counters.ip.forwDatagrams : 0;
  }

  /**
   * Frames of which no taking tells, and which may be dropped by reason besides: messages of ICMPv6 by their type, fragments, and
   * packets with nothing behind their headers, which are delivered to no protocol.
   */
  get told(): number {
    const counters = this.#counters;
    if (!counters) return 0;
    const { ip, icmp, udp } = counters;
    const messages = icmp.inType.reduce((sum, count) => sum + count, 0);
    const nothing = ip.inDelivers - icmp.inMsgs - udp.inDatagrams - udp.noPorts - udp.inErrors - udp.ignoredMulti;
    return messages + ip.reasmReqds + Math.max(0, nothing);
  }

  /** Writes all counters in a row from `start` on; returns the end of them. */
  read(to: Float64Array, start: number): number {
    const counters = this.#counters;
    if (!counters) return start;
    const { ip, icmp, udp } = counters;
    let at = start;
    for (const count of [ip.inHdrErrors, ip.inAddrErrors, ip.inNoRoutes, ip.inUnknownProtos, ip.inTruncatedPkts]) to[at++] = count;
    for (const count of [ip.inDelivers, ip.forwDatagrams, ip.outNoRoutes, ip.outTransmits, ip.inTooBigErrors]) to[at++] = count;
    for (const count of [ip.reasmReqds, ip.reasmOKs, ip.reasmFails, icmp.inErrors, icmp.inCsumErrors]) to[at++] = count;
    for (const count of [icmp.outRateLimitHost, udp.inDatagrams, udp.noPorts, udp.inErrors, udp.inCsumErrors]) to[at++] = count;
    for (const first of TYPES) {
      for (let type = first; type < first + SOME; type++) {
        to[at++] = icmp.inType[type]!;
        to[at++] = icmp.outType[type]!;
      }
    }
    return at;
  }
}

/** Types of errors and of other messages, from these on. */
const TYPES = [0, 128];
const SOME = 16;
