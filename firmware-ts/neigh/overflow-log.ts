import type { Clock } from "../../hal/clock.ts";

/** The kernel's limit for such lines (net.core.message_burst and message_cost): so many in so many ms. */
const BURST = 10;
const INTERVAL = 5000;

/** `neighbour: arp_cache: neighbor table overflow!`, as the kernel's log has it: not once for each entry that is refused. */
export class OverflowLog {
  /** Takes a line; null: nobody listens. */
  sink: ((line: string) => void) | null = null;
  readonly #clock: Clock;
  readonly #line: string;
  #since = Number.NEGATIVE_INFINITY;
  #said = 0;

  constructor(clock: Clock, table: string) {
    this.#clock = clock;
    this.#line = `neighbour: ${table}: neighbor table overflow!`;
  }

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
