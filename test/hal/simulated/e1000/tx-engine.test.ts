/** The transmit engine of the 82540EM: descriptors, padding, checksums, segmentation, pace of the line, loopback. */
import { crc32 } from "node:zlib";
import t from "tap";
import { SeededRandom } from "../../../../hal/random.ts";
import {
  Bench,
  BROADCAST,
  EOP,
  frame,
  ICR,
  IFCS,
  LEGACY,
  packet,
  RS,
  reference,
  TCTL,
  TDH,
  TDT,
  TRANSMIT,
  TXD_LOW,
  TXDW,
  TXQE,
  transportSum,
} from "./bench.ts";

const IC = 0x04;
const TSE = 0x04;
const VLE = 0x40;

/** A context descriptor for IPv4 in an untagged frame. */
function context(bench: Bench, tcp: boolean, extra: { tse?: boolean; header?: number; mss?: number; ip?: number } = {}): void {
  const start = extra.ip ?? 14;
  const field = start + 20 + (tcp ? 16 : 6);
  const command = 0x20 | 0x02 | (tcp ? 0x01 : 0) | (extra.tse ? TSE : 0);
  bench.describe(
    start | ((start + 10) << 8) | ((start + 19) << 16),
    (start + 20) | (field << 8),
    command << 24,
    ((extra.header ?? 0) << 8) | ((extra.mss ?? 0) << 16),
  );
}

t.test("a frame: on the wire, status, head, causes", async (t) => {
  const bench = new Bench().start();
  const sent = frame(100);
  t.same([...(bench.send(sent) ?? [])], [...sent]);
  t.equal(bench.txStatus(0), 1, "DD");
  t.same([bench.get(TDH), bench.get(TDT)], [1, 1]);
  t.equal(bench.get(ICR), TXDW | TXQE | TXD_LOW);
  bench.send(sent, EOP | IFCS);
  t.equal(bench.txStatus(1), 0, "without RS no DD");
  t.equal(bench.get(ICR), TXQE | TXD_LOW, "and no TXDW");
  t.equal(bench.chip.violations.total, 0, bench.chip.violations.toString());
});

t.test("hundreds of frames, in pieces of all sizes, go round the ring", async (t) => {
  const random = new SeededRandom("tx");
  const bench = new Bench().start();
  for (let turn = 0; turn < 300; turn++) {
    const sent = frame(60 + random.below(1455));
    let at = 0;
    for (let pieces = 1 + random.below(5); pieces > 0; pieces--) {
      const length = pieces === 1 ? sent.length - at : random.below(sent.length - at);
      bench.legacy(sent.subarray(at, at + length), pieces === 1 ? LEGACY : RS);
      at += length;
      if (random.below(3) === 0) bench.ring();
    }
    bench.ring();
    bench.wait(0);
    const heard = bench.listener.frames.pop();
    if (!heard || Buffer.compare(heard, sent) !== 0) t.fail(`frame ${turn}`);
  }
  t.equal(bench.chip.counters.transmitted, 300);
  t.equal(bench.chip.violations.total, 0, bench.chip.violations.toString());
});

t.test("every descriptor with RS gets its own DD; null pieces transfer nothing", async (t) => {
  const bench = new Bench().start();
  bench.legacy(frame(60).subarray(0, 30), RS);
  bench.describe(0, 0, 500 | (RS << 24), 0);
  bench.describe(bench.base, 0, RS << 24, 0);
  bench.legacy(frame(60).subarray(30), EOP | IFCS);
  bench.ring();
  bench.wait(0);
  t.same([...(bench.listener.frames[0] ?? [])], [...frame(60)]);
  t.same(
    [0, 1, 2, 3].map((at) => bench.txStatus(at)),
    [1, 1, 1, 0],
  );
});

t.test("padding, and frames without IFCS", async (t) => {
  const bench = new Bench().start();
  const short = frame(20);
  t.same([...(bench.send(short) ?? [])], [...short, ...new Uint8Array(40)]);
  bench.put(TCTL, TRANSMIT & ~8);
  t.equal(bench.send(short)?.length, 20);
  t.equal(bench.chip.violations.count("transmit-too-short"), 1);
  const sent = frame(80);
  const fcs = crc32(sent);
  const whole = Uint8Array.of(...sent, fcs & 0xff, (fcs >>> 8) & 0xff, (fcs >>> 16) & 0xff, fcs >>> 24);
  t.same([...(bench.send(whole, EOP | RS) ?? [])], [...sent], "its own FCS");
  whole[3] = 0x99;
  t.equal(bench.send(whole, EOP | RS), undefined, "a wrong one reaches nobody");
  t.equal(bench.chip.counters.sentWithoutFcs, 1);
});

t.test("TCTL.EN: what was given before goes out when it is set", async (t) => {
  const bench = new Bench().start({ tctl: 0 });
  bench.send(frame(60));
  t.same([bench.get(TDH), bench.listener.frames.length], [0, 0]);
  bench.put(TCTL, TRANSMIT);
  bench.wait(0);
  t.same([bench.get(TDH), bench.listener.frames.length], [1, 1]);
});

t.test("without a link nothing leaves the ring; when it comes back everything does", async (t) => {
  const bench = new Bench().start();
  bench.peer.plugged = false;
  bench.send(frame(60));
  bench.send(frame(61));
  t.same([bench.get(TDH), bench.listener.frames.length], [0, 0]);
  bench.peer.plugged = true;
  bench.wait(0);
  t.same([bench.get(TDH), bench.listener.frames.length], [2, 2]);
});

t.test("a chip that hangs keeps its descriptors until it is reset", async (t) => {
  const bench = new Bench().start();
  bench.chip.transmitStalled = true;
  bench.send(frame(60));
  t.equal(bench.get(TDH), 0);
  bench.chip.transmitStalled = false;
  bench.wait(0);
  t.equal(bench.get(TDH), 1);
  bench.chip.transmitStalled = true;
  bench.put(0, 0x04000000);
  bench.wait(1);
  t.equal(bench.chip.transmitStalled, false);
});

t.test("line rate: frames leave one after the other, at their time", async (t) => {
  const bench = new Bench({ lineRate: 1e9 }).start();
  for (let at = 0; at < 3; at++) bench.legacy(frame(1230 - 4));
  bench.ring();
  t.equal(bench.get(TDH), 1, "the first at once");
  // 1226 + 4 + 20 bytes at 1 Gbit/s: 10 µs.
  bench.wait(0.00999);
  t.equal(bench.get(TDH), 1);
  bench.wait(0.00002);
  t.equal(bench.get(TDH), 2);
  t.equal(bench.txStatus(2), 0);
  bench.wait(0.01);
  t.equal(bench.get(TDH), 3);
  t.equal(bench.listener.frames.length, 3);
  bench.legacy(frame(60));
  bench.legacy(frame(60));
  bench.ring();
  bench.txPoke(4, 2, 0);
  bench.wait(1);
  t.equal(bench.chip.violations.count("descriptor-changed"), 1, "changed while it was the hardware's");
});

t.test("legacy checksum: from CSS to the end, into CSO", async (t) => {
  const bench = new Bench().start();
  const sent = packet(17, 33);
  const expected = sent.slice();
  const view = new DataView(sent.buffer);
  view.setUint16(40, reference(sent, 26, 34, 17 + 41));
  const heard = bench.send(sent, LEGACY | IC, 34 << 8, 40);
  t.same([...(heard ?? [])], [...expected, ...new Uint8Array(Math.max(0, 60 - expected.length))]);
  t.same([...(bench.send(frame(60), LEGACY | IC, 60 << 8, 40) ?? [])], [...frame(60)], "ignored: CSS behind the end");
  t.same([...(bench.send(frame(60), LEGACY | IC, 14 << 8, 59) ?? [])], [...frame(60)], "ignored: CSO at the end");
  t.equal(bench.chip.violations.total, 0, bench.chip.violations.toString());
  const zero = new Uint8Array(60);
  zero.set([0xff, 0xff], 50);
  t.same(bench.send(zero, LEGACY | IC, 14 << 8, 40)?.subarray(40, 42), Uint8Array.of(0xff, 0xff), "never 0, which means none");
});

t.test("context and data descriptors: IP and transport checksums", async (t) => {
  for (const protocol of [6, 17] as const) {
    for (const payload of [0, 1, 32, 999, 1400]) {
      const bench = new Bench().start();
      const expected = packet(protocol, payload);
      const sent = expected.slice();
      const view = new DataView(sent.buffer);
      view.setUint16(24, 0);
      view.setUint16(protocol === 6 ? 50 : 40, reference(sent, 26, 34, protocol + sent.length - 34));
      context(bench, protocol === 6);
      bench.data(sent.subarray(0, 54), 0, 3);
      bench.data(sent.subarray(54), EOP | IFCS | RS);
      bench.ring();
      bench.wait(0);
      const heard = bench.listener.frames[0]?.subarray(0, sent.length);
      t.same([...(heard ?? [])], [...expected], `protocol ${protocol}, ${payload} bytes`);
      t.same(
        [0, 1, 2].map((at) => bench.txStatus(at)),
        [0, 0, 1],
      );
      // The context holds for the frames after it; POPTS says whether it is used.
      bench.data(sent, EOP | IFCS, 1);
      bench.ring();
      bench.wait(0);
      const second = bench.listener.frames[1] as Uint8Array;
      t.equal(reference(second, 14, 34), 0xffff, "IP alone");
      t.equal(second[protocol === 6 ? 50 : 40], sent[protocol === 6 ? 50 : 40]);
      t.equal(bench.chip.violations.total, 0, bench.chip.violations.toString());
    }
  }
});

t.test("segmentation: TCP, with identification, sequence numbers and flags", async (t) => {
  const bench = new Bench().start({ tx: 32 });
  const big = packet(6, 5000);
  const payload = big.slice(54);
  const view = new DataView(big.buffer);
  view.setUint16(16, 0);
  view.setUint16(24, 0);
  view.setUint16(50, reference(big, 26, 34, 6));
  context(bench, true, { tse: true, header: 54, mss: 1460 });
  bench.data(big.subarray(0, 54), TSE | IFCS, 3);
  bench.data(big.subarray(54, 3000), TSE | IFCS);
  bench.data(big.subarray(3000), TSE | IFCS | EOP | RS);
  bench.ring();
  bench.wait(0);
  const { frames } = bench.listener;
  t.same(
    frames.map((segment) => segment.length - 54),
    [1460, 1460, 1460, 620],
  );
  t.same(
    frames.flatMap((segment) => [...segment.subarray(54)]),
    [...payload],
  );
  frames.forEach((segment, at) => {
    const header = new DataView(segment.buffer, segment.byteOffset);
    t.equal(header.getUint16(16), segment.length - 14, "total length");
    t.equal(header.getUint16(18), 0x1234 + at, "identification");
    t.equal(header.getUint32(38), (0xfffffc00 + 1460 * at) >>> 0, "sequence number, over 2^32");
    t.equal(header.getUint8(47), at === 3 ? 0x19 : 0x10, "FIN and PSH with the last only");
    t.equal(reference(segment, 14, 34), 0xffff, "IP checksum");
    t.equal(transportSum(segment, 14, segment.length), 0xffff, "TCP checksum");
  });
  t.equal(bench.txStatus(3), 1);
  t.equal(bench.get(0x40f8), 1, "TSCTC");
  t.equal(bench.get(0x40d4), 4, "TPT");
  t.equal(bench.chip.violations.total, 0, bench.chip.violations.toString());
});

t.test("segmentation that ends with a full segment makes no empty one; UDP has its lengths", async (t) => {
  const bench = new Bench().start();
  const big = packet(17, 2000);
  const view = new DataView(big.buffer);
  view.setUint16(24, 0);
  view.setUint16(40, reference(big, 26, 34, 17));
  bench.describe(14 | (24 << 8) | (33 << 16), 34 | (40 << 8), 0x26 << 24, (42 << 8) | (1000 << 16));
  bench.data(big, TSE | IFCS | EOP | RS, 3);
  bench.ring();
  bench.wait(0);
  t.same(
    bench.listener.frames.map((segment) => segment.length),
    [1042, 1042],
  );
  for (const segment of bench.listener.frames) {
    t.equal(new DataView(segment.buffer).getUint16(38), 1008);
    t.equal(transportSum(segment, 14, segment.length), 0xffff);
  }
});

t.test("VLAN tags: VLE with CTRL.VME", async (t) => {
  const bench = new Bench().start();
  const sent = frame(100);
  t.same([...(bench.send(sent, LEGACY | VLE, 0x6abc0000) ?? [])], [...sent], "not without VME");
  bench.put(0, 0x40000040);
  const tagged = [...sent.subarray(0, 12), 0x81, 0x00, 0x6a, 0xbc, ...sent.subarray(12)];
  t.same([...(bench.send(sent, LEGACY | VLE, 0x6abc0000) ?? [])], tagged);
  bench.put(0x38, 0x88a8); // VET
  tagged.splice(12, 2, 0x88, 0xa8);
  bench.data(sent, EOP | IFCS | VLE, 0, 0x6abc);
  bench.ring();
  bench.wait(0);
  t.same([...(bench.listener.frames[2] ?? [])], tagged);
  t.same([...(bench.send(sent) ?? [])], [...sent]);
});

t.test("loopback: by PHY and by RCTL.LBM nothing gets on the wire", async (t) => {
  for (const way of ["phy", "mac"]) {
    const bench = new Bench().start();
    if (way === "phy") bench.put(0x20, 0x04200000 | 0x4140);
    else bench.put(0x100, 0x040080c2);
    for (const length of [60, 1514, 100]) {
      bench.send(frame(length));
      t.same([...(bench.take()?.bytes ?? [])], [...frame(length)], `${way}, ${length} bytes`);
    }
    bench.send(frame(60, [2, 0, 0, 0, 0, 9]));
    t.equal(bench.take(), null, "the filters hold");
    t.equal(bench.listener.frames.length, 0);
    t.equal(bench.chip.counters.looped, 4);
  }
  const jumbo = new Bench().start({ rctl: 0x040080e2 });
  jumbo.legacy(frame(9000));
  jumbo.ring();
  t.same(
    [...Array(5).keys()].flatMap((at) => [...jumbo.piece(at).bytes]),
    [...frame(9000)],
    "9000 bytes in buffers of 2048",
  );
});

t.test("TXD_LOW at the threshold of TXDCTL", async (t) => {
  const bench = new Bench().start({ tctl: 0, tx: 32 });
  bench.put(0x3828, 1 << 25); // LWTHRESH: 8 descriptors
  for (let at = 0; at < 8; at++) bench.legacy(frame(60));
  bench.ring();
  bench.put(TCTL, TRANSMIT);
  t.equal(bench.get(ICR) & TXD_LOW, 0, "never more than 8");
  for (let at = 0; at < 9; at++) bench.legacy(frame(60));
  bench.ring();
  t.equal(bench.get(ICR) & TXD_LOW, TXD_LOW);
});

t.test("statistics of transmission", async (t) => {
  const bench = new Bench().start();
  bench.send(frame(60));
  bench.send(frame(61, BROADCAST));
  bench.send(frame(200, [1, 0, 0x5e, 0, 0, 1]));
  bench.send(frame(1514));
  const octets = 64 + 65 + 204 + 1518;
  t.same([bench.get(0x4080), bench.get(0x40d4)], [4, 4], "GPTC, TPT");
  t.same([bench.get(0x4090), bench.get(0x4094), bench.get(0x40c8), bench.get(0x40cc)], [octets, 0, octets, 0], "GOTC, TOT");
  t.same(
    [0x40d8, 0x40dc, 0x40e0, 0x40e4, 0x40e8, 0x40ec].map((at) => bench.get(at)),
    [1, 1, 1, 0, 0, 1],
    "PTC64 to PTC1522",
  );
  t.same([bench.get(0x40f0), bench.get(0x40f4)], [1, 1], "MPTC, BPTC");
  t.same([bench.get(0x40d4), bench.get(0x4090)], [0, 0], "reading cleared them");
});
