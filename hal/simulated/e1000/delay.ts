/** Interrupt delay timers of the 82540EM: RDTR with RADV, TIDV with TADV. */
import type { Clock, Timer } from "../../clock.ts";

/** Unit of RDTR, RADV, TIDV and TADV, in ms: 1.024 µs. */
const UNIT = 0.001024;

/**
 * A delayed interrupt (sections 13.4.30, 13.4.31, 13.4.38 and 13.4.44): each event restarts the packet timer, the first one starts
 * the absolute timer, and the timer that ends first raises the interrupt and stops both.
 */
export class InterruptDelay {
  readonly #clock: Clock;
  readonly #timer: Timer;
  readonly #fire: () => void;
  #waiting = false;
  /** End of the packet timer, in the clock's ms. Each event moves it; the clock's timer follows when it fires. */
  #packet = 0;
  #absolute = 0;

  constructor(clock: Clock, fire: () => void) {
    this.#clock = clock;
    this.#fire = fire;
    this.#timer = clock.timer(() => this.#expire());
  }

  /** An event with these delays, in units; an absolute delay of 0 means none. */
  start(packet: number, absolute: number): void {
    const now = this.#clock.now();
    this.#packet = now + packet * UNIT;
    if (this.#waiting) return;
    this.#waiting = true;
    this.#absolute = absolute === 0 ? Number.POSITIVE_INFINITY : now + absolute * UNIT;
    this.#timer.armAt(Math.min(this.#packet, this.#absolute));
  }

  /** Raises the interrupt now and ends a delay under way. */
  flush(): void {
    this.cancel();
    this.#fire();
  }

  cancel(): void {
    this.#waiting = false;
    this.#timer.cancel();
  }

  #expire(): void {
    const due = Math.min(this.#packet, this.#absolute);
    if (this.#clock.now() < due) {
      this.#timer.armAt(due);
      return;
    }
    this.#waiting = false;
    this.#fire();
  }
}
