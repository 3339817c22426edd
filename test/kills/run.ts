/**
 * `npm run kills [-- --times N] [--seed S]`: kills the built command so often (1000 times), and prints a line for every tenth kill. Ends
 * with 1 at the first kill that left something behind, or after which the next start did not work.
 */
import { join } from "node:path";
import { parseArgs } from "node:util";
import { SeededRandom } from "../../hal/random.ts";
import { missingForNetns, missingPrograms } from "../support/netns.ts";
import { ROOT } from "../support/sources.ts";
import { Kills } from "./kills.ts";

const { values } = parseArgs({ options: { times: { type: "string", default: "1000" }, seed: { type: "string" } } });
const times = Number(values.times);
const seed = values.seed ?? String(Date.now());
if (!Number.isInteger(times) || times < 1) {
  console.error(`kills: "${values.times}" is no number of kills; say e.g. npm run kills -- --times 100`);
  process.exit(2);
}
const missing = missingForNetns() || missingPrograms("qemu-system-x86_64", "setpriv", "ping");
if (missing !== false) {
  console.error(`kills: ${missing}`);
  process.exit(2);
}
console.log(`kills: seed ${seed}`);
const kills = new Kills([process.execPath, join(ROOT, "dist/firmware-ts/cli/main.js")], new SeededRandom(seed));
const counts = new Map<string, number>();
let done = 0;
try {
  while (done < times) {
    const { moment, state } = await kills.kill();
    done++;
    const kind = `${moment}, ${state}`;
    counts.set(kind, (counts.get(kind) ?? 0) + 1);
    if (done % 10 === 0) console.log(`${done} kills: ${[...counts].map(([what, count]) => `${count} ${what}`).join("; ")}`);
  }
  await kills.end();
  console.log(`kills: ${done} kills and restarts, nothing left behind`);
} catch (error) {
  console.error(`kills: seed ${seed}, kill ${done + 1}: ${(error as Error).message}`);
  process.exitCode = 1;
} finally {
  kills.remove();
}
