/** Frames through driver, SPI and chip, both ways, over a bus that answers at once and one that does not, with INT and without. */
import t, { type Test } from "tap";
import { DropReason } from "../../../hal/drop-reason.ts";
import { SeededRandom } from "../../../hal/random.ts";
import { Bench, CONNECTIONS, firstDifference, frameOf, PEER, padded, STATION } from "../../support/enc28j60-bench.ts";

/** Holds after every test: no rule of the data sheet or of the contract was broken, and no packet was lost. */
function clean(t: Test, bench: Bench): void {
  t.equal(bench.chip.violations.toString(), "", "nothing against the data sheet");
  t.same(bench.host.breaches, [], "nothing against the contract");
  t.same(bench.host.errors, []);
}

for (const connection of CONNECTIONS) {
  t.test(connection.name, async (t) => {
    t.test("frames of every size arrive unchanged and in order, both ways at once", async (t) => {
      const bench = new Bench(connection);
      await bench.open();
      const received: Uint8Array[] = [];
      const sent: Uint8Array[] = [];
      for (let length = 14; length <= 1514; length++) {
        received.push(frameOf(length));
        sent.push(frameOf(length, 1, PEER, STATION));
        bench.deliver(received.at(-1) as Uint8Array);
        bench.host.send(sent.at(-1) as Uint8Array, length % 3 === 0 ? 0 : undefined);
        bench.clock.advanceSync(connection.roundTrip > 0 ? 10 : 2);
      }
      bench.clock.advanceSync(60_000);
      t.equal(firstDifference(bench.host.frames, received), -1, "all received frames are right");
      t.equal(firstDifference(bench.sent, sent.map(padded)), -1, "all sent frames are right");
      t.ok(bench.host.settlements.length === sent.length && bench.host.settlements.every((reason) => reason === DropReason.NONE));
      const bytes = received.reduce((sum, frame) => sum + frame.length, 0);
      t.match(bench.driver.statistics, {
        rxPackets: 1501,
        rxBytes: bytes,
        txPackets: 1501,
        txBytes: bytes,
        rxErrors: 0,
        txErrors: 0,
      });
      t.equal(bench.host.pool.inUse, 0);
      clean(t, bench);
      await bench.close();
    });

    t.test("2000 frames of random length in bursts, through many turns of the ring", async (t) => {
      const bench = new Bench(connection);
      await bench.open();
      const random = new SeededRandom(7);
      const frames: Uint8Array[] = [];
      while (frames.length < 2000) {
        // At most 4 x 1524 bytes: what the ring holds.
        for (let burst = random.below(4); burst >= 0 && frames.length < 2000; burst--) {
          frames.push(frameOf(14 + random.below(1501), frames.length));
          bench.deliver(frames.at(-1) as Uint8Array);
        }
        bench.clock.advanceSync(connection.roundTrip > 0 ? 40 : 6);
      }
      t.equal(firstDifference(bench.host.frames, frames), -1);
      t.match(bench.driver.statistics, { rxPackets: 2000, rxErrors: 0, rxOverErrors: 0 });
      t.equal(bench.driver.receiveResets, 0);
      clean(t, bench);
      await bench.close();
    });

    for (const budget of [1, 8, 64]) {
      t.test(`a budget of ${budget} is used up and never exceeded`, async (t) => {
        const bench = new Bench({ ...connection, host: { budget } });
        await bench.open();
        const before = bench.host.polls.length;
        const frames = Array.from({ length: 80 }, (_, number) => frameOf(60, number));
        for (const frame of frames) bench.deliver(frame);
        bench.clock.advanceSync(1000);
        t.equal(firstDifference(bench.host.frames, frames), -1);
        const polls = bench.host.polls.slice(before);
        t.equal(Math.max(...polls), budget);
        t.equal(
          polls.reduce((sum, work) => sum + work, 0),
          80,
        );
        clean(t, bench);
        await bench.close();
      });
    }

    t.test("what arrives while a poll is under way, or just behind it, is not left lying", async (t) => {
      const bench = new Bench({ ...connection, driver: { pollInterval: 5 } });
      await bench.open();
      let number = 0;
      // One frame to start a poll, another at every quarter of a millisecond around its steps.
      for (let offset = 0; offset < 14; offset += 0.25) {
        bench.deliver(frameOf(60, number++));
        bench.clock.advanceSync(offset);
        bench.deliver(frameOf(60, number++));
        // Far less than the quiet time after which the driver would look of itself.
        bench.clock.advanceSync(40);
        t.equal(bench.host.received, number, `a second frame ${offset} ms after the first`);
      }
      clean(t, bench);
      await bench.close();
    });

    t.test("frames handed back from within receive() are answered, and the stack does not grow", async (t) => {
      const bench = new Bench({ ...connection, host: { keep: false } });
      const depths = new Set<number>();
      const limit = Error.stackTraceLimit;
      bench.host.onFrame = (skb) => {
        Error.stackTraceLimit = 200;
        depths.add((new Error().stack ?? "").split("\n").length);
        Error.stackTraceLimit = limit;
        bench.host.send(skb.bytes.slice(skb.data, skb.tail));
      };
      await bench.open();
      for (let number = 0; number < 60; number++) bench.deliver(frameOf(60, number));
      bench.clock.advanceSync(2000);
      t.equal(
        firstDifference(
          bench.sent,
          Array.from({ length: 60 }, (_, number) => frameOf(60, number)),
        ),
        -1,
      );
      t.ok(Math.max(...depths) - Math.min(...depths) <= 2, `stack depths ${[...depths].join(", ")}`);
      clean(t, bench);
      await bench.close();
    });
  });
}

t.test("a synchronous bus ends every poll in the call, a slow one never does", async (t) => {
  for (const { roundTrip, pending } of [
    { roundTrip: 0, pending: false },
    { roundTrip: 1, pending: true },
  ]) {
    const bench = new Bench({ roundTrip });
    let polled = 0;
    const end = bench.host.polled.bind(bench.host);
    bench.host.polled = (work) => {
      polled++;
      end(work);
    };
    await bench.open();
    for (let number = 0; number < 10; number++) bench.deliver(frameOf(100, number));
    bench.clock.advanceSync(500);
    t.equal(bench.host.received, 10);
    t.equal(polled > 0, pending);
    await bench.close();
  }
});

t.test("one frame costs no more SPI than stated", async (t) => {
  // Receive: EIR, header, body, ERXRDPT (2), PKTDEC, EIR. Send: EWRPT (2), frame, ETXND (0 to 2), TXRTS; then EIR and its clearing.
  const cases = [
    { what: "receive 60", length: 60, transactions: 7, bytes: 82 },
    { what: "receive 1514", length: 1514, transactions: 7, bytes: 1536 },
  ];
  for (const { what, length, transactions, bytes } of cases) {
    const bench = new Bench();
    await bench.open();
    bench.deliver(frameOf(length));
    bench.clock.advanceSync(5);
    const { counters } = bench.bus;
    const before = { ...counters };
    bench.deliver(frameOf(length));
    bench.clock.advanceSync(5);
    t.same([counters.transactions - before.transactions, counters.bytes - before.bytes], [transactions, bytes], what);
    await bench.close();
  }

  const bench = new Bench();
  await bench.open();
  const { counters } = bench.bus;
  const cost = (length: number): readonly [number, number] => {
    const before = { ...counters };
    bench.host.send(frameOf(length, 0, PEER, STATION));
    bench.clock.advanceSync(5);
    return [counters.transactions - before.transactions, counters.bytes - before.bytes];
  };
  cost(400);
  t.same(cost(60), [8, 75], "send 60");
  t.same(cost(60), [6, 71], "send 60 again");
  t.same(cost(1514), [8, 1529], "send 1514");
  t.same(cost(1514), [6, 1525], "send 1514 again");
  await bench.close();
});

t.test("a burst costs two batches, however many frames wait", async (t) => {
  for (const frames of [2, 5, 20]) {
    const bench = new Bench({ roundTrip: 1 });
    await bench.open();
    // The first burst shows that there is more than one frame at a time.
    for (const expected of [4, 2]) {
      const before = bench.bus.counters.batches;
      for (let number = 0; number < frames; number++) bench.deliver(frameOf(60, number));
      bench.clock.advanceSync(200);
      t.equal(bench.bus.counters.batches - before, expected, `${frames} frames`);
    }
    t.equal(bench.host.received, 2 * frames);
    await bench.close();
  }
});
