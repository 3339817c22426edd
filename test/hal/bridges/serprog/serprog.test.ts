/** The serprog bus: interrupt line, faults on the line, time limits, a bridge that is pulled and plugged in again. */
import t from "tap";
import { SpiBatch } from "../../../../hal/spi.ts";
import { BRIDGES, runBatch as run, serprogBench } from "../../../support/serprog-bench.ts";
import { settle } from "../../../support/waiting.ts";

const RCR = 0x00;
const WCR = 0x40;
const BFS = 0x80;
const RBM = 0x3a;
const WBM = 0x7a;
const EWRPTL = 0x02;
const EIE = 0x1b;
const ECON1 = 0x1f;
const EREVID = 0x12;

/** Round trips of a batch of seven operations. */
const TRIPS = { responder: 1, "pico-serprog": 7, "avr-115200": 3, "avr-2000000": 3 };

for (const kind of BRIDGES) {
  t.test(`${kind}: opens, tells what it is, reads and writes registers and memory`, async (t) => {
    const bench = await serprogBench(kind);
    t.teardown(() => bench.stop());
    await settle(bench.clock, bench.bus.open());
    t.match(bench.bus.description, /serprog bridge (whohas-sim|whohas-uno|pico-serprog) on simulated/);
    t.ok((bench.bus.hertz as number) <= 10_000_000 && (bench.bus.hertz as number) >= 8_000_000, "the next lower clock it has");

    const batch = new SpiBatch();
    batch.command(BFS | ECON1, 0x03);
    const revision = batch.command(RCR | EREVID, -1, 1);
    await run(bench, batch);
    t.equal(batch.error, null);
    t.equal(batch.answer(revision), 0x06);

    const data = Uint8Array.from({ length: 1501 }, (_, at) => (at === 0 ? WBM : (at * 7) & 0xff));
    const back = new Uint8Array(1500);
    batch.clear();
    batch.command(0xa0 | ECON1, 0x03);
    batch.command(WCR | 0x00, 0);
    batch.command(WCR | 0x01, 0);
    batch.command(WCR | EWRPTL, 0);
    batch.command(WCR | (EWRPTL + 1), 0);
    batch.add(data, 0, data.length);
    batch.add(Uint8Array.of(RBM), 0, 1, back, 0, back.length);
    const trips = bench.bus.counters.roundTrips;
    await run(bench, batch);
    t.equal(batch.error, null);
    t.same(back, data.subarray(1), "1500 bytes there and back");
    t.ok(bench.bus.counters.roundTrips - trips <= TRIPS[kind], "as few round trips as the bridge lets it");
    t.same({ ...bench.chip.violations }, {});
    await bench.bus.close();
  });

  // A bridge that is not ours has none.
  if (kind === "pico-serprog") continue;
  t.test(`${kind}: the interrupt line comes along, also while the host is silent`, async (t) => {
    const bench = await serprogBench(kind);
    t.teardown(() => bench.stop());
    await settle(bench.clock, bench.bus.open());
    const line = bench.bus.interrupt;
    if (!line) throw new Error("no interrupt line");
    let asserted = 0;
    line.onAssert = () => {
      asserted++;
    };
    const batch = new SpiBatch();
    batch.command(BFS | EIE, 0x90); // INTIE, LINKIE: nothing asserts yet
    await run(bench, batch);
    await bench.clock.advance(300);
    t.equal(asserted, 0);
    const up = bench.bus.counters.bytesUp;
    await bench.clock.advance(9000);
    const asked = bench.bus.counters.bytesUp - up;
    t.ok(asked >= 0 && asked <= 3, "an idle bridge costs one question in ten seconds");
    bench.chip.interrupt.set(true);
    await bench.clock.advance(5);
    t.equal(asserted, 1, "within 5 ms");
    t.ok(line.asserted);
    await bench.bus.close();
  });
}

t.test("without our firmware there is no interrupt line, and the bus says so", async (t) => {
  const { bus, clock } = await serprogBench("pico-serprog");
  await settle(clock, bus.open());
  t.equal(bus.interrupt, null);
});

t.test("a fault fails its batch, the line is synchronised again, the next batch works", async (t) => {
  const bench = await serprogBench("responder");
  await settle(bench.clock, bench.bus.open());
  const batch = new SpiBatch();
  const lost = bench.line.write;
  // One byte in the middle of an operation's lengths never arrives.
  bench.line.write = function (bytes, at, length) {
    bench.line.write = lost;
    lost.call(this, bytes, at, 3);
    lost.call(this, bytes, at + 4, length - 4);
  };
  batch.command(RCR | EREVID, -1, 1);
  batch.command(RCR | ECON1, -1, 1);
  await run(bench, batch);
  t.match(batch.error, { code: /SERPROG_(TIMEOUT|GARBAGE)/ });
  batch.clear();
  const econ1 = batch.command(RCR | ECON1, -1, 1);
  await run(bench, batch);
  t.equal(batch.error, null);
  t.equal(batch.answer(econ1), 0);
  t.match(bench.bus.counters, { faults: 1, resyncs: 1 });
});

t.test("a byte out of nowhere while nothing is under way: synchronised again, and the interrupt line goes on", async (t) => {
  for (const kind of ["responder", "pico-serprog"] as const) {
    const bench = await serprogBench(kind);
    await settle(bench.clock, bench.bus.open());
    await bench.clock.advance(100);
    const { faults, resyncs } = bench.bus.counters;
    const line = bench.bus.interrupt;
    let looks = 0;
    if (line) line.onAssert = () => void looks++;
    bench.line.onData?.(Uint8Array.of(0x55));
    await bench.clock.advance(12_000);
    t.same([bench.bus.counters.faults - faults, bench.bus.counters.resyncs - resyncs], [1, 1], `${kind}: once`);
    if (line) {
      t.equal(looks, 1, "who hangs on the line had better look");
      const batch = new SpiBatch();
      batch.command(RCR | EREVID, -1, 1);
      await run(bench, batch);
      await bench.clock.advance(9000);
      bench.chip.interrupt.set(true);
      await bench.clock.advance(5);
      t.equal(looks, 2);
    }
    await bench.bus.close();
  }
});

t.test("an answer may take as long as was said, and not longer", async (t) => {
  for (const [answerTimeout, faults] of [
    [250, 1],
    [2000, 0],
  ] as const) {
    const bench = await serprogBench("responder", { answerTimeout });
    await settle(bench.clock, bench.bus.open());
    const write = bench.line.write.bind(bench.line);
    bench.line.write = (bytes, at, length) => {
      const held = bytes.slice(at, at + length);
      bench.line.write = write;
      bench.clock.timer(() => write(held, 0, held.length)).arm(1000);
    };
    const batch = new SpiBatch();
    batch.command(RCR | EREVID, -1, 1);
    await run(bench, batch);
    t.equal(bench.bus.counters.faults, faults, `a second late, ${answerTimeout} ms allowed`);
    t.equal(batch.error === null, faults === 0);
  }
});

t.test("pulled and plugged in again: the batch fails, open() says what is missing, then works", async (t) => {
  const bench = await serprogBench("responder");
  await settle(bench.clock, bench.bus.open());
  const batch = new SpiBatch();
  batch.command(RCR | ECON1, -1, 1);
  let done = false;
  batch.onDone = () => {
    done = true;
  };
  bench.bus.transfer(batch);
  bench.line.plugged = false;
  t.ok(done);
  t.match(batch.error, { code: "PORT_LOST" });
  await t.rejects(bench.bus.open(), { code: "PORT_MISSING" });
  bench.line.plugged = true;
  await settle(bench.clock, bench.bus.open());
  batch.clear();
  batch.command(RCR | ECON1, -1, 1);
  await run(bench, batch);
  t.equal(batch.error, null);
});

t.test("who is not a serprog bridge is told apart from nobody", async (t) => {
  const bench = await serprogBench("responder");
  const { SerialLine } = await import("../../../../hal/simulated/bridges/serial-line.ts");
  const { SerprogBus } = await import("../../../../hal/bridges/serprog/serprog.ts");
  const device = {
    description: "a chatty board",
    onSend: null as ((bytes: Uint8Array) => void) | null,
    receive(bytes: Uint8Array): void {
      if (this.chatty) this.onSend?.(bytes);
    },
    opened(): void {},
    chatty: true,
  };
  const bus = new SerprogBus(bench.clock, new SerialLine(bench.clock, device, { baud: 115_200 }), { spiHz: 1_000_000 });
  await t.rejects(settle(bench.clock, bus.open()), { code: "SERPROG_NOT_SERPROG", message: /a chatty board answers, but not as/ });
  device.chatty = false;
  await t.rejects(settle(bench.clock, bus.open()), { code: "SERPROG_NO_ANSWER", message: /nobody answers/ });
});
