/** Virtual time: it jumps from timer to timer. */
import { type EventLoop, eventLoop, Turns } from "./event-loop.ts";
import { type Clock, Task } from "./time.ts";
import { Timer, type TimerQueue } from "./timer.ts";
import { TimerHeap } from "./timer-heap.ts";

/** How many timers and tasks may run without time moving on before a VirtualClock calls it a loop. */
const STALL_LIMIT = 10_000_000;

/** Steps of advance() between two turns of the event loop: signals and output wait no longer, and a turn costs as much as many steps. */
const STEPS_PER_TURN = 64;

/** 2026-01-01T00:00:00Z, in ms since 1970. */
const EPOCH = 1_767_225_600_000;

/** Time that stands still until it is told to advance, and then jumps from timer to timer. Deterministic. */
export class VirtualClock implements Clock, TimerQueue {
  readonly #heap = new TimerHeap();
  readonly #epoch: number;
  #now = 0;
  readonly #tasks = new Turns();
  #steps = 0;
  readonly #loop: EventLoop = eventLoop();
  readonly #enqueue = (task: Task): void => {
    this.#tasks.add(task);
  };

  /** @param epoch wall time at virtual time 0, in ms since 1970-01-01 UTC */
  constructor(epoch: number = EPOCH) {
    this.#epoch = epoch;
  }

  now(): number {
    return this.#now;
  }

  wallTime(): number {
    return this.#epoch + this.#now;
  }

  /** Time of the next thing that comes due; Infinity when nothing waits. */
  get next(): number {
    return this.#tasks.waiting > 0 ? this.#now : (this.#heap.peek()?.due ?? Number.POSITIVE_INFINITY);
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
   * Moves time on by `ms`, firing what comes due on the way and letting promises settle after every step. The event loop has its turn at
   * the beginning, at the end and now and then in between. Whoever waits for something outside of virtual time advances in small steps.
   * @throws Error when timers keep re-arming themselves for the present instant
   */
  async advance(ms: number): Promise<void> {
    const end = this.#now + ms;
    await this.#turn();
    let left = STEPS_PER_TURN;
    while (this.#step(end)) {
      if (--left > 0) await this.#settle();
      else {
        await this.#turn();
        left = STEPS_PER_TURN;
      }
    }
    if (left < STEPS_PER_TURN) await this.#turn();
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

  /** Resolves when every promise that could settle without outside help has done so. */
  #settle(): Promise<void> {
    return new Promise((resolve) => this.#loop.afterPromises({ run: resolve }));
  }

  /** As settle(), and the event loop has had its turn. */
  #turn(): Promise<void> {
    return new Promise((resolve) => this.#loop.enqueue({ run: resolve }));
  }

  /** Runs the deferred tasks, or jumps to the next timer; false when neither is left before `end`. */
  #step(end: number): boolean {
    if (this.#tasks.waiting > 0) {
      this.#tasks.run();
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
