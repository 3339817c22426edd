/** The armed timers of a clock, in the order in which they are due. */
import type { Timer } from "./timer.ts";

/** Indexed binary min-heap of armed timers, by due time, then by arming order. Every operation is O(log n). */
export class TimerHeap {
  readonly #timers: Timer[] = [];
  #order = 0;

  /** Arms `timer` for `timer.due`, moving it if it is armed already, whatever it was due at before. */
  insert(timer: Timer): void {
    if (timer.slot >= 0) this.remove(timer);
    timer.order = this.#order++;
    this.#timers.push(timer);
    this.#up(this.#timers.length - 1, timer);
  }

  /** Takes an armed timer out. */
  remove(timer: Timer): void {
    const slot = timer.slot;
    const last = this.#timers.pop() as Timer;
    timer.slot = -1;
    if (last === timer) return;
    const parent = this.#timers[(slot - 1) >> 1];
    if (slot > 0 && parent && before(last, parent)) this.#up(slot, last);
    else this.#down(slot, last);
  }

  peek(): Timer | undefined {
    return this.#timers[0];
  }

  clear(): void {
    for (const timer of this.#timers) timer.slot = -1;
    this.#timers.length = 0;
  }

  #up(start: number, timer: Timer): void {
    let slot = start;
    while (slot > 0) {
      const above = (slot - 1) >> 1;
      const parent = this.#timers[above] as Timer;
      if (!before(timer, parent)) break;
      this.#place(parent, slot);
      slot = above;
    }
    this.#place(timer, slot);
  }

  #down(start: number, timer: Timer): void {
    const size = this.#timers.length;
    let slot = start;
    for (;;) {
      let below = 2 * slot + 1;
      if (below >= size) break;
      let child = this.#timers[below] as Timer;
      const right = this.#timers[below + 1];
      if (right && before(right, child)) {
        child = right;
        below++;
      }
      if (!before(child, timer)) break;
      this.#place(child, slot);
      slot = below;
    }
    this.#place(timer, slot);
  }

  #place(timer: Timer, slot: number): void {
    this.#timers[slot] = timer;
    timer.slot = slot;
  }
}

function before(a: Timer, b: Timer): boolean {
  return a.due < b.due || (a.due === b.due && a.order < b.order);
}
