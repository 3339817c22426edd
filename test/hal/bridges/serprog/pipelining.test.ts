/**
 * How many operations a bridge is sent at once: found out when it is opened, or told; and what pico-serprog's way of reading leaves
 * behind in its C library, which must not come between an operation and its answer.
 */
import t, { type Test } from "tap";
import { SerprogBus } from "../../../../hal/bridges/serprog/serprog.ts";
import type { SerialDevice } from "../../../../hal/serial-device.ts";
import { SerialLine } from "../../../../hal/simulated/bridges/serial-line.ts";
import type { SerprogResponder } from "../../../../hal/simulated/bridges/serprog-responder.ts";
import { SpiBatch } from "../../../../hal/spi.ts";
import { runBatch, type SerprogBench, serprogBench } from "../../../support/serprog-bench.ts";
import { settle } from "../../../support/waiting.ts";

const RCR = 0x00;
const WCR = 0x40;
const ERDPTL = 0x00;
const EIE = 0x1b;

/** Ten operations, of which each second one reads what the one before wrote. Returns how many of the five came back right. */
async function fivePairs(t: Test, bench: Pick<SerprogBench, "bus" | "clock">): Promise<number> {
  const batch = new SpiBatch();
  const answers: number[] = [];
  for (let value = 1; value <= 5; value++) {
    batch.command(WCR | ERDPTL, 0xa0 + value);
    answers.push(batch.command(RCR | ERDPTL, -1, 1));
  }
  await runBatch(bench, batch);
  t.equal(batch.error, null);
  return answers.filter((index, at) => batch.answer(index) === 0xa1 + at).length;
}

for (const [kind, pipelining, words, trips] of [
  ["responder", "auto", "pipelined", 1],
  ["responder", "on", "pipelined", 1],
  ["responder", "off", "one operation at a time", 10],
  ["pico-serprog", "auto", "one operation at a time", 10],
  ["pico-serprog", "off", "one operation at a time", 10],
] as const) {
  t.test(`${kind}, pipelining ${pipelining}: ${words}`, async (t) => {
    const bench = await serprogBench(kind, { pipelining });
    await settle(bench.clock, bench.bus.open());
    t.ok(bench.bus.description.endsWith(`, ${words}`), bench.bus.description);
    t.notOk(bench.bus.lossy, "USB loses nothing");
    const before = bench.bus.counters.roundTrips;
    t.equal(await fivePairs(t, bench), 5);
    t.equal(bench.bus.counters.roundTrips - before, trips);
    t.match(bench.bus.counters, { faults: 0, resyncs: 0 });
    t.same({ ...bench.chip.violations }, {}, "the chip was not done wrong by the probe");
    await bench.bus.close();
  });
}

t.test(
  "pico-serprog, pipelining on against better knowledge: a fault is told, and what it left behind harms nothing",
  async (t) => {
    const bench = await serprogBench("pico-serprog", { pipelining: "on" });
    await settle(bench.clock, bench.bus.open());
    t.match(bench.bus.description, /, pipelined$/);
    const batch = new SpiBatch();
    batch.command(WCR | ERDPTL, 1);
    batch.command(WCR | EIE, 0x90);
    await runBatch(bench, batch);
    t.match(batch.error, {
      code: "SERPROG_TIMEOUT",
      message: /in time; if it bears one operation at a time, set pipelining to auto/,
    });
    batch.clear();
    batch.command(WCR | ERDPTL, 0x5a);
    await runBatch(bench, batch);
    batch.clear();
    const answer = batch.command(RCR | ERDPTL, -1, 1);
    await runBatch(bench, batch);
    t.equal(batch.answer(answer), 0x5a);
  },
);

/** An operation that writes one byte, and `kept` bytes that come in the same USB transfer. */
function leaveBehind(responder: SerprogResponder, kept: number): void {
  responder.receive(Uint8Array.of(0x13, 1, 0, 0, 0, 0, 0, RCR, ...new Uint8Array(kept).fill(RCR | EIE)));
}

for (const pipelining of ["auto", "on", "off"] as const) {
  t.test(`what a former program left in pico-serprog is taken out at open, pipelining ${pipelining}`, async (t) => {
    for (const kept of [1, 2, 7, 8, 9, 100, 248]) {
      const bench = await serprogBench("pico-serprog", { pipelining });
      leaveBehind(bench.responder as SerprogResponder, kept);
      await settle(bench.clock, bench.bus.open());
      const batch = new SpiBatch();
      batch.command(WCR | ERDPTL, kept);
      await runBatch(bench, batch);
      batch.clear();
      const answer = batch.command(RCR | ERDPTL, -1, 1);
      await runBatch(bench, batch);
      t.equal(batch.error, null);
      t.equal(batch.answer(answer), kept, `${kept} bytes`);
      t.equal(bench.bus.counters.faults, 0);
    }
  });
}

t.test("a former program went away within an operation of pico-serprog: its data are the NOPs", async (t) => {
  for (const missing of [1, 5, 8, 9, 20, 1514]) {
    const bench = await serprogBench("pico-serprog");
    bench.responder?.receive(Uint8Array.of(0x13, missing & 0xff, missing >> 8, 0, 0, 0, 0));
    await settle(bench.clock, bench.bus.open());
    t.match(bench.bus.description, /, one operation at a time$/);
    t.equal(await fivePairs(t, bench), 5, `${missing} bytes were missing`);
  }
});

t.test("bytes lost while a bridge is tried out say nothing of the bridge", async (t) => {
  for (const lost of [1, 8, 9, 15]) {
    const bench = await serprogBench("responder");
    const { line } = bench;
    const write = line.write;
    line.write = function (bytes, at, length) {
      if (length !== 16) return write.call(this, bytes, at, length);
      line.write = write;
      write.call(this, bytes, at, lost);
      write.call(this, bytes, at + lost + 1, length - lost - 1);
    };
    await settle(bench.clock, bench.bus.open());
    t.equal(line.write, write, "the probe was damaged");
    t.match(bench.bus.description, /, pipelined$/, `byte ${lost} of it`);
  }
});

t.test("a bridge that passes the probe and loses longer batches is sent one operation at a time from then on", async (t) => {
  const bench = await serprogBench("pico-serprog");
  const pico = bench.responder as SerprogResponder;
  // As an adapter that sends on small writes in halves: the second operation of the probe is read when the first is over.
  const device: SerialDevice = {
    description: "a split line",
    onSend: null,
    opened: () => {},
    receive(bytes) {
      const half = bytes.length === 16 ? 8 : bytes.length;
      pico.receive(bytes.subarray(0, half));
      if (half < bytes.length) pico.receive(bytes.subarray(half));
    },
  };
  pico.onSend = (bytes) => device.onSend?.(bytes);
  const bus = new SerprogBus(bench.clock, new SerialLine(bench.clock, device), { spiHz: 10_000_000 });
  await settle(bench.clock, bus.open());
  t.match(bus.description, /, pipelined$/);
  const batch = new SpiBatch();
  for (let failures = 0; failures < 4; failures++) {
    batch.clear();
    for (let at = 0; at < 5; at++) batch.command(RCR | ERDPTL, -1, 1);
    await runBatch({ bus, clock: bench.clock }, batch);
    t.match(batch.error, { code: /SERPROG_/ });
  }
  t.equal(await fivePairs(t, { bus, clock: bench.clock }), 5);
  t.match(bus.description, /, one operation at a time$/);
});
