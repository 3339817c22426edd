/** Faults on the wire and in the chip, and their counters: link, overflow, errata, corruption. */
import t, { type Test } from "tap";
import { DropReason } from "../../../hal/drop-reason.ts";
import { Bench, CONNECTIONS, firstDifference, frameOf, PEER, padded, STATION } from "../../support/enc28j60-bench.ts";

function clean(t: Test, bench: Bench): void {
  t.equal(bench.chip.violations.toString(), "", "nothing against the data sheet");
  t.same(bench.host.breaches, [], "nothing against the contract");
  t.same(bench.host.errors, []);
  t.equal(bench.host.pool.inUse, 0, "no packet lost");
}

const outgoing = (number: number, length = 60): Uint8Array => frameOf(length, number, PEER, STATION);

for (const connection of CONNECTIONS) {
  t.test(connection.name, async (t) => {
    t.test("the cable is pulled and plugged", async (t) => {
      const bench = new Bench(connection);
      await bench.open();
      bench.chip.port.plugged = false;
      bench.clock.advanceSync(60);
      t.same(bench.host.carriers, [true, false]);
      const lost = bench.host.send(outgoing(0));
      bench.clock.advanceSync(60);
      t.equal(bench.host.settlements[lost], DropReason.TX_CARRIER);
      t.match(bench.driver.statistics, { txErrors: 1, txCarrierErrors: 1, txPackets: 0 });
      t.equal(bench.host.drops.get(DropReason.TX_CARRIER), 1);
      bench.chip.port.plugged = true;
      bench.clock.advanceSync(60);
      t.same(bench.host.carriers, [true, false, true]);
      bench.host.send(outgoing(1));
      bench.deliver(frameOf(60));
      bench.clock.advanceSync(60);
      t.equal(firstDifference(bench.sent, [outgoing(1)]), -1);
      t.equal(bench.host.received, 1);
      clean(t, bench);
      await bench.close();
    });

    t.test("opened without a link, which comes later", async (t) => {
      const bench = new Bench(connection);
      bench.chip.port.plugged = false;
      await bench.open();
      t.same(bench.host.carriers, [false]);
      bench.chip.port.plugged = true;
      bench.clock.advanceSync(60);
      t.same(bench.host.carriers, [false, true]);
      clean(t, bench);
      await bench.close();
    });

    t.test("frames that the ring has no room for are counted, those behind them arrive", async (t) => {
      const bench = new Bench(connection);
      await bench.open();
      const frames = Array.from({ length: 12 }, (_, number) => frameOf(1514, number));
      for (const frame of frames) bench.deliver(frame);
      bench.clock.advanceSync(200);
      t.equal(firstDifference(bench.host.frames, frames.slice(0, 4)), -1, "what fits in 6.5 KiB");
      t.match(bench.driver.statistics, { rxPackets: 4, rxOverErrors: 1, rxErrors: 1 });
      bench.deliver(frameOf(1514, 12));
      bench.clock.advanceSync(50);
      t.equal(bench.host.received, 5);
      t.equal(bench.driver.statistics.rxOverErrors, 1, "the flag was cleared");
      clean(t, bench);
      await bench.close();
    });

    t.test("a frame that waits is never overwritten; who was turned away is called back", async (t) => {
      const bench = new Bench(connection);
      await bench.open();
      const frames = Array.from({ length: 50 }, (_, number) => outgoing(number, 60 + number * 20));
      for (const frame of frames) bench.host.send(frame);
      t.equal(bench.host.queued, 49, "one transmit buffer");
      bench.clock.advanceSync(2000);
      t.equal(firstDifference(bench.sent, frames), -1);
      t.equal(bench.host.wakes, 49);
      t.ok(bench.host.settlements.every((reason) => reason === DropReason.NONE));
      clean(t, bench);
      await bench.close();
    });

    t.test("late collisions, real or erratum 13's, are sent again up to 16 times", async (t) => {
      const bench = new Bench(connection);
      await bench.open();
      // A packet is waiting in the ring while the status vector is read: ERDPT must come back to it.
      for (let retries = 1; retries <= 16; retries++) {
        bench.faults.mishaps.push(...Array.from({ length: retries }, () => "late-collision" as const));
        const cookie = bench.host.send(outgoing(retries));
        bench.deliver(frameOf(100, retries));
        bench.clock.advanceSync(400);
        t.equal(bench.host.settlements[cookie], DropReason.NONE, `${retries} late collisions`);
      }
      t.equal(bench.sent.length, 16);
      t.equal(bench.driver.statistics.collisions, (3 * 16 * 17) / 2);
      t.equal(bench.faults.starts, (16 * 17) / 2 + 16);
      bench.faults.mishaps.push(...Array.from({ length: 17 }, () => "late-collision" as const));
      const lost = bench.host.send(outgoing(17));
      bench.clock.advanceSync(400);
      t.equal(bench.host.settlements[lost], DropReason.TX_ABORTED);
      t.match(bench.driver.statistics, { txPackets: 16, txErrors: 1, txAbortedErrors: 1 });
      t.equal(
        firstDifference(
          bench.host.frames,
          Array.from({ length: 16 }, (_, at) => frameOf(100, at + 1)),
        ),
        -1,
      );
      t.equal(bench.driver.receiveResets, 0);
      clean(t, bench);
      await bench.close();
    });

    t.test("any other abort loses the frame, resets the transmit logic (erratum 12) and goes on", async (t) => {
      const bench = new Bench(connection);
      await bench.open();
      bench.faults.mishaps.push("excessive-collisions");
      const lost = bench.host.send(outgoing(0));
      const sent = bench.host.send(outgoing(1));
      bench.clock.advanceSync(100);
      t.same([bench.host.settlements[lost], bench.host.settlements[sent]], [DropReason.TX_ABORTED, DropReason.NONE]);
      t.equal(bench.faults.resets, 1);
      t.match(bench.driver.statistics, { txErrors: 1, txAbortedErrors: 1, txPackets: 1, collisions: 3 });
      clean(t, bench);
      await bench.close();
    });

    t.test("a transmission that never ends is given up by the watchdog", async (t) => {
      const bench = new Bench({ ...connection, driver: { watchdog: 300 } });
      await bench.open();
      bench.faults.mishaps.push("hang");
      const lost = bench.host.send(outgoing(0));
      const sent = bench.host.send(outgoing(1));
      bench.clock.advanceSync(290);
      t.equal(bench.host.settlements[lost], undefined, "not before its time");
      bench.clock.advanceSync(60);
      t.same([bench.host.settlements[lost], bench.host.settlements[sent]], [DropReason.TX_ABORTED, DropReason.NONE]);
      t.same([bench.driver.transmitTimeouts, bench.faults.resets], [1, 1]);
      bench.clock.advanceSync(1000);
      t.equal(bench.driver.transmitTimeouts, 1);
      t.equal(firstDifference(bench.sent, [outgoing(1)]), -1);
      clean(t, bench);
      await bench.close();
    });

    t.test("a ring that contradicts itself is laid out afresh", async (t) => {
      // The first packet is 6 + 64 bytes long. Next pointer odd, outside the ring, not where the length says; length not what the
      // pointer says; both agreeing on a frame that is too long; bit 31 of the status set and all else right.
      const headers: readonly (readonly number[])[] = [
        [0x47, 0x00],
        [0x00, 0x1f],
        [0x60, 0x00],
        [0x46, 0x00, 0xff, 0xff],
        [0x06, 0x07, 0x00, 0x07],
        [0x46, 0x00, 0x40, 0x00, 0x80, 0x80],
      ];
      for (const [at, header] of headers.entries()) {
        const bench = new Bench({ ...connection, driver: { pollInterval: 5 } });
        await bench.open();
        // The driver is held back until both packets are in the ring and the first one's header is spoiled.
        bench.heldBack(() => {
          bench.clock.advanceSync(20);
          bench.deliver(frameOf(60, 0));
          bench.deliver(frameOf(60, 1));
          bench.clock.advanceSync(10);
          bench.poke(0, header);
        });
        bench.clock.advanceSync(60);
        t.equal(bench.host.received, 0, `header ${at} was not believed`);
        t.equal(bench.driver.receiveResets, 1);
        t.equal(bench.driver.statistics.rxErrors, 2, "both packets in the ring are counted as lost");
        const frames = Array.from({ length: 10 }, (_, number) => frameOf(1000, number));
        for (const frame of frames) {
          bench.deliver(frame);
          bench.clock.advanceSync(60);
        }
        t.equal(firstDifference(bench.host.frames, frames), -1, "reception goes on");
        t.equal(bench.driver.receiveResets, 1);
        clean(t, bench);
        await bench.close();
      }
    });

    t.test("packets that neither PKTIF nor the line tell of are found by their count (erratum 6)", async (t) => {
      const bench = new Bench(connection);
      await bench.open();
      bench.faults.hidesPackets = true;
      bench.clock.advanceSync(1500);
      for (let number = 0; number < 5; number++) bench.deliver(frameOf(60, number));
      bench.clock.advanceSync(1200);
      t.equal(bench.host.received, 5);
      clean(t, bench);
      await bench.close();
    });

    t.test("a chip that goes away has failed: told once, asked ever more rarely, and taken up again when it is back", async (t) => {
      const bench = new Bench(connection);
      await bench.open();
      bench.faults.dead = 0xff;
      bench.faults.lineStuck = true;
      bench.faults.update();
      await bench.clock.advance(3000);
      t.equal(bench.host.errors.length, 1);
      t.match(bench.host.errors[0], { code: "ENC28J60_LOST", message: /check its supply and wiring/ });
      t.equal(bench.host.pool.inUse, 0);
      // From the third minute on an attempt a minute: to wake, to reset, to identify.
      await bench.clock.advance(120_000);
      const { batches } = bench.bus.counters;
      await bench.clock.advance(600_000);
      t.ok(bench.bus.counters.batches - batches <= 11 * 3, "few batches in ten minutes");
      bench.faults.dead = null;
      bench.faults.lineStuck = false;
      bench.faults.update();
      await bench.clock.advance(60_000);
      bench.deliver(frameOf(60));
      await bench.clock.advance(100);
      t.equal(bench.host.received, 1);
      t.equal(bench.host.errors.length, 1);
      t.same(bench.host.carriers, [true, false, true]);
      await bench.close();
    });
  });
}

t.test("an abort that is noticed while a packet is half read spoils neither", async (t) => {
  // The watchdog asks at 300 ms; the abort happens just before, when the poll has asked for its events already.
  for (let offset = 285; offset < 300; offset += 0.5) {
    const bench = new Bench({ roundTrip: 2, driver: { watchdog: 300 } });
    await bench.open();
    bench.faults.mishaps.push("hang");
    const lost = bench.host.send(outgoing(0));
    bench.clock.advanceSync(2 + offset);
    const frames = [frameOf(600, 0), frameOf(700, 1)];
    for (const frame of frames) bench.deliver(frame);
    bench.clock.advanceSync(299.9 - offset);
    bench.faults.abort();
    bench.clock.advanceSync(100);
    t.equal(firstDifference(bench.host.frames, frames), -1, `frames ${offset} ms after the start`);
    t.equal(bench.host.settlements[lost], DropReason.TX_ABORTED);
    t.equal(bench.driver.receiveResets, 0);
    clean(t, bench);
    await bench.close();
  }
});

t.test("a frame whose interrupt got lost is found to be sent when the watchdog asks", async (t) => {
  for (const roundTrip of [0, 2]) {
    const bench = new Bench({ roundTrip, driver: { watchdog: 300 } });
    await bench.open();
    bench.faults.hidesPackets = true;
    const cookie = bench.host.send(outgoing(0));
    bench.clock.advanceSync(250);
    t.equal(bench.host.settlements[cookie], undefined);
    bench.clock.advanceSync(100);
    t.equal(bench.host.settlements[cookie], DropReason.NONE);
    t.match(bench.driver.statistics, { txPackets: 1, txErrors: 0 });
    t.equal(bench.driver.transmitTimeouts, 0);
    clean(t, bench);
    await bench.close();
  }
});

t.test("without an interrupt line a frame is known to be sent soon after it was, however rarely the chip is polled", async (t) => {
  const bench = new Bench({ interrupt: false, driver: { pollInterval: 400 } });
  await bench.open();
  for (let number = 0; number < 20; number++) bench.host.send(outgoing(number, 1514));
  bench.clock.advanceSync(20 * 2);
  t.equal(bench.sent.length, 20, "at the rate of the wire: 1.2 ms each");
  clean(t, bench);
  await bench.close();
});

t.test("a budget of nothing takes nothing", async (t) => {
  const bench = new Bench();
  await bench.open();
  bench.host.budget = 0;
  bench.deliver(frameOf(60));
  // A host that keeps polling with no budget would poll for ever: this one is stopped.
  bench.host.schedule = () => false;
  bench.clock.advanceSync(1);
  t.equal(bench.driver.poll(0), 0);
  t.equal(bench.host.received, 0);
  bench.host.budget = 64;
  await bench.close();
});

t.test("closed while the link is being asked for, and opened again", async (t) => {
  for (const connection of CONNECTIONS) {
    const bench = new Bench(connection);
    // Into each of the steps: PHY accesses take 11 us, round trips 2 ms.
    for (let offset = 0; offset < 16; offset += offset < 0.03 ? 0.005 : 0.5) {
      bench.chip.port.plugged = true;
      await bench.open();
      bench.chip.port.plugged = false;
      bench.clock.advanceSync(offset);
      await bench.close();
      t.equal(bench.driverClock.armed, 0, `timers after closing ${offset} ms later`);
      bench.host.carriers.length = 0;
      await bench.open();
      bench.chip.port.plugged = true;
      bench.clock.advanceSync(60);
      t.same(bench.host.carriers, [false, true]);
      await bench.close();
    }
    t.equal(bench.chip.violations.toString(), "");
    t.same(bench.host.breaches, []);
  }
});

t.test("an interrupt line that is stuck falls back to polling", async (t) => {
  const bench = new Bench({ driver: { pollInterval: 5 } });
  await bench.open();
  bench.faults.lineStuck = true;
  bench.faults.update();
  const { transactions } = bench.bus.counters;
  bench.clock.advanceSync(1000);
  // And a look at the set-up.
  t.ok(bench.bus.counters.transactions - transactions <= 200 * 5 + 10 + 7, "no busy loop");
  bench.deliver(frameOf(60));
  bench.clock.advanceSync(6);
  t.equal(bench.host.received, 1);
  bench.faults.lineStuck = false;
  bench.faults.update();
  bench.clock.advanceSync(20);
  bench.deliver(frameOf(60));
  bench.clock.advanceSync(1);
  t.equal(bench.host.received, 2, "and listens again once the line is free");
  clean(t, bench);
  await bench.close();
});

t.test("damaged frames", async (t) => {
  const bench = new Bench({ segment: { corruption: 1 } });
  await bench.open();
  bench.deliver(frameOf(100));
  bench.clock.advanceSync(5);
  t.equal(bench.host.received, 0, "the CRC filter keeps them out");
  t.equal(bench.driver.statistics.rxCrcErrors, 0);
  bench.driver.setReceiveMode({ promiscuous: true, allMulticast: false, groups: [] });
  bench.deliver(frameOf(100));
  bench.deliver(frameOf(101));
  bench.clock.advanceSync(5);
  t.equal(bench.host.received, 0, "promiscuous, the driver does");
  t.match(bench.driver.statistics, { rxErrors: 2, rxCrcErrors: 2, rxPackets: 0 });
  bench.segment.corruption = 0;
  bench.deliver(frameOf(100));
  bench.clock.advanceSync(5);
  t.equal(bench.host.received, 1);
  t.equal(bench.driver.receiveResets, 0);
  clean(t, bench);
  await bench.close();
});

t.test("no packet buffer: the frame is dropped and counted, the next one arrives", async (t) => {
  for (const connection of CONNECTIONS) {
    const bench = new Bench({ ...connection, host: { pool: 2 } });
    await bench.open();
    const taken = [bench.host.pool.allocate(), bench.host.pool.allocate()];
    bench.deliver(frameOf(333, 0));
    bench.deliver(frameOf(334, 1));
    bench.clock.advanceSync(100);
    t.equal(bench.host.drops.get(DropReason.NOMEM), 2);
    for (const skb of taken) skb?.consume();
    bench.deliver(frameOf(335, 2));
    bench.clock.advanceSync(100);
    t.equal(firstDifference(bench.host.frames, [frameOf(335, 2)]), -1);
    clean(t, bench);
    await bench.close();
  }
});

t.test("the receive mode decides what comes through, whenever it is set", async (t) => {
  const BROADCAST = new Uint8Array(6).fill(0xff);
  const GROUP = Uint8Array.of(0x33, 0x33, 0, 0, 0, 1);
  const STRANGER = Uint8Array.of(2, 9, 9, 9, 9, 9);
  const modes = [
    { mode: { promiscuous: false, allMulticast: false, groups: [] }, wanted: [STATION, BROADCAST] },
    { mode: { promiscuous: false, allMulticast: true, groups: [] }, wanted: [STATION, BROADCAST, GROUP] },
    { mode: { promiscuous: true, allMulticast: false, groups: [] }, wanted: [STATION, BROADCAST, GROUP, STRANGER] },
  ];
  for (const connection of CONNECTIONS) {
    for (const before of [true, false]) {
      for (const { mode, wanted } of modes) {
        const bench = new Bench(connection);
        if (before) bench.driver.setReceiveMode(mode);
        await bench.open();
        if (!before) bench.driver.setReceiveMode(mode);
        bench.clock.advanceSync(10);
        for (const to of [STATION, BROADCAST, GROUP, STRANGER]) bench.deliver(frameOf(60, 0, to));
        bench.clock.advanceSync(100);
        t.equal(
          firstDifference(
            bench.host.frames,
            wanted.map((to) => frameOf(60, 0, to)),
          ),
          -1,
        );
        t.equal(bench.driver.statistics.rxMulticast, wanted.includes(GROUP) ? 1 : 0);
        clean(t, bench);
        await bench.close();
      }
    }
  }
});

t.test("a sleeping sender's short frames leave padded with zeros, whatever was in the chip before", async (t) => {
  const bench = new Bench();
  await bench.open();
  bench.host.send(outgoing(0, 1514));
  bench.host.send(outgoing(1, 14));
  bench.clock.advanceSync(10);
  t.equal(firstDifference(bench.sent, [outgoing(0, 1514), padded(outgoing(1, 14))]), -1);
  await bench.close();
});
