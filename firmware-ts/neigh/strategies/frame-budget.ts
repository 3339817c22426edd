/** A budget of frames: never more than so many in any 24 hours, however they are spread. */

/** In ms. */
const DAY = 86_400_000;

export class FrameBudget {
  /** Frames in any 24 hours. */
  readonly perDay: number;
  /** Times at which the last frames were sent, the oldest at #next. */
  readonly #times: Float64Array;
  #next = 0;

  /** @throws RangeError when it is no whole number from 1 to 10,000 */
  constructor(perDay: number) {
    if (!Number.isInteger(perDay) || perDay < 1 || perDay > MOST) throw new RangeError(`${perDay}: not 1 to ${MOST} frames a day`);
    this.perDay = perDay;
    this.#times = new Float64Array(perDay).fill(Number.NEGATIVE_INFINITY);
  }

  /**
   * Takes one frame. Returns false when the budget is used up.
   * @param most of it may be used up by then; less than perDay leaves a reserve for others
   */
  take(now: number, most: number = this.perDay): boolean {
    if (most < 1 || now - this.#sentBefore(most) < DAY) return false;
    this.#times[this.#next] = now;
    this.#next = (this.#next + 1) % this.perDay;
    return true;
  }

  /** Frames that may be sent at once. */
  left(now: number): number {
    let used = 0;
    while (used < this.perDay && now - this.#sentBefore(used + 1) < DAY) used++;
    return this.perDay - used;
  }

  /** Time of the frame that was sent so many frames ago; the last one is 1. */
  #sentBefore(count: number): number {
    return this.#times[(this.#next + this.perDay - count) % this.perDay]!;
  }
}

/** More than one every nine seconds is no saving. */
export const MOST = 10_000;
