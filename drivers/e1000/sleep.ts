import type { Clock } from "../../hal/clock.ts";

/** Waits while a controller is being opened. Allocates: not for the frame path. */
export function sleep(clock: Clock, ms: number): Promise<void> {
  return new Promise((resolve) => clock.timer(resolve).arm(ms));
}
