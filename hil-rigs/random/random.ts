/**
 * Random differential runs: plays scripts from a seed to two DUTs and compares them after every step. A difference is believed when the
 * script shows it a second time. One script of each kind of difference is shortened as far as possible.
 */
import { type Mismatch, makeOf } from "./differ.ts";
import type { Outcome, Pair } from "./pair.ts";
import { type Found, shrink } from "./shrink.ts";
import type { Step } from "./steps.ts";
import { generate } from "./vocabulary.ts";
import type { Word } from "./words.ts";

export interface RandomOptions {
  /** Seed of the first script. The others have `seed + 1`, `seed + 2`, … */
  seed: number;
  scripts: number;
  steps: number;
  words: readonly Word[];
  /** Goes on after the first wave that has a difference. */
  keepGoing: boolean;
  /** Most differences to shorten. */
  shrinks: number;
  onProgress?: (line: string) => void;
}

export interface Difference extends Found {
  /** Seed of the script that found it. */
  seed: number;
  make: string;
  /** Number of scripts that showed it. */
  times: number;
}

export interface RandomResult {
  scripts: number;
  steps: number;
  differences: Difference[];
  /** Scripts that differed once and not again, and the difference. */
  unsteady: Doubt[];
  /** Scripts that proved nothing: each time something came too close to a step, or others disturbed it. */
  undecided: Doubt[];
}

export interface Doubt {
  seed: number;
  make: string;
}

type Verdict = Pick<RandomResult, "differences" | "unsteady" | "undecided">;

export async function runRandom(pair: Pair, options: RandomOptions): Promise<RandomResult> {
  const { seed, words, keepGoing, onProgress = () => {} } = options;
  const scripts = Array.from({ length: options.scripts }, (_, index) => generate(seed + index, options.steps, words));
  let played = 0;
  const first: Suspect[] = [];
  const onWave = (wave: Outcome[]): boolean => {
    for (const { script, mismatch, doubtful } of wave) {
      if (mismatch) {
        first.push({ script, mismatch, doubtful, seed: seed + played });
        onProgress(outline(script, seed + played, mismatch, doubtful));
      }
      played++;
    }
    onProgress(`${played} of ${scripts.length} scripts played, ${first.length} differ`);
    return keepGoing || first.length === 0;
  };
  const outcomes = await pair.run(scripts, { onWave });
  const result = await judge(pair, first, options);
  return { scripts: outcomes.length, steps: outcomes.reduce((sum, { script }) => sum + script.length, 0), ...result };
}

/** Plays one script, as often as needed. */
export async function replay(pair: Pair, script: readonly Step[]): Promise<Verdict> {
  const [outcome] = await pair.run([script]);
  const found = outcome?.mismatch ? [{ script, mismatch: outcome.mismatch, doubtful: outcome.doubtful, seed: 0 }] : [];
  return judge(pair, found, { shrinks: 0 });
}

async function judge(
  pair: Pair,
  found: readonly Suspect[],
  { shrinks, onProgress = () => {} }: Pick<RandomOptions, "shrinks" | "onProgress">,
): Promise<Verdict> {
  const unsteady: Doubt[] = [];
  const undecided: Doubt[] = [];
  const makes = new Map<string, Difference>();
  let open = found;
  for (let round = 0; round < ROUNDS && open.length > 0; round++) {
    onProgress(`playing ${open.length} once more`);
    // Fewer at once than before, because a busy machine may have been the reason.
    const again = await pair.run(
      open.map(({ script }) => script),
      { calm: true },
    );
    const next: Suspect[] = [];
    for (const [index, one] of open.entries()) {
      const { mismatch = null, doubtful = false } = again[index] ?? {};
      const make = makeOf(one.script, one.mismatch);
      if (mismatch) onProgress(outline(one.script, one.seed, mismatch, doubtful));
      if (!mismatch) {
        // A script that proved nothing and then agreed has agreed.
        if (!one.doubtful) unsteady.push({ seed: one.seed, make: `step ${one.mismatch.step + 1} | ${make}` });
      } else if (doubtful || one.doubtful || makeOf(one.script, mismatch) !== make) next.push({ ...one, mismatch, doubtful });
      else note(makes, { script: one.script.slice(0, mismatch.step + 1), mismatch, seed: one.seed, make, times: 1 });
    }
    open = next;
  }
  for (const one of open) {
    if (one.doubtful) undecided.push({ seed: one.seed, make: makeOf(one.script, one.mismatch) });
    else unsteady.push({ seed: one.seed, make: "each time another difference" });
  }
  const differences = [...makes.values()].sort((a, b) => a.script.length - b.script.length);
  for (const difference of differences.slice(0, shrinks)) {
    onProgress(`making a script of ${difference.script.length} steps shorter`);
    const shorter = await shrink(difference, (scripts) => pair.run(scripts));
    // The steps that were cut off, or another difference of the same kind, may have had a part in it.
    const [outcome] = await pair.run([shorter.script]);
    if (!outcome?.mismatch || outcome.doubtful) continue;
    const { script, mismatch } = outcome;
    Object.assign(difference, { script, mismatch, make: makeOf(script, mismatch) });
  }
  return { differences, unsteady, undecided };
}

/** A script with a mismatch that must be seen once more. */
interface Suspect extends Found {
  seed: number;
  doubtful: boolean;
}

function outline(script: readonly Step[], seed: number, mismatch: Mismatch, doubtful: boolean): string {
  return `seed ${seed}, step ${mismatch.step + 1}${doubtful ? ", which proves nothing" : ""}: ${makeOf(script, mismatch)}`;
}

/** Most repetitions until a script shows the same twice in a row. */
const ROUNDS = 4;

function note(makes: Map<string, Difference>, found: Difference): void {
  const known = makes.get(found.make);
  const times = (known?.times ?? 0) + 1;
  // The shortest script takes the least time to shorten.
  makes.set(found.make, { ...(known && known.script.length <= found.script.length ? known : found), times });
}
