/**
 * Tells routers the groups of one device and their sources, as Linux does: the part that IGMP (RFC 3376, RFC 2236, RFC 1112) and MLD
 * (RFC 3810, RFC 2710) have in common. Versions are those of the protocol; all but the newest are the old ones.
 *
 * | event                               | reports                                                                            |
 * |-------------------------------------|------------------------------------------------------------------------------------|
 * | a group is joined, changed, or left | the change, at once and once more within the unsolicited report interval           |
 * | restart()                           | all groups as if they were joined just now; the numbers of the router are forgotten |
 * | introduce()                         | all groups at once, and once more; nothing while a router of an old version is there |
 * | a query for all, or for one group   | the groups, or the sources that are asked for, within the query's delay            |
 * | a query of an old version           | one report for each group, to that group, until another host's is heard            |
 */
import type { Random } from "../../../hal/random.ts";
import type { NetDevice } from "../../net/device.ts";
import { type TimerWheel, WorkTimer } from "../../net/timer-wheel.ts";
import type { GroupFilter } from "../source-filter.ts";
import { Membership } from "./membership.ts";
import { Report, type ReportForm } from "./report.ts";

/** Milliseconds between two queries, and for their answers, until a router says otherwise (RFC 3376 8.2, 8.3; RFC 3810 9.2, 9.3). */
const QUERY_INTERVAL = 125_000;
const RESPONSE_INTERVAL = 10_000;
/** Jiffies from a change to its first report: what changes together is told together. */
const AT_ONCE = 2;

/** A protocol by which groups are told: what differs between IGMP and MLD. */
export interface GroupProtocol<Group> extends ReportForm<Group> {
  readonly newest: number;
  /** Milliseconds from a group that is joined to its first report in an old version; 0 for none at all. */
  readonly firstOld: number;
  /** A restart forgets routers of old versions. */
  readonly restartsVersions: boolean;
  /** An answer to a query of the newest version that still waits is given all the same when a router of an old version asks. */
  readonly keepsAnswer: boolean;
  /** Reports of a change, the first one included, until a router says otherwise. */
  readonly robustness: number;
  /** The number of them when a router says this one. */
  robustnessBy(router: number): number;
  /** Reports of a new group in an old version. */
  readonly oldReports: number;
  /** Routers may be told of the group. */
  isReported(group: Group): boolean;
  /** The device can send. */
  isReady(device: NetDevice): boolean;
  /** The version that an operator wants on the device; 0 for that of the link's routers. */
  forcedVersion(device: NetDevice): number;
  /** Milliseconds within which a report is said once more. */
  repetition(device: NetDevice, old: boolean): number;
  /** Reports a group, or ends its report, in an old version. */
  reportOld(device: NetDevice, version: number, group: Group): void;
  endOld(device: NetDevice, version: number, group: Group): void;
}

/** The parts of a stack that a listener stands on. */
export interface ListenerGround {
  readonly timers: TimerWheel;
  readonly random: Random;
  /** Milliseconds of a jiffy. */
  readonly jiffy: number;
  now(): number;
}

export class GroupListener<Group> {
  readonly #device: NetDevice;
  readonly #protocol: GroupProtocol<Group>;
  readonly #ground: ListenerGround;
  readonly #groups = new Map<Group, Membership<Group>>();
  /** Groups that were left, and of which that is still to be told. */
  readonly #left = new Map<Group, Membership<Group>>();
  /** Reports of a change, the first one included: as a router says, or as it was the default when the device came up. */
  #robustness: number;
  #queryInterval = QUERY_INTERVAL;
  #responseInterval = RESPONSE_INTERVAL;
  /** Until then a router of a version is there; by versions, the newest excepted. */
  readonly #until: number[];
  /** Reports of changes that are still to be sent. */
  #changes = 0;
  readonly #changeTimer: WorkTimer = new WorkTimer(() => this.#tellChanges());
  /** Reports of all groups that are still to be sent, in an introduction. */
  #introductions = 0;
  readonly #introduction: WorkTimer = new WorkTimer(() => this.#introduce());
  /** The answer to a query for all groups, and the time at which it is due while its timer is armed. */
  readonly #answer: WorkTimer = new WorkTimer(() => this.#tellAll());
  #answerDue = 0;
  readonly #answerOne = (membership: Membership<Group>): void => this.#tellOne(membership);

  constructor(device: NetDevice, protocol: GroupProtocol<Group>, ground: ListenerGround) {
    this.#device = device;
    this.#protocol = protocol;
    this.#ground = ground;
    this.#robustness = protocol.robustness;
    this.#until = new Array<number>(protocol.newest).fill(Number.NEGATIVE_INFINITY);
  }

  joined(group: Group, filter: GroupFilter<Group>): void {
    const membership = new Membership(group, filter, this.#answerOne);
    const former = this.#left.get(group);
    if (former) membership.inherit(former);
    this.#groups.set(group, membership);
    this.#left.delete(group);
    if (this.#isReady) this.#tellJoined(membership);
  }

  /** A group has other users or filters. */
  changed(group: Group): void {
    const old = this.#isOld;
    if (this.#groups.get(group)?.update(old ? 0 : this.#robustness) === true && !old && this.#isReady) this.#scheduleChanges();
  }

  leaves(group: Group): void {
    const membership = this.#groups.get(group);
    if (!membership) return;
    this.#ground.timers.cancel(membership.timer);
    this.#groups.delete(group);
    const { version } = this;
    if (version < this.#protocol.newest) {
      if (this.#isReady && membership.reportedLast) this.#protocol.endOld(this.#device, version, group);
      return;
    }
    membership.end(this.#robustness);
    this.#left.set(group, membership);
    if (this.#isReady) this.#scheduleChanges();
  }

  /** Everything is told again: the link may be another one than before. */
  restart(): void {
    if (!this.#isReady) return;
    this.#robustness = this.#protocol.robustness;
    this.#queryInterval = QUERY_INTERVAL;
    this.#responseInterval = RESPONSE_INTERVAL;
    if (this.#protocol.restartsVersions) this.#until.fill(Number.NEGATIVE_INFINITY);
    for (const membership of this.#groups.values()) this.#tellJoined(membership);
    if (this.#left.size > 0) this.#scheduleChanges();
  }

  /** Reports may have been passed over that came from no address, and the device has one from now on (RFC 3810 5.2.13). */
  introduce(): void {
    this.#introductions = this.#robustness;
    this.#introduce();
  }

  /** The device is down. */
  stop(): void {
    const { timers } = this.#ground;
    for (const { timer } of this.#groups.values()) timers.cancel(timer);
    for (const timer of [this.#changeTimer, this.#introduction, this.#answer]) timers.cancel(timer);
  }

  /** A router asks for all groups. @param delay milliseconds within which it is answered */
  queried(delay: number): void {
    const { timers, random, now } = this.#ground;
    const wait = random.next() * delay;
    if (this.#answer.timerArmed && this.#answerDue <= now() + wait) return;
    this.#answerDue = now() + wait;
    timers.arm(this.#answer, wait);
  }

  /** A router asks for one group, or for some of its sources. */
  queriedFor(group: Group, sources: readonly Group[], delay: number): void {
    const membership = this.#groups.get(group);
    if (membership && this.#protocol.isReported(group) && membership.question(sources)) this.#askedFor(membership, delay);
  }

  /** A router asks by the words of an old version. @param group null for all */
  queriedOld(version: number, group: Group | null, delay: number): void {
    const { timers, now } = this.#ground;
    this.#until[version] = now() + this.#robustness * this.#queryInterval + this.#responseInterval;
    if (!this.#protocol.keepsAnswer) timers.cancel(this.#answer);
    timers.cancel(this.#changeTimer);
    this.#left.clear();
    this.questioned(group, delay);
  }

  /** Each group is to be reported for itself. @param group null for all */
  questioned(group: Group | null, delay: number): void {
    if (group !== null) this.queriedFor(group, [], delay);
    else for (const each of this.#groups.keys()) this.queriedFor(each, [], delay);
  }

  /** A router of the newest version says how it asks. @param interval milliseconds between two of its queries, 0 when it does not say */
  learn(robustness: number, interval: number, response: number): void {
    this.#robustness = this.#protocol.robustnessBy(robustness);
    this.#queryInterval = interval || QUERY_INTERVAL;
    this.#responseInterval = response || RESPONSE_INTERVAL;
  }

  /** Another host has reported the group in an old version: we need not. */
  heard(group: Group): void {
    const membership = this.#groups.get(group);
    if (!membership) return;
    this.#ground.timers.cancel(membership.timer);
    membership.reportedLast = false;
    membership.repeats = 0;
  }

  /** The version that is spoken: the oldest of the link's routers, and the newest one without any (RFC 3376 7.2.1, RFC 3810 8.2.1). */
  get version(): number {
    const { newest } = this.#protocol;
    const forced = this.#protocol.forcedVersion(this.#device);
    if (forced === newest) return newest;
    for (let version = 1; version < newest; version++) {
      if (version === forced || this.#ground.now() < this.#until[version]!) return version;
    }
    return newest;
  }

  /** Milliseconds until a group is reported; -1 when it is not going to be. */
  dueIn(group: Group): number {
    const membership = this.#groups.get(group);
    return membership?.timer.timerArmed ? membership.due - this.#ground.now() : -1;
  }

  /** A group was reported by us. */
  wasReported(group: Group): boolean {
    return this.#groups.get(group)?.reportedLast === true;
  }

  get #isOld(): boolean {
    return this.version < this.#protocol.newest;
  }

  get #isReady(): boolean {
    return this.#protocol.isReady(this.#device);
  }

  /** Milliseconds within which a report is said once more. */
  get #again(): number {
    return this.#protocol.repetition(this.#device, this.#isOld);
  }

  #tellJoined(membership: Membership<Group>): void {
    const old = this.#isOld;
    membership.renew(old ? 0 : this.#robustness);
    if (!old) {
      this.#scheduleChanges();
      return;
    }
    membership.repeats = this.#protocol.oldReports;
    if (this.#protocol.firstOld === 0) this.#tellOne(membership);
    else this.#armAt(membership, this.#protocol.firstOld);
  }

  #scheduleChanges(): void {
    this.#changes = this.#robustness;
    this.#ground.timers.arm(this.#changeTimer, AT_ONCE * this.#ground.jiffy);
  }

  #askedFor(membership: Membership<Group>, delay: number): void {
    const { now } = this.#ground;
    membership.repeats = 0;
    if (membership.timer.timerArmed && membership.due - now() < delay) return;
    this.#arm(membership, delay);
  }

  /** Has a group told of at a random time within `delay` milliseconds. */
  #arm(membership: Membership<Group>, delay: number): void {
    this.#armAt(membership, this.#ground.random.next() * delay);
  }

  #armAt(membership: Membership<Group>, wait: number): void {
    membership.due = this.#ground.now() + wait;
    this.#ground.timers.arm(membership.timer, wait);
  }

  #tellChanges(): void {
    const report = new Report(this.#device, this.#protocol);
    // Those that were left last stand first, as in Linux.
    for (const [group, membership] of [...this.#left].reverse()) {
      if (!this.#protocol.isReported(group) || !membership.tellChanges(report)) this.#left.delete(group);
    }
    for (const membership of this.#reported()) membership.tellChanges(report);
    report.send();
    if (--this.#changes > 0) this.#ground.timers.arm(this.#changeTimer, this.#ground.random.next() * this.#again);
  }

  #introduce(): void {
    if (!this.#isOld) {
      const report = new Report(this.#device, this.#protocol);
      for (const membership of this.#reported()) membership.tellAsNew(report);
      report.send();
    }
    if (--this.#introductions > 0) this.#ground.timers.arm(this.#introduction, this.#ground.random.next() * this.#again);
  }

  #tellAll(): void {
    const report = new Report(this.#device, this.#protocol);
    for (const membership of this.#reported()) membership.tellState(report);
    report.send();
  }

  #tellOne(membership: Membership<Group>): void {
    membership.reportedLast = true;
    const { version } = this;
    if (version < this.#protocol.newest) {
      this.#protocol.reportOld(this.#device, version, membership.group);
      if (--membership.repeats > 0) this.#arm(membership, this.#again);
      return;
    }
    const report = new Report(this.#device, this.#protocol);
    membership.tellState(report);
    report.send();
    membership.asked = null;
  }

  /** The groups that routers may be told of, the newest first. */
  #reported(): Membership<Group>[] {
    return [...this.#groups.values()].reverse().filter(({ group }) => this.#protocol.isReported(group));
  }
}
