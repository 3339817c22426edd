/**
 * The books of one stack. Each frame that came up stands in exactly one of its counters: dropped by reason, or taken by a protocol. Each
 * buffer that was not to be had is counted as NOMEM, by the party that wanted it. Read from the stack's own counters only.
 */

import type { IcmpCounters, IpCounters, UdpCounters } from "../../firmware-ts/ip/counters.ts";
import type { ArpCounters } from "../../firmware-ts/ip4/arp/counters.ts";
import type { NetDevice } from "../../firmware-ts/net/device.ts";
import type { Stack } from "../../firmware-ts/stack.ts";
import { DROP_REASONS, DropReason } from "../../hal/drop-reason.ts";
import type { SkBuff, SkBuffPool } from "../../hal/skbuff.ts";
import { Books6 } from "./books6.ts";

/**
 * Reasons for which a device drops what it is to send, and fragments that waited too long: these stand in the books since they came. No
 * frame that comes in has them there.
 */
const OTHERS: ReadonlySet<number> = new Set([
  DropReason.FRAG_REASM_TIMEOUT,
  DropReason.QDISC_DROP,
  DropReason.DEV_READY,
  DropReason.TX_ABORTED,
  DropReason.TX_CARRIER,
  DropReason.QUEUE_PURGE,
  DropReason.NEIGH_CREATEFAIL,
  DropReason.NOMEM,
]);

const ECHO_REPLY = 0;
const TIMESTAMP_REPLY = 14;
/**
 * ICMP types that no answer of ours tells of: echo reply, unreachable, source quench, redirect, time exceeded, parameter problem. Such a
 * message is taken by who asked, or dropped by reason. So is a fragment: it waits for others, or its packet is delivered.
 */
const TOLD: readonly number[] = [ECHO_REPLY, 3, 4, 5, 11, 12];

/** A pool that runs dry on demand, and counts how often it had nothing to give. */
export class Thirst {
  /** From now on there is nothing. */
  dry = false;
  refusals = 0;

  constructor(pool: SkBuffPool) {
    const allocate = pool.allocate.bind(pool);
    pool.allocate = (): SkBuff | null => {
      const skb = this.dry ? null : allocate();
      if (!skb) this.refusals++;
      return skb;
    };
  }
}

export class Ledger {
  readonly #stack: Stack;
  readonly #device: NetDevice;
  readonly #ip: IpCounters;
  readonly #icmp: IcmpCounters;
  readonly #udp: UdpCounters;
  readonly #arp: ArpCounters;
  readonly #six: Books6;
  readonly #now: Float64Array;
  /** Packets of our own that came back to us by the backlog, since the stack was made and until open(): they stand in the books as well. */
  #own = 0;
  #ownBefore = 0;
  readonly #before: Float64Array;

  constructor(stack: Stack, device: NetDevice) {
    const { ip, icmp, udp } = stack.ip.counters;
    this.#stack = stack;
    this.#device = device;
    const { backlog } = stack.network;
    const enqueue = backlog.enqueue.bind(backlog);
    backlog.enqueue = (skb, target): boolean => {
      const taken = enqueue(skb, target);
      if (taken) this.#own++;
      return taken;
    };
    this.#ip = ip;
    this.#icmp = icmp;
    this.#udp = udp;
    this.#arp = stack.neighbours(4).counters(device);
    this.#six = new Books6(stack);
    this.#now = new Float64Array(this.#read(new Float64Array(512)));
    this.#before = new Float64Array(this.#now.length);
    this.open();
  }

  /** A frame is about to come: what happened up to here is another's. */
  open(): void {
    this.#read(this.#before);
    this.#ownBefore = this.#own;
  }

  /** A fault in the books since open(), in words; null when each frame that came up stands in them once. */
  get fault(): string | null {
    const { processed } = this;
    const accounted = this.#accounted;
    const own = this.#own - this.#ownBefore;
    if (accounted >= processed && accounted <= processed + own) return null;
    return `${processed} frames came up, with ${own} packets of our own, and stand in ${accounted} places of the books`;
  }

  /** Frames that came up since open(). */
  get processed(): number {
    return this.#stack.network.napi.softnet.processed - this.#before[0]!;
  }

  /** Frames since open() that stand in the books, one for each place that they stand in. */
  get #accounted(): number {
    const { counts } = this.#device.drops;
    const before = this.#before;
    let drops = 0;
    for (let reason = 1; reason < DROP_REASONS; reason++) {
      if (!OTHERS.has(reason)) drops += counts[reason]! - before[1 + reason]!;
    }
    const at = 1 + DROP_REASONS;
    const found = drops + (this.#taken - before[at]!) + (this.#answered - before[at + 1]!);
    // One that was dropped stands there already.
    const told = this.#told - before[at + 2]!;
    return found + Math.max(0, Math.min(told, this.processed - found));
  }

  get #taken(): number {
    const arp = this.#arp;
    return (
      arp.requestsReceived + arp.repliesReceived + arp.passedOver + this.#udp.inDatagrams + this.#ip.forwDatagrams + this.#six.taken
    );
  }

  get #answered(): number {
    const { outType } = this.#icmp;
    return outType[ECHO_REPLY]! + outType[TIMESTAMP_REPLY]!;
  }

  get #told(): number {
    const { inType } = this.#icmp;
    return TOLD.reduce((sum, type) => sum + inType[type]!, 0) + this.#ip.reasmReqds + this.#six.told;
  }

  /** Buffers that could not be had, as the stack has counted them, since it was made; without those that send() told its caller of. */
  get nomem(): number {
    const { ip, ip6 } = this.#stack;
    return this.#device.drops.get(DropReason.NOMEM) + ip.drops.get(DropReason.NOMEM) + (ip6?.drops.get(DropReason.NOMEM) ?? 0);
  }

  /** A number for the counters that changed since open(), whatever their values. */
  get behaviour(): number {
    const { length } = this.#read(this.#now);
    let hash = 17;
    for (let at = 0; at < length; at++) if (this.#now[at] !== this.#before[at]) hash = (Math.imul(hash, 31) + at) | 0;
    return hash;
  }

  /** Writes all counters in a row; returns the part written. */
  #read(to: Float64Array): Float64Array {
    const { counts } = this.#device.drops;
    const ip = this.#ip;
    const arp = this.#arp;
    const udp = this.#udp;
    const { inType, outType } = this.#icmp;
    to[0] = this.#stack.network.napi.softnet.processed;
    for (let reason = 0; reason < DROP_REASONS; reason++) to[1 + reason] = counts[reason]!;
    let at = 1 + DROP_REASONS;
    to[at++] = this.#taken;
    to[at++] = this.#answered;
    to[at++] = this.#told;
    to[at++] = arp.requestsReceived;
    to[at++] = arp.repliesReceived;
    to[at++] = arp.repliesSent;
    to[at++] = arp.invalid;
    to[at++] = arp.passedOver;
    to[at++] = ip.inHdrErrors;
    to[at++] = ip.inAddrErrors;
    to[at++] = ip.forwDatagrams;
    to[at++] = ip.inUnknownProtos;
    to[at++] = ip.inDelivers;
    to[at++] = ip.outDiscards;
    to[at++] = ip.outNoRoutes;
    to[at++] = ip.outTransmits;
    to[at++] = ip.inNoRoutes;
    to[at++] = ip.inTruncatedPkts;
    to[at++] = ip.inCsumErrors;
    to[at++] = ip.reasmReqds;
    to[at++] = ip.reasmOKs;
    to[at++] = ip.reasmFails;
    to[at++] = udp.inDatagrams;
    to[at++] = udp.noPorts;
    to[at++] = udp.inErrors;
    to[at++] = udp.inCsumErrors;
    to[at++] = udp.ignoredMulti;
    to[at++] = this.#icmp.inErrors;
    to[at++] = this.#icmp.inCsumErrors;
    to[at++] = this.#icmp.outRateLimitHost;
    to[at++] = this.#icmp.outRateLimitGlobal;
    for (let type = 0; type < 20; type++) {
      to[at++] = inType[type]!;
      to[at++] = outType[type]!;
    }
    return to.subarray(0, this.#six.read(to, at));
  }
}
