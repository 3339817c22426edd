/** SPI batches and the simulated bus: the answers to one batch come back in order, at once or a round trip later. */
import t from "tap";
import { VirtualClock } from "../../hal/clock.ts";
import { SimulatedSpiBus, type SpiDevice } from "../../hal/simulated/spi-bus.ts";
import { SpiBatch } from "../../hal/spi.ts";

/** Answers every byte asked for with (first byte written + position), and keeps what it was told. */
class Echo implements SpiDevice {
  readonly description = "echo";
  readonly heard: number[][] = [];

  exchange(write: Uint8Array, writeAt: number, writeLength: number, read: Uint8Array, readAt: number, readLength: number): void {
    this.heard.push([...write.subarray(writeAt, writeAt + writeLength)]);
    for (let at = 0; at < readLength; at++) read[readAt + at] = (write[writeAt]! + at) & 0xff;
  }
}

t.test("commands and transfers of one batch run in order, and each answer is found by its index", async (t) => {
  const echo = new Echo();
  const bus = new SimulatedSpiBus(echo, new VirtualClock());
  await bus.open();
  const batch = new SpiBatch();
  const memory = Uint8Array.of(9, 8, 0x7a, 1, 2, 3, 4);
  const target = new Uint8Array(8);
  const status = batch.command(0x10, -1, 3);
  const set = batch.command(0x50, 0x04);
  const long = batch.add(memory, 2, 4, target, 1, 2);
  t.equal(batch.length, 3);
  t.ok(bus.transfer(batch), "answered at once");
  t.same(echo.heard, [[0x10], [0x50, 0x04], [0x7a, 1, 2, 3]], "the host's bytes, one list for each chip select");
  t.same([batch.answer(status), batch.answer(status, 1), batch.answer(status, 2)], [0x10, 0x11, 0x12]);
  t.same([batch.answer(long), batch.answer(long, 1)], [0x7a, 0x7b]);
  t.same([...target], [0, 0x7a, 0x7b, 0, 0, 0, 0, 0], "written where it was asked for and nowhere else");
  t.equal(batch.transaction(set).readLength, 0);
  t.equal(batch.error, null);
  t.equal(batch.bytes, 1 + 3 + 2 + 4 + 2);
  t.match(bus.counters, { batches: 1, transactions: 3, bytes: 12 });
  await bus.close();
});

t.test("a cleared batch is empty and uses its transactions and memory again", async (t) => {
  const batch = new SpiBatch();
  batch.command(1, 2, 3);
  const transaction = batch.transaction(0);
  batch.error = new Error("bus");
  batch.clear();
  t.equal(batch.length, 0);
  t.equal(batch.bytes, 0);
  t.equal(batch.error, null);
  batch.command(7);
  t.equal(batch.transaction(0), transaction, "no new object for each use");
  t.match(transaction, { writeAt: 0, writeLength: 1, readLength: 0 }, "nothing left of the command before");
});

t.test("short commands beyond a batch's memory are refused, and the batch stays as it was", async (t) => {
  const batch = new SpiBatch();
  for (let at = 0; at < 128; at++) batch.command(at, 0xff);
  t.throws(() => batch.command(0), { name: "RangeError", message: /too many short commands/ });
  t.equal(batch.length, 128);
  t.equal(batch.bytes, 256);
});

t.test("a bus that takes a round trip answers once, later, one batch at a time", async (t) => {
  const clock = new VirtualClock();
  const echo = new Echo();
  const bus = new SimulatedSpiBus(echo, clock, 2);
  const batch = new SpiBatch();
  const index = batch.command(0x20, -1, 1);
  const done: number[] = [];
  batch.onDone = () => done.push(clock.now());
  t.notOk(bus.transfer(batch));
  t.same(echo.heard, [], "nothing has reached the part yet");
  t.throws(() => bus.transfer(new SpiBatch()), /a batch is under way/);
  clock.advanceSync(1.9);
  t.same(done, []);
  clock.advanceSync(10);
  t.same(done, [2]);
  t.equal(batch.answer(index), 0x20);
});

t.test("a bus that takes one transaction at a time takes a round trip for each, and tells their end once", async (t) => {
  const clock = new VirtualClock();
  const echo = new Echo();
  const bus = new SimulatedSpiBus(echo, clock, 2, true);
  const batch = new SpiBatch();
  const answers = [0x20, 0x21, 0x22].map((command) => batch.command(command, -1, 1));
  const done: number[] = [];
  batch.onDone = () => done.push(clock.now());
  t.notOk(bus.transfer(batch));
  const heard: number[] = [];
  for (let trips = 0; trips < 4; trips++) {
    heard.push(echo.heard.length);
    clock.advanceSync(2);
  }
  t.same(heard, [0, 1, 2, 3]);
  t.same(done, [6]);
  t.same(
    answers.map((index) => batch.answer(index)),
    [0x20, 0x21, 0x22],
  );
});

t.test("the next batch may be started from within onDone", async (t) => {
  const clock = new VirtualClock();
  const bus = new SimulatedSpiBus(new Echo(), clock, 1);
  const batch = new SpiBatch();
  batch.command(1);
  let rounds = 0;
  batch.onDone = () => {
    if (++rounds < 3) bus.transfer(batch);
  };
  bus.transfer(batch);
  clock.advanceSync(10);
  t.equal(rounds, 3);
  t.equal(bus.counters.batches, 3);
});
