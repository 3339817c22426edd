/**
 * Garbage collection keeps a table bounded: by force when the table is full, periodically for entries that nobody uses. PERMANENT
 * entries and those of a control plane are neither counted nor taken; an entry whose timer runs is in use
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

/** A forced run takes no entry younger than this, in ms. Above gc_thresh2 forced runs are this far apart. */
const FORCED_AGE = 5000;
/** Longest time of one forced run in ms, and the number of entries between two looks at the clock. */
const FORCED_TIME = 1;
const FORCED_LOOK = 16;
/** Reachable times are drawn anew at this interval, in ms. */
const REDRAW_INTERVAL = 300_000;

/** The table, as the collector sees it. */
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
  /** The ends of the list: the oldest entry and the newest. */
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
    this.start();
  }

  /** The steps in which the kernel stores `interval`. */
  get lateness(): Lateness {
    return this.#table.lateness;
  }

  /** Time of the last forced run that went through to its end, in ms. */
  get lastFlush(): number {
    return this.#lastFlush;
  }

  /** Time at which the periodic work last drew the reachable times anew, in ms. */
  get lastRedraw(): number {
    return this.#lastRedraw;
  }

  /** Number of entries that count against gc_thresh2 and gc_thresh3. */
  get entries(): number {
    return this.#entries;
  }

  /** Makes room for one more entry. Returns false when the table is full and stays so. */
  makeRoom(): boolean {
    const full = this.#entries >= this.thresh3;
    const due = this.#entries >= this.thresh2 && this.#table.now() - this.#lastFlush > FORCED_AGE;
    if (!full && !due) return true;
    return this.#forced() > 0 || !full;
  }

  /** Puts an entry on the list or takes it off, after a change of what exempts it. */
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

  /** Looks now and then for entries that nobody uses. */
  start(): void {
    const { defaults, lateness, timers } = this.#table;
    timers.arm(this.#timer, Math.max(defaults.baseReachableTime / 2, lateness.jiffy));
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
   * Takes the oldest entries that may go, until gc_thresh2 is reached, the entry to be made included. Returns how many went.
   *
   * Measured on Linux 6.18: 1024 failed entries and a new one come to 512. With gc_thresh3 below gc_thresh2 there is nothing to reach:
   * the run looks at the oldest entry without a timer and at no other.
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
    this.start();
  }
}

/** The forced collection may take the entry. */
function spent(entry: Neighbour, now: number): boolean {
  const { nudState, multicast, updated } = entry;
  if (nudState === Nud.FAILED || nudState === Nud.NOARP || multicast) return true;
  return now - updated > FORCED_AGE;
}

/** The periodic collection may take the entry. */
function unused(entry: Neighbour, now: number): boolean {
  if (entry.nudState & NUD_IN_TIMER || entry.gcExempt) return false;
  entry.used = Math.max(entry.used, entry.confirmed);
  return entry.nudState === Nud.FAILED || now - entry.used >= entry.parameters.gcStaleTime;
}
