/**
 * The time limit of an answer. An answer may lie unread in a process that was too busy to look, so when the time is over the
 * process' input has one more turn of the event loop before it counts as over. A process that was stopped for a while (SIGSTOP, a
 * debugger) gets some ms: bytes that came meanwhile take more than one turn to get here.
 */
import type { Clock, Task, Timer } from "../clock.ts";

/** A timer that fires so much too late, in ms, tells of a process that stood still. */
const STOOD_STILL = 20;
/** Most time that an answer takes from the kernel to here, in ms. */
const GRACE = 50;

export class AnswerTimer {
  readonly #timer: Timer;
  readonly #task: Task;
  /** The time is over, and the last turn is not. */
  #late = false;

  constructor(clock: Clock, expired: () => void) {
    this.#timer = clock.timer(() => {
      if (clock.now() - this.#timer.due > STOOD_STILL) {
        this.arm(GRACE);
        return;
      }
      this.#late = true;
      this.#task.schedule();
    });
    this.#task = clock.task(() => {
      if (!this.#late) return;
      this.#late = false;
      expired();
    });
  }

  arm(ms: number): void {
    this.#late = false;
    this.#timer.arm(ms);
  }

  cancel(): void {
    this.#late = false;
    this.#timer.cancel();
  }
}
