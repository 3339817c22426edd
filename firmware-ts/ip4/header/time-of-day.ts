/** The time stamp of ICMP and of the timestamp option: milliseconds since midnight UT (RFC 792, RFC 791 3.1). */
import type { Clock } from "../../../hal/clock.ts";

const DAY = 86_400_000;

export function timeOfDay(clock: Clock): number {
  return Math.trunc(clock.wallTime() % DAY);
}
