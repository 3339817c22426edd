/**
 * Tells routers the groups of one device (RFC 3810, and RFC 2710 where a router speaks that), as Linux does:
 *
 * | event                                | reports                                                                       |
 * |--------------------------------------|-------------------------------------------------------------------------------|
 * | a group is joined, or left           | the change, at once and once more within mldv2_unsolicited_report_interval    |
 * | the link comes, or an operator adds  | all groups as if they were joined just now; version 1 and the numbers of the  |
 * | an address                           | router are forgotten                                                          |
 * | the first link-local address is ours | all groups at once, from that address, and once more                          |
 * | a query for all, or for one group    | the groups, within the query's delay                                          |
 * | a query of version 1                 | one report for each group, to that group, until another host's is heard       |
 *
 * All nodes, and groups that never leave the interface, are not told of.
 */
import type { Random } from "../../../hal/random.ts";
import type { Ip6 } from "../../ip/ip6.ts";
import type { NetDevice } from "../../net/device.ts";
import { type TimerWheel, WorkTimer } from "../../net/timer-wheel.ts";
import { ICMP6_TYPE } from "../common/icmp6-types.ts";
import { IP6_HEADER } from "../header/ip6-header.ts";
import type { NdSender } from "../ndisc/sender.ts";
import type { Fib6 } from "../routing/fib.ts";
import {
  ALERT_BYTES,
  ALERT_NEXT,
  addRecord,
  beginReport,
  MLD_DONE,
  MLD_HOPS,
  MLD_REPORT,
  pushAlert,
  RECORD_BYTES,
  REPORT_HEADER,
  RecordType,
  writeVersion1,
} from "./wire.ts";

/** Reports of a change, the first one included, until a router says otherwise (RFC 3810 9.1). */
const ROBUSTNESS = 2;
/** Milliseconds between two queries, until a router says otherwise (RFC 3810 9.2). */
const QUERY_INTERVAL = 125_000;
/** Jiffies from a change to its first report: what changes together is told together. */
const AT_ONCE = 2;
/** force_mld_version. */
const ONE = 1;
const TWO = 2;

/** The parts of a stack that reports need. */
export interface ListenerGround {
  readonly fib: Fib6;
  readonly sender: NdSender;
  readonly timers: TimerWheel;
  /** ff02::16, all routers that know version 2 (RFC 3810 5.2.14). */
  readonly reportTo: Ip6;
  readonly random: Random;
  /** Milliseconds of a jiffy. */
  readonly jiffy: number;
  now(): number;
}

/** A group that a device has joined. */
class Membership {
  readonly group: Ip6;
  /** Reports that are still to tell that it was joined. */
  changes = 0;
  /** We were the last of its hosts to report it (RFC 2710 4). */
  reportedLast = false;
  readonly timer: WorkTimer;
  /** Time at which the answer to a query is due; meaningful while the timer is armed. */
  due = 0;

  constructor(group: Ip6, fired: (membership: Membership) => void) {
    this.group = group;
    this.timer = new WorkTimer(() => fired(this));
  }
}

export class MldListener {
  readonly #device: NetDevice;
  readonly #ground: ListenerGround;
  readonly #groups = new Map<Ip6, Membership>();
  /** Groups that were left, with the reports that are still to tell it. */
  readonly #left = new Map<Ip6, number>();
  #robustness = ROBUSTNESS;
  #queryInterval = QUERY_INTERVAL;
  /** Until then a router of version 1 is there. */
  #version1Until = Number.NEGATIVE_INFINITY;
  /** Reports of changes that are still to be sent. */
  #changes = 0;
  readonly #changeTimer: WorkTimer = new WorkTimer(() => this.#tellChanges());
  /** Reports of all groups that are still to be sent, from the new link-local address. */
  #introductions = 0;
  readonly #introduction: WorkTimer = new WorkTimer(() => this.#introduce());
  readonly #answer: WorkTimer = new WorkTimer(() => this.#tellAll(RecordType.IS_EXCLUDE));
  readonly #answerOne = (membership: Membership): void => this.#tellOne(membership);

  constructor(device: NetDevice, ground: ListenerGround) {
    this.#device = device;
    this.#ground = ground;
  }

  joined(group: Ip6): void {
    const membership = new Membership(group, this.#answerOne);
    this.#groups.set(group, membership);
    this.#left.delete(group);
    if (this.#ready) this.#tellJoined(membership);
  }

  leaves(group: Ip6): void {
    const membership = this.#groups.get(group);
    if (!membership) return;
    this.#ground.timers.cancel(membership.timer);
    this.#groups.delete(group);
    if (this.#speaksVersion1) {
      if (this.#ready && membership.reportedLast) this.#send1(MLD_DONE, group, this.#ground.fib.known.allRouters);
      return;
    }
    this.#left.set(group, this.#robustness);
    if (this.#ready) this.#changed();
  }

  /** Everything is told again: the link may be another one than before. */
  restart(): void {
    if (!this.#ready) return;
    this.#robustness = ROBUSTNESS;
    this.#queryInterval = QUERY_INTERVAL;
    this.#version1Until = Number.NEGATIVE_INFINITY;
    for (const membership of this.#groups.values()) this.#tellJoined(membership);
    if (this.#left.size > 0) this.#changed();
  }

  /** The device has a link-local address from now on: reports from nobody may have been passed over (RFC 3810 5.2.13). */
  introduce(): void {
    if (this.#speaksVersion1) return;
    this.#introductions = this.#robustness;
    this.#introduce();
  }

  /** The device is down. */
  stop(): void {
    const { timers } = this.#ground;
    for (const { timer } of this.#groups.values()) timers.cancel(timer);
    for (const timer of [this.#changeTimer, this.#introduction, this.#answer]) timers.cancel(timer);
  }

  /** A router asks for all groups by version 2. @param delay milliseconds within which it is answered */
  queried(delay: number): void {
    this.#ground.timers.arm(this.#answer, this.#ground.random.next() * delay);
  }

  /** A router asks for one group. */
  queriedFor(group: Ip6, delay: number): void {
    const membership = this.#groups.get(group);
    if (membership) this.#askedFor(membership, delay);
  }

  /** A router asks by version 1. @param group null for all */
  queried1(group: Ip6 | null, delay: number): void {
    const { timers, now } = this.#ground;
    this.#version1Until = now() + this.#robustness * this.#queryInterval + delay;
    timers.cancel(this.#answer);
    timers.cancel(this.#changeTimer);
    this.#left.clear();
    if (group !== null) this.queriedFor(group, delay);
    else for (const membership of this.#groups.values()) this.#askedFor(membership, delay);
  }

  /** A router of version 2 says how often it asks. @param interval milliseconds */
  learn(robustness: number, interval: number): void {
    this.#robustness = Math.max(ROBUSTNESS, robustness);
    if (interval > 0) this.#queryInterval = interval;
  }

  /** Another host has reported the group by version 1: we need not. */
  heard(group: Ip6): void {
    const membership = this.#groups.get(group);
    if (!membership) return;
    this.#ground.timers.cancel(membership.timer);
    membership.reportedLast = false;
  }

  /** A router of version 1 is there: its words are spoken (RFC 3810 8.2.1). */
  get speaksVersion1(): boolean {
    return this.#speaksVersion1;
  }

  get #speaksVersion1(): boolean {
    const forced = this.#ground.fib.conf.on(this.#device).forceMldVersion;
    return forced === ONE || (forced !== TWO && this.#ground.now() < this.#version1Until);
  }

  get #ready(): boolean {
    return this.#device.hasCarrier && this.#ground.fib.isActive(this.#device);
  }

  /** Milliseconds within which a report is said once more. */
  get #again(): number {
    const { mldv1UnsolicitedReportInterval, mldv2UnsolicitedReportInterval } = this.#ground.fib.conf.on(this.#device);
    return this.#speaksVersion1 ? mldv1UnsolicitedReportInterval : mldv2UnsolicitedReportInterval;
  }

  #tellJoined(membership: Membership): void {
    if (this.#speaksVersion1) {
      this.#send1(MLD_REPORT, membership.group, membership.group);
      membership.reportedLast = true;
      this.#arm(membership, this.#again);
      return;
    }
    membership.changes = this.#robustness;
    this.#changed();
  }

  #changed(): void {
    this.#changes = this.#robustness;
    this.#ground.timers.arm(this.#changeTimer, AT_ONCE * this.#ground.jiffy);
  }

  #askedFor(membership: Membership, delay: number): void {
    const { timers, now } = this.#ground;
    const left = membership.timer.timerArmed ? membership.due - now() : Number.POSITIVE_INFINITY;
    timers.cancel(membership.timer);
    if (left >= delay) this.#arm(membership, delay);
    else timers.arm(membership.timer, left);
  }

  /** Has a group told of at a random time within `delay` milliseconds. */
  #arm(membership: Membership, delay: number): void {
    const { timers, random, now } = this.#ground;
    const wait = random.next() * delay;
    membership.due = now() + wait;
    timers.arm(membership.timer, wait);
  }

  #tellChanges(): void {
    const report = new Report(this.#device, this.#ground);
    // Those that were left last stand first, as in Linux.
    for (const [group, changes] of [...this.#left].reverse()) {
      report.add(RecordType.TO_INCLUDE, group);
      if (changes > 1) this.#left.set(group, changes - 1);
      else this.#left.delete(group);
    }
    for (const membership of this.#newestFirst()) {
      if (membership.changes <= 0) continue;
      report.add(RecordType.TO_EXCLUDE, membership.group);
      membership.changes--;
    }
    report.send();
    if (--this.#changes > 0) this.#ground.timers.arm(this.#changeTimer, this.#ground.random.next() * this.#again);
  }

  #introduce(): void {
    this.#tellAll(RecordType.TO_EXCLUDE);
    if (--this.#introductions > 0) this.#ground.timers.arm(this.#introduction, this.#ground.random.next() * this.#again);
  }

  #tellAll(type: RecordType): void {
    const report = new Report(this.#device, this.#ground);
    for (const { group } of this.#newestFirst()) report.add(type, group);
    report.send();
  }

  #tellOne(membership: Membership): void {
    membership.reportedLast = true;
    if (this.#speaksVersion1) {
      this.#send1(MLD_REPORT, membership.group, membership.group);
      return;
    }
    const report = new Report(this.#device, this.#ground);
    report.add(RecordType.IS_EXCLUDE, membership.group);
    report.send();
  }

  #newestFirst(): Membership[] {
    return [...this.#groups.values()].reverse();
  }

  #send1(type: number, group: Ip6, destination: Ip6): void {
    const skb = this.#ground.sender.allocate(this.#device);
    if (skb === null) return;
    writeVersion1(skb, type, group);
    dispatch(skb, this.#device, destination, this.#ground);
  }
}

type Packet = NonNullable<ReturnType<NdSender["allocate"]>>;

/** Sends a message that is complete but for its checksum, from the device's link-local address if that is ours. */
function dispatch(skb: Packet, device: NetDevice, destination: Ip6, { fib, sender }: ListenerGround): void {
  const source = fib.addresses.linkLocal(device) ?? fib.known.unspecified;
  const type = skb.view.getUint8(skb.data + ICMP6_TYPE);
  sender.seal(skb, destination, source);
  pushAlert(skb);
  sender.pass(skb, device, type, destination, source, ALERT_NEXT, MLD_HOPS);
}

/** A report of version 2, in as many packets as it needs. */
class Report {
  readonly #device: NetDevice;
  readonly #ground: ListenerGround;
  readonly #most: number;
  #skb: Packet | null = null;
  #records = 0;

  constructor(device: NetDevice, ground: ListenerGround) {
    this.#device = device;
    this.#ground = ground;
    this.#most = Math.floor((device.mtu - IP6_HEADER - ALERT_BYTES - REPORT_HEADER) / RECORD_BYTES);
  }

  add(type: RecordType, group: Ip6): void {
    if (this.#records >= this.#most) this.send();
    if (this.#skb === null) {
      this.#skb = this.#ground.sender.allocate(this.#device);
      if (this.#skb === null) return;
      beginReport(this.#skb);
    }
    addRecord(this.#skb, type, group);
    this.#records++;
  }

  /** Sends what is there. */
  send(): void {
    if (this.#skb !== null) dispatch(this.#skb, this.#device, this.#ground.reportTo, this.#ground);
    this.#skb = null;
    this.#records = 0;
  }
}
