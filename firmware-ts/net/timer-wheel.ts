/**
 * A timer wheel, for tables with a timer for each entry: a million of them, of which few ever fire. An armed node is a link in the ring of
 * a bucket. Arming and cancelling move four pointers, allocate nothing and do not depend on how many nodes are armed. One timer of the
 * Clock waits for the earliest bucket.
 *
 * With kernel lateness a bucket fires as a whole at its end, the node armed last first, as Linux's does. With exact timing a bucket opens
 * before its first node is due, and each of its nodes moves on to a finer bucket or to the Clock. As long as few nodes are armed, they go
 * to the Clock at once.
 */
import type { Clock, Timer } from "../../hal/clock.ts";
import { BUCKETS, type Lateness, LEVELS, levelFor, WHEEL_REACH } from "./lateness.ts";

/** With exact timing: number of nodes that may wait in the Clock's own heap, whatever their distance. */
const DIRECT = 1024;
/** With exact timing: width of the finest bucket in ms. */
const EXACT_UNIT = 8;

/** Something that can be armed. The wheel calls its timerFired(). */
export abstract class TimerNode {
  /** Links of the ring in which it waits; null when it waits in none. Kept by TimerWheel. */
  timerNext: TimerNode | null = null;
  timerPrevious: TimerNode | null = null;
  /** The timer of the Clock that it has on loan, or null. Kept by TimerWheel. */
  alarm: Alarm | null = null;
  /** Time at which it is due, in the clock's ms, lateness not counted. Valid while it is armed. */
  abstract timerDue: number;

  get timerArmed(): boolean {
    return this.timerNext !== null || this.alarm !== null;
  }

  abstract timerFired(): void;
}

/** A node that calls a function. */
export class WorkTimer extends TimerNode {
  // NaN is no whole number: V8 expects fractions from the start.
  timerDue: number = Number.NaN;
  readonly #callback: () => void;

  constructor(callback: () => void) {
    super();
    this.#callback = callback;
  }

  timerFired(): void {
    this.#callback();
  }
}

/** The head of a ring of armed nodes. */
class Ring extends TimerNode {
  readonly timerDue: number = Number.POSITIVE_INFINITY;

  constructor() {
    super();
    this.timerNext = this;
    this.timerPrevious = this;
  }

  get empty(): boolean {
    return this.timerNext === this;
  }

  timerFired(): void {}
}

/** A timer of the Clock, on loan to a node. */
class Alarm {
  node: TimerNode | null = null;
  readonly timer: Timer;

  constructor(clock: Clock, fired: (alarm: Alarm) => void) {
    this.timer = clock.timer(() => fired(this));
  }
}

export class TimerWheel {
  readonly #clock: Clock;
  readonly #kernel: boolean;
  /** One tick of the wheel in ms. */
  readonly #unit: number;
  /** Made with the first node that waits in one: most stacks never have so many timers. */
  #rings: readonly Ring[] = [];
  /** Time at which each bucket opens, in ticks; infinity for a bucket that is known to be empty. */
  readonly #times = new Float64Array(LEVELS * BUCKETS).fill(Number.POSITIVE_INFINITY);
  /** Nodes that are being fired now, and those whose bucket was needed for a node one turn of the wheel later. */
  readonly #running = new Ring();
  readonly #wake: Timer;
  #wakeAt = Number.POSITIVE_INFINITY;
  #waiting = 0;
  readonly #spare: Alarm[] = [];
  #alarms = 0;
  readonly #alarmFired = (alarm: Alarm): void => {
    const node = alarm.node as TimerNode;
    this.#release(node, alarm);
    node.timerFired();
  };

  constructor(clock: Clock, lateness: Lateness) {
    this.#clock = clock;
    this.#kernel = lateness.kernel;
    this.#unit = lateness.kernel ? lateness.jiffy : EXACT_UNIT;
    this.#wake = clock.timer(() => this.#run());
  }

  /** Number of armed nodes. */
  get armed(): number {
    return this.#waiting + this.#alarms;
  }

  /** Arms a node to fire `delay` ms from now. A node that is armed already moves. */
  arm(node: TimerNode, delay: number): void {
    this.cancel(node);
    const now = this.#clock.now();
    if (this.#kernel) this.#armLate(node, now, delay);
    else this.#armExact(node, now, now + Math.max(0, delay));
  }

  /** Disarms a node, if it is armed. */
  cancel(node: TimerNode): void {
    if (node.alarm) this.#release(node, node.alarm);
    else if (node.timerNext) {
      unlink(node);
      // A wake-up without a node would keep the process alive.
      if (--this.#waiting === 0) this.#sleep(Number.POSITIVE_INFINITY);
    }
  }

  /** Arms as Linux does: counts jiffies from the last one, and fires when the bucket that holds the due time is over. */
  #armLate(node: TimerNode, now: number, delay: number): void {
    const jiffies = Math.floor(now / this.#unit);
    const distance = Math.min(Math.max(0, Math.ceil(delay / this.#unit)), WHEEL_REACH);
    node.timerDue = (jiffies + distance) * this.#unit;
    const level = levelFor(distance);
    const granule = 8 ** level;
    this.#insert(node, (Math.floor((jiffies + distance) / granule) + 1) * granule, level);
  }

  #armExact(node: TimerNode, now: number, due: number): void {
    node.timerDue = due;
    if (this.#alarms >= DIRECT) {
      const ticks = Math.floor(now / this.#unit);
      const distance = Math.min(Math.floor(due / this.#unit) - ticks, WHEEL_REACH);
      const level = levelFor(distance);
      const granule = 8 ** level;
      const opens = Math.floor((ticks + distance) / granule) * granule;
      if (opens > ticks) {
        this.#insert(node, opens, level);
        return;
      }
    }
    const alarm = this.#spare.pop() ?? new Alarm(this.#clock, this.#alarmFired);
    alarm.node = node;
    node.alarm = alarm;
    this.#alarms++;
    alarm.timer.armAt(due);
  }

  #release(node: TimerNode, alarm: Alarm): void {
    alarm.timer.cancel();
    alarm.node = null;
    node.alarm = null;
    this.#alarms--;
    this.#spare.push(alarm);
  }

  #insert(node: TimerNode, time: number, level: number): void {
    if (this.#rings.length === 0) this.#rings = Array.from({ length: LEVELS * BUCKETS }, () => new Ring());
    const slot = level * BUCKETS + ((time / 8 ** level) % BUCKETS);
    const ring = this.#rings[slot] as Ring;
    if (this.#times[slot] !== time) {
      // The Clock is late, and the bucket is still full from its last turn.
      splice(ring, this.#running);
      this.#times[slot] = time;
    }
    link(node, this.#kernel ? ring : (ring.timerPrevious as TimerNode));
    this.#waiting++;
    if (time < this.#wakeAt) this.#sleep(time);
  }

  #sleep(time: number): void {
    this.#wakeAt = time;
    if (time === Number.POSITIVE_INFINITY) this.#wake.cancel();
    else this.#wake.armAt(time * this.#unit);
  }

  /** Opens every bucket whose time has come. */
  #run(): void {
    const now = this.#clock.now();
    const ticks = Math.floor(now / this.#unit);
    // Nodes that are armed meanwhile must not move the wake-up: it is set at the end.
    this.#wakeAt = Number.NEGATIVE_INFINITY;
    try {
      do this.#fireRunning(now);
      while (this.#collect(ticks));
    } finally {
      if (this.#running.empty) this.#sleep(this.#earliest());
      else this.#sleep(ticks);
    }
  }

  #fireRunning(now: number): void {
    while (!this.#running.empty) {
      const node = this.#running.timerNext as TimerNode;
      unlink(node);
      this.#waiting--;
      if (this.#kernel) node.timerFired();
      else this.#armExact(node, now, node.timerDue);
    }
  }

  /** Moves the buckets of the earliest time into #running, coarse ones first as Linux does. Returns false when no time has come. */
  #collect(ticks: number): boolean {
    const time = this.#earliest();
    if (time > ticks) return false;
    for (let slot = this.#times.length - 1; slot >= 0; slot--) {
      if (this.#times[slot] !== time) continue;
      this.#times[slot] = Number.POSITIVE_INFINITY;
      splice(this.#rings[slot] as Ring, this.#running);
    }
    return true;
  }

  #earliest(): number {
    if (this.#waiting === 0) return Number.POSITIVE_INFINITY;
    const times = this.#times;
    for (;;) {
      let first = 0;
      for (let slot = 1; slot < times.length; slot++) if (times[slot]! < times[first]!) first = slot;
      const time = times[first]!;
      if (time === Number.POSITIVE_INFINITY || !(this.#rings[first] as Ring).empty) return time;
      // All of its nodes were cancelled.
      times[first] = Number.POSITIVE_INFINITY;
    }
  }
}

function link(node: TimerNode, after: TimerNode): void {
  const next = after.timerNext as TimerNode;
  node.timerPrevious = after;
  node.timerNext = next;
  after.timerNext = node;
  next.timerPrevious = node;
}

function unlink(node: TimerNode): void {
  const previous = node.timerPrevious as TimerNode;
  const next = node.timerNext as TimerNode;
  previous.timerNext = next;
  next.timerPrevious = previous;
  node.timerNext = null;
  node.timerPrevious = null;
}

/** Moves all nodes of a ring to the end of another. */
function splice(from: Ring, to: Ring): void {
  if (from.empty) return;
  const first = from.timerNext as TimerNode;
  const last = from.timerPrevious as TimerNode;
  const end = to.timerPrevious as TimerNode;
  end.timerNext = first;
  first.timerPrevious = end;
  last.timerNext = to;
  to.timerPrevious = last;
  from.timerNext = from;
  from.timerPrevious = from;
}
