/** A limit of how often something is said: so many times in an interval, as the kernel's ratelimit does it. */
import type { Clock } from "../../hal/clock.ts";

export class RateLimit {
  /** Times that nothing was said since something was. */
  missed = 0;
  readonly #clock: Clock;
  readonly #interval: number;
  readonly #burst: number;
  #since = Number.NEGATIVE_INFINITY;
  #said = 0;

  /** @param interval ms @param burst times in it */
  constructor(clock: Clock, interval: number, burst: number) {
    this.#clock = clock;
    this.#interval = interval;
    this.#burst = burst;
  }

  /** Returns true when it may be said now; else it counts as missed. */
  allows(): boolean {
    const now = this.#clock.now();
    if (now - this.#since >= this.#interval) {
      this.#since = now;
      this.#said = 0;
    }
    if (this.#said < this.#burst) {
      this.#said++;
      return true;
    }
    this.missed++;
    return false;
  }

  /** The times missed so far, which are told now. */
  takeMissed(): number {
    const { missed } = this;
    this.missed = 0;
    return missed;
  }
}
