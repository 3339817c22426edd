/** Gives a test file more time than .taprc does. */
import tap from "tap";

/** Time for a file in .taprc, in ms. */
export const FILE_LIMIT = 300_000;

/** @param ms time for this file from now on, if it has less; the runner hears of it */
export function limitTime(ms: number): void {
  if ((tap.options.timeout ?? 0) < ms) tap.setTimeout(ms);
}
