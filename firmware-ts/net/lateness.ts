/**
 * How late timers are. Linux keeps its timers in a wheel whose buckets grow with the distance: a timer is never early, always at least
 * one jiffy late, and one armed far ahead up to an eighth of its delay. An observer sees this on the wire (a request repeated "after
 * 1 s" comes after 1.004 to 1.032 s at HZ=250), so a stack that is to look like Linux must be as late; one that is to be predictable
 * fires to the instant.
 */

export interface LatenessOptions {
  /** `exact`: timers fire when they are due. `kernel`: in whole jiffies and as late as Linux with this HZ. Default `exact`. */
  lateness?: "exact" | "kernel";
  /** The kernel's HZ: unit of its timers and of the settings that an operator writes. A divisor of 1000 from 100 on; default 250. */
  hz?: number;
}

const DEFAULT_HZ = 250;
/** Levels of the wheel and buckets in each; a level's granule is eight times that of the one below. */
export const LEVELS = 9;
export const BUCKETS = 64;
/** Longest distance, in granules, that a level takes: one bucket of the 64 is the one that is running. */
const LEVEL_REACH = BUCKETS - 1;

export class Lateness {
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

  /** `now` as an entry's time stamps have it: the last jiffy, or the instant. */
  stamp(now: number): number {
    return this.kernel ? Math.floor(now / this.jiffy) * this.jiffy : now;
  }

  /**
   * Tells whether `limit` has not passed yet. The kernel counts the limit itself in, because its timers come at least a jiffy later;
   * with punctual timers a period that ends at this very instant is over.
   */
  within(now: number, limit: number): boolean {
    return this.kernel ? now <= limit : now < limit;
  }

  /** Milliseconds in whole jiffies, rounded up, as ms. */
  roundUp(ms: number): number {
    return Math.ceil(ms / this.jiffy) * this.jiffy;
  }
}

/** The level of the wheel for a timer `distance` jiffies ahead; its granule is 8 ** level jiffies. */
export function levelFor(distance: number): number {
  let level = 0;
  for (let reach = LEVEL_REACH; distance >= reach && level < LEVELS - 1; reach *= 8) level++;
  return level;
}

/** The longest distance in jiffies that the wheel can tell; what is due later fires then (and is armed anew by those who care). */
export const WHEEL_REACH: number = LEVEL_REACH * 8 ** (LEVELS - 1) - 8 ** (LEVELS - 1);
