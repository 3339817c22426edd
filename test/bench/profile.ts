/**
 * `npm run bench -- --profile WORD…`: where the processor time of a subject, a growth or a simulation goes. A table of the functions that
 * have the most of it themselves, by V8's sampling profiler. What was inlined is counted for the function that it was written in.
 */
import { execFileSync } from "node:child_process";
import { type Profiler, Session } from "node:inspector/promises";
import { fileURLToPath } from "node:url";
import { ROOT } from "./figures.ts";
import { GROWTHS, runGrowth } from "./growth.ts";
import { runSimulation, SIMULATIONS } from "./simulations.ts";
import { SUBJECTS, subjectNamed } from "./subjects.ts";

const ROWS = 10;
/** Operations before the first sample, and from one look at the clock to the next. */
const OPERATIONS = 200_000;
/** Processor time of a subject that is enough, and from one sample to the next, in us. */
const ENOUGH = 4_000_000;
const INTERVAL = 200;
const LIMIT = 300_000;
/** Room for garbage, as in the measurement. */
const FLAGS: readonly string[] = ["--max-semi-space-size=64", "--import", "./firmware-ts/cli/dev.mjs"];

/** Everything that can be profiled. */
export const PROFILES_OF: readonly string[] = [...Object.keys(SUBJECTS), ...Object.keys(GROWTHS), ...Object.keys(SIMULATIONS)];

/** Profiles it in a process of its own and returns the lines of its table. @throws Error when the process fails */
export function profileOf(name: string): string {
  const child = fileURLToPath(new URL("./profile-child.ts", import.meta.url));
  return execFileSync(process.execPath, [...FLAGS, child, name], { cwd: ROOT, encoding: "utf8", timeout: LIMIT });
}

/** Profiles it in this process. */
export async function runProfile(name: string): Promise<string> {
  const session = new Session();
  session.connect();
  await session.post("Profiler.enable");
  await session.post("Profiler.setSamplingInterval", { interval: INTERVAL });
  const growth = GROWTHS[name];
  if (growth) await runGrowth(name, growth.sizes.at(-1)!, () => session.post("Profiler.start"));
  else if (SIMULATIONS[name]) {
    await session.post("Profiler.start");
    await runSimulation(name);
  } else {
    const subject = await subjectNamed(name);
    subject.run(OPERATIONS);
    await session.post("Profiler.start");
    const end = process.cpuUsage().user + ENOUGH;
    while (process.cpuUsage().user < end) subject.run(OPERATIONS);
  }
  const { profile } = await session.post("Profiler.stop");
  session.disconnect();
  return table(name, profile);
}

function table(name: string, { nodes, samples = [], timeDeltas = [] }: Profiler.Profile): string {
  const titles = new Map(nodes.map(({ id, callFrame }) => [id, titleOf(callFrame)]));
  const own = new Map<string, number>();
  let total = 0;
  for (const [at, id] of samples.entries()) {
    const title = titles.get(id) ?? "";
    if (title === "(idle)") continue;
    const taken = Math.max(0, timeDeltas[at]!);
    own.set(title, (own.get(title) ?? 0) + taken);
    total += taken;
  }
  const rows = [...own].sort(([, one], [, other]) => other - one).slice(0, ROWS);
  const lines = rows.map(([title, taken]) => `${((100 * taken) / total).toFixed(1).padStart(6)} %  ${title}`);
  return [`${name}: ${(total / 1e6).toFixed(1)} s in ${samples.length} samples`, ...lines].join("\n");
}

/** As `transmit  firmware-ts/net/device.ts`, without a line, which would be that of the translation; V8's own words for what is no function. */
function titleOf({ functionName, url }: { functionName: string; url: string }): string {
  const file = url.startsWith("file:") ? fileURLToPath(url).slice(ROOT.length) : url;
  return file === "" ? functionName : `${functionName || "(nameless)"}  ${file}`;
}
