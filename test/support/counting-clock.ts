/** A clock for tests that leave no timer armed behind. */
import type { Clock, Task, Timer } from "../../hal/clock.ts";

/** A clock that knows which of its timers are armed. */
export class CountingClock implements Clock {
  readonly #clock: Clock;
  readonly #timers: Timer[] = [];

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  get armed(): number {
    return this.#timers.filter((timer) => timer.armed).length;
  }

  now(): number {
    return this.#clock.now();
  }

  wallTime(): number {
    return this.#clock.wallTime();
  }

  timer(callback: () => void): Timer {
    const timer = this.#clock.timer(callback);
    this.#timers.push(timer);
    return timer;
  }

  task(callback: () => void): Task {
    return this.#clock.task(callback);
  }
}
