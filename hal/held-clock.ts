/**
 * A clock whose timers can be held back, for a node that sleeps: what comes due meanwhile fires when it wakes, as after a processor's
 * deep sleep. Time itself goes on, and so do tasks: hardware that is awake may still interrupt.
 */
import type { Clock, Task } from "./time.ts";
import { Timer, type TimerQueue } from "./timer.ts";
import { TimerHeap } from "./timer-heap.ts";

export class HeldClock implements Clock, TimerQueue {
  readonly #base: Clock;
  readonly #heap = new TimerHeap();
  readonly #alarm: Timer;
  #held = false;

  /** @param base the clock that goes on; a timer of its own is the alarm that ends a sleep */
  constructor(base: Clock) {
    this.#base = base;
    this.#alarm = base.timer(() => this.#ring());
  }

  now(): number {
    return this.#base.now();
  }

  wallTime(): number {
    return this.#base.wallTime();
  }

  timer(callback: () => void): Timer {
    return new Timer(this, callback);
  }

  task(callback: () => void): Task {
    return this.#base.task(callback);
  }

  schedule(timer: Timer): void {
    this.#heap.insert(timer);
    this.#set();
  }

  unschedule(timer: Timer): void {
    this.#heap.remove(timer);
    this.#set();
  }

  /** No timer fires until release(). */
  hold(): void {
    this.#held = true;
    this.#set();
  }

  release(): void {
    this.#held = false;
    this.#set();
  }

  #set(): void {
    const next = this.#held ? undefined : this.#heap.peek();
    if (next) this.#alarm.armAt(next.due);
    else this.#alarm.cancel();
  }

  #ring(): void {
    const next = this.#heap.peek();
    if (next) {
      this.#heap.remove(next);
      next.fire();
    }
    this.#set();
  }
}
