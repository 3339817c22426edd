/** `whohas-rig random`: reads the flags, plays the scripts and prints the result. */
import { mkdirSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { whyUnreadable } from "../../firmware-ts/board/errno-words.ts";
import { readText } from "../../firmware-ts/board/read-text.ts";
import type { DutKind } from "../contract/dut.ts";
import type { Family } from "../contract/plan.ts";
import { Refusal } from "../run/refusal.ts";
import { onlyIn } from "./differ.ts";
import { Pair } from "./pair.ts";
import { type Difference, replay, runRandom } from "./random.ts";
import { type Step, stepText } from "./steps.ts";
import { generate, vocabulary, WORD_NAMES } from "./vocabulary.ts";
import type { Word } from "./words.ts";

export interface RandomFlags {
  seed: number;
  scripts: number;
  steps: number;
  without: string[];
  replay: string[];
  keepGoing: boolean;
  shrink: number;
  jobs: number;
  /** `4`, `6`, or both by default, where both DUTs have both. */
  family?: string;
  report?: string;
}

/** Scripts at once. The entries of all stay below 128, from which on the kernel collects entries of the table that its namespaces share. */
export const JOBS = 8;

/** Bytes of the largest script that is played again. */
const MOST_SCRIPT = 16 << 20;

/** Plays scripts to two devices. @returns whether the two agreed */
export async function random(kinds: readonly [DutKind, DutKind], flags: RandomFlags): Promise<boolean> {
  const stranger = flags.without.find((name) => !WORD_NAMES.includes(name));
  if (stranger !== undefined) throw new Refusal(`no word "${stranger}"; there are ${WORD_NAMES.join(", ")}`);
  const families = familiesOf(kinds, flags.family);
  const words = vocabulary(
    kinds.map((kind) => kind.can),
    flags.without,
    families,
  );
  const pair = new Pair(kinds, flags.seed, flags.jobs, families);
  try {
    await pair.open();
    return await (flags.replay.length > 0 ? replayAll(pair, words, flags) : explore(pair, words, flags));
  } finally {
    await pair.close();
  }
}

function familiesOf(kinds: readonly DutKind[], chosen: string | undefined): Family[] {
  const both: Family[] = [4, 6];
  const wanted = both.filter((family) => chosen === undefined || chosen === String(family));
  const had = wanted.filter((family) => kinds.every((kind) => kind.families.has(family)));
  if (had.length > 0) return had;
  throw new Refusal(`no family "${chosen}"; there are 4 and 6, and both if none is given`);
}

async function explore(pair: Pair, words: readonly Word[], flags: RandomFlags): Promise<boolean> {
  const started = performance.now();
  const { seed, scripts, steps, keepGoing, shrink: shrinks } = flags;
  console.log(`words: ${words.map((word) => word.name).join(" ")}`);
  const onProgress = (line: string): void =>
    console.log(`${((performance.now() - started) / 1000).toFixed(1).padStart(6)} s ${line}`);
  const result = await runRandom(pair, { seed, scripts, steps, words, keepGoing, shrinks, onProgress });
  for (const difference of result.differences) tell(difference, pair, save(difference, flags.report));
  for (const one of result.unsteady)
    console.log(`unsteady: seed ${one.seed} differed once, and not when played again: ${one.make}`);
  for (const one of result.undecided) console.log(`undecided: seed ${one.seed}, each time too close to tell: ${one.make}`);
  const names = pair.kinds.map((kind) => kind.name).join(", ");
  const took = ((performance.now() - started) / 1000).toFixed(1);
  const { differences, unsteady, undecided } = result;
  console.log(
    `${names}: ${result.scripts} scripts, ${result.steps} steps, ${differences.length} differences, ${unsteady.length} unsteady, ${undecided.length} undecided; ${pair.replays} played again for being too close to tell; ${took} s`,
  );
  return differences.length + undecided.length === 0;
}

async function replayAll(pair: Pair, words: readonly Word[], flags: RandomFlags): Promise<boolean> {
  let agreed = true;
  for (const what of flags.replay) {
    const script = /^\d+$/.test(what) ? generate(Number(what), flags.steps, words) : read(what);
    const { differences, unsteady, undecided } = await replay(pair, script);
    for (const difference of differences) tell(difference, pair, what);
    if (unsteady.length > 0) console.log(`unsteady: ${what} differed once, and not when played again`);
    const verdict = differences.length > 0 ? "differ" : undecided.length > 0 ? "undecided" : "agree";
    console.log(`${what}: ${script.length} steps, ${verdict}`);
    agreed &&= verdict === "agree";
  }
  return agreed;
}

function tell({ script, mismatch, seed, times }: Difference, pair: Pair, file: string): void {
  const { left, right } = onlyIn(mismatch);
  const [one, other] = pair.kinds;
  const more = times > 1 ? `, and in ${times - 1} other scripts` : "";
  console.log(`\ndifference in ${mismatch.channel} after step ${mismatch.step + 1} (seed ${seed}${more})`);
  for (const [index, step] of script.slice(0, mismatch.step + 1).entries())
    console.log(`  ${String(index + 1).padStart(3)} ${stepText(step)}`);
  for (const [kind, lines] of [
    [one, left],
    [other, right],
  ] as const) {
    const text = lines.length === 0 || lines.join("") === "" ? ["nothing"] : lines;
    for (const line of text) console.log(`    ${kind.name.padEnd(12)} ${line.replaceAll("\n", " / ")}`);
  }
  console.log(`  whohas-rig random --duts ${one.name},${other.name} --replay ${file}`);
}

function save({ script, seed, make }: Difference, report: string | undefined): string {
  const directory = report ?? join(tmpdir(), "whohas-random");
  mkdirSync(directory, { recursive: true });
  const tail = [...make].reduce((hash, letter) => (Math.imul(hash, 31) + letter.charCodeAt(0)) >>> 0, 7).toString(36);
  const file = join(directory, `seed-${seed}-${tail}.json`);
  writeFileSync(file, `[\n${script.map((step) => JSON.stringify(step)).join(",\n")}\n]\n`);
  return file;
}

function read(file: string): Step[] {
  try {
    const script: unknown = JSON.parse(readText(file, MOST_SCRIPT));
    if (Array.isArray(script)) return script as Step[];
  } catch (error) {
    throw new Refusal(`cannot read ${file}: ${whyUnreadable(error)}`);
  }
  throw new Refusal(`${file} is no script: a list of steps is expected`);
}
