/** A simulated voltage that varies slowly with the clock's time. */
import type { Random } from "../random.ts";
import type { SignalShape } from "../signal-shape.ts";

const DAY = 86_400_000;
/** Time between two knots of the noise, in ms; between them it moves smoothly. */
const KNOT = 30_000;

/**
 * A voltage that varies slowly, as a room's temperature does: a daily wave with seeded noise on it. It is a pure function of time,
 * so how often it is read changes nothing.
 */
export class AnalogSignal {
  readonly #shape: SignalShape;
  readonly #random: Random;
  /** Where in its day the signal is at time 0, in days. */
  readonly #phase: number;
  #knot = Number.NaN;
  #left = 0;
  #right = 0;

  constructor(shape: SignalShape, random: Random) {
    this.#shape = shape;
    this.#random = random;
    this.#phase = random.fork("phase").next();
  }

  /** Volts at `now`, in the clock's monotonic ms. */
  at(now: number): number {
    const knot = Math.floor(now / KNOT);
    if (knot !== this.#knot) {
      this.#left = knot === this.#knot + 1 ? this.#right : this.#stray(knot);
      this.#right = this.#stray(knot + 1);
      this.#knot = knot;
    }
    const part = now / KNOT - knot;
    const ease = part * part * (3 - 2 * part);
    const wave = Math.sin(2 * Math.PI * (now / DAY + this.#phase));
    return this.#shape.mean + this.#shape.swing * wave + this.#shape.noise * (this.#left + (this.#right - this.#left) * ease);
  }

  /** The noise at one knot, -1..1. */
  #stray(knot: number): number {
    return 2 * this.#random.fork(String(knot)).next() - 1;
  }
}
