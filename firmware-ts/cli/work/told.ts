import { SystemClock } from "../../../hal/clock.ts";

/** Signals that come this close together are one: timeout(1) sends its signal to the process and to its group. In ms. */
const SAME = 300;

/** SIGINT or SIGTERM. Another one, later, ends the process as usual. */
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
