/**
 * Decides when the next step may be done, so that no result depends on the lateness of a timer: a kernel's timers are some ms late, and so
 * is a program in real time. The guide plays the script along on our stack in virtual time, where it can see the next timer. It puts a
 * step off that would come shortly before or after one.
 */
import { SimulatedDut } from "../duts/whohas/sim.ts";
import { Player, type PlayerSetup } from "./play.ts";
import { changesLink, type Step } from "./steps.ts";

/** Largest lateness of a kernel's delay and three probes in sum, with our own, in ms. */
const AFTER = 90;
/** Time kept free for a step before the next timer, in ms. */
export const BEFORE = 30;
/** The kernel may handle a change of the carrier a second late. */
const BEFORE_LINK = 1500;
/** Events this soon after a step come from the step: from a timer set to 0, or to the shortest reachable time. In ms. */
const AT_ONCE = 13;
/**
 * Period of the kernel's look at managed entries: at least 5 s. The timer wheel makes it 5.12 s with HZ = 250, and a sleeping processor
 * makes it later.
 */
export const MANAGED_PERIOD: number = 5000;
const MANAGED_LATENESS = 600;

export class Guide {
  readonly player: Player;
  readonly #dut = new SimulatedDut();
  /** Time of the last event that no step caused. */
  #stir = Number.NEGATIVE_INFINITY;
  /** Time at which the last timer fired. */
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

  /** True if something happened since `time` that no step caused. */
  stirredSince(time: number): boolean {
    return this.#stir >= time;
  }

  /** True if no timer has fired since the last step, so that everything seen comes from the step. */
  get ownOnly(): boolean {
    return this.#fired < this.#step;
  }

  /** True if a timer is due by then. */
  stirs(by: number): boolean {
    return this.#due <= by;
  }

  /** Time of the next timer; infinity: none. */
  get #due(): number {
    return this.#dut.nextTimer() - this.#origin;
  }

  async until(time: number): Promise<void> {
    for (let due = this.#due; due <= time; due = this.#due) {
      // A little beyond, because sums of fractions are not exact.
      await this.player.until(due + 0.001);
      this.#fired = due;
      if (due > this.#step + AT_ONCE) this.#stir = due;
    }
    await this.player.until(time);
    this.player.look();
  }

  /** Tells the guide that the machine looked at its managed entries. */
  managed(time: number): void {
    this.#tick = time;
    if (this.#dut.managed) {
      this.#stir = Math.max(this.#stir, time);
      this.#fired = this.#stir;
    }
    this.player.managed();
  }

  /** True if the machine's look at managed entries is overdue. */
  get deaf(): boolean {
    return this.#dut.managed && this.player.now() > this.#tick + MANAGED_PERIOD + MANAGED_LATENESS;
  }

  async act(step: Step): Promise<void> {
    this.#step = this.player.now();
    await this.player.act(step);
  }

  /** Returns the time to ask again whether it is quiet; a time that has come means yes. @param step null: only a look, no step */
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

/** Least time until quiet() is asked again, in ms, and the time while it waits for a sign from outside. */
const LEAST = 0.5;
const LOOK = 5;
