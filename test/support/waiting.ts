/** Until something has happened, in virtual time and in real time; for what tells nobody when it does. */
import type { VirtualClock } from "../../hal/clock.ts";

/** Lets virtual time pass until the promise is settled. */
export async function settle<T>(clock: VirtualClock, promise: Promise<T>, limit = 20_000): Promise<T> {
  let over = false;
  const watched = promise.finally(() => {
    over = true;
  });
  watched.catch(() => {});
  for (let ms = 0; !over && ms < limit; ms++) await clock.advance(1);
  if (!over) throw new Error(`not settled within ${limit} ms of virtual time`);
  return watched;
}

/** Looks every 10 ms until `wanted` holds. */
export async function eventually(wanted: () => boolean | Promise<boolean>, what: string, limit = 60_000): Promise<void> {
  for (const end = performance.now() + limit; !(await wanted()); await pause(10)) {
    if (performance.now() > end) throw new Error(`${what}: not within ${limit} ms`);
  }
}

export function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
