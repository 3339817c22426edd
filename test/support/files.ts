/** The test files, and those of them that can share a process. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { ROOT } from "./sources.ts";

/** Files of test/together, each of which plays many others. */
const SHARED = "test/together/";
/** The one of them that needs root and the machine's tools. */
const BESIDE_KERNEL = `${SHARED}kernel.test.ts`;

/** A file that uses one of these starts programs, needs root, waits for real time, or measures its process. */
const APART =
  /new SystemClock\(|from "[./]*(?:(?:support\/)?(?:real-time|netns|whohas|background|host|own|tree-copy|linux-source)\.ts|exchange\.ts|bench\/[\w-]+\.ts|as-linux\.ts|node:child_process)"/;

/** Files that hold something of ours next to the kernel's: they wait for its answers, and for nothing else. */
const COMPARES = /(?:^|\/)(?:as-linux|[\w-]+-as-linux|as-linux-[\w-]+|netns|print|packet-summary|filter|pcapng|frames)\.test\.ts$/;

/** Files that need a process of their own, by their paths from the project's root. */
export function apart(): string[] {
  return demanding().filter((file) => !compares(file));
}

/** Files that share a process next to the kernel. */
export function besideKernel(): string[] {
  return demanding().filter(compares);
}

/** Files that play the others, a room of the house each; the longest, which needs root, comes first, or not at all where that is asked. */
export function shared({ root = true }: { root?: boolean } = {}): string[] {
  const rooms = all().filter((file) => file.startsWith(SHARED) && file !== BESIDE_KERNEL);
  return root ? [BESIDE_KERNEL, ...rooms] : rooms;
}

/** Files that can share a process and whose paths begin so. */
export function below(...beginnings: string[]): string[] {
  const others = new Set(demanding());
  return testFiles().filter((file) => !others.has(file) && beginnings.some((beginning) => file.startsWith(beginning)));
}

function compares(file: string): boolean {
  return COMPARES.test(file) && !file.startsWith("test/e2e/");
}

function demanding(): string[] {
  return testFiles().filter((file) => APART.test(readFileSync(join(ROOT, file), "utf8")));
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
