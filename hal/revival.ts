/**
 * Retries an operation that failed at growing intervals, 1 s doubling to 60 s, for as long as it takes. Every host of a controller has
 * one, because nobody stands beside a board in the field.
 *
 *     const reopen = async () => { await controller.close(); await controller.open(host); };
 *     const revival = new Revival(clock, reopen, () => tell("it is back"));
 *     revival.begin();        // in host.failed()
 *     await revival.stop();   // in close()
 */
import type { Clock, Timer } from "./clock.ts";

/** From a failure to the first attempt, in ms. */
export const FIRST_INTERVAL = 1000;
/** The longest wait between two attempts, in ms. */
export const LONGEST_INTERVAL = 60_000;
/** Time in ms that it has to work before the next failure counts as a new one, with the first interval again. */
const LASTING = 60_000;

export class Revival {
  /** Attempts since the failure. */
  attempts = 0;
  readonly #clock: Clock;
  readonly #attempt: () => Promise<void>;
  readonly #revived: () => void;
  readonly #timer: Timer;
  #interval = FIRST_INTERVAL;
  /** When the last attempt succeeded, in the clock's ms. */
  #revivedAt = Number.NEGATIVE_INFINITY;
  #active = false;
  #underWay: Promise<void> | null = null;
  /** It failed again while the attempt was under way, which may think that it succeeded. */
  #failedAgain = false;

  /**
   * @param attempt resolves when everything works again, rejects when it does not
   * @param revived called after an attempt that succeeded, unless it failed again meanwhile
   */
  constructor(clock: Clock, attempt: () => Promise<void>, revived: () => void) {
    this.#clock = clock;
    this.#attempt = attempt;
    this.#revived = revived;
    this.#timer = clock.timer(() => this.#try());
  }

  /** It failed. Nothing new while that is known already. */
  begin(): void {
    if (this.#active) {
      this.#failedAgain = true;
      return;
    }
    if (this.#clock.now() - this.#revivedAt >= LASTING) this.#interval = FIRST_INTERVAL;
    this.#active = true;
    this.attempts = 0;
    this.#wait();
  }

  /** No attempt begins after this, until begin(). Resolves when the one under way has ended, which the caller may have to bring about. */
  async stop(): Promise<void> {
    this.#active = false;
    this.#timer.cancel();
    this.#interval = FIRST_INTERVAL;
    await this.#underWay;
  }

  #wait(): void {
    this.#timer.arm(this.#interval);
    this.#interval = Math.min(2 * this.#interval, LONGEST_INTERVAL);
  }

  #try(): void {
    // One that stop() did not wait for is still at it: two at once would open the same thing twice.
    if (this.#underWay) {
      this.#timer.arm(FIRST_INTERVAL);
      return;
    }
    this.attempts++;
    this.#failedAgain = false;
    this.#underWay = this.#attempt()
      .then(
        () => true,
        () => false,
      )
      .then((opened) => {
        this.#underWay = null;
        if (!this.#active) return;
        if (!opened || this.#failedAgain) {
          this.#wait();
          return;
        }
        this.#active = false;
        this.#revivedAt = this.#clock.now();
        this.#revived();
      });
  }
}
