/** Re-armable timers, and the queue of a clock in which they wait. */

/** The queue that an armed timer waits in; each clock is one. */
export interface TimerQueue {
  /** Monotonic milliseconds, fractions included. */
  now(): number;
  /** Fires the timer at `timer.due`. The time is no argument: a fraction handed to a call that is not inlined is an allocation. */
  schedule(timer: Timer): void;
  unschedule(timer: Timer): void;
}

/** A one-shot timer, made once with {@link Clock.timer} and armed as often as needed: arming allocates nothing. */
export class Timer {
  /** Absolute time at which it fires, in the clock's milliseconds; meaningful while armed. */
  due = 0;
  /** Its number in the heap, -1 while not armed. Kept by the heap. */
  slot = -1;
  readonly #queue: TimerQueue;
  readonly #callback: () => void;

  constructor(queue: TimerQueue, callback: () => void) {
    this.#queue = queue;
    this.#callback = callback;
  }

  get armed(): boolean {
    return this.slot >= 0;
  }

  /** Fires `delay` ms from now; a timer that is armed already is moved. */
  arm(delay: number): void {
    this.due = this.#queue.now() + Math.max(0, delay);
    this.#queue.schedule(this);
  }

  /** Fires at the absolute time `due`, or at once (but never within this call) if that has passed. */
  armAt(due: number): void {
    this.due = due;
    this.#queue.schedule(this);
  }

  cancel(): void {
    if (this.slot >= 0) this.#queue.unschedule(this);
  }

  /** Runs the callback; for clocks only. */
  fire(): void {
    this.#callback();
  }
}
