/**
 * `npm run mutate -- --sample 200 [--seed S] [--file PATH] [--list]`: changes the sources of the neighbour core, the IP layers, the
 * devices, the drivers and the bridges in small ways, one at a time, and counts the changes that a test notices (docs/reliability.md).
 *
 *   --sample N   tries N mutants, drawn by the seed; without it all of them
 *   --seed S     default 1
 *   --file PATH  only sources whose paths begin so
 *   --jobs N     processes at a time; default 2
 *   --list       prints the mutants of the sample and tries none
 *
 * Prints a line for each mutant that survives, and the score at the end; ends with 1 below 85 %.
 */
import { parseArgs } from "node:util";
import { removeOrphans } from "../support/orphans.ts";
import { isEquivalent } from "./equivalent.ts";
import { type Mutant, mutantsOf } from "./operators.ts";
import { Verdict } from "./process.ts";
import { measureReach, mutable } from "./reach.ts";
import { sample, tryAll } from "./trial.ts";

/** The least score, in per cent. */
const FLOOR = 85;

const { sample: wanted, seed, file, jobs, list } = words();
const mutants = [...mutable()].filter(([path]) => path.startsWith(file)).flatMap(([path, text]) => mutantsOf(path, text));
if (mutants.length === 0)
  refuse(`no mutant in ${file}; sources that are mutated: firmware-ts/neigh, ip, ip4, transport, net, drivers, hal/bridges`);
const drawn = sample(
  mutants.filter((mutant) => !isEquivalent(mutant)),
  wanted,
  seed,
);
if (list) {
  for (const mutant of drawn) console.log(inWords(mutant));
  console.log(`${drawn.length} of ${mutants.length} mutants`);
} else {
  const reaches = await measureReach((line) => console.error(`mutate: ${line}`));
  const counts: Record<Verdict, number> = { [Verdict.PASSED]: 0, [Verdict.FAILED]: 0, [Verdict.TIMED_OUT]: 0 };
  let tried = 0;
  await tryAll(drawn, reaches, jobs, (mutant, verdict) => {
    counts[verdict]++;
    if (verdict === Verdict.PASSED) console.log(inWords(mutant));
    if (++tried % 20 === 0) console.error(`mutate: ${tried} of ${drawn.length}, ${counts[Verdict.PASSED]} survived`);
  });
  removeOrphans();
  const [survived, late] = [counts[Verdict.PASSED], counts[Verdict.TIMED_OUT]];
  const killed = drawn.length - survived;
  const score = (100 * killed) / drawn.length;
  console.log(
    `${drawn.length} mutants, ${killed} killed, ${survived} survived, ${late} timed out (killed, too): score ${score.toFixed(1)} %`,
  );
  process.exitCode = score < FLOOR ? 1 : 0;
}

function inWords({ file, line, before, after }: Mutant): string {
  return `${file}:${line}: ${before} -> ${after}`;
}

interface Words {
  sample: number;
  seed: string;
  file: string;
  jobs: number;
  list: boolean;
}

function words(): Words {
  try {
    const { values } = parseArgs({
      options: {
        sample: { type: "string" },
        seed: { type: "string", default: "1" },
        file: { type: "string", default: "" },
        jobs: { type: "string", default: "2" },
        list: { type: "boolean", default: false },
      },
    });
    return {
      sample: values.sample === undefined ? Number.POSITIVE_INFINITY : count("--sample", values.sample),
      seed: values.seed,
      file: values.file,
      jobs: count("--jobs", values.jobs),
      list: values.list,
    };
  } catch (error) {
    return refuse((error as Error).message);
  }
}

function count(option: string, text: string): number {
  if (/^[1-9]\d{0,5}$/.test(text)) return Number(text);
  throw new Error(`${option} ${text}: a number from 1 to 999999 is needed`);
}

function refuse(why: string): never {
  console.error(`mutate: ${why}`);
  process.exit(2);
}
