/** A node that sleeps: the chip powered down and up again, with traffic on both sides of it. */
import t, { type Test } from "tap";
import { DropReason } from "../../../hal/drop-reason.ts";
import { Bench, CONNECTIONS, firstDifference, frameOf, PEER, STATION } from "../../support/enc28j60-bench.ts";

const ECON1 = 0x1f;
const ECON2 = 0x1e;
const outgoing = (number: number, length = 60): Uint8Array => frameOf(length, number, PEER, STATION);

function clean(t: Test, bench: Bench): void {
  t.equal(bench.chip.violations.toString(), "", "nothing against the data sheet");
  t.same(bench.host.breaches, [], "nothing against the contract");
  t.same(bench.host.errors, []);
  t.equal(bench.host.pool.inUse, 0, "no packet lost");
}

/** Waits for work that needs the clock; how long it took, in ms. */
async function during(bench: Bench, work: Promise<void>, limit = 1000): Promise<number> {
  let over = false;
  const settled = work.finally(() => {
    over = true;
  });
  settled.catch(() => undefined);
  const began = bench.clock.now();
  while (!over && bench.clock.now() - began < limit) await bench.clock.advance(0.25);
  await settled;
  return bench.clock.now() - began;
}

for (const connection of CONNECTIONS) {
  t.test(connection.name, async (t) => {
    t.test("asleep the chip hears nothing and is not asked anything; awake everything is as before", async (t) => {
      const bench = new Bench(connection);
      await bench.open();
      for (let round = 0; round < 20; round++) {
        bench.deliver(frameOf(300, round));
        bench.host.send(outgoing(round, 700));
        bench.clock.advanceSync(round * 0.4);
        await during(bench, bench.driver.suspend());
        t.equal(bench.sent.length, round + 1, "what was on its way has left");
        t.equal(bench.register(0, ECON2) & 0x28, 0x28, "VRPS and PWRSV");
        t.equal(bench.register(0, ECON1) & 0x0c, 0, "RXEN and TXRTS are off");
        t.equal(bench.driverClock.armed, 0);
        const { transactions } = bench.bus.counters;
        bench.deliver(frameOf(60, 99));
        const refused = bench.host.send(outgoing(99));
        t.equal(bench.host.settlements[refused], DropReason.DEV_READY);
        await bench.clock.advance(2000);
        t.equal(bench.bus.counters.transactions, transactions, "no traffic on the bus");
        const took = await during(bench, bench.driver.resume());
        // 1 ms for the crystal; some dozen round trips where the bus has some.
        t.ok(took <= (connection.roundTrip > 0 ? 40 : 3), `awake after ${took} ms`);
        bench.clock.advanceSync(30);
      }
      const number = Array.from({ length: 20 }, (_, round) => round);
      t.equal(
        firstDifference(
          bench.host.frames,
          number.map((round) => frameOf(300, round)),
        ),
        -1,
      );
      t.equal(
        firstDifference(
          bench.sent,
          number.map((round) => outgoing(round, 700)),
        ),
        -1,
      );
      t.same(bench.host.carriers, [true], "the link was never said to be gone");
      clean(t, bench);
      await bench.close();
    });

    t.test("packets that lie in the chip when it falls asleep are there when it wakes", async (t) => {
      const bench = new Bench(connection);
      await bench.open();
      // Behind the driver's back: it is asleep before it has looked.
      const suspended = bench.driver.suspend();
      await during(bench, suspended);
      t.ok(bench.chip.counters.deaf === 0);
      const before = bench.host.received;
      await during(bench, bench.driver.resume());
      for (let number = 0; number < 12; number++) bench.deliver(frameOf(500 + number, number));
      bench.clock.advanceSync(1);
      await during(bench, bench.driver.suspend());
      await during(bench, bench.driver.resume());
      bench.clock.advanceSync(100);
      t.equal(bench.host.received - before, 12);
      t.equal(bench.driver.receiveResets, 0);
      clean(t, bench);
      await bench.close();
    });

    t.test("frames offered while it wakes go out when the link is back", async (t) => {
      const bench = new Bench({ ...connection, chip: { linkDelay: 60 } });
      bench.clock.advanceSync(100);
      await bench.open();
      bench.clock.advanceSync(200);
      bench.host.carriers.length = 0;
      await during(bench, bench.driver.suspend());
      const resumed = bench.driver.resume();
      const cookie = bench.host.send(outgoing(1));
      const took = await during(bench, resumed);
      t.ok(took > 55 && took < 130, `awake after ${took} ms`);
      bench.clock.advanceSync(30);
      t.equal(bench.host.settlements[cookie], DropReason.NONE);
      t.equal(firstDifference(bench.sent, [outgoing(1)]), -1);
      t.same(bench.host.carriers, [], "the neighbours stay known");
      clean(t, bench);
      await bench.close();
    });

    t.test("a cable that was pulled meanwhile is told of, once", async (t) => {
      const bench = new Bench(connection);
      await bench.open();
      await during(bench, bench.driver.suspend());
      bench.chip.port.plugged = false;
      bench.clock.advanceSync(100);
      await during(bench, bench.driver.resume(), 5000);
      t.same(bench.host.carriers, [true, false]);
      bench.chip.port.plugged = true;
      bench.clock.advanceSync(60);
      t.same(bench.host.carriers, [true, false, true]);
      clean(t, bench);
      await bench.close();
    });

    t.test("closed asleep, while it falls asleep and while it wakes; and opened again", async (t) => {
      const bench = new Bench(connection);
      for (let offset = 0; offset < 20; offset += 1) {
        await bench.open();
        bench.host.send(outgoing(offset));
        const work = [bench.driver.suspend()];
        await bench.clock.advance(offset < 10 ? offset : 40);
        if (offset >= 10) {
          work.push(bench.driver.resume());
          await bench.clock.advance((offset - 10) * 0.5);
        }
        const closed = bench.driver.close();
        await bench.clock.advance(700);
        await closed;
        for (const one of work) await one.catch(() => undefined);
        t.equal(bench.driverClock.armed, 0, `closed ${offset}`);
        t.equal(bench.host.pool.inUse, 0);
      }
      await bench.open();
      bench.deliver(frameOf(60));
      bench.clock.advanceSync(40);
      t.equal(bench.host.received, 1);
      clean(t, bench);
      await bench.close();
    });
  });
}

t.test("where ERDPT was left before the sleep does not matter afterwards", async (t) => {
  const bench = new Bench();
  await bench.open();
  bench.deliver(frameOf(333));
  bench.clock.advanceSync(5);
  // An interrupt that is no packet's: its poll has read a header ahead that is none.
  bench.chip.port.plugged = false;
  bench.clock.advanceSync(5);
  bench.chip.port.plugged = true;
  bench.clock.advanceSync(5);
  await during(bench, bench.driver.suspend());
  await during(bench, bench.driver.resume());
  bench.deliver(frameOf(444));
  bench.clock.advanceSync(5);
  t.equal(firstDifference(bench.host.frames, [frameOf(333), frameOf(444)]), -1);
  t.equal(bench.driver.receiveResets, 0);
  clean(t, bench);
  await bench.close();
});

t.test("a chip that was reset asleep is set up anew before a frame leaves", async (t) => {
  const bench = new Bench();
  await bench.open();
  await during(bench, bench.driver.suspend());
  // It lost its supply for a moment.
  bench.disturb(0, ECON2, (value) => value & ~0x20);
  await bench.clock.advance(1);
  bench.resetChip();
  await bench.clock.advance(1000);
  await during(bench, bench.driver.resume());
  const cookie = bench.host.send(outgoing(1));
  await bench.clock.advance(100);
  t.equal(bench.driver.health.repairs, 1);
  t.equal(bench.host.settlements[cookie], DropReason.NONE, "accepted while it was repaired, and sent after it");
  t.equal(firstDifference(bench.sent, [outgoing(1)]), -1, "as it was meant");
  bench.deliver(frameOf(60, 3));
  await bench.clock.advance(10);
  t.equal(bench.host.received, 1);
  await bench.close();
});

t.test("the receive mode may be set asleep", async (t) => {
  const bench = new Bench();
  await bench.open();
  await during(bench, bench.driver.suspend());
  bench.driver.setReceiveMode({ promiscuous: true, allMulticast: false, groups: [] });
  await during(bench, bench.driver.resume());
  bench.clock.advanceSync(5);
  bench.deliver(frameOf(60, 0, Uint8Array.of(2, 9, 9, 9, 9, 9)));
  bench.clock.advanceSync(5);
  t.equal(bench.host.received, 1);
  clean(t, bench);
  await bench.close();
});

t.test("only what is open can sleep, only what sleeps can wake; twice is once", async (t) => {
  const bench = new Bench();
  await t.rejects(bench.driver.suspend(), { code: "ENC28J60_NOT_OPEN", message: /can not sleep: it is not open/ });
  await t.rejects(bench.driver.resume(), { code: "ENC28J60_NOT_OPEN" });
  await bench.open();
  await bench.driver.resume();
  await during(bench, bench.driver.suspend());
  await bench.driver.suspend();
  await during(bench, bench.driver.resume());
  await bench.close();
});
