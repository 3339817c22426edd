/** The 82540EM's interrupt causes, their mask and their rate. */
import type { Clock, Timer } from "../../clock.ts";
import { SimulatedInterrupt } from "../../interrupt.ts";
import { CAUSES } from "./registers.ts";

/** Unit of ITR, in ms: 256 ns. */
const INTERVAL = 0.000256;

/**
 * ICR, IMS and ITR, and the line behind them (section 13.4.17 to 13.4.21). The line is up while a cause is set that the mask lets
 * through. With ITR it goes up no sooner than one interval after the last time.
 */
export class Interrupts {
  readonly line: SimulatedInterrupt = new SimulatedInterrupt();
  readonly #clock: Clock;
  readonly #timer: Timer;
  #causes = 0;
  #mask = 0;
  /** In ms. */
  #interval = 0;
  #notBefore = 0;
  #enabled = false;

  constructor(clock: Clock) {
    this.#clock = clock;
    this.#timer = clock.timer(() => this.signal());
  }

  get causes(): number {
    return this.#causes;
  }

  get mask(): number {
    return this.#mask;
  }

  /** Sets causes. The line follows with signal(), at the end of the chip's current work. */
  raise(causes: number): void {
    this.#causes |= causes & CAUSES;
  }

  clear(causes: number): void {
    this.#causes &= ~causes;
    this.signal();
  }

  allow(causes: number): void {
    this.#mask |= causes & CAUSES;
    this.signal();
  }

  forbid(causes: number): void {
    this.#mask &= ~causes;
    this.signal();
  }

  /** ITR, in its units. A running interval is not changed by a new value, but 0 ends it, and the line may follow: signal(). */
  throttle(units: number): void {
    this.#interval = units * INTERVAL;
    if (units > 0) return;
    this.#notBefore = 0;
    this.#timer.cancel();
  }

  /** Whether the line reaches anybody. */
  set enabled(enabled: boolean) {
    this.#enabled = enabled;
    this.signal();
  }

  reset(): void {
    this.#causes = 0;
    this.#mask = 0;
    this.#interval = 0;
    this.#notBefore = 0;
    this.#timer.cancel();
    this.signal();
  }

  signal(): void {
    const line = this.line;
    if (!this.#enabled || (this.#causes & this.#mask) === 0) {
      line.set(false);
      return;
    }
    if (line.asserted) return;
    if (this.#interval > 0 || this.#notBefore > 0) {
      const now = this.#clock.now();
      if (now < this.#notBefore) {
        if (!this.#timer.armed) this.#timer.armAt(this.#notBefore);
        return;
      }
      this.#notBefore = this.#interval > 0 ? now + this.#interval : 0;
    }
    line.set(true);
  }
}
