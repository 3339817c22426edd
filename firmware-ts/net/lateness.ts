/**
 * The lateness of timers. Linux keeps its timers in a wheel whose buckets grow with the distance: a timer is never early, always at least
 * one jiffy late, and one armed far ahead up to an eighth of its delay. An observer sees this on the wire (a request repeated "after 1 s"
 * comes after 1.004 to 1.032 s at HZ=250). A stack that looks like Linux is as late; one that is predictable fires to the instant.
 */

export interface LatenessOptions {
  /** `exact`: timers fire when they are due. `kernel`: in whole jiffies and as late as Linux with this HZ. Default `exact`. */
  lateness?: "exact" | "kernel";
  /** The kernel's HZ: unit of its timers and of the settings that an operator writes. A divisor of 1000 from 100 on; default 250. */
  hz?: number;
}

const DEFAULT_HZ = 250;
/** Levels of the wheel, and buckets in each. A level's granule is eight times that of the level below. */
export const LEVELS = 9;
export const BUCKETS = 64;
/** Longest distance that a level takes, in granules. One of its buckets is the one that is running. */
const LEVEL_REACH = BUCKETS - 1;

/** A choice of lateness: its jiffy, and the comparisons that depend on it. */
export class Lateness {
  /** True: timers are as late as Linux's. False: they are exact. */
  readonly kernel: boolean;
  readonly hz: number;
  /** One jiffy in ms. */
  readonly jiffy: number;
  /** An entry's timer handler re-arms no sooner than this, in ms: HZ/100 jiffies in whole numbers. */
  readonly minRearm: number;

  /** @throws RangeError when hz is not one of 100, 125, 200, 250, 500, 1000 */
  constructor(options: LatenessOptions = {}) {
    const hz = options.hz ?? DEFAULT_HZ;
    if (hz < 100 || 1000 % hz !== 0) throw new RangeError(`hz is ${hz}; say one of 100, 125, 200, 250, 500, 1000`);
    this.hz = hz;
    this.kernel = options.lateness === "kernel";
    this.jiffy = 1000 / hz;
    this.minRearm = this.kernel ? Math.trunc(hz / 100) * this.jiffy : 10;
  }

  /** Returns the time stamp of an instant: the last jiffy, or the instant itself. */
  stamp(now: number): number {
    return this.kernel ? Math.floor(now / this.jiffy) * this.jiffy : now;
  }

  /**
   * Returns true when `limit` has not passed yet. The kernel counts the limit itself in, because its timers come at least a jiffy later.
   * With exact timers a time that ends at this very instant is over.
   */
  within(now: number, limit: number): boolean {
    return this.kernel ? now <= limit : now < limit;
  }

  /** Rounds a time in ms up to whole jiffies. */
  roundUp(ms: number): number {
    return Math.ceil(ms / this.jiffy) * this.jiffy;
  }
}

/** Returns the level of the wheel for a timer `distance` jiffies ahead. The granule of a level is 8 ** level jiffies. */
export function levelFor(distance: number): number {
  let level = 0;
  for (let reach = LEVEL_REACH; distance >= reach && level < LEVELS - 1; reach *= 8) level++;
  return level;
}

/** Longest distance of the wheel in jiffies. A timer that is due later fires then, and its owner arms it anew. */
export const WHEEL_REACH: number = LEVEL_REACH * 8 ** (LEVELS - 1) - 8 ** (LEVELS - 1);
