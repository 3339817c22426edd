/**
 * Time, as the stack sees it: monotonic milliseconds, re-armable timers and deferred tasks.
 *
 * Everything above and beside the HAL takes its time from a Clock that was handed to it. Under a VirtualClock a simulated hour
 * takes a moment and two runs give the same bytes; under the SystemClock the same code runs in real time.
 */
import { Timer, type TimerQueue } from "./timer.ts";
import { TimerHeap } from "./timer-heap.ts";

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

/** The operating system's time. */
export class SystemClock implements Clock, TimerQueue {
  readonly #heap = new TimerHeap();
  #timeout: NodeJS.Timeout | null = null;
  #wakeAt = Number.POSITIVE_INFINITY;
  readonly #onTimeout = (): void => this.#expire();
  readonly #enqueue = (task: Task): void => {
    setImmediate(runTask, task);
  };

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
    else this.#timeout?.ref();
  }

  unschedule(timer: Timer): void {
    this.#heap.remove(timer);
    // The wake-up stays, for the next timer is likely to be armed soon, but on its own it keeps no process alive.
    if (!this.#heap.peek()) this.#timeout?.unref();
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
    // Node takes whole milliseconds and at most 2^31-1 of them; rounding up keeps a timer from firing early.
    const delay = Math.min(0x7fffffff, Math.max(0, Math.ceil(due - this.now())));
    this.#timeout = setTimeout(this.#onTimeout, delay);
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

function runTask(task: Task): void {
  task.run();
}

/** How many timers and tasks may run without time moving on before a VirtualClock calls it a loop. */
const STALL_LIMIT = 10_000_000;

/** Time that stands still until it is told to advance, and then jumps from timer to timer. Deterministic. */
export class VirtualClock implements Clock, TimerQueue {
  readonly #heap = new TimerHeap();
  readonly #epoch: number;
  #now = 0;
  #tasks: Task[] = [];
  #running: Task[] = [];
  #steps = 0;
  readonly #enqueue = (task: Task): void => {
    this.#tasks.push(task);
  };

  /** @param epoch wall time at virtual time 0, in ms since 1970-01-01 UTC */
  constructor(epoch: number = Date.UTC(2026, 0, 1)) {
    this.#epoch = epoch;
  }

  now(): number {
    return this.#now;
  }

  wallTime(): number {
    return this.#epoch + this.#now;
  }

  timer(callback: () => void): Timer {
    return new Timer(this, callback);
  }

  task(callback: () => void): Task {
    return new Task(this.#enqueue, callback);
  }

  schedule(timer: Timer): void {
    timer.due = Math.max(timer.due, this.#now);
    this.#heap.insert(timer);
  }

  unschedule(timer: Timer): void {
    this.#heap.remove(timer);
  }

  /**
   * Moves time on by `ms`, firing what comes due on the way and letting promises settle after every step.
   * @throws Error when timers keep re-arming themselves for the present instant
   */
  async advance(ms: number): Promise<void> {
    const end = this.#now + ms;
    await settle();
    while (this.#step(end)) await settle();
  }

  /** As {@link advance}, without letting promises settle: for set-ups whose buses all answer at once. */
  advanceSync(ms: number): void {
    const end = this.#now + ms;
    while (this.#step(end));
  }

  /** Time goes on and nothing runs, as when a process is stopped (SIGSTOP): what has come due meanwhile is late, and runs next. */
  stall(ms: number): void {
    this.#now += ms;
  }

  /** Runs the deferred tasks, or jumps to the next timer; false when neither is left before `end`. */
  #step(end: number): boolean {
    if (this.#tasks.length > 0) {
      const batch = this.#tasks;
      this.#tasks = this.#running;
      this.#running = batch;
      try {
        for (let task = batch.shift(); task; task = batch.shift()) task.run();
      } finally {
        // Tasks that a throwing task leaves undone run first next time, as they would in real time.
        if (batch.length > 0) this.#tasks.unshift(...batch.splice(0));
      }
      return this.#count(1);
    }
    const timer = this.#heap.peek();
    if (!timer || timer.due > end) {
      this.#now = end;
      this.#steps = 0;
      return false;
    }
    if (timer.due > this.#now) {
      this.#now = timer.due;
      this.#steps = 0;
    }
    this.#heap.remove(timer);
    timer.fire();
    return this.#count(1);
  }

  #count(steps: number): boolean {
    this.#steps += steps;
    if (this.#steps > STALL_LIMIT)
      throw new Error(`virtual time stands still at ${this.#now} ms: something re-arms itself for now`);
    return true;
  }
}

/** Resolves when every promise that could settle without outside help has done so. */
function settle(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
