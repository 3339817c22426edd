/** The test files, and those of them that can share a process. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { ROOT } from "./sources.ts";

/** Files that play many others, those that compute and those that wait. */
const SHARED = "test/together/";
const LANES = "test/lanes/";

/** A file that uses one of these starts programs, needs root, waits for real time, or measures its process. */
const APART =
  /new SystemClock\(|from "[./]*(?:(?:support\/)?(?:real-time|netns|whohas|background|host|own|tree-copy|linux-source)\.ts|exchange\.ts|bench\/[\w-]+\.ts|as-linux\.ts|node:child_process)"/;

/**
 * Those that bear nobody beside them in their process: they list the instances or processes that run, take all of its memory, measure its event
 * loop, or judge how tests end.
 */
const ALONE: readonly string[] = [
  "test/e2e/instances.test.ts",
  "test/firmware-ts/flood-e1000.test.ts",
  "test/firmware-ts/net/event-loop.test.ts",
  "test/hal/packet-memory.test.ts",
  "test/kills/kills.test.ts",
  "test/support/orphans.test.ts",
  "test/support/real-time.test.ts",
];

/** Files that start programs, need root or wait for real time, by their paths from the project's root. */
export function apart(): string[] {
  return testFiles().filter((file) => APART.test(readFileSync(join(ROOT, file), "utf8")));
}

/** Those of them that have a process of their own. */
export function alone(): string[] {
  return apart().filter((file) => ALONE.includes(file));
}

/**
 * The others, which wait for most of their time: one after the other in one of several processes that run at the same time.
 * @param lane which of them, from 1 on
 */
export function waiting(lane: number): string[] {
  const count = lanes().length;
  return apart()
    .filter((file) => !ALONE.includes(file))
    .filter((_, at) => at % count === lane - 1);
}

/** Files that play those that wait. */
export function lanes(): string[] {
  return all().filter((file) => file.startsWith(LANES));
}

/** Files that play the others, a room of the house each. */
export function shared(): string[] {
  return all().filter((file) => file.startsWith(SHARED));
}

/** Files that can share a process and whose paths begin so. */
export function below(...beginnings: string[]): string[] {
  const others = new Set(apart());
  return testFiles().filter((file) => !others.has(file) && beginnings.some((beginning) => file.startsWith(beginning)));
}

function testFiles(): string[] {
  return all().filter((file) => !file.startsWith(SHARED) && !file.startsWith(LANES));
}

function all(): string[] {
  return readdirSync(join(ROOT, "test"), { recursive: true, encoding: "utf8" })
    .filter((file) => file.endsWith(".test.ts"))
    .map((file) => `test/${file}`)
    .sort();
}
