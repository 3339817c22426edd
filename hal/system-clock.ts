/** Real time, in Node and in browsers. */
import { type EventLoop, eventLoop } from "./event-loop.ts";
import { type Clock, Task } from "./time.ts";
import { Timer, type TimerQueue } from "./timer.ts";
import { TimerHeap } from "./timer-heap.ts";

export interface SystemClockOptions {
  /** Armed timers keep no process alive: something else tells when it ends. Default false. */
  background?: boolean;
}

/** The operating system's time. */
export class SystemClock implements Clock, TimerQueue {
  readonly #background: boolean;
  readonly #heap = new TimerHeap();
  #timeout: ReturnType<typeof setTimeout> | null = null;
  #wakeAt = Number.POSITIVE_INFINITY;
  readonly #onTimeout = (): void => this.#expire();
  readonly #loop: EventLoop = eventLoop();
  readonly #enqueue = (task: Task): void => this.#loop.enqueue(task);

  constructor({ background = false }: SystemClockOptions = {}) {
    this.#background = background;
  }

  now(): number {
    return performance.now();
  }

  wallTime(): number {
    return Date.now();
  }

  timer(callback: () => void): Timer {
    return new Timer(this, callback);
  }

  task(callback: () => void): Task {
    return new Task(this.#enqueue, callback);
  }

  schedule(timer: Timer): void {
    this.#heap.insert(timer);
    if (timer.due < this.#wakeAt) this.#sleep(timer.due);
    else this.#hold(true);
  }

  unschedule(timer: Timer): void {
    this.#heap.remove(timer);
    // The wake-up stays, for the next timer is likely to be armed soon, but on its own it keeps no process alive.
    if (!this.#heap.peek()) this.#hold(false);
  }

  /** Forgets every armed timer and lets the process end. */
  stop(): void {
    this.#heap.clear();
    if (this.#timeout) clearTimeout(this.#timeout);
    this.#timeout = null;
    this.#wakeAt = Number.POSITIVE_INFINITY;
  }

  #sleep(due: number): void {
    if (this.#timeout) clearTimeout(this.#timeout);
    this.#wakeAt = due;
    // setTimeout() takes whole milliseconds and at most 2^31-1 of them; rounding up keeps a timer from firing early.
    const delay = Math.min(0x7fffffff, Math.max(0, Math.ceil(due - this.now())));
    this.#timeout = setTimeout(this.#onTimeout, delay);
    if (this.#background) this.#hold(false);
  }

  /** Whether the wake-up keeps the process alive. In a browser, whose timeouts are numbers, nothing does. */
  #hold(on: boolean): void {
    const timeout = this.#timeout;
    if (timeout === null || typeof timeout !== "object") return;
    if (on && !this.#background) timeout.ref();
    else timeout.unref();
  }

  #expire(): void {
    this.#timeout = null;
    this.#wakeAt = Number.POSITIVE_INFINITY;
    const now = this.now();
    for (let timer = this.#heap.peek(); timer && timer.due <= now; timer = this.#heap.peek()) {
      this.#heap.remove(timer);
      timer.fire();
    }
    const next = this.#heap.peek();
    if (next && next.due < this.#wakeAt) this.#sleep(next.due);
  }
}
