/** Managed entries (NTF_MANAGED): the stack keeps them resolved by itself. */
import { type TimerWheel, WorkTimer } from "../net/timer-wheel.ts";
import type { Neighbour } from "./entry.ts";
import { NeighFlags } from "./flags.ts";
import { keepResolved } from "./machine.ts";
import type { NeighParameters } from "./parameters.ts";

/**
 * Looks at each managed entry every interval_probe_time_ms of the defaults, as if a packet had used it. Without managed entries no timer
 * runs, so that a node that sleeps is not woken for nothing.
 */
export class ManagedEntries {
  /** In the order in which they became managed. */
  readonly #entries = new Set<Neighbour>();
  readonly #timers: TimerWheel;
  readonly #defaults: NeighParameters;
  readonly #timer: WorkTimer = new WorkTimer(() => this.#tick());

  constructor(timers: TimerWheel, defaults: NeighParameters) {
    this.#timers = timers;
    this.#defaults = defaults;
  }

  /** Takes an entry in or lets it go, after a change of its MANAGED flag or its removal. */
  update(entry: Neighbour): void {
    if (entry.dead || (entry.flags & NeighFlags.MANAGED) === 0) {
      if (this.#entries.delete(entry) && this.#entries.size === 0) this.stop();
    } else {
      this.#entries.add(entry);
      if (!this.#timer.timerArmed) this.#arm();
    }
  }

  stop(): void {
    this.#timers.cancel(this.#timer);
  }

  /** Goes on after stop(). */
  start(): void {
    if (this.#entries.size > 0) this.#arm();
  }

  #tick(): void {
    this.#arm();
    for (const entry of this.#entries) keepResolved(entry);
  }

  #arm(): void {
    this.#timers.arm(this.#timer, this.#defaults.intervalProbeTime);
  }
}
