/** Some kills of `whohas run`; `npm run kills` does a thousand. */
import t from "tap";
import { SeededRandom } from "../../hal/random.ts";
import { missingForNetns, missingPrograms } from "../support/netns.ts";
import { realTime } from "../support/real-time.ts";
import { commandLine } from "../support/whohas.ts";
import { Kills } from "./kills.ts";

const skip = missingForNetns() || missingPrograms("qemu-system-x86_64", "setpriv", "ping");

realTime(t, "killed ten times: nothing is left behind, and every restart works", { skip }, async (t) => {
  const [program, args] = commandLine([]);
  const kills = new Kills([program, ...args], new SeededRandom(12));
  t.teardown(() => kills.remove());
  for (let time = 0; time < 10; time++) t.comment(JSON.stringify(await kills.kill()));
  await kills.end();
  t.pass("ten times");
});
