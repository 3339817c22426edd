/** Gives a test file more time than .taprc does. */
import tap from "tap";

/** Seconds for a file in .taprc, as milliseconds. */
export const FILE_LIMIT = 300_000;

/** @param ms time for this file from now on */
export function limitTime(ms: number): void {
  if (tap.options.timeout === ms) return;
  tap.setTimeout(ms);
  // The runner has a clock of its own for the file, and sets it by this.
  tap.comment(`timeout=${ms}`);
}
