/** The faults of the silicon, one by one: there in the revisions that have them, gone when switched off. */
import t from "tap";
import type { Erratum, Revision } from "../../../../hal/simulated/enc28j60/errata.ts";
import { Bench, BROADCAST, frame, STATION } from "./bench.ts";

const OTHER = [0x02, 0, 0, 0, 0, 0x99];

t.test("each revision has its own", async (t) => {
  const erevids: [Revision, number, string][] = [
    ["B1", 0x02, "simulated ENC28J60 rev B1"],
    ["B4", 0x04, "simulated ENC28J60 rev B4"],
    ["B5", 0x05, "simulated ENC28J60 rev B5"],
    ["B7", 0x06, "simulated ENC28J60 rev B7"],
  ];
  for (const [revision, erevid, description] of erevids) {
    const { chip } = new Bench({ revision });
    const bench = new Bench({ revision });
    t.equal(bench.get(0x72), erevid);
    t.equal(chip.description, description);
    const old = revision === "B1" || revision === "B4";
    t.equal(chip.errata.has(1), old, `${revision}: erratum 1`);
    t.equal(new Bench({ revision, errata: { 13: undefined as never } }).chip.errata.has(13), !old, `${revision}: erratum 13`);
    for (const erratum of [2, 11, 17, 19] as const) t.equal(chip.errata.has(erratum), true, `${revision}: erratum ${erratum}`);
  }
  const none = new Bench({ errata: { 2: false, 11: false, 17: false, 19: false } });
  for (const erratum of [2, 11, 17, 19] as const) t.equal(none.chip.errata.has(erratum), false);
});

t.test("the same seed strikes at the same places, whatever else is switched", async (t) => {
  const pattern = (errata: Partial<Record<Erratum, number>>): boolean[] => {
    const { chip } = new Bench({ errata });
    return Array.from({ length: 50 }, () => chip.errata.strikes(6));
  };
  t.same(pattern({ 6: 0.5 }), pattern({ 6: 0.5, 18: 0.5 }));
  t.ok(pattern({ 6: 0.5 }).includes(true) && pattern({ 6: 0.5 }).includes(false));
});

t.test("1: below 8 MHz B1 and B4 lose accesses to MAC and MII registers", async (t) => {
  for (const [revision, spiHz, lost] of [
    ["B4", 4_000_000, true],
    ["B4", 8_000_000, false],
    ["B7", 4_000_000, false],
  ] as const) {
    const bench = new Bench({ revision, spiHz });
    bench.wait(0.3);
    let wrong = 0;
    for (let value = 0; value < 100; value++) {
      bench.put(0x4a, value);
      if (bench.get(0x4a) !== value) wrong++;
      bench.put(0x04, value);
      t.equal(bench.get(0x04), value, "ETH registers are not concerned");
    }
    t.equal(wrong > 10, lost, `${revision} at ${spiHz} Hz: ${wrong} of 100`);
    t.equal(bench.chip.violations.count("slow-clock") > 0, lost);
  }
});

t.test("2: CLKRDY through a reset", async (t) => {
  for (const erratum of [true, false]) {
    const bench = new Bench({ errata: { 2: erratum } }).start();
    bench.spi([0xff]);
    t.equal(bench.get(0x1d) & 0x01, erratum ? 1 : 0);
    bench.wait(1);
    t.equal(bench.get(0x1d) & 0x01, 1);
  }
});

t.test("5: the write pointer does not follow ERXST", async (t) => {
  for (const erratum of [1, 0]) {
    const bench = new Bench({ errata: { 5: erratum } });
    bench.put16(0x08, 0x0400);
    t.equal(bench.get16(0x0e), erratum ? 0 : 0x0400);
  }
});

t.test("6: PKTIF reads 0 though a packet waits; EPKTCNT and the line are right", async (t) => {
  for (const erratum of [1, 0]) {
    const bench = new Bench({ errata: { 6: erratum } }).start();
    bench.put(0x1b, 0xc0);
    bench.arrive(frame(60));
    t.equal(bench.get(0x1c) & 0x40, erratum ? 0 : 0x40);
    t.equal(bench.get(0x39), 1);
    t.equal(bench.chip.interrupt.asserted, true);
  }
});

t.test("9, 10: loopback in the PHY", async (t) => {
  for (const [phcon1, erratum] of [
    [0x4000, 9],
    [0x4100, 10],
  ] as const) {
    for (const rate of [1, 0]) {
      const bench = new Bench({ errata: { [erratum]: rate } }).start();
      bench.phyWrite(0x00, phcon1);
      bench.send(frame(60, STATION));
      t.equal(bench.get(0x39), rate ? 0 : 1, `erratum ${erratum}`);
    }
  }
});

t.test("12: an abort in half duplex hangs the transmit logic until TXRST", async (t) => {
  for (const erratum of [1, 0]) {
    const bench = new Bench({ errata: { 12: erratum } }).start();
    bench.put(0x42, 0x32);
    bench.load(frame(1000, OTHER));
    bench.bitSet(0x1f, 0x08);
    bench.wait(0.1);
    bench.bitClear(0x1f, 0x08);
    bench.bitSet(0x1f, 0x08);
    bench.wait(1000);
    t.equal(bench.get(0x1f) & 0x08, erratum ? 0x08 : 0);
    t.equal(bench.listener.frames.length, erratum ? 0 : 1);
    bench.bitClear(0x1f, 0x08);
    bench.bitSet(0x1f, 0x80);
    bench.bitClear(0x1f, 0x80);
    bench.bitSet(0x1f, 0x08);
    bench.wait(10);
    t.equal(bench.listener.frames.length, erratum ? 1 : 2);
  }
});

t.test("13, 15: link pulses taken for late collisions, and a LATECOL that does not tell", async (t) => {
  const bench = new Bench({ errata: { 12: false, 13: 0.5, 15: 1 } }).start();
  bench.put(0x42, 0x32);
  for (let number = 0; number < 200; number++) bench.send(frame(1514, OTHER));
  const late = bench.chip.counters.lateCollisions;
  t.ok(late > 60 && late < 140, `${late} of 200`);
  t.equal(bench.listener.frames.length, 200 - late);
  t.equal(bench.get(0x1d) & 0x10, 0, "LATECOL");
  const honest = new Bench({ errata: { 13: 1 } }).start();
  honest.put(0x42, 0x32);
  let flagged = 0;
  let told = 0;
  for (let number = 0; number < 20; number++) {
    const vector = honest.send(frame(1514, OTHER));
    if ((vector.getUint8(3) & 0x20) !== 0) told++;
    if ((honest.get(0x1d) & 0x10) !== 0) flagged++;
    honest.bitClear(0x1d, 0x12);
  }
  t.equal(flagged, told);
  t.ok(told > 5);
  const fast = new Bench({ errata: { 13: 1 }, lineRate: Number.POSITIVE_INFINITY }).start();
  fast.put(0x42, 0x32);
  for (let number = 0; number < 20; number++) fast.send(frame(1514, OTHER));
  t.ok(fast.chip.counters.lateCollisions > 5, "on a line that takes no time as well");
  const full = new Bench({ errata: { 13: 1 } }).start();
  for (let number = 0; number < 20; number++) full.send(frame(1514, OTHER));
  t.equal(full.listener.frames.length, 20, "not in full duplex");
});

t.test("14: behind an even ERXRDPT packets are written wrong", async (t) => {
  for (const [pointer, rate, wrong] of [
    [0x19fe, 1, true],
    [0x19ff, 1, false],
    [0x19fe, 0, false],
  ] as const) {
    const bench = new Bench({ errata: { 14: rate } }).start();
    bench.put16(0x0c, pointer);
    bench.arrive(frame(60));
    t.equal(bench.take(0).next !== 70, wrong);
  }
});

t.test("14: not behind the even value that reception started with", async (t) => {
  const bench = new Bench({ errata: { 14: 1 } }).start();
  const restart = (packets: number): void => {
    bench.bitClear(0x1f, 0x04);
    t.equal(bench.get(0x39), packets);
    bench.put16(0x0c, 0x0000);
    bench.bitSet(0x1f, 0x04);
  };
  restart(0);
  bench.arrive(frame(60));
  t.equal(bench.take(0).next, 70, "ERXRDPT = 0 before RXEN, as EtherCard and UIPEthernet do");
  bench.put16(0x0c, 0x0000);
  bench.arrive(frame(60));
  t.not(bench.take(70).next, 140, "the same while reception runs");
  bench.arrive(frame(60));
  restart(1);
  bench.arrive(frame(60));
  t.equal(bench.chip.errata.count(14), 2, "or while a packet is in the ring");
});

t.test("16: the duplex mode after a reset is not what LEDB's wiring says", async (t) => {
  for (const fullDuplexWiring of [false, true]) {
    for (const erratum of [1, 0]) {
      const bench = new Bench({ fullDuplexWiring, errata: { 16: erratum } });
      bench.wait(0.3);
      t.equal(bench.phyRead(0x00), fullDuplexWiring === (erratum === 0) ? 0x0100 : 0);
    }
  }
});

t.test("17: a DMA checksum is wrong when a frame comes in meanwhile, and only then", async (t) => {
  for (const [erratum, frames, right] of [
    [true, 1, false],
    [true, 0, true],
    [false, 1, true],
  ] as const) {
    const bench = new Bench({ errata: { 17: erratum } }).start();
    bench.writeMemory(0x1a00, new Uint8Array(500));
    bench.put16(0x10, 0x1a00);
    bench.put16(0x12, 0x1bf3);
    bench.bitSet(0x1f, 0x30);
    for (let count = 0; count < frames; count++) bench.arrive(frame(60));
    bench.wait(0.1);
    t.equal(bench.get16(0x16) === 0xffff, right);
  }
});

t.test("18: the pattern filter lets in what does not match", async (t) => {
  for (const erratum of [1, 0]) {
    const bench = new Bench({ errata: { 18: erratum } }).start({ filters: 0x30 });
    bench.put(0x28, 0x3f);
    bench.put16(0x30, 0x1234);
    bench.arrive(frame(60, BROADCAST));
    t.equal(bench.get(0x39), erratum);
  }
});

t.test("19: a system reset in power save", async (t) => {
  for (const erratum of [true, false]) {
    const bench = new Bench({ errata: { 19: erratum } }).start();
    bench.bitClear(0x1f, 0x04);
    bench.bitSet(0x1e, 0x20);
    bench.spi([0xff]);
    bench.wait(2);
    t.equal(bench.spi([0x1e], 1)[0], erratum ? 0xa0 : 0x80);
  }
});
