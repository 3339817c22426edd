/** Tries mutants against the tests that reach them, several at a time. */
import { createHash } from "node:crypto";
import { readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { scratch } from "../support/own.ts";
import { ROOT } from "../support/sources.ts";
import { translated } from "./functions.ts";
import { type Mutant, mutated } from "./operators.ts";
import { judge, substitute, Verdict } from "./process.ts";
import { type Reach, reaching } from "./reach.ts";

/** Time of processor that a process may take: this in s for its start, and so many times what its files take unchanged. */
const START = 10;
const PATIENCE = 3;
/** Files in virtual time are asked in two goes, the nearest by themselves: most mutants end with these. */
const NEAREST = 4;

/**
 * A seeded choice of `count` of them, in the order in which they stood. Each has a rank of its own, by its text and the seed: a change of
 * the sources, or of the list of those that change nothing, leaves the others in the sample.
 */
export function sample(mutants: readonly Mutant[], count: number, seed: string): Mutant[] {
  const seen = new Map<string, number>();
  const ranked = mutants.map((mutant, at) => {
    const text = [seed, mutant.file, mutant.within, mutant.before, mutant.after].join("\0");
    const same = seen.get(text) ?? 0;
    seen.set(text, same + 1);
    return { at, rank: createHash("sha1").update(`${text}\0${same}`).digest("hex") };
  });
  ranked.sort((a, b) => (a.rank < b.rank ? -1 : 1));
  return ranked
    .slice(0, count)
    .sort((a, b) => a.at - b.at)
    .map(({ at }) => mutants[at]!);
}

/** FAILED: a test noticed. PASSED: none did, or none reaches it. */
export async function attempt(mutant: Mutant, reaches: readonly Reach[]): Promise<Verdict> {
  const files = reaching(reaches, mutant.file, mutant.within);
  const quick = files.filter(({ apart }) => !apart);
  const slow = files.filter(({ apart }) => apart);
  const folder = scratch("mutant");
  try {
    const text = readFileSync(join(ROOT, mutant.file), "utf8");
    substitute(folder, mutant.file, translated(mutant.file, mutated(text, mutant)));
    const goes = [quick.slice(0, NEAREST), quick.slice(NEAREST), ...slow.map((each) => [each])];
    for (const go of goes.filter(({ length }) => length > 0)) {
      const cpu = go.reduce((sum, each) => sum + each.cpu, 0) / 1000;
      const verdict = await judge(
        go.map(({ file }) => file),
        !go[0]?.apart,
        folder,
        Math.ceil(START + PATIENCE * cpu),
      );
      if (verdict !== Verdict.PASSED) return verdict;
    }
    return Verdict.PASSED;
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** Tries all of them, `jobs` at a time, and tells each verdict as it comes. */
export async function tryAll(
  mutants: readonly Mutant[],
  reaches: readonly Reach[],
  jobs: number,
  tell: (mutant: Mutant, verdict: Verdict) => void,
): Promise<void> {
  const waiting = [...mutants];
  const work = async (): Promise<void> => {
    for (let next = waiting.shift(); next; next = waiting.shift()) tell(next, await attempt(next, reaches));
  };
  await Promise.all(Array.from({ length: jobs }, work));
}
