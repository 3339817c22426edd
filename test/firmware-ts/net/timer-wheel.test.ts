/** The table's timers: as late as Linux's or to the instant, in the right order, however many there are. */
import t from "tap";
import { Lateness } from "../../../firmware-ts/net/lateness.ts";
import { type TimerNode, TimerWheel, WorkTimer } from "../../../firmware-ts/net/timer-wheel.ts";
import { VirtualClock } from "../../../hal/clock.ts";
import { SeededRandom } from "../../../hal/random.ts";

function kernel(hz = 250): { clock: VirtualClock; timers: TimerWheel } {
  const clock = new VirtualClock();
  return { clock, timers: new TimerWheel(clock, new Lateness({ lateness: "kernel", hz })) };
}

t.test("kernel: the fire time is the end of the granule that holds the due jiffy", async (t) => {
  // delay in jiffies from jiffy 1000 on, and when it fires
  const rows: [delay: number, granule: number][] = [
    [0, 1],
    [1, 1],
    [62, 1],
    [63, 8],
    [250, 8],
    [503, 8],
    [504, 64],
    [1250, 64],
    [4031, 64],
    [4032, 512],
    [7500, 512],
    [32_255, 512],
    [32_256, 4096],
    [258_048, 32_768],
  ];
  for (const hz of [100, 250, 1000]) {
    const jiffy = 1000 / hz;
    for (const [delay, granule] of rows) {
      const { clock, timers } = kernel(hz);
      clock.advanceSync(1000 * jiffy + jiffy / 2);
      let fired = -1;
      timers.arm(
        new WorkTimer(() => {
          fired = clock.now();
        }),
        delay * jiffy,
      );
      clock.advanceSync(3e9);
      t.equal(fired, (Math.floor((1000 + delay) / granule) + 1) * granule * jiffy, `HZ=${hz}, ${delay} jiffies`);
    }
  }
});

t.test("kernel: never early, at least a jiffy late, at most an eighth and a jiffy", async (t) => {
  const random = new SeededRandom(1);
  const { clock, timers } = kernel();
  let worst = 0;
  for (let n = 0; n < 2000; n++) {
    const delay = random.below(60_000);
    const due = Math.floor(clock.now() / 4) * 4 + Math.ceil(delay / 4) * 4;
    timers.arm(
      new WorkTimer(() => {
        const late = clock.now() - due;
        if (late < 4 || late > 4 + delay / 7) worst = Math.max(worst, late);
      }),
      delay,
    );
    clock.advanceSync(random.next() * 30);
  }
  clock.advanceSync(100_000);
  t.same([worst, timers.armed], [0, 0]);
});

t.test("kernel: timers of one bucket fire newest first", async (t) => {
  const { clock, timers } = kernel();
  const order: string[] = [];
  for (const name of "abcdefg") {
    timers.arm(new WorkTimer(() => order.push(`${name}@${clock.now()}`)), 1000);
    clock.advanceSync(1);
  }
  clock.advanceSync(2000);
  t.equal(order.join(" "), "g@1024 f@1024 e@1024 d@1024 c@1024 b@1024 a@1024");
});

t.test("exact: to the instant and in the order of arming, also among more than may wait in the clock's heap", async (t) => {
  const clock = new VirtualClock();
  const timers = new TimerWheel(clock, new Lateness());
  const random = new SeededRandom(2);
  const wrong: number[] = [];
  let last = 0;
  for (let n = 0; n < 20_000; n++) {
    const delay = random.next() * 60_000;
    const due = clock.now() + delay;
    timers.arm(
      new WorkTimer(() => {
        if (clock.now() !== due || due < last) wrong.push(due);
        last = due;
      }),
      delay,
    );
  }
  clock.advanceSync(60_000);
  t.same([wrong, timers.armed], [[], 0]);
});

t.test("cancelled and moved timers, by the thousand, against a model", async (t) => {
  for (const lateness of ["exact", "kernel"] as const) {
    const clock = new VirtualClock();
    const timers = new TimerWheel(clock, new Lateness({ lateness }));
    const random = new SeededRandom(lateness);
    const due = new Map<TimerNode, number>();
    const nodes: WorkTimer[] = [];
    let fired = 0;
    for (let n = 0; n < 3000; n++) {
      const node: WorkTimer = new WorkTimer(() => {
        fired++;
        const at = due.get(node);
        if (at === undefined || clock.now() < at) throw new Error(`fired at ${clock.now()}, due ${at}`);
        due.delete(node);
      });
      nodes.push(node);
    }
    let armed = 0;
    for (let step = 0; step < 20_000; step++) {
      const node = nodes[random.below(nodes.length)] as WorkTimer;
      if (random.below(3) === 0) {
        timers.cancel(node);
        due.delete(node);
      } else {
        const delay = random.below(20_000);
        timers.arm(node, delay);
        due.set(node, clock.now() + delay - (lateness === "kernel" ? 4 : 0));
        armed++;
      }
      if (timers.armed !== due.size) throw new Error(`${timers.armed} armed, not ${due.size}`);
      clock.advanceSync(random.next() * 3);
    }
    clock.advanceSync(40_000);
    t.same([due.size, timers.armed, nodes.some((node) => node.timerArmed)], [0, 0, false], lateness);
    t.ok(fired > 1000 && fired < armed);
  }
});

t.test("a timer that throws takes no other with it", async (t) => {
  for (const lateness of ["exact", "kernel"] as const) {
    const clock = new VirtualClock();
    const timers = new TimerWheel(clock, new Lateness({ lateness }));
    let fired = 0;
    const add = (work: () => void): void => timers.arm(new WorkTimer(work), 100);
    add(() => fired++);
    add(() => {
      throw new Error("oh");
    });
    add(() => fired++);
    t.throws(() => clock.advanceSync(500), /oh/);
    clock.advanceSync(500);
    t.same([fired, timers.armed], [2, 0], lateness);
  }
});

t.test("a clock that comes late: buckets of the same slot, a turn apart, do not mix", async (t) => {
  let now = 0;
  const armedFor: number[] = [];
  let wake = (): void => {};
  const late = Object.assign(Object.create(new VirtualClock()) as VirtualClock, {
    now: () => now,
    timer: (callback: () => void) => {
      wake = callback;
      return { armAt: (due: number) => armedFor.push(due), cancel: () => {} };
    },
  });
  const timers = new TimerWheel(late, new Lateness({ lateness: "kernel" }));
  const fired: string[] = [];
  timers.arm(new WorkTimer(() => fired.push("first")), 0);
  // Jiffy 1 is over, but nobody has told us: jiffy 65 shares its slot.
  now = 8;
  timers.arm(new WorkTimer(() => fired.push("second")), 62 * 4);
  wake();
  t.same(fired, ["first"]);
  now = 65 * 4;
  wake();
  t.same([fired, armedFor[0], timers.armed], [["first", "second"], 4, 0]);
});

t.test("HZ must divide a second", async (t) => {
  for (const hz of [0, 24, 300, 1200, 2000]) t.throws(() => new Lateness({ hz }), RangeError);
});
