/** The kernel's log lines about IPv6: addresses that others have, routers that say what cannot be. */
import type { Clock } from "../../../hal/clock.ts";
import { RateLimit } from "../../neigh/rate-limit.ts";

/** So many lines in so many ms (net.core.message_burst, message_cost). */
const BURST = 10;
const INTERVAL = 5000;

export class Ip6Log {
  /** Takes a line; null when nobody listens. */
  sink: ((line: string) => void) | null = null;
  readonly #limit: RateLimit;

  constructor(clock: Clock) {
    this.#limit = new RateLimit(clock, INTERVAL, BURST);
  }

  /** Tells a line, unless too many were told just now. */
  tell(line: string): void {
    if (!this.sink || !this.#limit.allows()) return;
    const missed = this.#limit.takeMissed();
    if (missed > 0) this.sink(`net_ratelimit: ${missed} callbacks suppressed`);
    this.sink(line);
  }
}
