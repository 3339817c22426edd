/** Budgeted receive: who is polled when, with how much, and when the rest of the program has its turn. */
import t from "tap";
import { Napi, NapiScheduler } from "../../../firmware-ts/net/napi.ts";
import type { NapiOptions } from "../../../firmware-ts/net/softnet.ts";
import { type Clock, VirtualClock } from "../../../hal/clock.ts";
import { POLL_PENDING } from "../../../hal/ethernet.ts";

/** A controller with so many frames: takes what it may, completes when that was less than the budget. */
class Source {
  readonly napi: Napi;
  readonly name: string;
  readonly log: string[];
  backlog = 0;
  /** Results of complete(). */
  completed: boolean[] = [];
  /** Runs within the poll, before complete(). */
  during: (() => void) | null = null;

  constructor(scheduler: NapiScheduler, name: string, log: string[], weight?: number) {
    this.napi = new Napi(scheduler, this, weight);
    this.napi.enable();
    this.name = name;
    this.log = log;
  }

  offer(frames: number): boolean {
    this.backlog += frames;
    return this.napi.schedule();
  }

  poll(budget: number): number {
    const work = Math.min(budget, this.backlog);
    this.backlog -= work;
    this.log.push(`${this.name} ${work}/${budget}`);
    this.during?.();
    if (work < budget) this.completed.push(this.napi.complete(work));
    return work;
  }
}

function bench(names: string[], options: NapiOptions = {}, clock = new VirtualClock()) {
  const scheduler = new NapiScheduler(clock, options);
  const log: string[] = [];
  // Another part of the program, which asks for its turn again and again.
  const other = clock.task(() => {
    log.push("other");
    if (log.length < 60) other.schedule();
  });
  return { clock, scheduler, log, other, sources: names.map((name) => new Source(scheduler, name, log)) };
}

/** The log as one line a run, cut where the other task had its turn. */
function runs(log: string[]): string[] {
  return log
    .join(", ")
    .split("other")
    .map((run) => run.replace(/^, |, $/g, ""))
    .filter((run) => run !== "" && run !== ",");
}

t.test("one busy controller has 64 frames a run, and the event loop its turn between the runs", async (t) => {
  const { clock, scheduler, log, other, sources } = bench(["a"]);
  const [a] = sources as [Source];
  t.equal(a.offer(1001), true);
  other.schedule();
  clock.advanceSync(0);
  t.same(runs(log), [...Array<string>(15).fill("a 64/64"), "a 41/64"]);
  t.same(a.completed, [true]);
  t.same([scheduler.softnet.timeSqueeze, a.napi.scheduled, a.backlog], [0, false, 0]);
});

t.test("disabled: no poll begins, nothing that was asked for before is remembered, and enabled it begins anew", async (t) => {
  const { clock, log, sources } = bench(["a"]);
  const [a] = sources as [Source];
  t.same([a.offer(1), a.offer(1), a.napi.scheduled], [true, false, true], "asked twice");
  a.napi.disable();
  t.same([a.napi.scheduled, a.napi.schedule(), a.napi.complete(0)], [false, false, false]);
  clock.advanceSync(10);
  t.same(log, []);
  a.napi.enable();
  t.equal(a.offer(0), true);
  clock.advanceSync(0);
  t.same([log, a.completed, a.napi.scheduled], [["a 2/64"], [true], false], "one poll does");
});

t.test("two busy controllers alternate; the one that used its weight waits behind the other", async (t) => {
  const { clock, log, other, sources } = bench(["a", "b", "c"]);
  sources[0]?.offer(130);
  sources[1]?.offer(70);
  sources[2]?.offer(3);
  other.schedule();
  clock.advanceSync(0);
  t.same(runs(log), ["a 64/64, b 64/64, c 3/64", "a 64/64, b 6/64", "a 2/64"]);
});

t.test("the next run begins with those left over, then the newly scheduled, then those that go round again", async (t) => {
  const { clock, scheduler, log, other, sources } = bench(["a", "b", "c", "d"], { budget: 100 });
  const [a, b, c, d] = sources as [Source, Source, Source, Source];
  for (const source of [a, b, c]) source.offer(65);
  b.during = () => {
    b.during = null;
    d.offer(5);
  };
  other.schedule();
  clock.advanceSync(0);
  t.same(runs(log), ["a 64/64, b 64/64", "c 64/64, d 5/64, a 1/64, b 1/64", "c 1/64"]);
  t.equal(scheduler.softnet.timeSqueeze, 1);
  t.ok(sources.every((source) => source.backlog === 0));
});

t.test("a run that used up its budget exactly is squeezed too, though nobody else waits", async (t) => {
  const { clock, scheduler, sources } = bench(["a", "b", "c", "d", "e"]);
  for (const source of sources) source.offer(64);
  clock.advanceSync(0);
  t.equal(scheduler.softnet.timeSqueeze, 1, "5 x 64 of 300; the second run finds them empty");
  t.ok(sources.every((source) => source.backlog === 0));
});

t.test("a run ends when its time is up, and the rest is polled in the next", async (t) => {
  let now = 0;
  const virtual = new VirtualClock();
  const clock: Clock = { now: () => now, wallTime: () => 0, timer: (f) => virtual.timer(f), task: (f) => virtual.task(f) };
  const scheduler = new NapiScheduler(clock);
  const log: string[] = [];
  const other = virtual.task(() => log.push("other"));
  const [a, b, c] = ["a", "b", "c"].map((name) => new Source(scheduler, name, log)) as [Source, Source, Source];
  for (const source of [a, b, c]) {
    source.offer(1);
    source.during = () => {
      now += 4;
    };
  }
  other.schedule();
  virtual.advanceSync(0);
  t.same(runs(log), ["a 1/64, b 1/64", "c 1/64"], "8 ms are over after b");
  t.equal(scheduler.softnet.timeSqueeze, 1);
});

t.test("asked for while scheduled: complete() refuses once and the poll goes round again", async (t) => {
  const { clock, log, sources } = bench(["a"]);
  const [a] = sources as [Source];
  a.offer(1);
  a.during = () => {
    a.during = null;
    t.equal(a.offer(1), false, "it is scheduled already");
  };
  clock.advanceSync(0);
  t.same(log, ["a 1/64", "a 1/64"]);
  t.same(a.completed, [false, true]);
  t.equal(a.backlog, 0, "the frame that came in between is not stranded");
});

t.test("asked for before the poll began: the poll will see it, and nothing goes round again", async (t) => {
  const { clock, log, sources } = bench(["a"]);
  const [a] = sources as [Source];
  a.offer(1);
  t.equal(a.offer(1), false);
  clock.advanceSync(0);
  t.same([log, a.completed], [["a 2/64"], [true]]);
});

t.test("an interrupt between complete() and the end of the poll is a new request", async (t) => {
  const { clock, log, sources } = bench(["a"]);
  const [a] = sources as [Source];
  const complete = a.napi.complete.bind(a.napi);
  let unmasked = 0;
  a.napi.complete = (work) => {
    const done = complete(work);
    if (done && unmasked++ === 0) t.equal(a.offer(1), true, "scheduled anew");
    return done;
  };
  a.offer(1);
  clock.advanceSync(0);
  t.same(log, ["a 1/64", "a 1/64"]);
});

t.test("a weight of its own", async (t) => {
  const { clock, scheduler, log } = bench([]);
  const small = new Source(scheduler, "small", log, 8);
  small.offer(17);
  clock.advanceSync(0);
  t.same(log, ["small 8/8", "small 8/8", "small 1/8"]);
});

t.test("disabled: not polled, not scheduled; enabled again it works", async (t) => {
  const { clock, log, sources } = bench(["a", "b"]);
  const [a, b] = sources as [Source, Source];
  a.offer(1);
  b.offer(1);
  a.during = () => b.napi.disable();
  clock.advanceSync(0);
  t.same(log, ["a 1/64"], "b was disabled while it waited in the run");
  t.equal(b.offer(1), false);
  clock.advanceSync(0);
  t.equal(log.length, 1);
  b.napi.enable();
  a.during = null;
  t.equal(b.offer(0), true);
  clock.advanceSync(0);
  t.same(log.slice(1), ["b 2/64"]);
});

t.test("disabled within its own poll: complete() says no, and no poll follows", async (t) => {
  const { clock, log, sources } = bench(["a"]);
  const [a] = sources as [Source];
  a.offer(200);
  a.during = () => a.napi.disable();
  clock.advanceSync(0);
  t.same(log, ["a 64/64"]);
  a.napi.enable();
  a.during = null;
  a.offer(0);
  clock.advanceSync(0);
  t.equal(a.backlog, 0);
});

/** A driver whose bus has to wait: its polls end when the test says so. */
class Waiting {
  readonly napi: Napi;
  polls = 0;
  constructor(scheduler: NapiScheduler) {
    this.napi = new Napi(scheduler, this);
    this.napi.enable();
  }
  poll(): number {
    this.polls++;
    return POLL_PENDING;
  }
}

t.test("a poll that waits for its bus holds nobody up and is never begun twice", async (t) => {
  const { clock, scheduler, log, sources } = bench(["a"]);
  const [a] = sources as [Source];
  const waiting = new Waiting(scheduler);
  waiting.napi.schedule();
  a.offer(65);
  clock.advanceSync(0);
  t.same([waiting.polls, log], [1, ["a 64/64", "a 1/64"]], "others go on");
  t.equal(waiting.napi.schedule(), false, "asked for meanwhile");
  clock.advanceSync(10);
  t.equal(waiting.polls, 1);
  t.equal(waiting.napi.complete(0), false, "it was asked for: go round again");
  waiting.napi.polled(7);
  clock.advanceSync(0);
  t.equal(waiting.polls, 2);
  t.equal(waiting.napi.complete(0), true);
  t.equal(waiting.napi.schedule(), true, "an interrupt after complete(), before the poll has ended");
  clock.advanceSync(1);
  t.equal(waiting.polls, 2, "the poll under way is still under way");
  waiting.napi.polled(0);
  clock.advanceSync(0);
  t.equal(waiting.polls, 3, "and the request is not lost");
  t.equal(waiting.napi.complete(0), true);
  waiting.napi.polled(0);
  clock.advanceSync(0);
  t.same([waiting.polls, waiting.napi.scheduled], [3, false]);
});

t.test("full weight after waiting goes round again; disabled meanwhile, its end changes nothing", async (t) => {
  const { clock, scheduler } = bench([]);
  const waiting = new Waiting(scheduler);
  waiting.napi.schedule();
  clock.advanceSync(0);
  waiting.napi.polled(64);
  clock.advanceSync(0);
  t.equal(waiting.polls, 2);
  waiting.napi.disable();
  waiting.napi.polled(64);
  clock.advanceSync(0);
  t.equal(waiting.polls, 2);
});
