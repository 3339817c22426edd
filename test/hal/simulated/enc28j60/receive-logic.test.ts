/** The receive logic of the ENC28J60: packets in memory, status vectors, the ring's bounds. */
import { crc32 } from "node:zlib";
import t from "tap";
import { SeededRandom } from "../../../../hal/random.ts";
import { Bench, BROADCAST, frame, STATION } from "./bench.ts";

const MULTICAST = [0x01, 0x00, 0x5e, 0x00, 0x00, 0x01];

function withFcs(bytes: Uint8Array): number[] {
  const fcs = crc32(bytes);
  return [...bytes, fcs & 0xff, (fcs >>> 8) & 0xff, (fcs >>> 16) & 0xff, fcs >>> 24];
}

t.test("a received frame in memory, byte by byte", async (t) => {
  const bench = new Bench().start();
  const sent = frame(61, STATION, 0x0806);
  bench.arrive(sent);
  t.equal(bench.get(0x39), 1, "EPKTCNT");
  t.equal(bench.get16(0x0e), 72, "ERXWRPT: 6 + 61 + 4, and one to be even");
  // Next pointer 0048h; 65 bytes; received OK and type field.
  t.same([...bench.readMemory(0, 6)], [0x48, 0x00, 65, 0x00, 0xc0, 0x00]);
  t.same([...bench.readMemory(6, 65)], withFcs(sent));
  t.equal(bench.chip.violations.total, 0, bench.chip.violations.toString());
});

t.test("hundreds of frames of all lengths go round the ring unharmed", async (t) => {
  const random = new SeededRandom("ring");
  const ringEnd = 0x19ff;
  const bench = new Bench().start({ ringEnd });
  const waiting: Uint8Array[] = [];
  let at = 0;
  let wraps = 0;
  let taken = 0;
  while (taken < 400) {
    while (waiting.length < 1 + random.below(4)) {
      const sent = frame(60 + random.below(1455), random.below(2) ? STATION : BROADCAST);
      bench.arrive(sent);
      waiting.push(sent);
    }
    const sent = waiting.shift() as Uint8Array;
    const packet = bench.take(at, ringEnd);
    if (Buffer.compare(packet.bytes, Uint8Array.from(withFcs(sent))) !== 0)
      t.fail(`frame ${taken} of ${sent.length} bytes at ${at}`);
    if (packet.status >>> 31 !== 0 || (packet.status & 0xffff) !== sent.length + 4) t.fail(`status ${packet.status.toString(16)}`);
    if ((packet.next & 1) !== 0 || packet.next > ringEnd) t.fail(`next packet at ${packet.next}`);
    if (packet.next < at) wraps++;
    at = packet.next;
    taken++;
  }
  t.ok(wraps > 30, `${wraps} times round`);
  t.equal(bench.chip.counters.overflowed, 0);
  t.equal(bench.chip.counters.received, bench.get(0x39) + 400);
  t.equal(bench.chip.violations.total, 0, bench.chip.violations.toString());
});

t.test("reading on past body and pad leaves ERDPT at the next packet, also round the end", async (t) => {
  const bench = new Bench().start({ ringEnd: 0x00ff });
  bench.arrive(frame(61));
  bench.arrive(frame(60));
  bench.take(0, 0xff);
  bench.take(72, 0xff);
  const sent = frame(100);
  bench.arrive(sent); // at 142, 110 bytes: up to 251
  bench.arrive(frame(70)); // at 252: its status vector lies across the ring's end
  const packet = bench.take(142, 0xff);
  t.same([...packet.bytes], withFcs(sent));
  t.equal(bench.get16(0x00), packet.next);
  const across = bench.take(252, 0xff);
  t.equal(across.status & 0xffff, 74);
  t.same([...across.bytes], withFcs(frame(70)));
  t.equal(across.next, 76);
});

t.test("status vector, bit by bit", async (t) => {
  const cases: [string, Uint8Array, number][] = [
    ["unicast, type", frame(60), 0x00c00040],
    ["multicast", frame(60, MULTICAST), 0x01c00040],
    ["broadcast", frame(1514, BROADCAST), 0x02c005ee],
    ["length field that fits", frame(100, STATION, 86), 0x00800068],
    ["length field with padding", frame(60, STATION, 3), 0x00800040],
    ["length field that does not fit", frame(100, STATION, 85), 0x00a00068],
    ["largest length", frame(1514, STATION, 1500), 0x008005ee],
    ["VLAN", frame(64, STATION, 0x8100), 0x40c00044],
    ["control frame, unknown opcode", frame(60, STATION, 0x8808), 0x28c00040],
  ];
  for (const [what, sent, status] of cases) {
    const bench = new Bench().start({ filters: 0 });
    bench.put(0x40, 0x03); // PASSALL
    bench.arrive(sent);
    t.equal(bench.take(0).status.toString(16), status.toString(16), what);
  }
  const bench = new Bench().start({ filters: 0 });
  bench.put(0x40, 0x03);
  const pause = frame(60, [0x01, 0x80, 0xc2, 0, 0, 1], 0x8808);
  pause.set([0x00, 0x01], 14);
  bench.arrive(pause);
  t.equal(bench.take(0).status.toString(16), "19c00040", "pause frame");
  bench.put(0x42, 0x31); // without FRMLNEN
  bench.arrive(frame(100, STATION, 85));
  t.equal(bench.take(70).status.toString(16), "800068", "lengths are not checked without FRMLNEN");
});

t.test("damaged frames: dropped with CRCEN, else written with a wrong FCS and told", async (t) => {
  const bench = new Bench().start();
  bench.segment.corruption = 1;
  bench.arrive(frame(60));
  t.equal(bench.get(0x39), 0);
  t.equal(bench.chip.counters.filtered, 1);
  bench.put(0x38, 0);
  bench.arrive(frame(60));
  const packet = bench.take(0);
  t.equal(packet.status & 0x00900000, 0x00100000, "CRC error, not received OK");
  const right = crc32(packet.bytes.subarray(0, 60));
  t.not(new DataView(packet.bytes.buffer).getUint32(60, true), right);
});

t.test("a full ring loses new frames, keeps the old ones and tells", async (t) => {
  const ringEnd = 0x01ff;
  const bench = new Bench().start({ ringEnd });
  const sizes = [100, 101, 103, 60];
  for (const size of sizes) bench.arrive(frame(size));
  t.equal(bench.get(0x1c) & 0x41, 0x40, "510 bytes would be in: 110 + 112 + 114 + 70 = 406");
  bench.arrive(frame(96));
  t.equal(bench.get(0x1c) & 0x41, 0x41, "RXERIF: 106 bytes do not fit the 104 that are left");
  t.equal(bench.get(0x39), 4);
  bench.bitClear(0x1c, 0x01);
  bench.arrive(frame(94));
  t.equal(bench.get(0x1c) & 0x01, 0, "104 bytes fit exactly: all but two of the ring");
  t.equal(bench.get16(0x0e), 510);
  bench.arrive(frame(14));
  t.equal(bench.get(0x39), 5, "not even the smallest fits now");
  let at = 0;
  for (const size of [...sizes, 94]) {
    const packet = bench.take(at, ringEnd);
    t.same([...packet.bytes], withFcs(frame(size)));
    t.equal((packet.status >>> 16) & 1, size === 94 ? 1 : 0, "drop event in the first packet after the loss");
    at = packet.next;
  }
  t.equal(bench.get(0x1c) & 0x40, 0, "PKTIF went with the last packet");
  t.equal(bench.chip.counters.overflowed, 2);
  bench.arrive(frame(300));
  t.same([...bench.take(at, ringEnd).bytes], withFcs(frame(300)));
});

t.test("255 packets are the most", async (t) => {
  const bench = new Bench().start({ ringEnd: 0x1fff });
  for (let count = 0; count < 256; count++) bench.arrive(frame(14));
  t.equal(bench.get(0x39), 255);
  t.equal(bench.get(0x1c) & 0x01, 0x01);
  bench.take(0, 0x1fff);
  t.equal(bench.get(0x39), 254);
});

t.test("ERXRDPT takes effect with its high byte only", async (t) => {
  const bench = new Bench().start({ ringEnd: 0x00ff });
  bench.put(0x0c, 0x01);
  t.equal(bench.get16(0x0c), 0x00ff);
  bench.arrive(frame(200));
  t.equal(bench.get(0x39), 1, "the old value was still in force");
  bench.put(0x0c, 0xd1);
  bench.put(0x0d, 0x00);
  t.equal(bench.get16(0x0c), 0x00d1);
  t.equal(bench.chip.violations.total, 0);
  bench.put16(0x0c, 0x00d0);
  t.match(bench.chip.violations.message("even-erxrdpt"), /D0h/);
});

t.test("length limits: 18 bytes with FCS at least, MAMXFL at most unless HFRMEN", async (t) => {
  const bench = new Bench().start();
  bench.arrive(frame(13));
  bench.arrive(frame(1515));
  t.same([bench.chip.counters.runts, bench.chip.counters.tooLong, bench.get(0x39)], [1, 1, 0]);
  bench.arrive(frame(14));
  bench.arrive(frame(1514));
  bench.put(0x42, 0x37);
  bench.arrive(frame(2000));
  t.equal(bench.get(0x39), 3);
});

t.test("reception needs RXEN, MARXEN and no receive reset; control frames need PASSALL", async (t) => {
  const bench = new Bench().start({ filters: 0 });
  bench.bitClear(0x1f, 0x04);
  bench.arrive(frame(60));
  bench.bitSet(0x1f, 0x44);
  bench.arrive(frame(60));
  bench.bitClear(0x1f, 0x40);
  bench.put(0x40, 0x00);
  bench.arrive(frame(60));
  t.equal(bench.chip.counters.deaf, 3);
  bench.put(0x40, 0x01);
  bench.arrive(frame(60, STATION, 0x8808));
  t.equal(bench.chip.counters.control, 1);
  bench.arrive(frame(60));
  t.equal(bench.get(0x39), 1);
});

t.test("writing ERXST moves the hardware's write pointer; packets survive a receive reset until counted down", async (t) => {
  const bench = new Bench().start();
  bench.arrive(frame(60));
  bench.arrive(frame(60));
  bench.bitClear(0x1f, 0x04);
  bench.bitSet(0x1f, 0x40);
  bench.bitClear(0x1f, 0x40);
  bench.put16(0x08, 0);
  t.equal(bench.get16(0x0e), 0);
  t.equal(bench.get(0x39), 2);
  bench.bitSet(0x1e, 0x40);
  bench.bitSet(0x1e, 0x40);
  t.equal(bench.get(0x39), 0);
  t.equal(bench.get(0x1e), 0x80, "PKTDEC clears itself");
  t.equal(bench.chip.violations.total, 0, bench.chip.violations.toString());
  bench.bitSet(0x1e, 0x40);
  t.equal(bench.get(0x39), 0);
  t.equal(bench.chip.violations.count("packet-count-underflow"), 1);
});
