/** Sending: descriptors, doorbells, completion, a full ring, checksums. */
import t from "tap";
import { DropReason } from "../../../hal/drop-reason.ts";
import { Checksum, SkBuffPool } from "../../../hal/skbuff.ts";
import { firstDifference, frameOf, padded } from "../../support/enc28j60-bench.ts";
import { Bench } from "./bench.ts";
import { Offset } from "./fake-chip.ts";

const { NONE, QUEUE_PURGE, TX_ABORTED, TX_CARRIER, PKT_TOO_BIG, PKT_TOO_SMALL } = DropReason;

t.test("frames of every length arrive as they were, short ones padded with zeros", async (t) => {
  const bench = new Bench();
  await bench.open();
  const wanted: Uint8Array[] = [];
  // Long ones first: for the short ones, ring memory and packet buffers hold old frames.
  for (let length = 1518; length >= 14; length--) {
    const frame = frameOf(length, length);
    bench.host.send(frame, length % 2 === 0 ? undefined : length % 300);
    wanted.push(padded(frame));
    if (length % 50 === 0) bench.run();
  }
  bench.run();
  t.equal(firstDifference(bench.chip.frames, wanted), -1);
  t.equal(bench.host.settlements.filter((reason) => reason === NONE).length, wanted.length);
  t.equal(bench.driver.statistics.txPackets, wanted.length);
  t.equal(bench.host.pool.inUse, 0);
  const at = bench.host.send(frameOf(20), 2048 - 20);
  bench.run();
  t.equal(bench.host.settlements[at], NONE);
  t.equal(firstDifference(bench.chip.frames.slice(-1), [padded(frameOf(20))]), -1, "at the very end of its slot");
  await bench.driver.close();
});

t.test("a frame in memory that the chip sees is sent from where it lies", async (t) => {
  const bench = new Bench();
  await bench.open();
  const { chip, driver } = bench;
  bench.host.onFrame = (skb) => {
    skb.push(4);
    const copy = bench.driver.buffers?.allocate();
    if (!copy) throw new Error("no buffer");
    copy.data = 50;
    copy.tail = 50 + 62;
    copy.bytes.fill(0xee);
    copy.bytes.set(frameOf(62), 50);
    t.ok(driver.transmit(copy));
    t.equal(chip.sent.length, 0, "no doorbell in the middle of a poll");
    at = chip.dma.base + copy.bytes.byteOffset + 50;
  };
  let at = 0;
  chip.receive(frameOf(60));
  bench.run();
  t.equal(chip.sent[0]?.words[0], at);
  t.equal(firstDifference(chip.frames, [frameOf(62)]), -1);
  t.equal(driver.buffers?.inUse, 255);

  const short = driver.buffers?.allocate();
  if (!short) throw new Error("no buffer");
  short.bytes.fill(0xee);
  short.bytes.set(frameOf(42), short.put(42));
  driver.transmit(short);
  bench.run();
  t.equal(firstDifference(chip.frames.slice(-1), [padded(frameOf(42))]), -1, "padded in its own slot, with zeros");
  await driver.close();
});

t.test("one doorbell for all frames of a turn, none before the turn ends", async (t) => {
  const bench = new Bench();
  await bench.open();
  for (let number = 0; number < 30; number++) bench.host.send(frameOf(60, number));
  t.same(bench.chip.written(Offset.TDT), []);
  bench.run(0);
  t.same(bench.chip.written(Offset.TDT), [30]);
  t.equal(bench.chip.frames.length, 30);
  bench.host.send(frameOf(60));
  bench.run(0);
  t.same(bench.chip.written(Offset.TDT), [30, 31], "a lone frame goes with the same turn");
  t.same(bench.chip.written(Offset.IMS), [], "sent within the doorbell: nobody waits for an interrupt");
  t.equal(bench.host.settlements.length, 31);
  await bench.driver.close();
});

t.test("one doorbell for all answers of a poll", async (t) => {
  const bench = new Bench();
  await bench.open();
  bench.host.onFrame = () => bench.host.send(frameOf(60));
  for (let number = 0; number < 40; number++) bench.chip.receive(frameOf(60));
  bench.run(0);
  t.equal(bench.host.received, 40);
  t.same(bench.chip.written(Offset.TDT), [40]);
  t.equal(bench.host.settlements.filter((reason) => reason === NONE).length, 40);
  await bench.driver.close();
});

t.test("a frame is settled when the chip has sent it and not before", async (t) => {
  const bench = new Bench();
  await bench.open();
  const { chip, host } = bench;
  chip.holdsTransmit = true;
  for (let number = 0; number < 3; number++) host.send(frameOf(60 + number));
  bench.run();
  t.same(host.settlements, []);
  t.equal(chip.mask & 1, 1, "TXDW is listened to while frames are under way");
  chip.step(1);
  bench.run();
  t.same(host.settlements, [NONE]);
  chip.step();
  bench.run();
  t.same(host.settlements, [NONE, NONE, NONE]);
  t.equal(chip.mask & 1, 0, "and only then");
  t.equal(bench.driver.statistics.txBytes, 60 + 61 + 62);
  t.equal(host.wakes, 0, "nobody was turned away, and nobody is called back");
  await bench.driver.close();
});

for (const txRing of [8, 16, 64]) {
  t.test(
    `a full ring of ${txRing} turns frames away, wakes the queue when there is room, keeps the order, and wraps`,
    async (t) => {
      const bench = new Bench({ txRing });
      await bench.open();
      const { chip, host } = bench;
      chip.holdsTransmit = true;
      const wanted = Array.from({ length: 10 * txRing }, (_, number) => frameOf(60 + (number % 700), number));
      for (const frame of wanted) host.send(frame);
      t.equal(host.queued, 10 * txRing - (txRing - 2), "one descriptor stays free, and one for a context");
      t.equal(chip.written(Offset.TDT).length, 1, "a queue that is full rings at once");
      for (let turn = 0; turn < 10_000 && chip.frames.length < wanted.length; turn++) {
        chip.step(3);
        bench.run(0);
      }
      bench.run();
      t.equal(firstDifference(chip.frames, wanted), -1);
      t.equal(host.settlements.filter((reason) => reason === NONE).length, wanted.length);
      t.ok(host.wakes > 5, `${host.wakes} wakes`);
      t.ok(Number(new Map(bench.driver.driverStatistics()).get("tx_restart_queue")) === host.wakes);
      t.equal(host.pool.inUse, 0);
      t.same(host.breaches, []);
      await bench.driver.close();
    },
  );
}

t.test("who was turned away before the device was closed is not called back when it is open again", async (t) => {
  const bench = new Bench({ txRing: 8 });
  await bench.open();
  const { chip, host } = bench;
  chip.holdsTransmit = true;
  for (let number = 0; number < 10; number++) host.send(frameOf(60, number));
  t.ok(host.queued > 0);
  await host.close();
  chip.holdsTransmit = false;
  await bench.open();
  host.send(frameOf(60, 10));
  bench.run();
  t.equal(chip.frames.length, 1);
  t.equal(host.wakes, 0);
  await bench.driver.close();
});

t.test("a chip that sends at once drains a long queue turn by turn", async (t) => {
  const bench = new Bench({ txRing: 16 });
  await bench.open();
  for (let number = 0; number < 500; number++) bench.host.send(frameOf(60, number));
  bench.run(0);
  t.equal(bench.chip.frames.length, 500);
  t.equal(bench.host.queued, 0);
  await bench.driver.close();
});

t.test("checksums are left to the chip, which is told where they are once", async (t) => {
  const bench = new Bench();
  await bench.open();
  const { chip, driver, host } = bench;
  const pool = new SkBuffPool();
  const send = (length: number, start: number, offset: number): void => {
    const skb = pool.allocate();
    if (!skb) throw new Error("no buffer");
    skb.bytes.set(frameOf(length), skb.put(length));
    skb.bytes.fill(0, skb.data + start + offset, skb.data + start + offset + 2);
    skb.checksum = Checksum.PARTIAL;
    skb.csumStart = skb.data + start;
    skb.csumOffset = offset;
    t.ok(driver.transmit(skb));
  };
  for (const length of [60, 61, 700]) send(length, 34, 6);
  host.send(frameOf(100));
  send(43, 34, 6);
  send(200, 34, 16);
  send(200, 38, 6);
  bench.run();
  const contexts = chip.sent.filter(({ frame }) => frame === null);
  t.same(
    contexts.map(({ words }) => words.map((word) => word.toString(16))),
    [
      ["0", "2822", "20000000", "0"],
      ["0", "3222", "21000000", "0"],
      ["0", "2c26", "20000000", "0"],
    ],
    "TUCSS and TUCSO, the TCP bit with TCP's field, and no context where the last one fits",
  );
  t.equal(chip.frames.length, 7);
  for (const at of [0, 1, 2, 4]) t.equal(sum(chip.frames[at] as Uint8Array, 34), 0xffff, `frame ${at} sums up`);
  t.same([...(chip.frames[3] as Uint8Array)], [...frameOf(100)], "one without is not touched");
  t.equal(sum(chip.frames[6] as Uint8Array, 38), 0xffff);
  t.equal(pool.inUse, 0);

  send(300, 249, 6);
  bench.run();
  t.same(
    chip.sent
      .filter(({ frame }) => frame === null)
      .at(-1)
      ?.words.map((word) => word.toString(16)),
    ["0", "fff9", "20000000", "0"],
    "a field at 255, as far as the eight bits of TUCSO reach",
  );
  t.equal(sum(chip.frames[7] as Uint8Array, 249), 0xffff);
  send(60, 255, 6);
  send(60, 54, 6);
  t.equal(host.drops.get(TX_ABORTED), 2, "a field that is not in the frame");
  t.equal(driver.statistics.txErrors, 2);
  send(300, 250, 6);
  t.equal(host.drops.get(TX_ABORTED), 3, "and one beyond that reach");
  bench.run();
  t.equal(chip.frames.length, 8);
  await driver.close();
  await bench.open();
  send(200, 38, 6);
  bench.run();
  t.equal(chip.sent.filter(({ frame }) => frame === null).length, 5, "after a reset the chip has to be told again");
  await driver.close();
});

function sum(frame: Uint8Array, start: number): number {
  let sum = 0;
  for (let at = start; at < frame.length; at += 2) sum += (frame[at]! << 8) | (frame[at + 1] ?? 0);
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >>> 16);
  return sum;
}

t.test("contexts and frames fill a small ring without running into each other", async (t) => {
  const bench = new Bench({ txRing: 8 });
  await bench.open();
  const { chip, driver } = bench;
  chip.holdsTransmit = true;
  const pool = new SkBuffPool();
  let sent = 0;
  for (let turn = 0; turn < 200; turn++) {
    const skb = pool.allocate();
    if (!skb) throw new Error("no buffer");
    skb.put(100);
    skb.checksum = Checksum.PARTIAL;
    skb.csumStart = skb.data + 34 + (turn % 3 === 0 ? 2 : 0);
    skb.csumOffset = 6;
    if (driver.transmit(skb)) sent++;
    else skb.drop(QUEUE_PURGE);
    if (turn % 5 === 4) {
      bench.run(0);
      chip.step();
      bench.run(0);
    }
  }
  bench.run(0);
  chip.step();
  bench.run(0);
  t.equal(chip.frames.length, sent);
  t.equal(driver.statistics.txPackets, sent);
  t.equal(pool.inUse, 0);
  await driver.close();
});

t.test("what cannot be sent is dropped with its reason", async (t) => {
  const bench = new Bench();
  await bench.open();
  const { chip, driver, host } = bench;
  const reasons = [13, 1519].map((length) => host.settlements[host.send(new Uint8Array(length))]);
  t.same(reasons, [PKT_TOO_SMALL, PKT_TOO_BIG]);
  chip.holdsTransmit = true;
  const under = host.send(frameOf(60));
  bench.run();
  chip.setLink(false);
  bench.run();
  t.same(host.carriers, [true, false]);
  t.equal(host.settlements[under], TX_CARRIER, "it would go out stale when the link comes back");
  bench.run(20);
  for (let time = 0; time < 3; time++) t.equal(host.settlements[host.send(frameOf(60))], TX_CARRIER);
  chip.holdsTransmit = false;
  chip.setLink(true);
  bench.run();
  t.same(host.carriers, [true, false, true]);
  const after = host.send(frameOf(90));
  bench.run();
  t.equal(host.settlements[after], NONE);
  t.equal(firstDifference(chip.frames, [frameOf(90)]), -1);
  t.match(driver.statistics, { txErrors: 6, txCarrierErrors: 4, txPackets: 1 });
  await driver.close();
});
