/** The test files, and those of them that can share a process. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { ROOT } from "./sources.ts";

/** Files of test/together, each of which plays many others. */
const SHARED = "test/together/";

/** A file that uses one of these starts programs, needs root, waits for real time, or measures its process. */
const APART =
  /new SystemClock\(|from "[./]*(?:(?:support\/)?(?:real-time|netns|whohas|background|host|own|tree-copy|linux-source)\.ts|exchange\.ts|bench\/[\w-]+\.ts|as-linux\.ts|node:child_process)"/;

/** Files that need a process of their own, by their paths from the project's root. */
export function apart(): string[] {
  return testFiles().filter((file) => APART.test(readFileSync(join(ROOT, file), "utf8")));
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
  return all().filter((file) => !file.startsWith(SHARED));
}

function all(): string[] {
  return readdirSync(join(ROOT, "test"), { recursive: true, encoding: "utf8" })
    .filter((file) => file.endsWith(".test.ts"))
    .map((file) => `test/${file}`)
    .sort();
}
