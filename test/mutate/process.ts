/** Plays test files with substitutes for sources, in processes that are bounded: by time of processor, and by time for what only waits. */
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import type { Readable } from "node:stream";
import { fileURLToPath } from "node:url";
import { bound, scratch } from "../support/own.ts";
import { ROOT } from "../support/sources.ts";

const LOADER = fileURLToPath(new URL("../../firmware-ts/cli/dev.mjs", import.meta.url));
const HOOK = fileURLToPath(new URL("hook.mjs", import.meta.url));
const PLAY = fileURLToPath(new URL("play.ts", import.meta.url));

/** Most time in s for a process, however busy the machine is: for what waits and burns nothing. Next to a kernel that is no rarity. */
const LONGEST = 600;
const LONGEST_APART = 180;
/** Node's exit status, as prlimit gives it on, when the kernel ends the process at its limit: 128 and SIGXCPU, or SIGKILL. */
const ENDED_AT_LIMIT: readonly (string | null)[] = ["SIGXCPU", "SIGKILL"];

export const Verdict = { PASSED: "passed", FAILED: "failed", TIMED_OUT: "timed out" } as const;
export type Verdict = (typeof Verdict)[keyof typeof Verdict];

/** Puts JavaScript in the place of a source, for processes with this folder of substitutes. */
export function substitute(folder: string, file: string, code: string): void {
  writeFileSync(join(folder, `${file.replaceAll("/", "+")}.js`), code);
}

/** Plays files in one process to their ends. Returns what it reported, a line for each. */
export function playTogether(files: readonly string[], folder: string): Promise<string[]> {
  return reported([PLAY, ...files], folder);
}

export function playApart(file: string, folder: string): Promise<string[]> {
  return reported([file], folder);
}

async function reported(words: readonly string[], folder: string): Promise<string[]> {
  const path = join(scratch("reached"), "lines");
  await run(words, { MUTATE_SUBSTITUTES: folder, MUTATE_REACHED: path }, LONGEST, false);
  return existsSync(path) ? readFileSync(path, "utf8").trim().split("\n") : [];
}

/**
 * Plays files until one fails.
 * @param together in one process, else each in its own
 * @param seconds most time of processor for a process
 */
export async function judge(files: readonly string[], together: boolean, folder: string, seconds: number): Promise<Verdict> {
  for (const words of together ? [[PLAY, ...files]] : files.map((file) => [file])) {
    const verdict = await run(words, { MUTATE_SUBSTITUTES: folder }, seconds, true, together ? LONGEST : LONGEST_APART);
    if (verdict !== Verdict.PASSED) return verdict;
  }
  return Verdict.PASSED;
}

/**
 * @param seconds most time of processor
 * @param bail ends the process at the first failure
 * @param longest most time, in s
 */
function run(
  words: readonly string[],
  environment: Record<string, string>,
  seconds: number,
  bail: boolean,
  longest: number = LONGEST,
): Promise<Verdict> {
  const node = [process.execPath, "--max-old-space-size=2048", "--import", LOADER, "--import", HOOK, ...words];
  const child = bound("prlimit", [`--cpu=${seconds}`, "--core=0", "--", ...node], {
    cwd: ROOT,
    env: { ...process.env, TAP_TIMEOUT: String(longest), ...environment },
    stdio: ["ignore", "pipe", "ignore"],
  });
  let verdict: Verdict = Verdict.PASSED;
  const end = (why: Verdict): void => {
    if (verdict === Verdict.PASSED) verdict = why;
    child.kill("SIGKILL");
  };
  const stdout = child.stdout as Readable;
  const limit = setTimeout(() => end(Verdict.TIMED_OUT), longest * 1000);
  if (bail) {
    createInterface({ input: stdout }).on("line", (line) => {
      if (/^\s*not ok (?!.*# (?:TODO|SKIP))/i.test(line)) end(Verdict.FAILED);
    });
  } else stdout.resume();
  return new Promise((resolve) => {
    child.once("close", (code, signal) => {
      clearTimeout(limit);
      if (verdict !== Verdict.PASSED) resolve(verdict);
      else if (ENDED_AT_LIMIT.includes(signal)) resolve(Verdict.TIMED_OUT);
      else resolve(code === 0 ? Verdict.PASSED : Verdict.FAILED);
    });
  });
}
