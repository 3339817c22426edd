/** Users of a Clock rely on this: order, re-arming, cancelling, time that moves only when told, real time that keeps its word. */
import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import fc from "fast-check";
import t from "tap";
import { SystemClock, VirtualClock } from "../../hal/clock.ts";
import { Timer } from "../../hal/timer.ts";
import { TimerHeap } from "../../hal/timer-heap.ts";

const root = fileURLToPath(new URL("../..", import.meta.url));
const noQueue = { now: () => 0, schedule: () => {}, unschedule: () => {} };

t.test("the heap gives timers back as a sorted list would, whatever is armed, moved and cancelled", async (t) => {
  const step = fc.record({
    kind: fc.constantFrom("arm", "arm", "arm", "cancel", "cancel", "pop"),
    timer: fc.nat(31),
    // From few values, so that many timers share an instant; fractions and infinity, as callers use them.
    due: fc.oneof(fc.constantFrom(0, 0.5, 1, 1e9, Number.POSITIVE_INFINITY), fc.nat(40)),
  });
  fc.assert(
    fc.property(fc.array(step, { minLength: 40, maxLength: 200 }), (steps) => {
      const heap = new TimerHeap();
      const timers = Array.from({ length: 32 }, () => new Timer(noQueue, () => {}));
      /** The model: armed timers in arming order; the next one is the first of those due earliest. */
      const armed: { timer: Timer; due: number }[] = [];
      const next = () => armed.reduce((first, each) => (each.due < first.due ? each : first), armed[0] as (typeof armed)[0])?.timer;
      const forget = (timer: Timer) => {
        const at = armed.findIndex((each) => each.timer === timer);
        if (at >= 0) armed.splice(at, 1);
      };
      for (const { kind, timer: index, due } of steps) {
        const timer = timers[index] as Timer;
        if (kind === "arm") {
          forget(timer);
          armed.push({ timer, due });
          timer.due = due;
          heap.insert(timer);
        } else {
          const victim = kind === "pop" ? heap.peek() : timer;
          if (victim?.armed) {
            heap.remove(victim);
            forget(victim);
          }
        }
        if (heap.peek() !== next()) return false;
        if (timers.some((each) => each.armed !== armed.some((a) => a.timer === each))) return false;
      }
      // The remaining ones come out in order.
      while (armed.length > 0) {
        const timer = heap.peek() as Timer;
        if (timer !== next()) return false;
        heap.remove(timer);
        forget(timer);
      }
      return heap.peek() === undefined;
    }),
    { seed: 1, numRuns: 400 },
  );
  const heap = new TimerHeap();
  const timers = [3, 1, 2].map((due) => {
    const timer = new Timer(noQueue, () => {});
    timer.due = due;
    heap.insert(timer);
    return timer;
  });
  heap.clear();
  t.notOk(
    timers.some((timer) => timer.armed),
    "clear disarms all",
  );
  t.equal(heap.peek(), undefined);
});

t.test("virtual time: timers fire in order of due time, then of arming, at their own instant", async (t) => {
  const clock = new VirtualClock();
  const log: string[] = [];
  const timer = (name: string) => clock.timer(() => log.push(`${name}@${clock.now()}`));
  const [a, b, c, d] = [timer("a"), timer("b"), timer("c"), timer("d")];
  a.arm(20);
  b.arm(10);
  c.arm(20);
  d.arm(30.5);
  a.arm(20); // moved: now armed after c
  clock.advanceSync(30);
  t.same(log, ["b@10", "c@20", "a@20"]);
  t.equal(clock.now(), 30, "time ends where it was told to, not at the last timer");
  t.ok(d.armed, "what is due later waits");
  t.notOk(a.armed, "a timer fires once");
  clock.advanceSync(0.5);
  t.equal(log.at(-1), "d@30.5", "the end of the span belongs to it; fractions count");
});

t.test("virtual time: cancelled, moved and past timers", async (t) => {
  const clock = new VirtualClock();
  let fired = 0;
  const timer = clock.timer(() => fired++);
  timer.arm(5);
  timer.cancel();
  timer.cancel();
  clock.advanceSync(10);
  t.equal(fired, 0, "a cancelled timer does not fire; cancelling twice is no error");
  timer.armAt(3);
  t.equal(fired, 0, "a time in the past never fires within the call");
  clock.advanceSync(0);
  t.equal(fired, 1, "but at once after it");
  t.equal(clock.now(), 10, "and time does not run backwards for it");
  timer.arm(-5);
  clock.advanceSync(0);
  t.equal(fired, 2, "a negative delay is none");
  const victim = clock.timer(() => fired++);
  clock.timer(() => victim.cancel()).arm(1);
  victim.arm(1);
  clock.advanceSync(5);
  t.equal(fired, 2, "a timer due at the same instant can still be cancelled");
});

t.test("virtual time: a periodic timer keeps its beat over an hour, at once", async (t) => {
  const clock = new VirtualClock();
  const beats: number[] = [];
  const timer = clock.timer(() => {
    beats.push(clock.now());
    timer.armAt(timer.due + 3000);
  });
  timer.arm(3000);
  clock.advanceSync(3_600_000);
  t.equal(beats.length, 1200);
  t.equal(beats.at(-1), 3_600_000, "without drift");
});

t.test("tasks run after the code at hand, before the next timer, once however often they were asked for", async (t) => {
  const clock = new VirtualClock();
  const log: string[] = [];
  const again = clock.task(() => log.push("again"));
  const task = clock.task(() => {
    log.push("task");
    again.schedule();
  });
  clock.timer(() => log.push("timer")).arm(0);
  task.schedule();
  task.schedule();
  t.same(log, [], "not within schedule()");
  t.ok(task.pending);
  clock.advanceSync(0);
  t.same(log, ["task", "again", "timer"]);
  t.notOk(task.pending);
  const self = clock.task(() => {
    log.push("self");
    if (log.length < 6) self.schedule();
  });
  self.schedule();
  clock.advanceSync(0);
  t.same(log.slice(3), ["self", "self", "self"], "a task may schedule itself again");
});

t.test("virtual time: advance() lets promises settle between steps", async (t) => {
  const clock = new VirtualClock();
  const log: string[] = [];
  const sleep = (ms: number) => new Promise<void>((resolve) => clock.timer(resolve).arm(ms));
  const worker = async (): Promise<void> => {
    for (let turn = 0; turn < 3; turn++) {
      await sleep(10);
      log.push(`${clock.now()}`);
    }
  };
  const done = worker();
  await clock.advance(100);
  await done;
  t.same(log, ["10", "20", "30"], "each sleep starts when the one before it ended");
  t.equal(clock.now(), 100);
});

t.test("virtual time: however long a chain of promises is, it ends before the next step", async (t) => {
  const clock = new VirtualClock();
  const log: string[] = [];
  const chain = async (): Promise<void> => {
    for (let link = 0; link < 50; link++) await null;
    log.push(`chain@${clock.now()}`);
  };
  for (const due of [10, 11]) clock.timer(() => void chain()).arm(due);
  clock.timer(() => void clock.task(() => log.push(`task@${clock.now()}`)).schedule()).arm(10.5);
  await clock.advance(11);
  t.same(log, ["chain@10", "task@10.5", "chain@11"], "the last one, too");
});

t.test("virtual time: the event loop has its turn around advance() and now and then within, not for each step", async (t) => {
  const clock = new VirtualClock();
  let steps = 0;
  const beat = clock.timer(() => {
    steps++;
    beat.arm(1);
  });
  beat.arm(1);
  const turns: number[] = [];
  let going = true;
  const turn = (): void => {
    turns.push(steps);
    if (going) setImmediate(turn);
  };
  setImmediate(turn);
  await clock.advance(1000);
  going = false;
  t.equal(turns[0], 0, "what waits for the loop comes before the first step");
  t.equal(turns.at(-1), 1000, "what a step has asked of the loop comes before the end");
  const longest = Math.max(...turns.map((step, at) => step - (turns[at - 1] ?? 0)));
  t.ok(longest > 1 && longest <= 64, `between two turns there were up to ${longest} steps`);
});

t.test("virtual time: something that re-arms itself for now is named and does not hang", { timeout: 30_000 }, async (t) => {
  const clock = new VirtualClock();
  const timer = clock.timer(() => timer.arm(0));
  timer.arm(7);
  t.throws(() => clock.advanceSync(10), /virtual time stands still at 7 ms/);
});

t.test("virtual wall time starts where it is told to", async (t) => {
  const clock = new VirtualClock(Date.UTC(2001, 1, 3));
  clock.advanceSync(1500);
  t.equal(new Date(clock.wallTime()).toISOString(), "2001-02-03T00:00:01.500Z");
});

t.test("system time", async (t) => {
  const clock = new SystemClock();
  t.teardown(() => clock.stop());

  await t.test("is monotonic, has fractions, and knows the date", async (t) => {
    const first = clock.now();
    t.ok(clock.now() >= first);
    t.ok(Math.abs(clock.wallTime() - Date.now()) < 1000);
  });

  await t.test("a timer never fires early, and in order", async (t) => {
    // When each is due counts from its own arming: a process that has to wait for a processor in between shifts them.
    const due = new Map<string, number>();
    const fired: string[] = [];
    const start = clock.now();
    await new Promise<void>((resolve) => {
      const armed = (name: string, delay: number): Timer => {
        const timer = clock.timer(() => {
          const now = clock.now();
          fired.push(name);
          t.ok(now >= due.get(name)!, `${name} at ${now}, due at ${due.get(name)}`);
          if (fired.length === 3) resolve();
        });
        timer.arm(delay);
        due.set(name, timer.due);
        return timer;
      };
      armed("last", 12.4);
      armed("first", 3.3);
      const moved = armed("moved", 1);
      moved.arm(7);
      due.set("moved", moved.due);
      armed("never", 2).cancel();
    });
    const inOrder = ["last", "first", "moved"].sort((one, other) => due.get(one)! - due.get(other)!);
    t.same(fired, inOrder);
    t.ok(clock.now() - start < 2000, "and not much later");
  });

  await t.test("a timer due earlier than the one slept for wakes it", async (t) => {
    const far = clock.timer(() => t.fail("an hour has not passed"));
    far.arm(3_600_000);
    await new Promise<void>((resolve) => clock.timer(resolve).arm(1));
    t.ok(far.armed);
    far.cancel();
  });

  await t.test("a delay beyond what Node's timers hold does not fire at once", async (t) => {
    let warning: Error | null = null;
    const onWarning = (each: Error): void => {
      warning = each;
    };
    process.on("warning", onWarning);
    t.teardown(() => process.off("warning", onWarning));
    const month = clock.timer(() => t.fail("a month has not passed"));
    month.arm(40 * 86_400_000);
    const forever = clock.timer(() => t.fail("for ever has not passed"));
    forever.arm(Number.POSITIVE_INFINITY);
    await new Promise<void>((resolve) => clock.timer(resolve).arm(5));
    t.ok(month.armed);
    t.equal(warning, null, "and Node is never asked for more than it can do, which would wake the process each millisecond");
    month.cancel();
    forever.cancel();
  });

  await t.test("a timer that re-arms itself for now leaves others their turn", async (t) => {
    let spins = 0;
    const spin = clock.timer(() => {
      spins++;
      spin.arm(0);
    });
    spin.arm(0);
    await new Promise<void>((resolve) => clock.timer(resolve).arm(10));
    spin.cancel();
    t.ok(spins > 0);
  });

  await t.test("a task runs once, after this code and after input and output had their turn", async (t) => {
    const log: string[] = [];
    await new Promise<void>((resolve) => {
      const task = clock.task(() => {
        log.push("task");
        resolve();
      });
      task.schedule();
      task.schedule();
      Promise.resolve().then(() => log.push("promise"));
      log.push("code");
    });
    await new Promise<void>((resolve) => clock.task(resolve).schedule());
    t.same(log, ["code", "promise", "task"]);
  });

  await t.test("stop() forgets what is armed", async (t) => {
    const own = new SystemClock();
    const timer = own.timer(() => t.fail("stopped"));
    timer.arm(1);
    own.stop();
    t.notOk(timer.armed);
    const usable = await new Promise<boolean>((resolve) => own.timer(() => resolve(true)).arm(3));
    t.ok(usable, "a stopped clock can be used again");
  });
});

t.test("a process ends when its last timer was cancelled, and not before an armed one fired", async (t) => {
  const run = (code: string) =>
    promisify(execFile)(
      process.execPath,
      [
        "--import",
        "./firmware-ts/cli/dev.mjs",
        "--input-type=module",
        "--eval",
        `import { SystemClock } from "./hal/clock.ts"; ${code}`,
      ],
      { cwd: root, timeout: 60_000 },
    );
  const { stdout } = await run(`
    const clock = new SystemClock();
    const far = clock.timer(() => console.log("never"));
    far.arm(3_600_000);
    far.cancel();
  `);
  t.equal(stdout, "", "a cancelled timer keeps nobody waiting");
  const armed = await run(`
    const clock = new SystemClock();
    const early = clock.timer(() => console.log("never"));
    early.arm(20);
    early.cancel();
    const late = clock.timer(() => console.log("late"));
    late.arm(60); // rides on the wake-up that early left behind
  `);
  t.equal(armed.stdout, "late\n");
});
