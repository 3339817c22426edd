/** The figures of one subject, and how the process that measures them is started. */
import { execFile } from "node:child_process";
import { relative } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import type { Allocation, Timing } from "./measure.ts";
import type { PollFigures } from "./poll-times.ts";
import type { BusLoad } from "./subject.ts";

export interface Figures {
  name: string;
  /** null where only memory was measured. */
  timing: Timing | null;
  allocation: Allocation;
  /** lwIP can do the same (lwip/lwip.c). */
  hasLwip: boolean;
  /** Bytes that it asks malloc() for, an operation; null where it was not run. */
  lwipBytes: number | null;
  busLoad: BusLoad | null;
  polls: PollFigures | null;
}

/** This checkout's folder. */
export const ROOT: string = fileURLToPath(new URL("../..", import.meta.url));
export const CHILD: string = relative(ROOT, fileURLToPath(new URL("./child.ts", import.meta.url)));

/** Room for 200 000 operations of 300 bytes each without a collection between, in MiB. */
const NEW_SPACE = 64;
const FLAGS: readonly string[] = ["--expose-gc", `--min-semi-space-size=${NEW_SPACE}`, `--max-semi-space-size=${NEW_SPACE}`];
const TRANSLATED: readonly string[] = ["--import", "./firmware-ts/cli/dev.mjs"];

/**
 * For what is measured in bytes: code is optimized where it runs and not on a thread beside it, which on a busy machine comes too
 * late for the run, and unoptimized code boxes every fraction.
 */
const MEMORY_ONLY = "--allocation";
const STEADY_FLAGS: readonly string[] = ["--no-concurrent-recompilation"];

/**
 * Measures one subject in a process of its own, whose environment is bare: neither coverage nor a test runner's loader in it.
 * @param options as child.ts takes them
 * @param root the folder of the checkout that is measured
 * @param child child.ts, or a bundle of it
 */
export async function measure(
  name: string,
  options: readonly string[] = [],
  root: string = ROOT,
  child: string = CHILD,
): Promise<Figures> {
  const run = promisify(execFile);
  const flags = [...(options.includes(MEMORY_ONLY) ? STEADY_FLAGS : []), ...FLAGS, ...(child.endsWith(".ts") ? TRANSLATED : [])];
  // By way of env(1): a test runner that counts coverage hands that on to every child, whatever environment it is given, and code
  // that is counted allocates.
  const bare = ["-i", `PATH=${process.env["PATH"]}`, process.execPath];
  const { stdout } = await run("env", [...bare, ...flags, child, name, ...options], { cwd: root, timeout: 60_000 });
  return JSON.parse(stdout) as Figures;
}
