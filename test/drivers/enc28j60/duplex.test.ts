/** Full duplex, with the pauses that only it has, and what is counted. */
import t from "tap";
import { Bench, firstDifference, frameOf, PEER, STATION } from "../../support/enc28j60-bench.ts";

const outgoing = (number: number, length = 60): Uint8Array => frameOf(length, number, PEER, STATION);

/** A pause frame (IEEE 802.3 annex 31B). */
function pause(quanta: number): Uint8Array {
  const bytes = new Uint8Array(60);
  bytes.set([0x01, 0x80, 0xc2, 0, 0, 1, ...PEER, 0x88, 0x08, 0, 1, quanta >> 8, quanta & 0xff]);
  return bytes;
}

t.test("both ways at once, no collisions, and a talker on the wire disturbs nobody", async (t) => {
  const bench = new Bench({ driver: { fullDuplex: true } });
  await bench.open();
  const received = Array.from({ length: 100 }, (_, number) => frameOf(1000, number));
  const sent = Array.from({ length: 100 }, (_, number) => outgoing(number, 1000));
  const talker = { collided: () => undefined, carrierIdle: () => undefined };
  bench.segment.carrier.begin(talker);
  for (const [number, frame] of received.entries()) {
    bench.host.send(sent[number] as Uint8Array);
    bench.deliver(frame);
    bench.clock.advanceSync(1);
  }
  bench.clock.advanceSync(100);
  t.equal(firstDifference(bench.host.frames, received), -1);
  t.equal(firstDifference(bench.sent, sent), -1);
  t.equal(bench.chip.counters.collisions, 0);
  t.equal(bench.chip.violations.toString(), "");
  await bench.close();
});

t.test("a partner that asks for a pause gets it, and the frame goes out afterwards", async (t) => {
  const bench = new Bench({ driver: { fullDuplex: true } });
  await bench.open();
  // 1000 quanta of 51.2 us.
  bench.deliver(pause(1000));
  bench.clock.advanceSync(1);
  bench.host.send(outgoing(1));
  bench.clock.advanceSync(49);
  t.equal(bench.sent.length, 0);
  bench.clock.advanceSync(3);
  t.equal(firstDifference(bench.sent, [outgoing(1)]), -1);
  t.equal(bench.host.received, 0, "the pause frame is the MAC's");
  t.equal(bench.driver.transmitTimeouts, 0);
  await bench.close();
});

t.test("a partner that fills the ring is asked for one, in full duplex only", async (t) => {
  for (const fullDuplex of [true, false]) {
    const bench = new Bench({ roundTrip: 2, driver: { fullDuplex } });
    await bench.open();
    for (let number = 0; number < 2; number++) bench.deliver(frameOf(1514, number));
    bench.clock.advanceSync(20);
    for (let number = 0; number < 4; number++) bench.deliver(frameOf(1514, number));
    bench.clock.advanceSync(50);
    t.equal(bench.host.received, 6);
    t.equal(bench.sent.length, fullDuplex ? 1 : 0);
    t.equal(bench.chip.counters.pausesSent, fullDuplex ? 1 : 0);
    if (fullDuplex) t.same([...(bench.sent[0] as Uint8Array).subarray(12, 18)], [0x88, 0x08, 0, 1, 1, 0], "for 256 quanta");
    t.match(new Map(bench.driver.driverStatistics()).get("tx_pause_frames"), fullDuplex ? 1 : 0);
    t.equal(bench.chip.violations.toString(), "");
    await bench.close();
  }
});

t.test("counters: names as ethtool -S has them, each once, and they count", async (t) => {
  const bench = new Bench();
  await bench.open();
  bench.deliver(frameOf(100));
  bench.host.send(outgoing(0, 200));
  bench.clock.advanceSync(10);
  bench.faults.mishaps.push("late-collision");
  bench.host.send(outgoing(1, 200));
  bench.clock.advanceSync(10);
  const counters = bench.driver.driverStatistics();
  const names = counters.map(([name]) => name);
  t.equal(new Set(names).size, names.length);
  t.ok(names.every((name) => /^[a-z_]+$/.test(name)));
  const found = Object.fromEntries(counters);
  t.match(found, {
    rx_packets: 1,
    rx_bytes: 100,
    tx_packets: 2,
    tx_bytes: 400,
    tx_late_collision_retries: 1,
    collisions: 3,
    rx_resets: 0,
    tx_timeouts: 0,
    recoveries: 0,
    recovery_ms: 0,
  });
  const [trips, transactions] = ["bus_round_trips", "bus_transactions"].map((name) => found[name]!) as [number, number];
  t.ok(trips > 5);
  t.ok(transactions > trips);
  t.equal(transactions, bench.bus.counters.transactions, "all of them, also those of its set-up");
  await bench.close();
});
