/** Signals that tell a command to stop. */
import { SystemClock } from "../../../hal/clock.ts";

/** Signals less than this apart count as one, in ms: timeout(1) sends its signal to the process and to its group. */
const SAME = 300;

/** Resolves on SIGINT or SIGTERM. Another one, later, ends the process as usual. */
export function toldToStop(): Promise<void> {
  const clock = new SystemClock();
  let told = Number.POSITIVE_INFINITY;
  return new Promise((resolve) => {
    for (const signal of ["SIGINT", "SIGTERM"] as const) {
      const heard = (): void => {
        if (clock.now() - told > SAME) {
          process.off(signal, heard);
          process.kill(process.pid, signal);
        }
        told = Math.min(told, clock.now());
        resolve();
      };
      process.on(signal, heard);
    }
  });
}
