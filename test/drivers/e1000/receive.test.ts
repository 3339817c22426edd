/** Receiving: no copies, the budget, giving buffers back, the wake-up that must not get lost, and descriptors that lie. */
import t from "tap";
import { DropReason } from "../../../hal/drop-reason.ts";
import { Checksum, HEADROOM, type SkBuff } from "../../../hal/skbuff.ts";
import { firstDifference, frameOf } from "../../support/enc28j60-bench.ts";
import { Bench } from "./bench.ts";
import { Offset } from "./fake-chip.ts";

for (const rxRing of [8, 16, 256]) {
  t.test(`frames of every length, in order, round a ring of ${rxRing}`, async (t) => {
    const bench = new Bench({ rxRing });
    await bench.open();
    const wanted: Uint8Array[] = [];
    for (let length = 60; length <= 1518; length++) {
      const frame = frameOf(length, length);
      wanted.push(frame);
      t.ok(bench.chip.receive(frame) || length < 0);
      if (length % (rxRing - 1) === 0) bench.run(0);
    }
    bench.run();
    t.equal(firstDifference(bench.host.frames, wanted), -1);
    t.match(bench.driver.statistics, { rxPackets: wanted.length, rxBytes: wanted.reduce((sum, { length }) => sum + length, 0) });
    t.equal(bench.chip.free, rxRing - 1, "every buffer went back");
    t.same(bench.host.breaches, []);
    await bench.driver.close();
  });
}

t.test("a packet goes up in the buffer it came in, with room in front, and another buffer takes its place", async (t) => {
  const held: SkBuff[] = [];
  const bench = new Bench({ rxRing: 8 });
  await bench.open();
  const { chip, driver, host } = bench;
  host.receive = (skb) => {
    held.push(skb);
  };
  const before = new Set(descriptors(bench));
  for (let number = 0; number < 3; number++) chip.receive(frameOf(60, number));
  bench.run();
  t.equal(held.length, 3);
  for (const [number, skb] of held.entries()) {
    t.ok(skb.bytes.buffer === chip.dma.bytes.buffer);
    t.equal(skb.data, HEADROOM);
    t.same(skb.contents(), frameOf(60, number));
    const address = chip.dma.base + skb.bytes.byteOffset + HEADROOM;
    t.ok(before.has(address), "it was in the ring");
    t.notOk(descriptors(bench).includes(address), "and is no longer");
  }
  t.equal(chip.free, 7);
  t.equal(driver.buffers?.inUse, 10);
  for (let round = 0; round < 5; round++) {
    for (let number = 0; number < 7; number++) chip.receive(frameOf(1514, number));
    bench.run();
  }
  t.equal(held.length, 32, "as many as there are buffers");
  for (const [number, skb] of held.slice(0, 3).entries()) t.same(skb.contents(), frameOf(60, number), "what the stack holds stays");
  t.ok(Number(new Map(driver.driverStatistics()).get("alloc_rx_buff_failed")) > 0);
  await driver.close();
  t.equal(driver.buffers?.inUse, held.length, "after closing they are still the stack's");
  for (const skb of held) skb.consume();
  t.equal(driver.buffers?.inUse, 0);
});

/** Addresses that the chip may write to. */
function descriptors({ chip }: Bench): number[] {
  const found: number[] = [];
  const start = (chip.get(Offset.RDBAL) - chip.dma.base) / 4;
  const size = chip.get(Offset.RDLEN) / 16;
  for (let at = chip.get(Offset.RDH); at !== chip.get(Offset.RDT); at = (at + 1) % size)
    found.push(chip.dma.words[start + 4 * at]!);
  return found;
}

t.test("a ring that ran dry because the stack kept every buffer fills again when they come back", async (t) => {
  const held: SkBuff[] = [];
  const bench = new Bench({ rxRing: 8 });
  await bench.open();
  const { chip, host } = bench;
  const receive = host.receive.bind(host);
  host.receive = (skb) => {
    held.push(skb);
  };
  for (let number = 0; number < 40; number++) {
    chip.receive(frameOf(60, number));
    bench.run(0);
  }
  t.equal(held.length, 32);
  t.equal(chip.free, 0);
  t.equal(bench.driver.statistics.rxOverErrors, 8, "what was lost is known");
  host.receive = receive;
  for (const skb of held) skb.consume();
  bench.run(10);
  t.equal(chip.free, 7, "without a frame or an interrupt");
  chip.receive(frameOf(99));
  bench.run();
  t.same(host.frames, [frameOf(99)]);
  await bench.driver.close();
});

t.test("a small ring gets its descriptors back by quarters, so that the chip does not run dry meanwhile", async (t) => {
  const bench = new Bench({ rxRing: 32 });
  await bench.open();
  for (let number = 0; number < 31; number++) bench.chip.receive(frameOf(60, number));
  bench.run(0);
  t.same(bench.chip.written(Offset.RDT), [7, 15, 23, 30], "after 8 each, and the rest");
  await bench.driver.close();
});

t.test("no poll exceeds its budget, and one that uses it up goes round with the interrupt masked", async (t) => {
  const bench = new Bench({ host: { budget: 16 } });
  await bench.open();
  const { chip, host } = bench;
  for (let number = 0; number < 100; number++) chip.receive(frameOf(60, number));
  t.equal(chip.mask, 0, "masked at the first interrupt");
  t.equal(chip.reads, 1, "ICR is read once, however many frames");
  bench.run(0);
  t.same(host.polls, [16, 16, 16, 16, 16, 16, 4, 0], "and a last one for the causes that came after ICR was read");
  t.equal(host.completions, 2);
  t.equal(chip.mask, 0xdc);
  t.same(chip.written(Offset.RDT).length, 7, "six batches of 16, and the rest");
  t.same([chip.written(Offset.IMC).length, chip.written(Offset.IMS).length], [2, 2]);
  t.equal(chip.reads, 2);
  await bench.driver.close();
});

t.test("a frame that comes between the last look at the ring and the unmasking is not forgotten", async (t) => {
  for (const silent of [false, true]) {
    const bench = new Bench();
    await bench.open();
    const { chip, host } = bench;
    const complete = host.complete.bind(host);
    let late = 1;
    host.complete = (work) => {
      if (late-- > 0) {
        chip.receive(frameOf(77));
        // A cause that got lost: only the ring knows.
        if (silent) chip.set(Offset.ICR, 0);
      }
      return complete(work);
    };
    chip.receive(frameOf(60));
    bench.run(0);
    t.equal(host.received, 2, silent ? "by the ring" : "by the cause that waited");
    t.equal(chip.mask, 0xdc);
    t.same(host.breaches, []);
    await bench.driver.close();
  }
});

t.test("interrupts that are not ours, or come late, do no harm", async (t) => {
  const bench = new Bench();
  await bench.open();
  const { chip, host } = bench;
  chip.interrupt.set(true);
  bench.run();
  t.same(host.polls, [], "ICR was 0: another device's");
  chip.interrupt.set(false);
  chip.receive(frameOf(60));
  const { reads } = chip;
  chip.interrupt.set(false);
  chip.interrupt.set(true);
  t.equal(chip.reads, reads, "masked: nothing is asked");
  chip.interrupt.set(false);
  bench.run();
  t.equal(host.received, 1);
  await bench.driver.close();
});

t.test("checksums that the chip has looked at", async (t) => {
  const bench = new Bench();
  await bench.open();
  const { chip, driver, host } = bench;
  const seen: number[] = [];
  host.onFrame = (skb) => seen.push(skb.checksum);
  const statuses = { ignored: 0x67, good: 0x63, bad: 0x2063, "IPv4 only": 0x43, "not at all": 0x03 };
  for (const status of Object.values(statuses)) chip.receive(frameOf(60), status);
  bench.run();
  t.same(seen, [Checksum.NONE, Checksum.UNNECESSARY, Checksum.NONE, Checksum.NONE, Checksum.NONE]);
  const counters = new Map(driver.driverStatistics());
  t.same([counters.get("rx_csum_offload_good"), counters.get("rx_csum_offload_errors")], [1, 1]);
  await driver.close();
});

t.test("descriptors that lie: nothing beyond a buffer is handed up, every frame is counted, the ring goes on", async (t) => {
  const bench = new Bench({ rxRing: 16 });
  await bench.open();
  const { chip, driver, host } = bench;
  chip.receive(frameOf(60), 0x07, 0);
  chip.receive(frameOf(60), 0x07, 13);
  chip.receive(frameOf(60), 0x07, 1921);
  chip.receive(frameOf(60), 0x07, 65535);
  chip.receive(frameOf(1024), 0x05);
  chip.receive(frameOf(1024), 0x05);
  chip.receive(frameOf(60), 0x07);
  chip.receive(frameOf(60), 0x0107);
  bench.run();
  t.equal(host.received, 0);
  t.equal(driver.statistics.rxLengthErrors, 5, "four impossible lengths, one frame in three pieces");
  chip.receive(frameOf(61));
  bench.run();
  t.same(host.frames, [frameOf(61)]);
  t.equal(chip.free, 15);
  t.equal(driver.buffers?.inUse, 15);
  // DD all over the ring, in descriptors that nobody gave away, too.
  chip.dma.words.fill(0xffff_ffff, (chip.get(Offset.RDBAL) - chip.dma.base) / 4, (chip.get(Offset.RDBAL) - chip.dma.base) / 4 + 64);
  chip.raise(0x80);
  bench.run();
  t.equal(host.received, 1);
  t.same(host.breaches, []);
  await driver.close();
  t.equal(driver.buffers?.inUse, 0);
});

t.test("a host that closes in the middle of a poll, or throws", async (t) => {
  await t.test("closes", async (t) => {
    const bench = new Bench();
    await bench.open();
    const { chip, driver, host } = bench;
    host.onFrame = () => void driver.close();
    for (let number = 0; number < 5; number++) chip.receive(frameOf(60, number));
    bench.run();
    t.equal(host.received, 1);
    t.equal(host.drops.get(DropReason.QUEUE_PURGE), 4);
    t.equal(driver.buffers?.inUse, 0);
    t.same(host.breaches, []);
  });
  await t.test("throws", async (t) => {
    const bench = new Bench();
    await bench.open();
    const { chip, driver, host } = bench;
    let first = true;
    host.onFrame = () => {
      host.send(frameOf(60));
      if (!first) return;
      first = false;
      throw new Error("a handler's fault");
    };
    for (let number = 0; number < 5; number++) chip.receive(frameOf(60, number));
    t.throws(() => bench.run(0), /a handler's fault/);
    t.equal(chip.frames.length, 1, "the doorbell was rung");
    // As the scheduler does.
    for (let left = 5; left > 0; left--) driver.poll(64);
    t.equal(host.received, 5);
    t.equal(chip.frames.length, 5);
    await driver.close();
  });
});

t.test("receive mode and multicast list", async (t) => {
  const bench = new Bench();
  await bench.open();
  const { chip, driver } = bench;
  const modes: [promiscuous: boolean, allMulticast: boolean, rctl: number][] = [
    [false, false, 0x0400_8002],
    [true, false, 0x0400_801a],
    [false, true, 0x0400_8012],
    [true, true, 0x0400_801a],
  ];
  for (const [promiscuous, allMulticast, rctl] of modes) {
    driver.setReceiveMode({ promiscuous, allMulticast, groups: [] });
    t.equal(chip.get(Offset.RCTL), rctl);
  }
  driver.setReceiveMode({ promiscuous: true, allMulticast: true, groups: [] });
  t.equal(chip.written(Offset.RCTL).length, 3, "written only when it changes");
  driver.setReceiveMode({ promiscuous: false, allMulticast: false, groups: [] });

  const group = (last: number): Uint8Array => Uint8Array.of(0x01, 0x00, 0x5e, 0x00, 0x12, last);
  const join = (...groups: Uint8Array[]): void => driver.setReceiveMode({ promiscuous: false, allMulticast: false, groups });
  join(group(1), group(2));
  t.same([0, 1, 2, 3].map((entry) => [chip.get(Offset.RAL + 8 * entry) >>> 0, chip.get(Offset.RAL + 4 + 8 * entry)]).slice(1), [
    [0x005e_0001, 0x8000_0112],
    [0x005e_0001, 0x8000_0212],
    [0, 0],
  ]);
  t.same(
    chip.writes.filter(([offset]) => offset >= Offset.MTA && offset < 0x5400),
    [],
    "no hash for so few",
  );
  join(...Array.from({ length: 17 }, (_, at) => group(at)));
  // Hash of xx:xx:xx:xx:12:0f is 0f1, of 12:10 it is 101: words 07 and 08, bit 17 and bit 1.
  t.same([chip.get(Offset.MTA + 4 * 7), chip.get(Offset.MTA + 4 * 8)], [1 << 17, 1 << 1]);
  await driver.close();
  await bench.open();
  t.same([chip.get(Offset.MTA + 4 * 7), chip.get(Offset.RAL + 8)], [1 << 17, 0x005e_0001], "kept over a restart");
  join();
  t.same([chip.get(Offset.MTA + 4 * 7), chip.get(Offset.RAL + 12)], [0, 0]);
  await driver.close();
});

t.test("every counter has the name that ethtool -S gives it, and goes on past 32 bits", async (t) => {
  const bench = new Bench();
  await bench.open();
  const { chip, driver } = bench;
  // As fast as a wire can be: some 1.5 million frames a second.
  const turns = 1600;
  for (let turn = 0; turn < turns; turn++) {
    chip.set(Offset.GORC, 0xffff_fff0);
    chip.set(Offset.GPRC, 2_900_000);
    if (turn < 3) chip.set(Offset.CRCERRS, 2);
    bench.run(2001);
    if (turn < 3) t.equal(chip.get(Offset.CRCERRS), 0, "fetched by the watchdog");
  }
  chip.set(Offset.CRCERRS, 1);
  const entries = driver.driverStatistics();
  const counters = new Map(entries);
  t.equal(entries.length, 46);
  t.same(
    entries.slice(0, 4).map(([name]) => name),
    ["rx_packets", "tx_packets", "rx_bytes", "tx_bytes"],
  );
  t.equal(counters.get("rx_packets"), turns * 2_900_000);
  t.equal(counters.get("rx_bytes"), turns * 0xffff_fff0);
  t.equal(counters.get("rx_long_byte_count"), turns * 0xffff_fff0);
  t.equal(counters.get("rx_crc_errors"), 7, "fetched on demand, too");
  t.match(driver.statistics, { rxErrors: 7, rxCrcErrors: 7 });
  await driver.close();
  t.match(driver.statistics, { rxErrors: 7, rxCrcErrors: 7 });
  chip.set(Offset.CRCERRS, 50);
  await bench.open();
  t.equal(driver.statistics.rxErrors, 7, "what the chip counted before is not ours");
  await driver.close();
});
