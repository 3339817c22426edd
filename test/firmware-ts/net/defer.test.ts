/** Polls that are put off, and polls from the caller: deferred hard interrupts and busy polling. */
import t from "tap";
import { Napi, NapiScheduler } from "../../../firmware-ts/net/napi.ts";
import { VirtualClock } from "../../../hal/clock.ts";
import { POLL_PENDING } from "../../../hal/ethernet.ts";
import { Lab } from "../../support/lab.ts";
import { udp } from "../../support/wire-format.ts";

/** Time that passes while code runs: a hundredth of a millisecond with each look at it. */
class BusyClock extends VirtualClock {
  time = 0;

  override now(): number {
    this.time += 0.01;
    return this.time;
  }
}

/** A chip: a frame asks for a poll while the interrupt is not masked. */
class Chip {
  readonly napi: Napi;
  readonly log: string[] = [];
  readonly clock: VirtualClock;
  waiting = 0;
  masked = false;
  interrupts = 0;
  onPoll: (() => void) | null = null;

  constructor(clock: VirtualClock) {
    this.clock = clock;
    this.napi = new Napi(new NapiScheduler(clock), this);
    this.napi.enable();
  }

  frame(): void {
    this.waiting++;
    if (this.masked) return;
    this.masked = true;
    this.interrupts++;
    this.napi.schedule();
  }

  poll(budget: number): number {
    const work = Math.min(budget, this.waiting);
    this.waiting -= work;
    this.log.push(`${this.clock.now()}: ${work}/${budget}`);
    this.onPoll?.();
    if (work < budget && this.napi.complete(work)) {
      this.masked = false;
      if (this.waiting > 0) {
        this.waiting--;
        this.frame();
      }
    }
    return work;
  }
}

t.test("deferred: masked until so many polls by the timer found nothing", async (t) => {
  const clock = new VirtualClock();
  const chip = new Chip(clock);
  chip.napi.deferHardIrqs = 2;
  chip.napi.flushTimeout = 1;
  chip.frame();
  clock.advanceSync(0.5);
  t.same([chip.log, chip.masked], [["0: 1/64"], true], "its poll is through, and it stays masked");
  chip.frame();
  clock.advanceSync(10);
  t.same(chip.log, ["0: 1/64", "1: 1/64", "2: 0/64", "3: 0/64"], "what came is found by the timer; two empty polls end it");
  t.same([chip.masked, chip.interrupts], [false, 1]);
  chip.frame();
  clock.advanceSync(10);
  t.same([chip.interrupts, chip.waiting, chip.masked], [2, 0, false], "and it starts again by interrupt");
});

t.test("deferred without a time-out, or a time-out without deferral: unmasked at once", async (t) => {
  for (const [defer, timeout] of [
    [3, 0],
    [0, 3],
  ] as const) {
    const clock = new VirtualClock();
    const chip = new Chip(clock);
    chip.napi.deferHardIrqs = defer;
    chip.napi.flushTimeout = timeout;
    chip.frame();
    clock.advanceSync(10);
    t.same([chip.masked, chip.log.length], [false, 1]);
  }
});

t.test("disabled while it is deferred: the timer polls nobody", async (t) => {
  const clock = new VirtualClock();
  const chip = new Chip(clock);
  chip.napi.deferHardIrqs = 5;
  chip.napi.flushTimeout = 1;
  chip.frame();
  clock.advanceSync(0.5);
  chip.napi.disable();
  chip.napi.enable();
  clock.advanceSync(10);
  t.equal(chip.log.length, 1, "nor when it is enabled again before its time");
});

t.test("busy poll: masked while it lasts, unmasked by its last poll, in small helpings", async (t) => {
  const chip = new Chip(new VirtualClock());
  chip.waiting = 20;
  const masked: boolean[] = [];
  chip.onPoll = () => masked.push(chip.napi.scheduled);
  const total = chip.napi.busyPoll(5, () => chip.waiting === 0);
  t.equal(total, 20);
  t.same(chip.log, ["0: 8/8", "0: 8/8", "0: 4/8", "0: 0/8"]);
  t.ok(masked.every(Boolean), "an interrupt meanwhile finds it scheduled");
  t.same([chip.napi.scheduled, chip.masked], [false, false]);
});

t.test("busy poll takes over a poll that was due, and is not done twice", async (t) => {
  const clock = new VirtualClock();
  const chip = new Chip(clock);
  chip.frame();
  t.equal(chip.napi.scheduled, true);
  t.equal(
    chip.napi.busyPoll(5, () => chip.waiting === 0),
    1,
  );
  const polls = chip.log.length;
  clock.advanceSync(1);
  t.equal(chip.log.length, polls, "nothing was left to do for the scheduler");
  chip.frame();
  clock.advanceSync(1);
  t.equal(chip.waiting, 0, "which has it again afterwards");
});

t.test("busy poll of more than its last helping: the scheduler goes on with it", async (t) => {
  const clock = new VirtualClock();
  const chip = new Chip(clock);
  chip.waiting = 100;
  t.equal(
    chip.napi.busyPoll(5, () => true),
    8,
    "done before it began: the last look is taken all the same",
  );
  t.same([chip.napi.scheduled, chip.waiting], [true, 92]);
  clock.advanceSync(0);
  t.same([chip.napi.scheduled, chip.waiting], [false, 0]);
});

t.test("busy poll ends in time: by the clock, and where time stands still when nothing is there", async (t) => {
  const clock = new BusyClock();
  const chip = new Chip(clock);
  const start = clock.time;
  t.equal(
    chip.napi.busyPoll(10, () => false),
    0,
  );
  const took = clock.time - start;
  t.ok(took >= 10 && took < 10.1, `${took} ms of 10`);
  const still = new Chip(new VirtualClock());
  t.equal(
    still.napi.busyPoll(1e9, () => false),
    0,
  );
  t.ok(still.log.length < 1000, `${still.log.length} polls`);
});

t.test("busy poll from within a poll, on a bus that waits, when down: nothing", async (t) => {
  const clock = new VirtualClock();
  const chip = new Chip(clock);
  const inner: number[] = [];
  chip.onPoll = () => inner.push(chip.napi.busyPoll(5, () => false));
  chip.frame();
  clock.advanceSync(0);
  t.same([inner, chip.log.length], [[0], 1]);
  let polls = 0;
  const waiting = new Napi(new NapiScheduler(clock), {
    poll: () => {
      polls++;
      return POLL_PENDING;
    },
  });
  t.equal(
    waiting.busyPoll(5, () => false),
    0,
  );
  t.equal(polls, 0, "disabled");
  waiting.enable();
  t.equal(
    waiting.busyPoll(5, () => false),
    0,
  );
  t.equal(polls, 1);
  t.equal(
    waiting.busyPoll(5, () => false),
    0,
  );
  t.equal(polls, 1, "the poll under way is not begun twice");
  t.equal(waiting.complete(0), true);
  waiting.polled(0);
  t.equal(waiting.scheduled, false);
});

t.test("a handler that throws in a busy poll: the rest is taken in later", async (t) => {
  const clock = new VirtualClock();
  const chip = new Chip(clock);
  chip.waiting = 20;
  chip.onPoll = () => {
    chip.onPoll = null;
    throw new Error("no");
  };
  t.throws(() => chip.napi.busyPoll(5, () => false), { message: "no" });
  clock.advanceSync(0);
  t.same([chip.waiting, chip.napi.scheduled, chip.masked], [0, false, false]);
});

t.test("a socket polls for itself, the device by which its last datagram came", async (t) => {
  const lab = await Lab.open();
  const socket = lab.stack.udp.open(5000);
  const got: number[] = [];
  socket.onDatagram = (_bytes, _at, length) => got.push(length);
  const arrive = (length: number): void => {
    const frame = udp({}, new Uint8Array(length));
    lab.nic.wireFrame(frame, frame.length, true);
  };
  arrive(1);
  t.equal(socket.busyPoll(1), false, "it does not know where to look yet");
  lab.run(0);
  t.same(got, [1]);
  arrive(2);
  t.equal(socket.busyPoll(), true, "net.core.busy_read is 0: one look");
  t.same(got, [1, 2], "before the event loop had its turn");
  t.equal(socket.busyPoll(1), false);
  lab.run(0);
  t.same([got, lab.inUse], [[1, 2], 0]);
  socket.close();
  t.throws(() => socket.busyPoll(1), { message: "the socket is closed" });
});

t.test("settings that make no sense are refused", async (t) => {
  const { eth0 } = await Lab.open();
  for (const count of [-1, 0.5, Number.NaN]) t.throws(() => (eth0.deferHardIrqs = count), { name: "RangeError" });
  for (const timeout of [-1, Number.NaN, Number.POSITIVE_INFINITY])
    t.throws(() => (eth0.flushTimeout = timeout), { name: "RangeError" });
  eth0.deferHardIrqs = 7;
  eth0.flushTimeout = 0.02;
  t.same([eth0.deferHardIrqs, eth0.flushTimeout], [7, 0.02]);
});
