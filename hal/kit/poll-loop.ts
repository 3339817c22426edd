/**
 * NAPI for one device: polls it from tasks of the clock until it has no more frames. For hosts that hand frames on without a stack.
 */
import type { Clock, Task } from "../clock.ts";
import { POLL_PENDING } from "../ethernet.ts";

export class PollLoop {
  readonly #task: Task;
  /** A poll is due or under way. */
  #due = false;
  /** Another was asked for meanwhile. */
  #missed = false;
  #stopped = false;

  /** @param poll polls the controller, and returns what that returned */
  constructor(clock: Clock, poll: () => number) {
    this.#task = clock.task(() => {
      if (!this.#due || this.#stopped) return;
      const work = poll();
      if (work !== POLL_PENDING) this.again();
    });
  }

  /** As ControllerHost.schedule(). */
  schedule(): boolean {
    if (this.#due) {
      this.#missed = true;
      return false;
    }
    this.#due = true;
    this.#task.schedule();
    return true;
  }

  /** As ControllerHost.complete(). */
  complete(): boolean {
    if (this.#missed) {
      // Stays due: the poll goes round once more, and looks at what was announced meanwhile.
      this.#missed = false;
      return false;
    }
    this.#due = false;
    return true;
  }

  /** A poll has ended, or what it waited for is there: the next one, if one is due. */
  again(): void {
    if (this.#due && !this.#stopped) this.#task.schedule();
  }

  start(): void {
    this.#due = false;
    this.#missed = false;
    this.#stopped = false;
  }

  /** No poll begins after this, until start(). */
  stop(): void {
    this.#stopped = true;
  }
}
