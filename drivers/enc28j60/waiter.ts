/** Waits until a time has passed or done() is called. One wait at a time. */
import type { Clock } from "../../hal/clock.ts";
import type { Timer } from "../../hal/timer.ts";

export class Waiter {
  readonly #timer: Timer;
  #resume: (() => void) | null = null;

  constructor(clock: Clock) {
    this.#timer = clock.timer(() => this.done());
  }

  /** Until done() is called, and for `duration` ms at most. */
  sleep(duration: number): Promise<void> {
    this.#timer.arm(duration);
    return this.untilDone();
  }

  untilDone(): Promise<void> {
    return new Promise((resolve) => {
      this.#resume = resolve;
    });
  }

  /** Ends the wait, if there is one. */
  done(): void {
    this.#timer.cancel();
    const resume = this.#resume;
    this.#resume = null;
    resume?.();
  }
}
