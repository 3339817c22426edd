/** The settings of a device's neighbours. Machine, queue and collection go by them; a write to a table's defaults reaches the devices. */
import type { Random } from "../../hal/random.ts";
import type { Lateness } from "../net/lateness.ts";

/** The values that an operator may write. All times in ms. */
export interface NeighValues {
  /** Broadcast (multicast) requests before an entry without a known address fails (`mcast_solicit`). */
  mcastProbes: number;
  /** Unicast requests to a known address before any other (`ucast_solicit`). */
  ucastProbes: number;
  /** Requests left to a program that listens for them, before broadcast ones (`app_solicit`). */
  appProbes: number;
  /** Broadcast requests after the unicast ones of a PROBE have failed (`mcast_resolicit`). */
  mcastReprobes: number;
  /** Time between two requests (`retrans_time_ms`). */
  retransTime: number;
  /** Mean time for which a confirmation holds (`base_reachable_time_ms`). Write it with set(), which draws reachableTime anew. */
  baseReachableTime: number;
  /** Time from the first use of a STALE entry to its first probe (`delay_first_probe_time`). */
  delayProbeTime: number;
  /** Time between two looks at the managed entries (`interval_probe_time_ms`). Only the value of the defaults counts. */
  intervalProbeTime: number;
  /** Age of the last use from which on an entry may be collected (`gc_stale_time`). */
  gcStaleTime: number;
  /** Most bytes (truesize) that wait in one entry; the newest packet always fits (`unres_qlen_bytes`). */
  queueLengthBytes: number;
  /** Number of requests for proxied addresses that may wait, less one (`proxy_qlen`). */
  proxyQueueLength: number;
  /** Stored and shown, but used by nothing, as in the kernel (`anycast_delay`). */
  anycastDelay: number;
  /** A request for a proxied address waits a random part of this (`proxy_delay`). */
  proxyDelay: number;
  /** An unsolicited answer does not replace an address younger than this, in families that go by it (`locktime`). */
  lockTime: number;
}

export type NeighValue = keyof NeighValues;

/** Every value as 0, so that a set has all its fields from the start. */
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

/** One set of settings: a device's, or the defaults that new devices copy (Documentation/networking/ip-sysctl, neigh/). */
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
  /** Time for which a confirmation holds: drawn uniformly from half to one and a half of baseReachableTime (RFC 4861 6.3.2). */
  reachableTime = 0;
  /** Number of entries that use the set; `ip ntable` shows one more. */
  entries = 0;
  /** The steps, by HZ, in which times are written and read. */
  readonly lateness: Lateness;
  readonly #random: Random;
  /** Values that were written to this very set. A change of the defaults does not reach them any more. */
  readonly #written = new Set<NeighValue>();
  readonly #followers = new Set<NeighParameters>();

  constructor(random: Random, lateness: Lateness, values: Readonly<NeighValues>) {
    this.#random = random;
    this.lateness = lateness;
    for (const name of NAMES) this[name] = values[name];
    this.drawReachableTime();
  }

  /**
   * Writes a value as an operator does: from now on it is this set's own. The sets that follow this one take it over, unless they have
   * one of their own.
   */
  set(name: NeighValue, value: number): void {
    this.setAlone(name, value);
    // As in the kernel, a follower's reachable time is not drawn anew: it changes with the next periodic draw (measured on Linux 6.18).
    for (const follower of this.#followers) if (!follower.#written.has(name)) follower[name] = value;
  }

  /** Writes a value that nobody takes over. The kernel treats a write by netlink so (`ip ntable change`; measured on Linux 6.18). */
  setAlone(name: NeighValue, value: number): void {
    this[name] = value;
    this.#written.add(name);
    if (name === "baseReachableTime") this.drawReachableTime();
  }

  /** Counts every value as written. Done when a loopback device comes up or a device gets an address (measured on Linux 6.18). */
  pin(): void {
    for (const name of NAMES) this.#written.add(name);
  }

  /** Draws the reachable time anew. */
  drawReachableTime(): void {
    const base = Math.max(0, this.baseReachableTime);
    const { kernel, jiffy } = this.lateness;
    if (!kernel) this.reachableTime = base * (0.5 + this.#random.next());
    else this.reachableTime = (this.#random.below(base / jiffy) + Math.trunc(base / jiffy / 2)) * jiffy;
  }

  /** Draws the time for which a request for a proxied address waits. */
  drawProxyDelay(): number {
    const most = Math.max(0, this.proxyDelay);
    const { kernel, jiffy } = this.lateness;
    return kernel ? this.#random.below(most / jiffy) * jiffy : this.#random.next() * most;
  }

  /** Makes a set with the same values and a reachable time of its own draw. @param follows it takes over later writes to this set */
  derive(follows: boolean): NeighParameters {
    const copy = new NeighParameters(this.#random, this.lateness, this.values());
    if (follows) this.#followers.add(copy);
    return copy;
  }

  /** Ends the following of a derived set. */
  release(derived: NeighParameters): void {
    this.#followers.delete(derived);
  }

  /** A copy of the values. */
  values(): NeighValues {
    const values = { ...NOTHING };
    for (const name of NAMES) values[name] = this[name];
    return values;
  }
}
