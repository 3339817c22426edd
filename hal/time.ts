/** The contract of time: what a clock has to offer, and tasks for the next turn of the event loop. */
import type { Timer } from "./timer.ts";

export type { Timer } from "./timer.ts";

/** Work for the next turn of the event loop, made once with {@link Clock.task}. Scheduling a pending task again does nothing. */
export class Task {
  pending = false;
  readonly #enqueue: (task: Task) => void;
  readonly #callback: () => void;

  constructor(enqueue: (task: Task) => void, callback: () => void) {
    this.#enqueue = enqueue;
    this.#callback = callback;
  }

  schedule(): void {
    if (this.pending) return;
    this.pending = true;
    this.#enqueue(this);
  }

  /** Runs the callback; for clocks only. */
  run(): void {
    this.pending = false;
    this.#callback();
  }
}

export interface Clock {
  /** Monotonic milliseconds, fractions included; starts anywhere. */
  now(): number;
  /** Milliseconds since 1970-01-01 UTC, for time stamps that leave the machine. Never for measuring. */
  wallTime(): number;
  timer(callback: () => void): Timer;
  /** A task runs after the code at hand has returned and, in real time, after the event loop had its turn. */
  task(callback: () => void): Task;
}
