/** Tests in real time are repeated for one reason, and say so. */
import { existsSync, rmSync } from "node:fs";
import { join } from "node:path";
import t, { Test } from "tap";
import { EVIDENCE } from "./evidence.ts";
import { Lateness } from "./lateness.ts";
import { missingPrograms } from "./netns.ts";
import { bound } from "./own.ts";
import { realTime } from "./real-time.ts";

const NAME = "a trial of realTime";

t.teardown(() => rmSync(join(EVIDENCE, "support", "real-time", NAME.replaceAll(" ", "-")), { recursive: true, force: true }));

interface Played {
  passed: boolean;
  times: number;
  said: string;
}

/**
 * Plays a test that is no part of this file's own.
 * @param waits what is measured during each attempt, in ms
 */
async function play(waits: readonly number[], body: (t: Test, attempt: number) => void | Promise<void>): Promise<Played> {
  let times = 0;
  let said = "";
  const trial = new Test({
    name: NAME,
    cb: async (t: Test) => {
      realTime(t, NAME, { lateness: () => ({ stop: () => waits[times - 1] ?? 0 }) }, async (t) => {
        times++;
        await body(t, times);
      });
    },
  });
  trial.on("data", (text) => {
    said += text;
  });
  await new Promise<void>((resolve) => trial.main(resolve));
  return { passed: trial.passing(), times, said };
}

t.test("a failure while nobody waited is one, at once", async (t) => {
  const bodies: Record<string, (t: Test) => void> = {
    "an assertion": (t) => void t.equal(1, 2, "one is two"),
    "an error": () => {
      throw new Error("one is not two");
    },
  };
  for (const [what, body] of Object.entries(bodies)) {
    for (const waited of [0, 49]) {
      const { passed, times, said } = await play([waited], body);
      t.same([passed, times], [false, 1], `${what}, ${waited} ms`);
      t.notMatch(said, /repeated/);
      t.match(said, /# evidence: .*\/support\/real-time\/a-trial-of-realTime\n/);
    }
  }
});

t.test("a failure that a wait explains is played again, which is told with both", async (t) => {
  const { passed, times, said } = await play([50, 0], (t, attempt) => void t.equal(attempt, 2, "in time"));
  t.same([passed, times], [true, 2]);
  t.match(said, /# machine too busy, repeated: a process waited 50 ms for a processor; in time\n/);
  t.notMatch(said, /not ok/, "of the first attempt nothing else is left");
});

t.test("who fails again while nobody waits has failed, and so has who fails a third time", async (t) => {
  const fail = (t: Test): void => void t.fail("late");
  t.match(await play([400, 0], fail), { passed: false, times: 2 });
  t.match(await play([400, 400, 400, 400], fail), { passed: false, times: 3 });
});

t.test("what passes is played once, however late it was, and what is skipped is not played", async (t) => {
  t.match(await play([400, 400], (t) => void t.pass("in time")), { passed: true, times: 1 });
  const trial = new Test({
    name: NAME,
    cb: async (t: Test) => realTime(t, NAME, { skip: "needs a board" }, () => Promise.reject(new Error("played"))),
  });
  trial.resume();
  await new Promise<void>((resolve) => trial.main(resolve));
  t.same([trial.passing(), trial.lists.skip.length], [true, 1]);
});

const uncounted =
  missingPrograms("taskset") || (!existsSync("/proc/self/schedstat") && "needs a kernel that counts waits (CONFIG_SCHED_INFO)");

t.test("a child that is kept waiting is measured", { skip: uncounted }, async (t) => {
  const lateness = new Lateness();
  // On one processor all but one wait, for half of the time at the least.
  const loops = [1, 2].map(() => bound("taskset", ["-c", "0", process.execPath, "-e", "for (;;);"], { stdio: "ignore" }));
  while (lateness.worst < 20) await new Promise((resolve) => setTimeout(resolve, 20));
  for (const loop of loops) loop.kill("SIGKILL");
  t.ok(lateness.stop() >= 20);
});
