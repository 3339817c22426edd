/** The fate of every reading, counted once: `taken` and `restored` together are `sent`, `stored`, `underWay` and all of `dropped`. */
import type { ReadingFates } from "../../../control/metrics/ground.ts";

/** Reasons that are told apart: a collector can send codes by the hundred. */
const MOST_REASONS = 32;
const OTHER = "OTHER";

export class FateCounter {
  taken = 0;
  restored = 0;
  sent = 0;
  readonly #dropped = new Map<string, number>();

  drop(reason: string): void {
    const known = this.#dropped.has(reason) || this.#dropped.size < MOST_REASONS ? reason : OTHER;
    this.#dropped.set(known, (this.#dropped.get(known) ?? 0) + 1);
  }

  report(stored: number, underWay: number): ReadingFates {
    const { taken, restored, sent } = this;
    return { taken, restored, sent, stored, underWay, dropped: Object.fromEntries(this.#dropped) };
  }
}
