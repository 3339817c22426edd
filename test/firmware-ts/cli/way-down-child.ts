/** A command that runs until it is told to stop, in a process of its own for way-down.test.ts: its word says how it misbehaves. */

import { untilTold } from "../../../firmware-ts/cli/work/way-down.ts";
import { SystemClock } from "../../../hal/clock.ts";

const [, , how] = process.argv;
const clock = new SystemClock();
const HOUR = 3_600_000;

/** Something that keeps the process, as an open device does. */
const device = clock.timer(() => {});
device.arm(HOUR);

process.exitCode = await untilTold(async (down) => {
  const { terminal } = down;
  down.lastly(() => terminal.complain("last"));
  terminal.print("ready");
  const trouble = clock.timer(() => {
    if (how === "throw") throw new Error("thrown by a timer");
    if (how === "escape") throw new Error("thrown\x1b[31m");
    if (how === "reject") void Promise.reject(new Error("rejected"));
    if (how === "again") {
      trouble.arm(1);
      throw new Error("once more");
    }
  });
  trouble.arm(1);
  await down.told;
  if (how === "hang") await new Promise(() => {});
  terminal.print("closed");
  return 0;
}).finally(() => clock.stop());
