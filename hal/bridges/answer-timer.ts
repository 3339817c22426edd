/**
 * The time limit of an answer. An answer may lie unread in a process that was too busy to look, so when the time is over the
 * process' input has one more turn of the event loop before it counts as over.
 */
import type { Clock, Task, Timer } from "../clock.ts";

export class AnswerTimer {
  readonly #timer: Timer;
  readonly #task: Task;
  /** The time is over, and the last turn is not. */
  #late = false;

  constructor(clock: Clock, expired: () => void) {
    this.#timer = clock.timer(() => {
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
