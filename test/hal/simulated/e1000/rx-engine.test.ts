/** The receive engine of the 82540EM: descriptors, buffers, FIFO, statistics. */
import { crc32 } from "node:zlib";
import t from "tap";
import { SeededRandom } from "../../../../hal/random.ts";
import { Bench, BROADCAST, frame, ICR, RCTL, RDH, RDT, RECEIVE, RXDMT0, RXO, RXT0, STATION } from "./bench.ts";

const LPE = 0x20;
const SBP = 0x04;
const SECRC = 0x04000000;

t.test("a received frame: descriptor, buffer, head, cause", async (t) => {
  const bench = new Bench().start();
  const sent = frame(61);
  bench.arrive(sent);
  const piece = bench.piece(0);
  t.same([...piece.bytes], [...sent]);
  t.same([piece.length, piece.status, piece.errors, piece.special], [61, 0x07, 0, 0], "DD, EOP, IXSM");
  t.equal(bench.get(RDH), 1);
  t.equal(bench.get(RDT), 15);
  t.equal(bench.get(ICR), RXT0);
  t.equal(bench.get(ICR), 0, "reading cleared it");
  t.equal(bench.rxWord(1, 3), 0, "the next one is untouched");
  t.equal(bench.chip.violations.total, 0, bench.chip.violations.toString());
});

t.test("without SECRC the frame check sequence stands behind the frame, and counts", async (t) => {
  const bench = new Bench().start({ rctl: RECEIVE & ~SECRC });
  const sent = frame(100);
  bench.arrive(sent);
  const fcs = crc32(sent);
  t.same([...bench.piece(0).bytes], [...sent, fcs & 0xff, (fcs >>> 8) & 0xff, (fcs >>> 16) & 0xff, fcs >>> 24]);
});

t.test("hundreds of frames of all lengths go round the ring unharmed, in order", async (t) => {
  const random = new SeededRandom("ring");
  const bench = new Bench().start();
  const waiting: Uint8Array[] = [];
  for (let taken = 0; taken < 500; taken++) {
    for (let burst = random.below(6); burst > 0 && waiting.length < 15; burst--) {
      const sent = frame(60 + random.below(1455), random.below(2) ? STATION : BROADCAST);
      bench.arrive(sent);
      waiting.push(sent);
    }
    const sent = waiting.shift();
    const piece = bench.take();
    if (sent === undefined) t.equal(piece, null);
    else if (!piece || Buffer.compare(piece.bytes, sent) !== 0) t.fail(`frame ${taken} of ${sent.length} bytes`);
  }
  t.equal(bench.chip.counters.missed, 0);
  t.equal(bench.chip.violations.total, 0, bench.chip.violations.toString());
});

t.test("buffer sizes, and frames over several descriptors", async (t) => {
  const sizes: [bits: number, bytes: number][] = [
    [0x00000, 2048],
    [0x10000, 1024],
    [0x20000, 512],
    [0x30000, 256],
    [0x2010000, 16384],
    [0x2020000, 8192],
    [0x2030000, 4096],
  ];
  for (const [bits, bytes] of sizes) {
    for (const length of [60, 256, 257, 512, 1024, 1025, 1514]) {
      const bench = new Bench().start({ rctl: RECEIVE | bits });
      const sent = frame(length);
      bench.chip.dma.bytes.fill(0xee, 0x40000, 0x80000);
      bench.arrive(sent);
      const pieces: number[] = [];
      const count = Math.ceil(length / bytes);
      for (let at = 0; at < count; at++) {
        const piece = bench.piece(at);
        pieces.push(...piece.bytes);
        t.equal(piece.status, at + 1 === count ? 0x07 : 0x01, `${length} bytes in buffers of ${bytes}: status ${at}`);
        t.equal(bench.chip.dma.bytes[0x40000 + 0x4000 * at + piece.length], 0xee, "nothing behind its end is touched");
      }
      t.same(pieces, [...sent], `${length} bytes in buffers of ${bytes}`);
      t.equal(bench.get(RDH), count);
    }
  }
});

t.test("large buffers, filled by frames that only a loop can carry", async (t) => {
  for (const [bits, bytes] of [
    [0x2010000, 16384],
    [0x2020000, 8192],
    [0x2030000, 4096],
  ] as const) {
    const bench = new Bench().start({ rctl: RECEIVE | LPE | 0xc0 | bits });
    const sent = frame(16000);
    bench.send(sent);
    const pieces = [...Array(bench.get(RDH)).keys()].map((at) => bench.piece(at));
    t.same(
      pieces.map((piece) => piece.length),
      bytes === 16384 ? [16000] : bytes === 8192 ? [8192, 7808] : [4096, 4096, 4096, 3712],
    );
    t.same(Buffer.concat(pieces.map((piece) => piece.bytes)), Buffer.from(sent));
  }
});

t.test("a long frame fills what descriptors there are, and goes on when there are more", async (t) => {
  const bench = new Bench().start({ rctl: RECEIVE | 0x30000, given: 2 });
  const sent = frame(1000);
  bench.arrive(sent);
  bench.arrive(frame(70));
  t.equal(bench.get(RDH), 2);
  t.same([bench.piece(0).status, bench.piece(1).status], [0x01, 0x01]);
  t.equal(bench.get(ICR) & RXT0, 0, "not there yet");
  bench.put(RDT, 5);
  t.equal(bench.get(ICR) & RXT0, RXT0);
  const pieces = [0, 1, 2, 3].flatMap((at) => [...bench.piece(at).bytes]);
  t.same(pieces, [...sent]);
  t.equal(bench.piece(3).status, 0x07);
  t.same([...bench.piece(4).bytes], [...frame(70)]);
});

t.test("without descriptors frames wait in the FIFO; when it is full they are missed, counted and told", async (t) => {
  const bench = new Bench().start({ given: 0 });
  bench.put(0x1000, 8); // PBA: 8 KiB for reception
  t.equal(bench.get(0x1000), 0x00380008, "the rest is for transmission");
  bench.get(ICR);
  // Each takes 16 bytes and 1518 rounded up to 16: five of them 7760 of 8192.
  for (let at = 0; at < 7; at++) bench.arrive(frame(1514, [...STATION.slice(0, 5), 0x01]));
  t.equal(bench.chip.counters.missed, 2);
  t.equal(bench.get(0x40a0), 7, "RNBC");
  t.equal(bench.get(0x4010), 2, "MPC");
  t.equal(bench.get(0x4074), 5, "GPRC: those that are in the FIFO");
  t.equal(bench.get(0x40d0), 7, "TPR");
  t.equal(bench.get(ICR), RXO);
  bench.put(RDT, 3);
  t.equal(bench.get(RDH), 3);
  t.equal(bench.chip.counters.received, 3);
  bench.arrive(frame(60));
  bench.put(RDT, 10);
  t.equal(bench.get(RDH), 6, "the newest behind the oldest");
  t.equal(bench.piece(5).length, 60);
  t.equal(bench.get(0x40a0), 1);
});

t.test("a flood: every frame is received or counted as missed", async (t) => {
  const bench = new Bench().start({ rx: 64 });
  const offered = 20_000;
  let taken = 0;
  // The host is slower than the wire: an interrupt in a hundred frames is looked after, with a budget of 32.
  for (let at = 1; at <= offered; at++) {
    const sent = frame(60 + (at % 1455));
    bench.peer.transmit(sent, 0, sent.length);
    if (at % 100 > 0) continue;
    bench.wait(0);
    for (let budget = 32; budget > 0 && bench.take(); budget--) taken++;
  }
  bench.wait(0);
  while (bench.take()) taken++;
  const { counters, violations } = bench.chip;
  t.equal(taken, counters.received);
  t.equal(counters.received + counters.missed, offered);
  t.ok(counters.missed > 0);
  t.same([bench.get(0x4010), bench.get(0x4074), bench.get(0x40d0)], [counters.missed, taken, offered], "MPC, GPRC, TPR");
  t.equal(bench.get(ICR) & (RXO | RXT0), RXO | RXT0);
  t.equal(violations.total, 0, violations.toString());
});

t.test("the FIFO keeps order and content over many turns", async (t) => {
  const random = new SeededRandom("fifo");
  const bench = new Bench().start({ rx: 64, given: 0 });
  const waiting: Uint8Array[] = [];
  for (let turn = 0; turn < 200; turn++) {
    for (let burst = random.below(40); burst > 0; burst--) {
      const missed = bench.chip.counters.missed;
      const sent = frame(60 + random.below(1455));
      bench.arrive(sent);
      if (bench.chip.counters.missed === missed) waiting.push(sent);
    }
    for (let burst = random.below(32); burst > 0; burst--) {
      // Gives one, takes one.
      const at = bench.get(RDT);
      bench.rxClear(at);
      bench.put(RDT, (at + 1) % 64);
      const piece = bench.piece(at);
      const sent = waiting.shift();
      if (sent && Buffer.compare(piece.bytes, sent) !== 0) t.fail(`turn ${turn}`);
      if (!sent) break;
    }
    while (bench.get(RDH) !== bench.get(RDT)) {
      const at = bench.get(RDH);
      const sent = frame(64);
      bench.arrive(sent);
      t.same([...bench.piece(at).bytes], [...sent]);
    }
  }
  t.ok(bench.chip.counters.missed > 0);
  t.equal(bench.get(0x40a0) > 0, true);
});

t.test("RXDMT0 comes once, when a half, a quarter, an eighth of the descriptors are left", async (t) => {
  for (const [bits, left] of [
    [0x000, 16],
    [0x100, 8],
    [0x200, 4],
  ] as const) {
    const bench = new Bench().start({ rx: 32, rctl: RECEIVE | bits });
    for (let free = 31; free > 0; free--) {
      bench.arrive(frame(60));
      t.equal((bench.get(ICR) & RXDMT0) !== 0, free - 1 === left, `${free - 1} left, threshold ${left}`);
    }
  }
});

t.test("lengths: runts, long frames, LPE, and the counters of each", async (t) => {
  const bench = new Bench().start();
  bench.arrive(frame(59));
  bench.arrive(frame(1519));
  bench.arrive(frame(1518));
  t.same([bench.piece(0).length, bench.get(RDH)], [1518, 1], "only what has 64 to 1522 bytes with FCS");
  t.same([bench.get(0x40a4), bench.get(0x40ac), bench.get(0x4040)], [1, 1, 2], "RUC, ROC, RLEC");
  bench.segment.corruption = 1;
  bench.arrive(frame(59));
  bench.arrive(frame(1519));
  bench.arrive(frame(100));
  // A flipped bit may hit the address: with 02:… it may become a frame for somebody else.
  bench.put(RCTL, RECEIVE | 0x18);
  for (let at = 0; at < 10; at++) bench.arrive(frame(100));
  t.equal(bench.get(RDH), 1);
  t.ok(bench.get(0x4000) >= 10, "CRCERRS");
  bench.arrive(frame(59));
  bench.arrive(frame(1519));
  t.ok(bench.get(0x40a8) >= 1, "RFC");
  t.ok(bench.get(0x40b0) >= 1, "RJC");
  bench.segment.corruption = 0;
  bench.put(RCTL, RECEIVE | LPE);
  bench.arrive(frame(1519));
  bench.arrive(frame(2044));
  t.same([bench.piece(1).length, bench.piece(2).length], [1519, 2044]);
});

t.test("SBP stores bad frames and says what is wrong with them", async (t) => {
  const bench = new Bench().start({ rctl: RECEIVE | SBP | 0x18 });
  bench.segment.corruption = 1;
  bench.arrive(frame(100));
  t.same([bench.piece(0).status & 0x03, bench.piece(0).errors], [0x03, 0x01], "CE");
  bench.segment.corruption = 0;
  bench.arrive(frame(40));
  bench.arrive(frame(1600));
  t.same([bench.piece(1).length, bench.piece(1).errors], [40, 0]);
  t.equal(bench.piece(2).length, 1600);
  t.equal(bench.get(0x4074), 0, "none of them is a good packet");
});

t.test("nothing is received while it is off, and what waited is gone after a reset", async (t) => {
  const bench = new Bench().start({ given: 0 });
  bench.put(RCTL, 0);
  bench.arrive(frame(60));
  t.equal(bench.chip.counters.deaf, 1);
  bench.put(RCTL, RECEIVE);
  bench.put(0x0000, 0);
  bench.arrive(frame(60));
  t.equal(bench.chip.counters.deaf, 2, "without CTRL.SLU");
  bench.put(0x0000, 0x40);
  bench.arrive(frame(60));
  bench.put(0x0000, 0x04000000);
  bench.wait(1);
  t.equal(bench.chip.counters.purged, 1);
  t.same([bench.get(RCTL), bench.get(RDH), bench.get(RDT), bench.get(0x2808)], [0, 0, 0, 0]);
  bench.start();
  t.equal(bench.get(RDH), 0);
  t.equal(bench.chip.violations.total, 0, bench.chip.violations.toString());
});

t.test("a buffer outside memory takes nothing and is noted", async (t) => {
  const bench = new Bench().start();
  bench.rxPoke(15, 0, 0x10);
  bench.rxPoke(0, 0, bench.base - 4);
  bench.put(RDT, 15);
  bench.arrive(frame(60));
  t.equal(bench.chip.violations.count("dma-outside-memory"), 1);
  t.match(bench.chip.violations.message("dma-outside-memory"), /address FFFFCh/);
  t.equal(bench.piece(0).status, 7, "silicon goes on");
  bench.put(RDT, 0);
  bench.rxPoke(1, 0, bench.base + bench.chip.dma.bytes.length - 2047);
  bench.rxPoke(2, 1, 1);
  bench.arrive(frame(60));
  bench.arrive(frame(60));
  t.equal(bench.chip.violations.count("dma-outside-memory"), 3, "too near the end; above 4 GiB");
});
