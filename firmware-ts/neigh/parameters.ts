import type { Random } from "../../hal/random.ts";

/**
 * What an operator may set for the neighbours of one device: the files of net.ipv4.neigh.DEV (Documentation/networking/ip-sysctl).
 * All times in milliseconds.
 */
export class NeighParameters {
  /** Broadcast (multicast) requests before an entry without a known address fails (`mcast_solicit`). */
  mcastProbes = 3;
  /** Unicast requests to a known address before broadcast ones (`ucast_solicit`). */
  ucastProbes = 3;
  /** Broadcast requests after the unicast ones of a PROBE have failed (`mcast_resolicit`). */
  mcastReprobes = 0;
  /** Between requests (`retrans_time_ms`). */
  retransTime = 1000;
  /** Mean time for which a confirmation holds (`base_reachable_time_ms`); set it with setBaseReachableTime(). */
  baseReachableTime = 30_000;
  /** From the first use of a STALE entry to its first probe (`delay_first_probe_time`). */
  delayProbeTime = 5000;
  /** Unused for this long, an entry may be collected (`gc_stale_time`). */
  gcStaleTime = 60_000;
  /** Most bytes (truesize) that wait for one entry; the newest packet always fits (`unres_qlen_bytes`). */
  queueLengthBytes = 212_992;
  /** An address younger than this is not replaced by an unsolicited answer (`locktime`). */
  lockTime = 1000;
  /** Drawn uniformly from half to one and a half of baseReachableTime (RFC 4861 6.3.2). */
  reachableTime: number;
  readonly #random: Random;

  constructor(random: Random) {
    this.#random = random;
    this.reachableTime = 0;
    this.drawReachableTime();
  }

  setBaseReachableTime(ms: number): void {
    this.baseReachableTime = ms;
    this.drawReachableTime();
  }

  drawReachableTime(): void {
    this.reachableTime = this.baseReachableTime * (0.5 + this.#random.next());
  }

  /** A set of its own with the same values, and a reachable time of its own draw. */
  clone(): NeighParameters {
    const copy = new NeighParameters(this.#random);
    copy.mcastProbes = this.mcastProbes;
    copy.ucastProbes = this.ucastProbes;
    copy.mcastReprobes = this.mcastReprobes;
    copy.retransTime = this.retransTime;
    copy.delayProbeTime = this.delayProbeTime;
    copy.gcStaleTime = this.gcStaleTime;
    copy.queueLengthBytes = this.queueLengthBytes;
    copy.lockTime = this.lockTime;
    copy.setBaseReachableTime(this.baseReachableTime);
    return copy;
  }
}
