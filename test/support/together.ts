/**
 * Plays test files one after the other in one process, each as a test of its name: starting Node, tap and the translator costs more than
 * most of them take. Only for files that start no program, need no right and leave time to a virtual clock.
 */
import { join } from "node:path";
import t, { type Test } from "tap";
import { FILE_LIMIT, limitTime } from "./time-limit.ts";

/** Time for all of them, in ms: they take a minute or two, and more on a busy machine with coverage. */
const LIMIT = 3 * FILE_LIMIT;

const root = join(import.meta.dirname, "../..");

/**
 * @param files paths from the project's root
 * @param played is told after each file whether it passed
 */
export async function together(files: readonly string[], played?: (file: string, passed: boolean) => void): Promise<void> {
  const test = t.test.bind(t);
  limitTime(LIMIT);
  for (const file of files) {
    const results = await test(file, async (inner: Test) => {
      // A file's own tests are those of its block: `t` is the same object in all of them.
      t.test = inner.test.bind(inner);
      await import(join(root, file));
    });
    played?.(file, results?.ok ?? true);
  }
}
