/** The settings of a device's neighbours: what the machine, the queue and the collection go by, and how a write reaches other sets. */
import type { Random } from "../../hal/random.ts";
import type { Lateness } from "../net/lateness.ts";

/** What a set holds and an operator may write; all times in ms. */
export interface NeighValues {
  /** Broadcast (multicast) requests before an entry without a known address fails (`mcast_solicit`). */
  mcastProbes: number;
  /** Unicast requests to a known address before any other (`ucast_solicit`). */
  ucastProbes: number;
  /** Requests left to a program that listens for them, before broadcast ones (`app_solicit`). */
  appProbes: number;
  /** Broadcast requests after the unicast ones of a PROBE have failed (`mcast_resolicit`). */
  mcastReprobes: number;
  /** Between requests (`retrans_time_ms`). */
  retransTime: number;
  /** Mean time for which a confirmation holds (`base_reachable_time_ms`); write it with set(), which draws reachableTime anew. */
  baseReachableTime: number;
  /** From the first use of a STALE entry to its first probe (`delay_first_probe_time`). */
  delayProbeTime: number;
  /** Between two looks at the managed entries (`interval_probe_time_ms`); that of the defaults counts. */
  intervalProbeTime: number;
  /** Unused for this long, an entry may be collected (`gc_stale_time`). */
  gcStaleTime: number;
  /** Most bytes (truesize) that wait for one entry; the newest packet always fits (`unres_qlen_bytes`). */
  queueLengthBytes: number;
  /** Requests for proxied addresses that may wait, less one (`proxy_qlen`). */
  proxyQueueLength: number;
  /** Stored and shown, used by nothing, as in the kernel (`anycast_delay`). */
  anycastDelay: number;
  /** A request for a proxied address waits a random part of this (`proxy_delay`). */
  proxyDelay: number;
  /** An address younger than this is not replaced by an unsolicited answer (`locktime`). */
  lockTime: number;
}

export type NeighValue = keyof NeighValues;

/** Every value, at nothing: a set has all its fields from the start. */
const NOTHING: Readonly<NeighValues> = {
  mcastProbes: 0,
  ucastProbes: 0,
  appProbes: 0,
  mcastReprobes: 0,
  retransTime: 0,
  baseReachableTime: 0,
  delayProbeTime: 0,
  intervalProbeTime: 0,
  gcStaleTime: 0,
  queueLengthBytes: 0,
  proxyQueueLength: 0,
  anycastDelay: 0,
  proxyDelay: 0,
  lockTime: 0,
};

const NAMES = Object.keys(NOTHING) as readonly NeighValue[];

/** The settings of one device's neighbours, or those that new devices start with (Documentation/networking/ip-sysctl, neigh/). */
export class NeighParameters implements NeighValues {
  mcastProbes: number = NOTHING.mcastProbes;
  ucastProbes: number = NOTHING.ucastProbes;
  appProbes: number = NOTHING.appProbes;
  mcastReprobes: number = NOTHING.mcastReprobes;
  retransTime: number = NOTHING.retransTime;
  baseReachableTime: number = NOTHING.baseReachableTime;
  delayProbeTime: number = NOTHING.delayProbeTime;
  intervalProbeTime: number = NOTHING.intervalProbeTime;
  gcStaleTime: number = NOTHING.gcStaleTime;
  queueLengthBytes: number = NOTHING.queueLengthBytes;
  proxyQueueLength: number = NOTHING.proxyQueueLength;
  anycastDelay: number = NOTHING.anycastDelay;
  proxyDelay: number = NOTHING.proxyDelay;
  lockTime: number = NOTHING.lockTime;
  /** Drawn uniformly from half to one and a half of baseReachableTime (RFC 4861 6.3.2). */
  reachableTime = 0;
  /** Entries that use the set; `ip ntable` shows one more. */
  entries = 0;
  /** HZ decides in which steps times can be written and read. */
  readonly lateness: Lateness;
  readonly #random: Random;
  /** What was written to this very set: a change of the defaults does not reach it any more. */
  readonly #written = new Set<NeighValue>();
  readonly #followers = new Set<NeighParameters>();

  constructor(random: Random, lateness: Lateness, values: Readonly<NeighValues>) {
    this.#random = random;
    this.lateness = lateness;
    for (const name of NAMES) this[name] = values[name];
    this.drawReachableTime();
  }

  /** An operator's write: from now on this set has its own mind about `name`. Sets that follow this one and have none take it over. */
  set(name: NeighValue, value: number): void {
    this.setAlone(name, value);
    // As in the kernel, a follower's reachable time is not drawn anew: it changes with the next periodic draw (measured on Linux 6.18).
    for (const follower of this.#followers) if (!follower.#written.has(name)) follower[name] = value;
  }

  /** As set(), but nobody follows: so the kernel takes a write by netlink (`ip ntable change`; measured on Linux 6.18). */
  setAlone(name: NeighValue, value: number): void {
    this[name] = value;
    this.#written.add(name);
    if (name === "baseReachableTime") this.drawReachableTime();
  }

  /** Counts every setting as written: a loopback device has come up, or a device got an address (measured on Linux 6.18). */
  pin(): void {
    for (const name of NAMES) this.#written.add(name);
  }

  drawReachableTime(): void {
    const base = Math.max(0, this.baseReachableTime);
    const { kernel, jiffy } = this.lateness;
    if (!kernel) this.reachableTime = base * (0.5 + this.#random.next());
    else this.reachableTime = (this.#random.below(base / jiffy) + Math.trunc(base / jiffy / 2)) * jiffy;
  }

  /** How long a request for a proxied address waits. */
  drawProxyDelay(): number {
    const most = Math.max(0, this.proxyDelay);
    const { kernel, jiffy } = this.lateness;
    return kernel ? this.#random.below(most / jiffy) * jiffy : this.#random.next() * most;
  }

  /** A set of its own with the same values and a reachable time of its own draw; it may follow what is written here later. */
  derive(follows: boolean): NeighParameters {
    const copy = new NeighParameters(this.#random, this.lateness, this.values());
    if (follows) this.#followers.add(copy);
    return copy;
  }

  /** A derived set is not used any more. */
  release(derived: NeighParameters): void {
    this.#followers.delete(derived);
  }

  values(): NeighValues {
    const values = { ...NOTHING };
    for (const name of NAMES) values[name] = this[name];
    return values;
  }
}
