/**
 * Random differential runs: scripts from a seed are played to two DUTs and what they show is compared after every step. A difference is
 * believed when the script shows it a second time; of those alike one is made as short as it gets.
 */
import { type Mismatch, makeOf } from "./differ.ts";
import type { Outcome, Pair } from "./pair.ts";
import { type Found, shrink } from "./shrink.ts";
import type { Step } from "./steps.ts";
import { generate, type Word } from "./vocabulary.ts";

export interface RandomOptions {
  /** Scripts have the seeds `seed`, `seed + 1`, … */
  seed: number;
  scripts: number;
  steps: number;
  words: readonly Word[];
  /** Goes on after the first wave with a difference in it. */
  keepGoing: boolean;
  /** Differences to be made short, at most. */
  shrinks: number;
  onProgress?: (line: string) => void;
}

export interface Difference extends Found {
  /** The seed of the script that it was found with. */
  seed: number;
  make: string;
  /** Scripts that showed it. */
  times: number;
}

export interface RandomResult {
  scripts: number;
  steps: number;
  differences: Difference[];
  /** Scripts that differed once and then did not, and how they had. */
  unsteady: Doubt[];
  /** Scripts of which no playing proved anything: each time something came too close to a step, or others disturbed it. */
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

/** Plays one script, as often as it takes. */
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
    // Fewer at once than before, for a machine that was too busy may have been the reason.
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
        // What proved nothing and then agreed has agreed.
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
    // What was cut off behind it, or another of the same kind, may have had a hand in it.
    const [outcome] = await pair.run([shorter.script]);
    if (!outcome?.mismatch || outcome.doubtful) continue;
    const { script, mismatch } = outcome;
    Object.assign(difference, { script, mismatch, make: makeOf(script, mismatch) });
  }
  return { differences, unsteady, undecided };
}

/** A script with a mismatch that is to be seen once more. */
interface Suspect extends Found {
  seed: number;
  doubtful: boolean;
}

function outline(script: readonly Step[], seed: number, mismatch: Mismatch, doubtful: boolean): string {
  return `seed ${seed}, step ${mismatch.step + 1}${doubtful ? ", which proves nothing" : ""}: ${makeOf(script, mismatch)}`;
}

/** Times that a script is played again until it shows the same twice running. */
const ROUNDS = 4;

function note(makes: Map<string, Difference>, found: Difference): void {
  const known = makes.get(found.make);
  const times = (known?.times ?? 0) + 1;
  // The shortest is soonest made shorter.
  makes.set(found.make, { ...(known && known.script.length <= found.script.length ? known : found), times });
}
