/**
 * Plays test files one after the other in one process, each as a test of its name: starting Node, tap and the translator costs more than
 * most of them take.
 */
import { join } from "node:path";
import t, { type Test } from "tap";
import { played } from "./played.ts";
import { FILE_LIMIT, limitTime } from "./time-limit.ts";

/** Time for all of them, in ms: they take two or three minutes, and many more on a busy machine with coverage. */
const LIMIT = 4 * FILE_LIMIT;

/** Most that the time of a file is behind the clock, in ms: a tick of the kernel's. */
const FILE_TICK = 10;

const root = join(import.meta.dirname, "../..");

/**
 * @param files paths from the project's root
 * @param told hears after each file whether it passed
 */
export async function together(files: readonly string[], told?: (file: string, passed: boolean) => void): Promise<void> {
  const [test, sub] = [t.test.bind(t), t.sub.bind(t)];
  limitTime(LIMIT);
  for (const file of files) {
    // The block itself is ours.
    t.sub = sub;
    const results = await test(file, async (inner: Test) => {
      lend(inner);
      Object.assign(played, { file, since: Date.now() - FILE_TICK });
      await import(join(root, file));
    });
    told?.(file, results?.ok ?? true);
  }
}

/** Gives `t`, which is the same object in all files, the methods of a file's block, as far as files use it outside their tests. */
function lend(inner: Test): void {
  t.test = inner.test.bind(inner);
  t.sub = inner.sub.bind(inner);
  t.teardown = inner.teardown.bind(inner);
  t.strictSame = inner.strictSame.bind(inner);
  const set = (jobs: number): void => {
    inner.jobs = jobs;
  };
  Object.defineProperty(t, "jobs", { configurable: true, get: () => inner.jobs, set });
}
