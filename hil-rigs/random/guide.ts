/**
 * Says when the next step may be done, so that nothing hangs on how late a timer is: a kernel's are late by some ms, and so is a program that
 * runs in real time. It plays along on our stack in virtual time, whose timers it can see coming: a step that would come shortly before or
 * after one is put off until it is quiet.
 */
import { SimulatedDut } from "../duts/whohas/sim.ts";
import { Player, type PlayerSetup } from "./play.ts";
import { changesLink, type Step } from "./steps.ts";

/** What a delay and three probes of a kernel may be late in sum, with our own lateness, in ms. */
const AFTER = 90;
/** How long a step may take to be done, in ms, before a timer that comes next. */
export const BEFORE = 30;
/** The kernel may leave a change of the carrier lying for a second. */
const BEFORE_LINK = 1500;
/** What happens this soon after a step is its own doing: a timer that it set to 0, or to the shortest reachable time. */
const AT_ONCE = 13;
/**
 * The kernel's clock for managed entries: never sooner than 5 s, which its wheel of timers makes 5.12 with HZ = 250; later
 * where the processor sleeps.
 */
export const MANAGED_PERIOD: number = 5000;
const MANAGED_LATENESS = 600;

export class Guide {
  readonly player: Player;
  readonly #dut = new SimulatedDut();
  /** When something happened of itself last. */
  #stir = Number.NEGATIVE_INFINITY;
  /** When any timer fired last. */
  #fired = Number.NEGATIVE_INFINITY;
  #step = Number.NEGATIVE_INFINITY;
  #tick = Number.NEGATIVE_INFINITY;
  #origin = 0;

  constructor(setup: PlayerSetup) {
    this.player = new Player(this.#dut, setup, false);
  }

  begin(): void {
    this.player.begin();
    this.#origin = this.#dut.now();
  }

  /** Something has happened of itself since then. */
  stirredSince(time: number): boolean {
    return this.#stir >= time;
  }

  /** No timer has fired since the last step: all that was seen is the step's own doing. */
  get ownOnly(): boolean {
    return this.#fired < this.#step;
  }

  /** Something will happen of itself by then. */
  stirs(by: number): boolean {
    return this.#due <= by;
  }

  /** The timer that is due next; infinity: none. */
  get #due(): number {
    return this.#dut.nextTimer() - this.#origin;
  }

  async until(time: number): Promise<void> {
    for (let due = this.#due; due <= time; due = this.#due) {
      // A little beyond, for sums of fractions are not exact.
      await this.player.until(due + 0.001);
      this.#fired = due;
      if (due > this.#step + AT_ONCE) this.#stir = due;
    }
    await this.player.until(time);
    this.player.look();
  }

  /** The machine looked at its managed entries. */
  managed(time: number): void {
    this.#tick = time;
    if (this.#dut.managed) {
      this.#stir = Math.max(this.#stir, time);
      this.#fired = this.#stir;
    }
    this.player.managed();
  }

  /** The machine should have looked at managed entries by now, and has not been heard to. */
  get deaf(): boolean {
    return this.#dut.managed && this.player.now() > this.#tick + MANAGED_PERIOD + MANAGED_LATENESS;
  }

  async act(step: Step): Promise<void> {
    this.#step = this.player.now();
    await this.player.act(step);
  }

  /** When to ask again whether it is quiet; a time that has come: it is. @param step null: nothing is done, only looked at */
  quiet(step: Step | null, earliest: number): number {
    const now = this.player.now();
    const start = Math.max(now, earliest, this.#stir + AFTER);
    const end = start + (step && changesLink(step) ? BEFORE_LINK : BEFORE);
    const due = this.#due;
    if (due <= end) return Math.max(due, now + LEAST);
    if (this.#dut.managed) {
      const from = this.#tick + MANAGED_PERIOD - BEFORE;
      if (now < from && end >= from) return from;
      if (now >= from && now < from + BEFORE + MANAGED_LATENESS) return now + LOOK;
    }
    return start;
  }
}

/** As soon as it is asked again, in ms; while it waits for a sign from outside, that is. */
const LEAST = 0.5;
const LOOK = 5;
