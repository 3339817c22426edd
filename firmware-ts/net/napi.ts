/**
 * Budgeted receive, after the kernel's NAPI: a controller asks to be polled, the scheduler polls each in turn with a weight, and a
 * run ends when its budget or its time is used up, so that the event loop has its turn however much arrives.
 */
import type { Clock, Task } from "../../hal/clock.ts";
import { POLL_PENDING } from "../../hal/ethernet.ts";

/** Most frames one poll may hand up (NAPI_POLL_WEIGHT). */
export const NAPI_WEIGHT = 64;

/** What is polled: a controller's driver. */
export interface Pollable {
  poll(budget: number): number;
}

/** One controller's place in the scheduler. */
export class Napi {
  readonly weight: number;
  readonly #scheduler: NapiScheduler;
  readonly #target: Pollable;
  #scheduled = false;
  /** Asked for again while scheduled: the poll under way may have looked too early. */
  #missed = false;
  /** In the middle of a poll that waits for its bus. */
  #pending = false;
  #enabled = false;
  /** On a list of the scheduler; kept by the scheduler. */
  listed = false;

  constructor(scheduler: NapiScheduler, target: Pollable, weight: number = NAPI_WEIGHT) {
    this.#scheduler = scheduler;
    this.#target = target;
    this.weight = weight;
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
    // An interrupt between complete() and the end of a waiting poll: polled() puts it on the list, no poll begins within another.
    if (!this.#pending) this.#scheduler.add(this);
    return true;
  }

  /** napi_complete_done: true when the interrupt may be unmasked, false when the poll must go round again. */
  complete(): boolean {
    if (!this.#enabled) return false;
    if (this.#missed) {
      this.#missed = false;
      return false;
    }
    this.#scheduled = false;
    return true;
  }

  /** For the scheduler: one poll. Returns the frames handed up, or POLL_PENDING. */
  run(): number {
    this.#missed = false;
    this.listed = false;
    let work: number;
    try {
      work = this.#target.poll(this.weight);
    } catch (error) {
      // An application's handler threw: its program may live on, and so does the device.
      if (this.#scheduled) this.#scheduler.add(this);
      throw error;
    }
    this.#pending = work === POLL_PENDING;
    return work;
  }

  /** The end of a poll that was pending. */
  polled(work: number): void {
    if (!this.#pending) return;
    this.#pending = false;
    this.#scheduler.account(work);
    if (this.#scheduled) this.#scheduler.add(this);
  }
}

export interface NapiOptions {
  /** Frames one run may take in, over all controllers (net.core.netdev_budget). Default 300. */
  budget?: number;
  /** Milliseconds one run may take (net.core.netdev_budget_usecs). Default 8, as at HZ=250. */
  timeLimit?: number;
}

export class NapiScheduler {
  budget: number;
  timeLimit: number;
  /** Frames taken in. */
  processed = 0;
  /** Runs that ended because budget or time was used up, whether or not somebody was left waiting. */
  timeSqueeze = 0;
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
    this.budget = options.budget ?? 300;
    this.timeLimit = options.timeLimit ?? 8;
    this.#softirq = clock.task(() => this.#receiveAction());
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

  account(work: number): void {
    this.processed += work;
  }

  /** The kernel's net_rx_action. */
  #receiveAction(): void {
    const running = this.#list;
    this.#list = this.#running;
    this.#running = running;
    const end = this.#clock.now() + this.timeLimit;
    try {
      this.#pollAll(running, end);
    } finally {
      this.#requeue(running);
    }
  }

  #pollAll(running: Napi[], end: number): void {
    let left = this.budget;
    for (let napi = running.shift(); napi; napi = running.shift()) {
      const work = napi.run();
      if (work === POLL_PENDING) continue;
      this.account(work);
      if (napi.scheduled && !napi.listed) this.#repoll.push(napi);
      left -= work;
      if (left <= 0 || this.#clock.now() >= end) {
        this.timeSqueeze++;
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
