/**
 * What keeps a table bounded: forced collection when it is full, periodic collection of what nobody uses. PERMANENT entries are never
 * counted or taken; an entry whose timer runs is in use (Documentation/networking/ip-sysctl, neigh/default/gc_thresh1..3).
 */
import type { Clock, Timer } from "../../hal/clock.ts";
import type { Neighbour } from "./entry.ts";
import type { NeighParameters } from "./parameters.ts";
import { NUD_IN_TIMER, Nud } from "./states.ts";
import type { NeighStatistics } from "./statistics.ts";

/** An entry changed less than this long ago is not collected by force, and forced runs above gc_thresh2 are this far apart, in ms. */
const FORCED_AGE = 5000;
/** One forced run takes no longer than this, in ms. */
const FORCED_TIME = 1;
/** Reachable times are drawn anew this often, in ms. */
const REDRAW_INTERVAL = 300_000;

/** What the collector needs of its table. */
export interface Collected {
  readonly clock: Clock;
  readonly statistics: NeighStatistics;
  readonly defaults: NeighParameters;
  readonly entries: number;
  allParameters(): Iterable<NeighParameters>;
  list(): Neighbour[];
  remove(entry: Neighbour): void;
}

export class GarbageCollector {
  /** Fewer entries than this are never collected periodically. */
  thresh1 = 128;
  /** From here on forced collection may run at a creation, every five seconds. */
  thresh2 = 512;
  /** Never more entries than this, PERMANENT ones apart. */
  thresh3 = 1024;
  readonly #table: Collected;
  readonly #timer: Timer;
  #lastFlush: number;
  #lastRedraw: number;
  #entries = 0;
  /** Oldest first. */
  #first: Neighbour | null = null;
  #last: Neighbour | null = null;

  constructor(table: Collected) {
    this.#table = table;
    this.#lastFlush = table.clock.now();
    this.#lastRedraw = this.#lastFlush;
    this.#timer = table.clock.timer(() => this.#periodic());
    this.#armPeriodic();
  }

  /** Entries that count against gc_thresh2 and gc_thresh3. */
  get entries(): number {
    return this.#entries;
  }

  /** Called before an entry is made: false when the table is full and stays so. */
  makeRoom(): boolean {
    const { thresh2, thresh3 } = this;
    const count = this.#entries;
    if (count < thresh2) return true;
    if (count < thresh3 && this.#table.clock.now() - this.#lastFlush <= FORCED_AGE) return true;
    return this.#forced() > 0 || count < thresh3;
  }

  /** The entry became PERMANENT, or ceased to be. */
  update(entry: Neighbour): void {
    const wanted = (entry.nudState & Nud.PERMANENT) === 0 && !entry.dead;
    if (wanted && !entry.onGcList) this.#append(entry);
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
    this.#timer.cancel();
  }

  #append(entry: Neighbour): void {
    entry.gcPrevious = this.#last;
    if (this.#last) this.#last.gcNext = entry;
    else this.#first = entry;
    this.#last = entry;
    entry.onGcList = true;
    this.#entries++;
  }

  /** Takes the oldest that may go, until gc_thresh2 is reached. Returns how many went. */
  #forced(): number {
    const clock = this.#table.clock;
    const now = clock.now();
    const wanted = Math.max(1, this.#entries - this.thresh2);
    this.#table.statistics.forcedGcRuns++;
    let removed = 0;
    for (let entry = this.#first; entry && removed < wanted; ) {
      const next: Neighbour | null = entry.gcNext;
      const finished = entry.nudState === Nud.FAILED || entry.nudState === Nud.NOARP;
      if (!entry.timer?.armed && (finished || now - entry.updated > FORCED_AGE)) {
        this.#table.remove(entry);
        removed++;
      }
      entry = next;
      if (clock.now() - now > FORCED_TIME) return removed;
    }
    this.#lastFlush = now;
    return removed;
  }

  #periodic(): void {
    const table = this.#table;
    const now = table.clock.now();
    table.statistics.periodicGcRuns++;
    if (now - this.#lastRedraw > REDRAW_INTERVAL) {
      this.#lastRedraw = now;
      for (const parameters of table.allParameters()) parameters.drawReachableTime();
    }
    if (table.entries >= this.thresh1) {
      for (const entry of table.list()) if (this.#unused(entry, now)) table.remove(entry);
    }
    this.#armPeriodic();
  }

  #unused(entry: Neighbour, now: number): boolean {
    if (entry.nudState & (Nud.PERMANENT | NUD_IN_TIMER)) return false;
    entry.used = Math.max(entry.used, entry.confirmed);
    return entry.nudState === Nud.FAILED || now - entry.used >= entry.parameters.gcStaleTime;
  }

  #armPeriodic(): void {
    this.#timer.arm(Math.max(this.#table.defaults.baseReachableTime / 2, 1000));
  }
}
