/**
 * What keeps a table bounded: forced collection when it is full, periodic collection of what nobody uses. PERMANENT entries are never
 * counted or taken, nor are those that a control plane answers for; an entry whose timer runs is in use
 * (Documentation/networking/ip-sysctl, neigh/default/gc_thresh1..3).
 */
import type { Clock } from "../../hal/clock.ts";
import type { Lateness } from "../net/lateness.ts";
import { type TimerWheel, WorkTimer } from "../net/timer-wheel.ts";
import type { GcLimits } from "./defaults.ts";
import type { Cause, Neighbour } from "./entry.ts";
import type { NeighParameters } from "./parameters.ts";
import { NUD_IN_TIMER, Nud } from "./states.ts";
import type { NeighStatistics } from "./statistics.ts";

/** An entry changed less than this long ago is not collected by force, and forced runs above gc_thresh2 are this far apart, in ms. */
const FORCED_AGE = 5000;
/** One forced run takes no longer than this, in ms, looked at once in so many entries. */
const FORCED_TIME = 1;
const FORCED_LOOK = 16;
/** Reachable times are drawn anew this often, in ms. */
const REDRAW_INTERVAL = 300_000;

/** What the collector needs of its table. */
export interface Collected {
  readonly clock: Clock;
  readonly lateness: Lateness;
  readonly timers: TimerWheel;
  readonly statistics: NeighStatistics;
  readonly defaults: NeighParameters;
  readonly entries: number;
  allParameters(): Iterable<NeighParameters>;
  now(): number;
  forEach(callback: (entry: Neighbour) => void): void;
  remove(entry: Neighbour, cause: Cause): void;
}

export class GarbageCollector implements GcLimits {
  thresh1: number;
  thresh2: number;
  thresh3: number;
  interval: number;
  readonly #table: Collected;
  readonly #timer: WorkTimer = new WorkTimer(() => this.#periodic());
  #lastFlush: number;
  #lastRedraw: number;
  #entries = 0;
  /** Oldest first. */
  #first: Neighbour | null = null;
  #last: Neighbour | null = null;

  constructor(table: Collected, { thresh1, thresh2, thresh3, interval }: Readonly<GcLimits>) {
    this.#table = table;
    this.thresh1 = thresh1;
    this.thresh2 = thresh2;
    this.thresh3 = thresh3;
    this.interval = interval;
    this.#lastFlush = table.now();
    this.#lastRedraw = this.#lastFlush;
    this.#armPeriodic();
  }

  /** For those who read and write `interval` in the kernel's steps. */
  get lateness(): Lateness {
    return this.#table.lateness;
  }

  /** When a forced run last went through to its end, in ms. */
  get lastFlush(): number {
    return this.#lastFlush;
  }

  /** When the reachable times were last drawn anew by the periodic work, in ms. */
  get lastRedraw(): number {
    return this.#lastRedraw;
  }

  /** Entries that count against gc_thresh2 and gc_thresh3. */
  get entries(): number {
    return this.#entries;
  }

  /** Called before an entry is made: false when the table is full and stays so. */
  makeRoom(): boolean {
    const full = this.#entries >= this.thresh3;
    const due = this.#entries >= this.thresh2 && this.#table.now() - this.#lastFlush > FORCED_AGE;
    if (!full && !due) return true;
    return this.#forced() > 0 || !full;
  }

  /** What exempts an entry has changed. */
  update(entry: Neighbour): void {
    const wanted = !entry.gcExempt && !entry.dead;
    if (wanted && !entry.onGcList) this.append(entry);
    else if (!wanted) this.forget(entry);
  }

  forget(entry: Neighbour): void {
    if (!entry.onGcList) return;
    if (entry.gcPrevious) entry.gcPrevious.gcNext = entry.gcNext;
    else this.#first = entry.gcNext;
    if (entry.gcNext) entry.gcNext.gcPrevious = entry.gcPrevious;
    else this.#last = entry.gcPrevious;
    entry.gcPrevious = null;
    entry.gcNext = null;
    entry.onGcList = false;
    this.#entries--;
  }

  stop(): void {
    this.#table.timers.cancel(this.#timer);
  }

  append(entry: Neighbour): void {
    entry.gcPrevious = this.#last;
    if (this.#last) this.#last.gcNext = entry;
    else this.#first = entry;
    this.#last = entry;
    entry.onGcList = true;
    this.#entries++;
  }

  /**
   * Takes the oldest that may go, until gc_thresh2 is reached with the entry that is about to be made. Returns how many went.
   *
   * Measured on Linux 6.18: 1024 failed entries and a new one come to 512. Where gc_thresh3 is below gc_thresh2 there is nothing to
   * reach, and no more than the oldest entry without a timer is looked at.
   */
  #forced(): number {
    const table = this.#table;
    const started = table.clock.now();
    const now = table.now();
    const wanted = this.#entries + 1 - this.thresh2;
    table.statistics.forcedGcRuns++;
    let removed = 0;
    let seen = 0;
    for (let entry = this.#first; entry; ) {
      const next: Neighbour | null = entry.gcNext;
      if (!entry.timerArmed) {
        if (spent(entry, now)) {
          table.remove(entry, "gc");
          removed++;
        }
        if (removed >= wanted) break;
        if (++seen % FORCED_LOOK === 0 && table.clock.now() - started > FORCED_TIME) return removed;
      }
      entry = next;
    }
    this.#lastFlush = now;
    return removed;
  }

  #periodic(): void {
    const table = this.#table;
    const now = table.now();
    table.statistics.periodicGcRuns++;
    if (now - this.#lastRedraw > REDRAW_INTERVAL) {
      this.#lastRedraw = now;
      for (const parameters of table.allParameters()) parameters.drawReachableTime();
    }
    if (table.entries >= this.thresh1) {
      table.forEach((entry) => {
        if (unused(entry, now)) table.remove(entry, "gc");
      });
    }
    this.#armPeriodic();
  }

  #armPeriodic(): void {
    const { defaults, lateness, timers } = this.#table;
    timers.arm(this.#timer, Math.max(defaults.baseReachableTime / 2, lateness.jiffy));
  }
}

/** May be taken by force. */
function spent(entry: Neighbour, now: number): boolean {
  const { nudState, multicast, updated } = entry;
  if (nudState === Nud.FAILED || nudState === Nud.NOARP || multicast) return true;
  return now - updated > FORCED_AGE;
}

/** May be taken by the periodic work. */
function unused(entry: Neighbour, now: number): boolean {
  if (entry.nudState & NUD_IN_TIMER || entry.gcExempt) return false;
  entry.used = Math.max(entry.used, entry.confirmed);
  return entry.nudState === Nud.FAILED || now - entry.used >= entry.parameters.gcStaleTime;
}
