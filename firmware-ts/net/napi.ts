/**
 * Budgeted receive, after the kernel's NAPI: a controller asks to be polled, the scheduler polls each in turn with a weight, and a
 * run ends when its budget or its time is used up, so that the event loop has its turn however much arrives.
 *
 * A poll may also be put off or forestalled. With deferHardIrqs and flushTimeout a controller whose poll is through stays masked and
 * is looked at again by a timer, which spares interrupts under load. busyPoll() polls from the caller at once, which spares the wait
 * for the event loop's next turn; it holds everything else up meanwhile.
 */
import type { Clock, Task, Timer } from "../../hal/clock.ts";
import { POLL_PENDING } from "../../hal/ethernet.ts";
import { type NapiOptions, Softnet } from "./softnet.ts";

/** Most frames one poll may hand up (NAPI_POLL_WEIGHT). */
export const NAPI_WEIGHT = 64;
/** Most frames one poll of a busy poll may hand up (BUSY_POLL_BUDGET): few, so that the caller soon sees what came. */
export const BUSY_POLL_BUDGET = 8;
/** Empty polls in a row at one and the same time after which the clock must be one that stands still. */
const STANDSTILL = 100;

/** A party that is polled: a controller's driver, or the backlog. */
export interface Pollable {
  poll(budget: number): number;
}

/** One controller's place in the scheduler. */
export class Napi {
  weight: number;
  readonly #scheduler: NapiScheduler;
  readonly #target: Pollable;
  #deferHardIrqs = 0;
  #flushTimeout = 0;
  /** Polls again what was kept masked. Made when it is needed first. */
  #watchdog: Timer | null = null;
  #deferrals = 0;
  #scheduled = false;
  /** Asked for again while scheduled: the poll under way may have looked too early. */
  #missed = false;
  /** In the middle of a poll, on this call stack. */
  #polling = false;
  /** In the middle of a poll that waits for its bus. */
  #pending = false;
  /** A caller polls in a loop and keeps the interrupt masked. */
  #busy = false;
  #enabled = false;
  /** On a list of the scheduler; kept by the scheduler. */
  listed = false;

  constructor(scheduler: NapiScheduler, target: Pollable, weight: number = NAPI_WEIGHT) {
    this.#scheduler = scheduler;
    this.#target = target;
    this.weight = weight;
  }

  /** Polls in a row that may find nothing before the interrupt is unmasked (napi_defer_hard_irqs). Needs a flushTimeout. */
  get deferHardIrqs(): number {
    return this.#deferHardIrqs;
  }

  /** @throws RangeError when it is no whole number from 0 to 2^31-1 */
  set deferHardIrqs(count: number) {
    if (!Number.isInteger(count) || count < 0 || count > 0x7fffffff)
      throw new RangeError(`napi_defer_hard_irqs is a whole number from 0 to 2147483647, not ${count}`);
    this.#deferHardIrqs = count;
  }

  /** Milliseconds after which a controller that is kept masked is polled again (gro_flush_timeout, there in ns). 0: never kept. */
  get flushTimeout(): number {
    return this.#flushTimeout;
  }

  /** @throws RangeError when it is no duration */
  set flushTimeout(timeout: number) {
    if (!(timeout >= 0) || !Number.isFinite(timeout))
      throw new RangeError(`gro_flush_timeout is a number of milliseconds, 0 or more, not ${timeout}`);
    this.#flushTimeout = timeout;
  }

  get scheduled(): boolean {
    return this.#scheduled;
  }

  enable(): void {
    this.#enabled = true;
  }

  /** No poll starts after this. */
  disable(): void {
    this.#enabled = false;
    this.#scheduled = false;
    this.#missed = false;
    this.#pending = false;
    this.#deferrals = 0;
    this.#watchdog?.cancel();
    this.#scheduler.remove(this);
  }

  /** napi_schedule: true when this call put it on the list. */
  schedule(): boolean {
    if (!this.#enabled) return false;
    if (this.#scheduled) {
      this.#missed = true;
      return false;
    }
    this.#scheduled = true;
    // An interrupt between complete() and the end of the poll: run() or polled() puts it on the list, no poll begins within another.
    if (!this.#pending) this.#scheduler.add(this);
    return true;
  }

  /** napi_complete_done: true when the interrupt may be unmasked; false when it stays masked and another poll will follow. */
  complete(work: number): boolean {
    if (!this.#enabled || this.#busy) return false;
    if (work > 0) this.#deferrals = this.#deferHardIrqs;
    const deferred = this.#deferrals > 0;
    if (deferred) this.#deferrals--;
    if (this.#missed) {
      this.#missed = false;
      return false;
    }
    this.#scheduled = false;
    if (!deferred || !(this.#flushTimeout > 0)) return true;
    this.#watchdog ??= this.#scheduler.timer(() => this.schedule());
    this.#watchdog.arm(this.#flushTimeout);
    return false;
  }

  /** For the scheduler: one poll. Returns the frames handed up, or POLL_PENDING. */
  run(): number {
    this.listed = false;
    return this.#poll(this.weight);
  }

  /** The end of a poll that was pending. */
  polled(_work: number): void {
    if (!this.#pending) return;
    this.#pending = false;
    if (this.#scheduled) this.#scheduler.add(this);
  }

  /**
   * Polls from here and now until `done` says so or `limit` milliseconds are over, interrupt masked; then once more, which unmasks
   * it. A poll that was due is taken over. 0 at once when a poll is under way already: from within it, or on a bus that waits. A bus
   * that waits ends it after one poll, and a clock that stands still (virtual time) when there is nothing more.
   * @returns frames handed up
   */
  busyPoll(limit: number, done: () => boolean, budget: number = BUSY_POLL_BUDGET): number {
    if (!this.#enabled || this.#polling || this.#pending) return 0;
    this.#watchdog?.cancel();
    this.#scheduler.remove(this);
    this.#scheduled = true;
    let total = 0;
    this.#busy = true;
    try {
      total = this.#spin(limit, done, budget);
    } finally {
      this.#busy = false;
    }
    if (this.#enabled && !this.#pending) total += Math.max(0, this.#poll(budget));
    if (this.#scheduled && !this.#pending) this.#scheduler.add(this);
    return total;
  }

  #spin(limit: number, done: () => boolean, budget: number): number {
    const end = this.#scheduler.now() + limit;
    let total = 0;
    let idle = 0;
    let last = Number.NEGATIVE_INFINITY;
    while (!done()) {
      const work = this.#poll(budget);
      if (work > 0) total += work;
      const now = this.#scheduler.now();
      idle = work > 0 || now !== last ? 0 : idle + 1;
      last = now;
      if (this.#pending || !this.#enabled || now >= end || idle >= STANDSTILL) break;
    }
    return total;
  }

  #poll(budget: number): number {
    this.#missed = false;
    this.#polling = true;
    try {
      const work = this.#target.poll(budget);
      this.#pending = work === POLL_PENDING && this.#enabled;
      return work;
    } catch (error) {
      // An application's handler threw: its program may live on, and so does the device.
      if (this.#scheduled) this.#scheduler.add(this);
      throw error;
    } finally {
      this.#polling = false;
    }
  }
}

export class NapiScheduler {
  readonly softnet: Softnet;
  readonly #clock: Clock;
  readonly #softirq: Task;
  /** Waiting for a poll, in order. */
  #list: Napi[] = [];
  /** The list of the run under way; kept to be used again. */
  #running: Napi[] = [];
  /** Those that used their whole weight in this run. */
  readonly #repoll: Napi[] = [];

  constructor(clock: Clock, options: NapiOptions = {}) {
    this.#clock = clock;
    this.softnet = new Softnet(options);
    this.#softirq = clock.task(() => this.#receiveAction());
  }

  now(): number {
    return this.#clock.now();
  }

  timer(callback: () => void): Timer {
    return this.#clock.timer(callback);
  }

  add(napi: Napi): void {
    if (napi.listed) return;
    napi.listed = true;
    this.#list.push(napi);
    this.#softirq.schedule();
  }

  remove(napi: Napi): void {
    napi.listed = false;
    for (const list of [this.#list, this.#running, this.#repoll]) {
      const at = list.indexOf(napi);
      if (at >= 0) list.splice(at, 1);
    }
  }

  /** The kernel's net_rx_action. */
  #receiveAction(): void {
    const running = this.#list;
    this.#list = this.#running;
    this.#running = running;
    const end = this.#clock.now() + this.softnet.netdevBudgetUsecs / 1000;
    try {
      this.#pollAll(running, end);
    } finally {
      this.#requeue(running);
    }
  }

  #pollAll(running: Napi[], end: number): void {
    let left = this.softnet.netdevBudget;
    for (let napi = running.shift(); napi; napi = running.shift()) {
      const work = napi.run();
      if (work === POLL_PENDING) continue;
      if (napi.scheduled && !napi.listed) this.#repoll.push(napi);
      left -= work;
      if (left <= 0 || this.#clock.now() >= end) {
        this.softnet.timeSqueeze++;
        return;
      }
    }
  }

  /** Leftovers keep their place in front, full-weight ones wait behind all others. */
  #requeue(running: Napi[]): void {
    // Emptied by shift() and not by length = 0, which gives the array's memory away, to be allocated anew in the next run.
    for (let napi = this.#list.shift(); napi; napi = this.#list.shift()) running.push(napi);
    for (let napi = this.#repoll.shift(); napi; napi = this.#repoll.shift()) {
      napi.listed = true;
      running.push(napi);
    }
    this.#running = this.#list;
    this.#list = running;
    if (running.length > 0) this.#softirq.schedule();
  }
}
