/**
 * The neighbours of a node that sleeps. A sleep finds each entry settled: nothing waits, nobody is being asked. What its times mean
 * afterwards is a policy:
 *
 * | policy   | the time asleep                          | for                                                                  |
 * |----------|------------------------------------------|----------------------------------------------------------------------|
 * | `freeze` | does not count, as in Linux, whose       | naps that are shorter than anything changes on the link; a machine   |
 * |          | jiffies stand still while it is suspended| that has to behave as a suspended Linux does                         |
 * | `elapse` | counts: what has expired is STALE        | a node that stays where it is: it sends at once, and asks later      |
 * | `expire` | ends all trust: only entries of an       | a node that may wake up on another link: the first packet asks anew  |
 * |          | operator and of a control plane stay     |                                                                      |
 */
import type { Cause, Neighbour } from "./entry.ts";
import { expired, invalidate, move } from "./machine.ts";
import { NUD_IN_TIMER, Nud } from "./states.ts";

export const SLEEP_TIMERS = ["freeze", "elapse", "expire"] as const;
/** The meaning of a neighbour's times across a sleep. */
export type SleepTimers = (typeof SLEEP_TIMERS)[number];

/** The table, as its sleep sees it. */
interface Sleeper {
  now(): number;
  forEach(callback: (entry: Neighbour) => void): void;
  remove(entry: Neighbour, cause: Cause): void;
}

/** States in which an answer is waited for. */
const ASKED: number = Nud.INCOMPLETE | Nud.PROBE;

export class NeighSleep {
  readonly #table: Sleeper;
  readonly #pause: (on: boolean) => void;
  /** When it fell asleep, in the table's ms; null while it is awake. */
  #since: number | null = null;

  /** @param pause stops or starts what the table does now and then by itself */
  constructor(table: Sleeper, pause: (on: boolean) => void) {
    this.#table = table;
    this.#pause = pause;
  }

  /** Entries that are being asked for, or asked. */
  get asked(): number {
    let count = 0;
    this.#table.forEach((entry) => {
      if (entry.nudState & ASKED) count++;
    });
    return count;
  }

  /**
   * Before a sleep: an entry that is to be probed soon (DELAY) is probed at once if its last proof is older than `trust` ms, for its
   * turn would never come in a node that sleeps after each packet; else it is STALE again, and no probe is owed.
   * @returns entries whose probe was put off
   */
  prepare(trust: number): number {
    const now = this.#table.now();
    let putOff = 0;
    this.#table.forEach((entry) => {
      if (entry.nudState !== Nud.DELAY) return;
      entry.host.timers.cancel(entry);
      if (now - entry.confirmed >= trust) {
        expired(entry);
        return;
      }
      move(entry, Nud.STALE, "sleep");
      putOff++;
    });
    return putOff;
  }

  /**
   * Falls asleep: no timer of an entry runs any more. Who is still being asked for has failed, with the packets that wait; who is being
   * probed is STALE.
   * @returns packets that were dropped, each counted as NEIGH_FAILED
   */
  fall(): number {
    if (this.#since !== null) return 0;
    const now = this.#table.now();
    let dropped = 0;
    this.#table.forEach((entry) => {
      if ((entry.nudState & NUD_IN_TIMER) === 0) return;
      const left = entry.timerDue - now;
      entry.host.timers.cancel(entry);
      if (entry.nudState === Nud.REACHABLE) {
        // Kept as what is left of it until it is armed again.
        entry.timerDue = left;
        return;
      }
      const { queued } = entry;
      move(entry, entry.nudState === Nud.INCOMPLETE ? Nud.FAILED : Nud.STALE, "sleep");
      if (entry.nudState === Nud.FAILED) {
        invalidate(entry);
        dropped += queued;
      }
      entry.host.notify(entry, "new");
    });
    this.#pause(true);
    this.#since = this.#table.now();
    return dropped;
  }

  /**
   * Wakes.
   * @param elapsed length of the sleep in ms, whatever the clock counted of it
   */
  rise(timers: SleepTimers, elapsed: number): void {
    const since = this.#since;
    if (since === null) return;
    this.#since = null;
    const counted = timers === "freeze" ? 0 : elapsed;
    // The clock may have counted the sleep or not: an age is what it was, and as much more as counts.
    const shift = this.#table.now() - since - counted;
    this.#table.forEach((entry) => {
      if (timers === "expire" && !entry.gcExempt && entry.nudState !== Nud.NOARP) {
        this.#table.remove(entry, "sleep");
        return;
      }
      if (entry.confirmed <= since) entry.confirmed += shift;
      if (entry.used <= since) entry.used += shift;
      if (entry.updated <= since) entry.updated += shift;
      // One that was heard of asleep has a timer already.
      if (entry.nudState !== Nud.REACHABLE || entry.timerArmed) return;
      const left = entry.timerDue - counted;
      if (left > 0) entry.host.timers.arm(entry, left);
      else expired(entry);
    });
    this.#pause(false);
  }
}
