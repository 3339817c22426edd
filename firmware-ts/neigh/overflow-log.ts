/** The kernel's log line about a full table, with the kernel's limit of how often it appears. */
import type { Clock } from "../../hal/clock.ts";

/** That limit (net.core.message_burst and message_cost): this many lines in this many ms. */
const BURST = 10;
const INTERVAL = 5000;

/** Says `neighbour: TABLE: neighbor table overflow!` when entries are refused, but not for each of them. */
export class OverflowLog {
  /** Takes a line; null when nobody listens. */
  sink: ((line: string) => void) | null = null;
  readonly #clock: Clock;
  readonly #line: string;
  #since = Number.NEGATIVE_INFINITY;
  #said = 0;

  constructor(clock: Clock, table: string) {
    this.#clock = clock;
    this.#line = `neighbour: ${table}: neighbor table overflow!`;
  }

  /** Notes that an entry was refused. */
  say(): void {
    if (!this.sink) return;
    const now = this.#clock.now();
    if (now - this.#since > INTERVAL) {
      this.#since = now;
      this.#said = 0;
    }
    if (this.#said++ < BURST) this.sink(this.#line);
  }
}
