/** The receive ring when something is wrong in it: each packet that was in it is received or counted, and reception goes on. */
import t, { type Test } from "tap";
import { DropReason } from "../../../hal/drop-reason.ts";
import { ALL_CONNECTIONS, Bench, firstDifference, frameOf } from "../../support/enc28j60-bench.ts";

/** Header, frame of 60 bytes, FCS. */
const PACKET = 6 + 60 + 4;

/** So many packets in the ring before the driver looks. */
function fill(bench: Bench, packets: number, between: () => void): void {
  bench.heldBack(() => {
    bench.clock.advanceSync(20);
    for (let number = 0; number < packets; number++) bench.chip.wireFrame(frameOf(60, number), 60, true);
    bench.clock.advanceSync(10);
    between();
  });
  bench.clock.advanceSync(100);
}

function goesOn(t: Test, bench: Bench): void {
  const before = bench.host.frames.length;
  const frames = Array.from({ length: 10 }, (_, number) => frameOf(1000, number));
  for (const frame of frames) {
    bench.deliver(frame);
    bench.clock.advanceSync(60);
  }
  t.equal(firstDifference(bench.host.frames.slice(before), frames), -1, "reception goes on");
  t.same([bench.host.breaches, bench.host.errors, bench.host.pool.inUse], [[], [], 0]);
}

for (const connection of ALL_CONNECTIONS) {
  t.test(`a repair that loses 16 packets counts 16, ${connection.name}`, async (t) => {
    for (const together of [false, true]) {
      for (const spoiled of [0, 1, 7, 15]) {
        const bench = new Bench(connection);
        await bench.open();
        // Where several came the last time they are read in one go the next time.
        if (together) fill(bench, 3, () => undefined);
        const first = together ? 3 : 0;
        fill(bench, 16, () => bench.poke((first + spoiled) * PACKET, [0x47, 0x00]));
        const { rxErrors, rxPackets } = bench.driver.statistics;
        t.same(
          [rxPackets - first, rxErrors],
          [spoiled, 16 - spoiled],
          `${together ? "together" : "one by one"}, packet ${spoiled}`,
        );
        t.equal(bench.driver.receiveResets, 1);
        goesOn(t, bench);
        await bench.close();
      }
    }
  });

  t.test(`packets that the chip counts no more are not waited for for ever, ${connection.name}`, async (t) => {
    const bench = new Bench(connection);
    await bench.open();
    // One decrement too many, as a damaged command makes it: EPKTCNT is 0 while a packet waits.
    fill(bench, 1, () => bench.disturb(0, 0x1e, (value) => value | 0x40));
    t.equal(bench.host.received, 0);
    await bench.clock.advance(3000);
    t.equal(bench.driver.statistics.rxErrors, 1);
    goesOn(t, bench);
    await bench.close();
  });

  t.test(`a read pointer that leaves no room is found, ${connection.name}`, async (t) => {
    const bench = new Bench(connection);
    await bench.open();
    // ERXRDPT just in front of the write pointer, at 0.
    bench.disturb(0, 0x0c, () => 0x01);
    bench.disturb(0, 0x0d, () => 0x00);
    bench.deliver(frameOf(60));
    await bench.clock.advance(2500);
    goesOn(t, bench);
    await bench.close();
  });

  // Behind a bridge that takes one at a time, too much time passes in between.
  if (connection.oneByOne) continue;
  t.test(`closed with packets read and not handed up: they are counted, ${connection.name}`, async (t) => {
    const bench = new Bench({ ...connection, host: { budget: 4 } });
    await bench.open();
    fill(bench, 3, () => undefined);
    // Five more come between the count and where they end: all are read, and the budget is for four.
    let late = 5;
    const exchange = bench.faults.exchange.bind(bench.faults);
    bench.faults.exchange = (write, writeAt, writeLength, read, readAt, readLength) => {
      exchange(write, writeAt, writeLength, read, readAt, readLength);
      if (write[writeAt] === 0x19 && readLength === 1) while (late > 0) bench.chip.wireFrame(frameOf(60, late--), 60, true);
    };
    let left = 4;
    let closed: Promise<void> | null = null;
    bench.host.onFrame = () => {
      if (--left === 0) closed = bench.driver.close();
    };
    for (let number = 0; number < 3; number++) bench.chip.wireFrame(frameOf(60, number), 60, true);
    await bench.clock.advance(50);
    await closed;
    t.same([bench.host.received, bench.host.drops.get(DropReason.QUEUE_PURGE)], [3 + 4, 4]);
    t.same([bench.host.pool.inUse, bench.driverClock.armed], [0, 0]);
  });
}
