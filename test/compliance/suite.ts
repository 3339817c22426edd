/** The cases that every EthernetController passes, whatever it drives. Rows are in kinds.ts. */
import t, { type Test } from "tap";
import { DropReason } from "../../hal/drop-reason.ts";
import { ETHERNET_HEADER, MAX_FRAME, MAX_TAGGED_FRAME, MIN_FRAME } from "../../hal/ethernet.ts";
import { firstDifference, frameOf, padded } from "../support/enc28j60-bench.ts";
import type { realTime } from "../support/real-time.ts";
import { asleep, closedAsleep } from "./asleep.ts";
import { lie, resetBehind } from "./behind.ts";
import { type BenchWish, type ControllerBench, type ControllerKind, counted } from "./bench.ts";
import { checksums, groups, groupsHealed, largest, received } from "./capabilities.ts";

const BROADCAST = Uint8Array.of(0xff, 0xff, 0xff, 0xff, 0xff, 0xff);
const MULTICAST = Uint8Array.of(0x01, 0x00, 0x5e, 0x00, 0x00, 0x77);
const STRANGER = Uint8Array.of(0x02, 0x00, 0x00, 0x00, 0x00, 0x99);

/** Cases at once where time is real: each waits for the most part, for a bench of its own. */
const AT_ONCE = 4;

type Case = (t: Test, bench: ControllerBench, kind: ControllerKind) => Promise<void>;

/** Runs all cases on one kind of controller; `inRealTime` is realTime where the kernel or QEMU has a hand in. */
export function complianceSuite(kind: ControllerKind, inRealTime?: typeof realTime): void {
  t.test(kind.name, { skip: kind.skip }, async (t) => {
    t.jobs = AT_ONCE;
    for (const [name, [run, wish, needs]] of Object.entries(CASES)) {
      const skip = (needs && kind.cannot[needs]) ?? false;
      const play = async (t: Test): Promise<void> => {
        const bench = await kind.make(wish);
        try {
          await bench.open();
          t.ok(await bench.until(() => bench.host.carriers.at(-1) === true), "the link is up");
          await run(t, bench, kind);
          await bench.close();
          await bench.settle();
          t.same(bench.host.breaches, [], "the driver kept to the contract");
          t.equal(bench.host.pool.inUse, 0, "every buffer came back");
          t.equal(bench.armed(), 0, "no timer is left");
          t.same(bench.host.errors, []);
        } finally {
          await bench.remove();
        }
      };
      if (inRealTime) inRealTime(t, name, { skip, buffered: true }, play);
      else await t.test(name, { skip }, play);
    }
  });
}

/** Each with what it wishes of its bench, and what has to be possible there. */
const CASES: Readonly<Record<string, [run: Case, wish?: BenchWish, needs?: keyof ControllerKind["cannot"]]>> = {
  "frames keep their order and their bytes, both ways": [order],
  "every size goes out, short ones padded with zeros": [sizesOut],
  "every size comes in": [sizesIn],
  "a priority tag makes a frame longer by four bytes": [tagged],
  "the largest frame that it names, and tags of every kind, both ways": [largest],
  "a checksum that is left to it is right on the wire": [checksums],
  "a checksum that it calls good is good": [received],
  "a frame that is too long is dropped and counted": [tooLong],
  "the rings go round and round": [wrap],
  "what there is no room for is counted, and nothing else is lost": [overflow],
  "without packet memory frames are lost and counted": [noMemory, { pool: 4 }],
  "filters: own, broadcast, all multicast, everything": [filters],
  "groups: joined ones come in, others are kept away": [groups],
  "groups are still joined when the chip was set up anew": [groupsHealed, {}, "resetBehind"],
  "powered down it hears and sends nothing, and wakes as it was": [asleep, {}, "suspend"],
  "closed asleep, and while it falls asleep or wakes": [closedAsleep, {}, "suspend"],
  "up and down, again and again": [upAndDown],
  "closed with frames in flight": [inFlight],
  "opened twice": [twice],
  "sent without a link": [noLink],
  "the transmit queue stops and goes on": [stopAndWake],
  "a poll keeps within its budget": [budget, { budget: 4 }],
  "a frame that comes as the poll completes is not stranded": [race],
  "the process stood still for a while": [stall, {}, "stall"],
  "the chip was reset behind the driver": [resetBehind, {}, "resetBehind"],
  "reads lie for a while": [lie, {}, "lie"],
};

function to(bench: ControllerBench, length: number, number = 0): Uint8Array {
  return frameOf(length, number, bench.controller.address);
}

/** For everybody: what the far end, and a plug that leads back to us, takes in whatever its filter. */
function from(bench: ControllerBench, length: number, number = 0): Uint8Array {
  return frameOf(length, number, BROADCAST, bench.controller.address);
}

/** The far end sends these, so many at a time, and each lot is awaited. */
async function injectAll(t: Test, bench: ControllerBench, frames: readonly Uint8Array[], lot: number): Promise<void> {
  const before = bench.host.frames.length;
  for (let at = 0; at < frames.length; at += lot) {
    const end = Math.min(frames.length, at + lot);
    for (const frame of frames.slice(at, end)) bench.inject(frame);
    if (!(await bench.until(() => bench.host.frames.length >= before + end))) break;
  }
  t.equal(firstDifference(bench.host.frames.slice(before), frames), -1, `${frames.length} frames in, each as it was sent`);
}

async function sendAll(t: Test, bench: ControllerBench, frames: readonly Uint8Array[], lot: number): Promise<void> {
  const before = bench.arrived.length;
  const cookies: number[] = [];
  for (let at = 0; at < frames.length; at += lot) {
    const end = Math.min(frames.length, at + lot);
    for (const frame of frames.slice(at, end)) cookies.push(bench.host.send(frame));
    if (!(await bench.until(() => bench.arrived.length >= before + end))) break;
  }
  t.equal(firstDifference(bench.arrived.slice(before), frames.map(padded)), -1, `${frames.length} frames out, each as it was sent`);
  const settled = (): boolean => cookies.every((cookie) => bench.host.settlements[cookie] === DropReason.NONE);
  t.ok(await bench.until(settled), "and every sender was told so");
}

async function order(t: Test, bench: ControllerBench, kind: ControllerKind): Promise<void> {
  const lengths = Array.from({ length: 200 }, (_, n) => MIN_FRAME + ((n * 379) % (MAX_FRAME - MIN_FRAME + 1)));
  await sendAll(
    t,
    bench,
    lengths.map((length, n) => from(bench, length, n)),
    kind.holds,
  );
  await injectAll(
    t,
    bench,
    lengths.map((length, n) => to(bench, length, n)),
    kind.holds,
  );
  const { statistics } = bench.controller;
  t.ok(statistics.rxPackets >= 200 && statistics.txPackets >= 200);
  t.same([statistics.rxErrors, statistics.txErrors, bench.host.drops.total], [0, 0, 0]);
}

function lengthsFrom(first: number): number[] {
  return Array.from({ length: MAX_FRAME - first + 1 }, (_, n) => first + n);
}

async function sizesOut(t: Test, bench: ControllerBench, kind: ControllerKind): Promise<void> {
  const frames = lengthsFrom(ETHERNET_HEADER).map((length) => from(bench, length));
  await sendAll(t, bench, frames, kind.holds);
  t.equal(bench.arrived[0]?.length, MIN_FRAME);
}

async function sizesIn(t: Test, bench: ControllerBench, kind: ControllerKind): Promise<void> {
  const before = bench.controller.statistics.rxBytes;
  const frames = lengthsFrom(MIN_FRAME).map((length) => to(bench, length));
  await injectAll(t, bench, frames, kind.holds);
  const bytes = frames.reduce((sum, frame) => sum + frame.length, 0);
  t.ok(bench.controller.statistics.rxBytes - before >= bytes, "and counted by their bytes, without check sequence");
}

async function tagged(t: Test, bench: ControllerBench): Promise<void> {
  const frames = [MIN_FRAME, MAX_FRAME, MAX_FRAME + 1, MAX_FRAME + 3, MAX_TAGGED_FRAME].map((length) => {
    const frame = to(bench, length);
    frame.set([0x81, 0x00, 0x00, 0x00, 0x88, 0xb5], ETHERNET_HEADER - 2);
    return frame;
  });
  await injectAll(t, bench, frames, 1);
}

async function tooLong(t: Test, bench: ControllerBench): Promise<void> {
  const cookie = bench.host.send(from(bench, MAX_FRAME + 86));
  t.ok(await bench.until(() => bench.host.settlements[cookie] !== undefined), "the sender is told");
  t.equal(bench.host.settlements[cookie], DropReason.PKT_TOO_BIG);
  t.equal(bench.host.drops.get(DropReason.PKT_TOO_BIG), 1);
  t.equal(bench.controller.statistics.txErrors, 1);
  await sendAll(t, bench, [from(bench, MAX_FRAME)], 1);
}

async function wrap(t: Test, bench: ControllerBench, kind: ControllerKind): Promise<void> {
  // Lengths without a common measure with any ring's: its end is met in every way there is.
  const lengths = Array.from({ length: 1500 }, (_, n) => MIN_FRAME + ((n * n * 31) % 640));
  await injectAll(
    t,
    bench,
    lengths.map((length, n) => to(bench, length, n)),
    kind.holds,
  );
  await sendAll(
    t,
    bench,
    lengths.map((length, n) => from(bench, length, n)),
    kind.holds,
  );
}

async function overflow(t: Test, bench: ControllerBench, kind: ControllerKind): Promise<void> {
  const frames = Array.from({ length: kind.floods }, (_, n) => to(bench, MIN_FRAME, n));
  for (const frame of frames) bench.injectNow(frame);
  await bench.settle();
  const { host } = bench;
  const lost = kind.floods - host.frames.length;
  t.ok(lost > 0, `${host.frames.length} of ${kind.floods} came through`);
  if (kind.overflow === "each") t.equal(counted(bench), lost, "received and counted: as many as were sent");
  if (kind.overflow === "some") t.ok(counted(bench) > 0, "and it is said that some did not");
  if (kind.overflow !== "outside") t.ok(bench.controller.statistics.rxOverErrors > 0);
  let next = 0;
  for (const frame of host.frames) while (next < frames.length && Buffer.compare(frames[next++] as Uint8Array, frame) !== 0);
  t.ok(next <= frames.length && host.frames.length > 0, "what came through is in order");
  t.same(host.frames[0], frames[0], "from the first one on");
  await injectAll(t, bench, [to(bench, MAX_FRAME, 1), to(bench, MIN_FRAME, 2)], 1);
}

async function noMemory(t: Test, bench: ControllerBench): Promise<void> {
  const { host } = bench;
  await injectAll(t, bench, [to(bench, MIN_FRAME)], 1);
  const received = host.frames.length;
  const held = [];
  for (let skb = host.pool.allocate(); skb; skb = host.pool.allocate()) held.push(skb);
  const before = counted(bench);
  for (let number = 0; number < 8; number++) bench.inject(to(bench, MIN_FRAME, number));
  await bench.settle();
  for (const skb of held) skb.consume();
  await bench.settle();
  // A driver with buffers of its own in its ring has room for some of them.
  t.equal(host.frames.length - received + counted(bench) - before, 8, "received or counted");
  await injectAll(t, bench, [to(bench, 77, 1)], 1);
}

async function filters(t: Test, bench: ControllerBench): Promise<void> {
  const { controller, host } = bench;
  const kinds = { stranger: STRANGER, multicast: MULTICAST, broadcast: BROADCAST, own: controller.address };
  const passes = async (promiscuous: boolean, allMulticast: boolean, ownOnly?: boolean): Promise<string[]> => {
    controller.setReceiveMode({ promiscuous, allMulticast, groups: [], ...(ownOnly ? { ownOnly } : {}) });
    await bench.settle();
    const before = host.frames.length;
    for (const address of Object.values(kinds)) bench.inject(frameOf(MIN_FRAME, before, address));
    // The last one passes every filter.
    await bench.until(
      () =>
        Buffer.compare(host.frames.at(-1)?.subarray(0, 6) ?? BROADCAST, controller.address) === 0 && host.frames.length > before,
    );
    await bench.settle();
    const names = Object.entries(kinds);
    return host.frames
      .slice(before)
      .map((frame) => names.find(([, address]) => Buffer.compare(address, frame.subarray(0, 6)) === 0)?.[0] ?? "?");
  };
  t.same(await passes(false, false), ["broadcast", "own"], "as it opens");
  t.same(await passes(false, true), ["multicast", "broadcast", "own"], "all multicast");
  t.same(await passes(true, false), ["stranger", "multicast", "broadcast", "own"], "promiscuous");
  t.same(await passes(true, true, true), ["own"], "nothing but its own, whatever else is wanted");
  t.same(await passes(false, false), ["broadcast", "own"], "and back");
  t.equal(counted(bench), 0, "what the filter keeps away is no loss");
}

async function upAndDown(t: Test, bench: ControllerBench, kind: ControllerKind): Promise<void> {
  const { host } = bench;
  for (let round = 0; round < kind.openings; round++) {
    // Not every time there is time for it to arrive.
    host.send(from(bench, MIN_FRAME + (round % 100), round));
    bench.inject(to(bench, MIN_FRAME + (round % 100), round));
    if (round % 3 === 0) await bench.settle();
    await bench.close();
    if (host.pool.inUse !== 0 || bench.armed() !== 0) {
      t.fail(`round ${round}: ${host.pool.inUse} buffers in use, ${bench.armed()} timers armed after close()`);
      return;
    }
    await bench.open();
    if (!(await bench.until(() => host.carriers.at(-1) === true))) {
      t.fail(`round ${round}: no link after open()`);
      return;
    }
  }
  t.equal(host.settlements.filter((fate) => fate === undefined).length, 0, "every sender was told");
  t.ok(host.settlements.length >= kind.openings);
  // Frames of the last rounds may be on their way still.
  await bench.settle();
  await sendAll(t, bench, [from(bench, 99)], 1);
  await injectAll(t, bench, [to(bench, 99)], 1);
}

async function inFlight(t: Test, bench: ControllerBench, kind: ControllerKind): Promise<void> {
  const { host } = bench;
  for (let turn = 0; turn < 5; turn++) {
    for (let n = 0; n < kind.holds; n++) {
      bench.inject(to(bench, MAX_FRAME, n));
      host.send(from(bench, MAX_FRAME, n));
    }
    // In the midst of it, each time a little later.
    for (let step = 0; step < turn; step++) await new Promise(setImmediate);
    await bench.close();
    const received = host.received;
    await bench.settle();
    t.equal(host.received, received, "nothing comes after close()");
    t.equal(host.pool.inUse, 0);
    t.equal(host.settlements.filter((fate) => fate === undefined).length, 0, "every sender was told");
    t.equal(bench.controller.poll(64), 0, "a poll finds nothing");
    const cookie = host.send(from(bench, MIN_FRAME));
    t.equal(host.settlements[cookie], DropReason.DEV_READY, "a frame is taken and dropped");
    await bench.open();
    t.ok(await bench.until(() => host.carriers.at(-1) === true));
  }
  await bench.settle();
  await sendAll(t, bench, [from(bench, 333)], 1);
  await injectAll(t, bench, [to(bench, 333)], 1);
}

async function twice(t: Test, bench: ControllerBench): Promise<void> {
  await t.rejects(bench.host.open(bench.controller), { code: /_OPEN$/ });
  await sendAll(t, bench, [from(bench, 99)], 1);
  await bench.close();
  await bench.close();
  await bench.open();
  t.ok(await bench.until(() => bench.host.carriers.at(-1) === true));
  await injectAll(t, bench, [to(bench, 99)], 1);
}

async function noLink(t: Test, bench: ControllerBench): Promise<void> {
  const { host } = bench;
  bench.plug(false);
  t.ok(await bench.until(() => host.carriers.at(-1) === false), "the link went");
  const cookies = [1, 2, 3].map((number) => host.send(from(bench, MIN_FRAME, number)));
  await bench.settle();
  bench.plug(true);
  t.ok(await bench.until(() => host.carriers.at(-1) === true), "the link came");
  t.ok(await bench.until(() => cookies.every((cookie) => host.settlements[cookie] !== undefined)), "each sender was told");
  const dropped = cookies.filter((cookie) => host.settlements[cookie] !== DropReason.NONE).length;
  t.equal(host.drops.total, dropped, "drops are counted");
  await bench.settle();
  const before = bench.arrived.length;
  const [mark] = [from(bench, 123, 9)];
  host.send(mark as Uint8Array);
  t.ok(await bench.until(() => bench.arrived.length > before), "and it sends again");
  await injectAll(t, bench, [to(bench, 99)], 1);
}

async function stopAndWake(t: Test, bench: ControllerBench): Promise<void> {
  const frames = Array.from({ length: 600 }, (_, n) => from(bench, MIN_FRAME + (n % 200), n));
  await sendAll(t, bench, frames, frames.length);
  t.equal(bench.host.queued, 0);
}

async function budget(t: Test, bench: ControllerBench, kind: ControllerKind): Promise<void> {
  const { host } = bench;
  const count = Math.max(kind.holds, 9);
  for (let lot = 0; lot < 5; lot++) {
    const frames = Array.from({ length: count }, (_, n) => to(bench, MIN_FRAME, n));
    for (const frame of frames) bench.injectNow(frame);
    t.ok(await bench.until(() => host.frames.length === (lot + 1) * count), `${(lot + 1) * count} frames`);
  }
  t.ok(host.polls.length >= (5 * count) / 4, `${host.polls.length} polls`);
  t.ok(
    host.polls.every((work) => work <= 4),
    "of four frames at most",
  );
}

async function race(t: Test, bench: ControllerBench): Promise<void> {
  const { host } = bench;
  const COUNT = 50;
  let sent = 0;
  // The driver has looked for the last time, and is about to unmask.
  host.onComplete = () => {
    if (sent < COUNT) bench.injectNow(to(bench, MIN_FRAME, ++sent));
  };
  bench.injectNow(to(bench, MIN_FRAME));
  t.ok(await bench.until(() => host.frames.length === COUNT + 1), `${host.frames.length} of ${COUNT + 1} frames`);
  host.onComplete = null;
}

/** A debugger, a laptop that slept, SIGSTOP: the chip may have gone on, and every timer is late. */
async function stall(t: Test, bench: ControllerBench, kind: ControllerKind): Promise<void> {
  const { host } = bench;
  const cookies = Array.from({ length: kind.holds }, (_, n) => host.send(from(bench, MAX_FRAME, n)));
  for (let n = 0; n < kind.holds; n++) bench.inject(to(bench, MIN_FRAME, n));
  bench.stall();
  t.ok(
    await bench.until(() => cookies.every((cookie) => host.settlements[cookie] === DropReason.NONE)),
    "what was under way goes out",
  );
  await bench.settle();
  // Idle, too: a watchdog that is late must not take the device for dead.
  bench.stall();
  await bench.settle();
  await sendAll(t, bench, [from(bench, 99)], 1);
  await injectAll(t, bench, [to(bench, 99)], 1);
  t.equal(host.carriers.at(-1), true, "the link was never lost");
  t.equal(bench.controller.health?.repairs ?? 0, 0, "and nothing was repaired");
}
