/** The kernel's log lines about a full table. NeighStatistics.tableFulls has the count of all refusals. */
import type { Clock } from "../../hal/clock.ts";
import { RateLimit } from "./rate-limit.ts";

/** One line in this many ms. */
const INTERVAL = 1000;

/** Says `neighbour: TABLE: neighbor table overflow!` when entries are refused, once a second at most. */
export class OverflowLog {
  /** Takes a line; null when nobody listens. */
  sink: ((line: string) => void) | null = null;
  readonly #limit: RateLimit;
  readonly #line: string;

  constructor(clock: Clock, table: string) {
    this.#limit = new RateLimit(clock, INTERVAL, 1);
    this.#line = `neighbour: ${table}: neighbor table overflow!`;
  }

  /** Notes that an entry was refused. Lines that were left out since the last one are told before the next, as the kernel does. */
  say(): void {
    if (!this.sink || !this.#limit.allows()) return;
    const missed = this.#limit.takeMissed();
    if (missed > 0) this.sink(`net_ratelimit: ${missed} callbacks suppressed`);
    this.sink(this.#line);
  }
}
