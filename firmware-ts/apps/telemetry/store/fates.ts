/** The fate of every reading, counted once: `taken` and `restored` together are `sent`, `stored`, `underWay` and all of `dropped`. */
import type { ReadingFates } from "../../app.ts";

export class FateCounter {
  taken = 0;
  restored = 0;
  sent = 0;
  readonly #dropped = new Map<string, number>();

  drop(reason: string): void {
    this.#dropped.set(reason, (this.#dropped.get(reason) ?? 0) + 1);
  }

  report(stored: number, underWay: number): ReadingFates {
    const { taken, restored, sent } = this;
    return { taken, restored, sent, stored, underWay, dropped: Object.fromEntries(this.#dropped) };
  }
}
