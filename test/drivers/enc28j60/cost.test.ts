/**
 * Limits of a frame's cost on the bus, which hold through changes of the driver; and of 100,000 frames. The figures:
 * test/bench/enc28j60.bench.ts.
 */
import t from "tap";
import { SeededRandom } from "../../../hal/random.ts";
import { Meter } from "../../bench/enc28j60.ts";
import { Bench, frameOf } from "../../support/enc28j60-bench.ts";

/** Round trips of a frame that is sent: into the chip, and the flag that it has left. */
const MOST_TRIPS = 2;
const LENGTHS = [14, 60, 61, 590, 1513, 1514];

t.test("received: at most 7 transactions and 2 round trips", async (t) => {
  const meter = new Meter("line");
  await meter.open();
  for (const length of LENGTHS) {
    // The last one comes after a quiet time and what is asked in it.
    for (let again = 0; again < 3; again++) {
      if (again === 2) meter.idle(1500);
      const cost = meter.receive(length);
      t.ok(cost.transactions <= 7 && cost.roundTrips <= 2, `${length} bytes: ${JSON.stringify(cost)}`);
      // Header, frame, FCS, pad byte; and 20 bytes of commands and flags.
      t.ok(cost.spi <= 6 + length + 4 + 1 + 12);
    }
  }
  await meter.close();
});

t.test("sent: at most 8 transactions, its completion included", async (t) => {
  for (const line of [true, false]) {
    const meter = new Meter(line ? "line" : "polled");
    await meter.open();
    for (const length of [...LENGTHS, ...LENGTHS]) {
      const cost = meter.send(length);
      // Polled, empty polls go on behind it: one transaction each, and three more where one asks for EPKTCNT.
      const polls = line ? 0 : cost.roundTrips - MOST_TRIPS + 3;
      t.ok(cost.transactions <= 8 + polls, `${length} bytes: ${JSON.stringify(cost)}`);
      if (line) t.ok(cost.roundTrips <= MOST_TRIPS, `${cost.roundTrips} round trips`);
    }
    await meter.close();
  }
});

t.test("sent after a quiet second: at most 10 transactions; a frame in every second costs no more than another", async (t) => {
  const meter = new Meter("line");
  await meter.open();
  for (const length of LENGTHS) {
    meter.idle(3500);
    const first = meter.send(length);
    t.ok(first.transactions <= 10 && first.roundTrips <= MOST_TRIPS, `${length} bytes: ${JSON.stringify(first)}`);
    for (let second = 0; second < 5; second++) {
      meter.idle(870);
      const next = meter.send(length);
      // The seventh is the way back from the bank where a look at the link has ended.
      t.ok(next.transactions <= 7 && next.roundTrips <= MOST_TRIPS, `${length} bytes again: ${JSON.stringify(next)}`);
    }
  }
  await meter.close();
});

t.test("behind a bridge that takes one at a time: a round trip for each transaction, and no more of them", async (t) => {
  const meter = new Meter("one by one");
  await meter.open();
  for (const length of [...LENGTHS, ...LENGTHS]) {
    const [received, sent] = [meter.receive(length), meter.send(length)];
    t.ok(received.roundTrips <= 7 && received.time <= 7 * 0.5, `received, ${length} bytes: ${JSON.stringify(received)}`);
    // 1.25 ms are the longest frame's on the wire.
    t.ok(sent.roundTrips <= 8 && sent.time <= 8 * 0.5 + 1.25, `sent, ${length} bytes: ${JSON.stringify(sent)}`);
  }
  meter.receive(60, 10);
  t.ok(meter.receive(60, 10).roundTrips <= 21, "ten at once");
  await meter.close();
});

t.test("a burst: two round trips for the first frame, two for all the others; from then on two in all", async (t) => {
  for (const frames of [2, 5, 10, 50]) {
    const meter = new Meter("line");
    await meter.open();
    const first = meter.receive(60, frames);
    t.ok(first.roundTrips <= 4, `${frames} frames: ${first.roundTrips} round trips`);
    const again = meter.receive(60, frames);
    t.ok(again.roundTrips <= 2, `${frames} frames again: ${again.roundTrips} round trips`);
    t.ok(again.transactions <= 7 * frames);
    t.equal(meter.host.received, 2 * frames);
    await meter.close();
  }
});

/** A look at EPKTCNT, as it was before the set-up was looked at, and what that may add. */
const IDLE_SECOND = 8 + 8;

t.test("idle: nothing with the line, but one look at the chip a second; polled, one transaction a poll", async (t) => {
  const wired = new Meter("line");
  await wired.open();
  wired.receive(60);
  t.same(wired.idle(900), { transactions: 0, spi: 0, up: 0, down: 0, roundTrips: 0, time: 0 });
  wired.idle(200);
  const minute = wired.idle(60_000);
  t.ok(minute.roundTrips <= 60 && minute.spi <= 60 * IDLE_SECOND, `a minute: ${JSON.stringify(minute)}`);
  // Through all that is looked at in turn.
  for (let second = 0; second < 300; second++) {
    const cost = wired.idle(1000);
    if (cost.roundTrips > 1 || cost.spi > IDLE_SECOND) t.fail(`second ${second}: ${JSON.stringify(cost)}`);
  }
  await wired.close();

  // With groups the hash table is looked at as well, for no more bytes a second.
  const hashing = new Meter("line");
  hashing.driver.setReceiveMode({ promiscuous: false, allMulticast: false, groups: [Uint8Array.of(0x33, 0x33, 0, 0, 0, 1)] });
  await hashing.open();
  hashing.idle(1200);
  for (let second = 0; second < 300; second++) {
    const cost = hashing.idle(1000);
    if (cost.roundTrips > 1 || cost.spi > IDLE_SECOND) t.fail(`second ${second}, with groups: ${JSON.stringify(cost)}`);
  }
  await hashing.close();

  const polled = new Meter("polled");
  await polled.open();
  polled.idle(100);
  const second = polled.idle(1000);
  t.ok(second.roundTrips >= 150, "every 5 ms and a round trip");
  t.ok(second.roundTrips <= 1000 / 5);
  // Every ninth asks for EPKTCNT in another bank.
  t.ok(second.transactions <= second.roundTrips * 1.5, JSON.stringify(second));
  await polled.close();
});

t.test("100,000 frames of random length, through thousands of turns of the ring, arrive unchanged", async (t) => {
  const bench = new Bench({ host: { keep: false }, chip: { lineRate: Number.POSITIVE_INFINITY } });
  await bench.open();
  const random = new SeededRandom("100,000 frames");
  const lengths = new Uint16Array(64);
  let oldest = 0;
  let newest = 0;
  let wrong = 0;
  bench.host.onFrame = (skb) => {
    const wanted = frameOf(lengths[oldest & 63]!, oldest);
    oldest++;
    if (Buffer.compare(skb.bytes.subarray(skb.data, skb.tail), wanted) !== 0) wrong++;
  };
  while (newest < 100_000) {
    // At most 4 x 1524 bytes: what the ring holds.
    for (let burst = 1 + random.below(4); burst > 0 && newest < 100_000; burst--) {
      const length = 14 + random.below(1501);
      lengths[newest & 63] = length;
      bench.deliver(frameOf(length, newest++));
    }
    bench.clock.advanceSync(1);
  }
  bench.clock.advanceSync(100);
  t.equal(oldest, 100_000);
  t.equal(wrong, 0);
  t.match(bench.driver.statistics, { rxPackets: 100_000, rxErrors: 0, rxOverErrors: 0 });
  t.equal(bench.driver.receiveResets, 0);
  t.equal(bench.chip.violations.toString(), "");
  t.ok(bench.driver.statistics.rxBytes / 6656 > 10_000, "turns of the ring");
  await bench.close();
});
