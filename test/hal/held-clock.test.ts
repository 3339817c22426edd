/** A clock whose timers can be held back: nothing is early, nothing is lost, and the order stays. */
import t from "tap";
import { VirtualClock } from "../../hal/clock.ts";
import { HeldClock } from "../../hal/held-clock.ts";

function bench() {
  const base = new VirtualClock();
  const clock = new HeldClock(base);
  const log: string[] = [];
  const timer = (name: string) => clock.timer(() => log.push(`${name} ${clock.now()}`));
  return { base, clock, log, timer };
}

t.test("as long as nobody holds it, it is its base", async (t) => {
  const { base, clock, log, timer } = bench();
  const [a, b, c] = [timer("a"), timer("b"), timer("c")];
  b.arm(20);
  a.arm(10);
  c.arm(15);
  c.cancel();
  t.ok(a.armed);
  await base.advance(100);
  t.same(log, ["a 10", "b 20"]);
  t.equal(clock.now(), 100);
  t.equal(clock.wallTime(), base.wallTime());
});

t.test("held, timers wait; released, those that are due fire in their order, and the others in time", async (t) => {
  const { base, clock, log, timer } = bench();
  const [a, b, late] = [timer("a"), timer("b"), timer("late")];
  b.arm(20);
  a.arm(10);
  clock.hold();
  late.arm(60);
  await base.advance(50);
  t.same(log, []);
  clock.task(() => log.push("task")).schedule();
  await base.advance(0);
  t.same(log, ["task"], "tasks go on: hardware may interrupt");
  clock.release();
  await base.advance(0);
  t.same(log, ["task", "a 50", "b 50"]);
  await base.advance(100);
  t.equal(log.at(-1), "late 60");
});

t.test("a timer may hold the clock, be moved while it is held, and arm itself anew", async (t) => {
  const { base, clock, log, timer } = bench();
  const holder = clock.timer(() => clock.hold());
  const [a, b] = [timer("a"), timer("b")];
  holder.arm(5);
  a.arm(5);
  b.arm(6);
  await base.advance(10);
  t.same(log, [], "those behind it wait, too");
  b.arm(10);
  a.cancel();
  clock.release();
  await base.advance(5);
  t.same(log, []);
  await base.advance(10);
  t.same(log, ["b 20"]);
});
