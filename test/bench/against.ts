/** `npm run bench -- --against REF`: the subjects of this checkout and of another commit, by turns, so that a busy machine slows both. */
import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { measure, ROOT } from "./figures.ts";

const ROUNDS = 3;

/** Prints a line for each subject that both have: the least time of each, and the median of the rounds' ratios. @throws Error with git's words */
export async function runAgainst(ref: string, names: readonly string[]): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), "whohas-against-"));
  const other = join(folder, "tree");
  git("worktree", "add", "--quiet", "--detach", other, ref);
  try {
    symlinkSync(join(ROOT, "node_modules"), join(other, "node_modules"));
    console.log(`${"subject".padEnd(46)} ${"here ns".padStart(8)} ${`${ref} ns`.padStart(16)} ${"ratio".padStart(6)}`);
    for (const name of names) console.log(await compared(name, other));
  } finally {
    git("worktree", "remove", "--force", other);
    rmSync(folder, { recursive: true, force: true });
  }
}

async function compared(name: string, other: string): Promise<string> {
  const here: number[] = [];
  const there: number[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    here.push((await measure(name)).timing?.fastest ?? Number.NaN);
    try {
      there.push((await measure(name, [], other)).timing?.fastest ?? Number.NaN);
    } catch {
      return `${name.padEnd(46)} not measured there: that commit has no such subject`;
    }
  }
  const ratios = here.map((ns, round) => ns / there[round]!).sort((a, b) => a - b);
  const least = (values: readonly number[]): string => Math.min(...values).toFixed(0);
  return `${name.padEnd(46)} ${least(here).padStart(8)} ${least(there).padStart(16)} ${`${ratios[ROUNDS >> 1]!.toFixed(2)}x`.padStart(6)}`;
}

function git(...words: string[]): void {
  execFileSync("git", words, { cwd: ROOT, stdio: ["ignore", "ignore", "inherit"] });
}
