/** The transmit logic of the ENC28J60: frames on the wire, status vectors, padding, aborts. */
import { crc32 } from "node:zlib";
import t from "tap";
import { SeededRandom } from "../../../../hal/random.ts";
import { Bench, BROADCAST, frame, STATION } from "./bench.ts";

const OTHER = [0x02, 0, 0, 0, 0, 0x99];

function fcsOf(bytes: Uint8Array): number[] {
  const fcs = crc32(bytes);
  return [fcs & 0xff, (fcs >>> 8) & 0xff, (fcs >>> 16) & 0xff, fcs >>> 24];
}

function bytesOf(vector: DataView): number[] {
  return [...new Uint8Array(vector.buffer)];
}

t.test("frames reach the wire whole, padded to 60 with zeros", async (t) => {
  const random = new SeededRandom("transmit");
  const bench = new Bench().start();
  for (const length of [14, 42, 59, 60, 61, 1513, 1514, ...Array.from({ length: 50 }, () => 14 + random.below(1501))]) {
    const sent = frame(length, OTHER);
    const vector = bench.send(sent);
    const got = bench.listener.frames.pop() as Uint8Array;
    t.equal(bench.listener.frames.length, 0);
    t.same(got.subarray(0, length), sent);
    t.equal(got.length, Math.max(60, length));
    t.ok(
      got.subarray(length).every((byte) => byte === 0),
      "padding",
    );
    t.equal(vector.getUint16(0, true), Math.max(64, length + 4), "byte count with FCS");
    t.equal(bench.get(0x1c) & 0x0a, 0x08, "TXIF alone");
    t.equal(bench.get(0x1f) & 0x08, 0, "TXRTS cleared");
    bench.bitClear(0x1c, 0x08);
  }
  t.equal(bench.chip.violations.total, 0, bench.chip.violations.toString());
});

t.test("status vector, bit by bit", async (t) => {
  const cases: [string, Uint8Array, number[]][] = [
    ["unicast, type", frame(60, OTHER), [64, 0, 0xc0, 0x00, 64, 0, 0]],
    ["multicast", frame(60, [0x01, 0, 0x5e, 0, 0, 1]), [64, 0, 0xc0, 0x01, 64, 0, 0]],
    ["broadcast", frame(1514, BROADCAST), [0xee, 0x05, 0xc0, 0x02, 0xee, 0x05, 0x00]],
    ["length field that fits", frame(100, OTHER, 86), [104, 0, 0x80, 0x00, 104, 0, 0]],
    ["length field that does not", frame(100, OTHER, 80), [104, 0, 0xa0, 0x00, 104, 0, 0]],
    ["VLAN", frame(64, OTHER, 0x8100), [68, 0, 0xc0, 0x00, 68, 0, 0x08]],
    ["control", frame(60, OTHER, 0x8808), [64, 0, 0xc0, 0x00, 64, 0, 0x01]],
  ];
  for (const [what, sent, expected] of cases) {
    const bench = new Bench().start();
    t.same(bytesOf(bench.send(sent)), expected, what);
  }
  const bench = new Bench().start();
  bench.put(0x42, 0x31);
  t.equal(bench.send(frame(100, OTHER, 80)).getUint8(2), 0x80, "lengths are not checked without FRMLNEN");
});

t.test("padding by PADCFG", async (t) => {
  const cases: [padcfg: number, length: number, type: number, padded: number][] = [
    [0, 42, 0x0800, 42],
    [1, 42, 0x0800, 60],
    [2, 42, 0x0800, 42],
    [3, 42, 0x0800, 64],
    [5, 42, 0x0800, 60],
    [5, 42, 0x8100, 64],
    [7, 42, 0x0800, 64],
    [7, 70, 0x0800, 70],
  ];
  for (const [padcfg, length, type, padded] of cases) {
    const bench = new Bench().start();
    bench.put(0x42, (padcfg << 5) | 0x11);
    bench.send(frame(length, OTHER, type));
    t.equal(bench.listener.frames[0]?.length, padded, `PADCFG ${padcfg}, type ${type.toString(16)}`);
  }
});

t.test("without TXCRCEN the host brings the FCS", async (t) => {
  const bench = new Bench().start();
  bench.put(0x42, 0x01);
  const body = frame(60, OTHER);
  const vector = bench.send(Uint8Array.from([...body, ...fcsOf(body)]));
  t.same(bench.listener.frames.pop(), body, "the wire's own FCS stands for the frame's");
  t.same(bytesOf(vector), [64, 0, 0xc0, 0, 64, 0, 0]);
  const bad = bench.send(frame(64, OTHER));
  t.equal(bench.listener.frames.length, 0, "nobody receives a frame with a bad FCS");
  t.equal(bad.getUint8(2), 0xd0, "CRC error, done");
  t.equal(bench.chip.counters.sentWithoutFcs, 1);
  t.equal(bench.chip.violations.total, 0);
  bench.put(0x42, 0x21);
  bench.send(frame(42, OTHER));
  t.equal(bench.listener.frames.length, 0);
  t.match(bench.chip.violations.message("padding-without-crc"), /21h/);
});

t.test("the per packet control byte overrides MACON3", async (t) => {
  const bench = new Bench().start();
  bench.put(0x42, 0x01);
  bench.send(frame(42, OTHER), 0x07);
  t.equal(bench.listener.frames.pop()?.length, 60, "CRC and padding");
  bench.send(frame(42, OTHER), 0x03);
  t.equal(bench.listener.frames.pop()?.length, 42, "CRC alone");
  bench.send(frame(1600, OTHER), 0x0b);
  t.equal(bench.listener.frames.pop()?.length, 1600, "huge");
  bench.send(frame(42, OTHER), 0x0e);
  t.equal(bench.listener.frames.length, 0, "without POVERRIDE the other bits mean nothing");
});

t.test("frames beyond MAMXFL are aborted without HFRMEN", async (t) => {
  const bench = new Bench().start();
  // As two drivers in the field have it: a full-size frame does not get through.
  bench.put16(0x4a, 1500);
  const vector = bench.send(frame(1514, BROADCAST));
  t.equal(bench.listener.frames.length, 0);
  t.equal(bench.get(0x1c) & 0x0a, 0x0a, "TXIF and TXERIF");
  t.equal(bench.get(0x1d) & 0x02, 0x02, "TXABRT");
  t.equal(bench.get(0x1f) & 0x08, 0, "TXRTS");
  t.equal(vector.getUint8(3), 0x42, "giant, broadcast");
  t.equal(vector.getUint8(2), 0, "not done");
  bench.bitClear(0x1c, 0x0a);
  bench.bitClear(0x1d, 0x02);
  t.equal(bench.get(0x1d) & 0x02, 0);
  bench.send(frame(1496, OTHER));
  t.equal(bench.listener.frames.length, 1, "1500 with FCS is the most");
  bench.put(0x42, 0x37);
  bench.send(frame(1514, OTHER));
  t.equal(bench.listener.frames.length, 2, "HFRMEN");
});

t.test("a transmission takes its time on the line", async (t) => {
  const bench = new Bench().start();
  bench.load(frame(1514, OTHER));
  bench.bitSet(0x1f, 0x08);
  const start = bench.clock.now();
  bench.wait(1.2207);
  t.equal(bench.get(0x1f) & 0x08, 0x08);
  t.equal(bench.listener.frames.length, 0);
  bench.wait(0.0002);
  t.equal(bench.get(0x1f) & 0x08, 0, "1526 byte times at 10 Mbit/s are 1.2208 ms");
  t.equal(bench.listener.frames.length, 1);
  t.ok(bench.clock.now() - start < 1.221);
  bench.bitSet(0x1f, 0x08);
  bench.wait(1.2298);
  t.equal(bench.listener.frames.length, 1);
  bench.wait(0.001);
  t.equal(bench.listener.frames.length, 2, "the next one 12 byte times behind it: MABBIPG 15h");
});

t.test("with an infinite line rate it is over with the next task", async (t) => {
  const bench = new Bench({ lineRate: Number.POSITIVE_INFINITY }).start();
  bench.load(frame(1514, OTHER));
  bench.bitSet(0x1f, 0x08);
  t.equal(bench.get(0x1f) & 0x08, 0x08, "not within the call");
  bench.wait(0);
  t.equal(bench.get(0x1f) & 0x08, 0);
  t.equal(bench.listener.frames.length, 1);
  bench.bitSet(0x1f, 0x08);
  bench.bitClear(0x1f, 0x08);
  bench.bitSet(0x1f, 0x08);
  bench.wait(0);
  t.equal(bench.listener.frames.length, 2, "cancelled and started again: once");
  bench.bitSet(0x1f, 0x08);
  bench.bitClear(0x1f, 0x08);
  bench.wait(0);
  t.equal(bench.listener.frames.length, 2, "cancelled for good");
});

t.test("the host cancels by clearing TXRTS", async (t) => {
  const bench = new Bench().start();
  bench.load(frame(1000, OTHER));
  bench.bitSet(0x1f, 0x08);
  bench.wait(0.1);
  bench.bitClear(0x1f, 0x08);
  t.equal(bench.get(0x1c) & 0x0a, 0x0a);
  t.equal(bench.get(0x1d) & 0x02, 0x02);
  bench.wait(10);
  t.equal(bench.listener.frames.length, 0);
  t.equal(bench.readMemory(0x1a00 + 1001, 3)[2], 0, "a status vector without the done bit");
});

t.test("transmit logic reset stops a frame and lets the next one through", async (t) => {
  const bench = new Bench().start();
  bench.load(frame(1000, OTHER));
  bench.bitSet(0x1f, 0x08);
  bench.bitSet(0x1f, 0x80);
  t.equal(bench.get(0x1f), 0x84, "TXRTS is cleared");
  t.equal(bench.get(0x1c) & 0x02, 0x02, "TXERIF, to be cleared");
  bench.bitSet(0x1f, 0x08);
  t.equal(bench.chip.violations.count("transmit-in-reset"), 1);
  bench.bitClear(0x1f, 0x80);
  bench.bitClear(0x1c, 0x02);
  bench.send(frame(60, OTHER));
  t.equal(bench.listener.frames.length, 1);
});

t.test("a frame may wrap at the end of memory", async (t) => {
  const bench = new Bench().start({ ringEnd: 0x0fff });
  const sent = frame(60, OTHER);
  bench.put16(0x08, 0x0400);
  bench.bitClear(0x1f, 0x04);
  bench.put16(0x08, 0x0400);
  bench.writeMemory(0x1ff0, [0, ...sent]);
  bench.put16(0x04, 0x1ff0);
  bench.put16(0x06, (0x1ff0 + 60) & 0x1fff);
  bench.bitSet(0x1f, 0x08);
  bench.wait(1);
  t.same(bench.listener.frames[0], sent);
  t.equal(bench.readMemory(0x1ff0 + 61 - 0x2000, 1)[0], 64);
});

t.test("half duplex hears itself unless HDLDIS; loopback keeps frames off the wire; TXDIS too", async (t) => {
  const half = new Bench().start({ filters: 0 });
  half.phyWrite(0x00, 0x0000);
  half.send(frame(60, OTHER));
  t.same([half.listener.frames.length, half.get(0x39)], [1, 1]);
  half.phyWrite(0x10, 0x0100);
  half.send(frame(60, OTHER));
  t.same([half.listener.frames.length, half.get(0x39)], [2, 1]);

  const loop = new Bench().start();
  loop.phyWrite(0x00, 0x4100);
  loop.send(frame(60, STATION));
  loop.arrive(frame(60, STATION));
  t.same([loop.listener.frames.length, loop.get(0x39)], [0, 1]);

  const off = new Bench().start();
  off.phyWrite(0x10, 0x2000);
  off.send(frame(60, OTHER));
  t.same([off.listener.frames.length, off.chip.counters.notOnWire, off.get(0x1c) & 0x08], [0, 1, 8]);
});

t.test("what a driver must not do while transmitting is noted", async (t) => {
  const bench = new Bench().start();
  bench.load(frame(100, OTHER));
  bench.bitSet(0x1f, 0x08);
  bench.writeMemory(0x1b00, [1, 2, 3]);
  bench.readMemory(0x0000, 8);
  t.equal(bench.chip.violations.total, 0, "elsewhere in memory is free");
  bench.writeMemory(0x1a64, [1]);
  bench.writeMemory(0x1a6b, [1, 2]);
  t.equal(bench.chip.violations.count("transmit-buffer-touched"), 2, "last byte of the frame, last of the status vector");
  bench.put16(0x06, 0x1a10);
  t.match(bench.chip.violations.message("transmit-pointer-changed"), /ETXNDH/);
  bench.wait(1);
  t.equal(bench.listener.frames[0]?.length, 100, "the range was latched at the start");

  bench.put16(0x04, 0x1900);
  bench.put16(0x06, 0x1940);
  bench.bitSet(0x1f, 0x08);
  bench.wait(1);
  t.match(bench.chip.violations.message("transmit-in-ring"), /1900h/);
  bench.put16(0x06, 0x1900);
  bench.bitSet(0x1f, 0x08);
  t.equal(bench.chip.violations.count("transmit-empty"), 1);
});
