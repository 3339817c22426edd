/** The chip's work on frames on their way in: VLAN tags off, checksums judged. */
import t from "tap";
import { Bench, frame, packet, RECEIVE, reference, STATION } from "./bench.ts";

const IPOFL = 0x100;
const TUOFL = 0x200;
const IXSM = 0x04;
const TCPCS = 0x20;
const IPCS = 0x40;
const TCPE = 0x20;
const IPE = 0x40;

function judged(sent: Uint8Array, rxcsum: number): { status: number; errors: number } {
  const bench = new Bench().start();
  bench.put(0x5000, rxcsum);
  bench.arrive(sent.length < 60 ? Uint8Array.of(...sent, ...new Uint8Array(60 - sent.length)) : sent);
  const { status, errors } = bench.piece(0);
  return { status: status & ~3, errors };
}

function damaged(sent: Uint8Array, at: number): Uint8Array {
  const bad = sent.slice();
  bad[at] = bad[at]! ^ 0x10;
  return bad;
}

t.test("checksums: looked at when asked to, right or wrong", async (t) => {
  for (const protocol of [6, 17] as const) {
    for (const payload of [0, 1, 100, 1401]) {
      const good = packet(protocol, payload);
      const what = `protocol ${protocol}, ${payload} bytes`;
      t.same(judged(good, 0), { status: IXSM, errors: 0 }, what);
      t.same(judged(good, IPOFL), { status: IPCS, errors: 0 }, what);
      t.same(judged(good, TUOFL), { status: TCPCS, errors: 0 }, what);
      t.same(judged(good, IPOFL | TUOFL), { status: IPCS | TCPCS, errors: 0 }, what);
      t.same(judged(damaged(good, 18), IPOFL | TUOFL), { status: IPCS | TCPCS, errors: IPE }, `${what}: identification`);
      t.same(judged(damaged(good, 34), IPOFL | TUOFL), { status: IPCS | TCPCS, errors: TCPE }, `${what}: port`);
      t.same(judged(damaged(good, 26), IPOFL | TUOFL), { status: IPCS | TCPCS, errors: IPE | TCPE }, `${what}: address`);
      t.same(judged(packet(protocol, payload, 0x0123), IPOFL | TUOFL), { status: IPCS | TCPCS, errors: 0 }, `${what}: tagged`);
    }
  }
});

t.test("what the chip does not look at", async (t) => {
  const all = IPOFL | TUOFL;
  t.same(judged(frame(60, STATION, 0x0806), all), { status: IXSM, errors: 0 }, "ARP");
  const without = packet(17, 20);
  without.fill(0, 40, 42);
  t.same(judged(without, all), { status: IPCS, errors: 0 }, "UDP without checksum");
  const fragment = packet(17, 20);
  fragment[20] = 0x20;
  t.equal(judged(fragment, all).status & TCPCS, 0, "a fragment");
  const icmp = packet(17, 20);
  icmp[23] = 1;
  t.equal(judged(icmp, all).status & TCPCS, 0, "ICMP");
  const short = packet(6, 20);
  short[14] = 0x44;
  t.same(judged(short, all), { status: IXSM, errors: 0 }, "a header of 16 bytes");
  const long = packet(6, 20);
  long[17] = 0xff;
  t.equal(judged(long, all).status & TCPCS, 0, "longer than the frame");
});

t.test("IPv6, and SNAP", async (t) => {
  const sent = frame(14 + 40 + 8 + 30, STATION, 0x86dd);
  const view = new DataView(sent.buffer);
  view.setUint32(14, 0x60000000);
  view.setUint16(18, 38);
  view.setUint16(20, 0x1140);
  view.setUint16(58, 38);
  view.setUint16(60, 0);
  const sum = (): number => reference(sent, 54, sent.length, reference(sent, 22, 54, 17 + 38));
  view.setUint16(60, ~sum() & 0xffff);
  t.same(judged(sent, TUOFL | IPOFL), { status: TCPCS, errors: 0 });
  t.same(judged(damaged(sent, 70), TUOFL), { status: TCPCS, errors: TCPE });
  const inner = packet(17, 50);
  const snap = Uint8Array.of(...inner.subarray(0, 12), 0, inner.length - 6, 0xaa, 0xaa, 3, 0, 0, 0, ...inner.subarray(12));
  t.same(judged(snap, TUOFL | IPOFL), { status: IPCS | TCPCS, errors: 0 });
});

t.test("the packet checksum, from PCSS to the end", async (t) => {
  for (const start of [0, 13, 14, 34]) {
    const bench = new Bench().start();
    bench.put(0x5000, IPOFL | start);
    const sent = packet(17, 101);
    bench.arrive(sent);
    t.equal(bench.piece(0).checksum, ~reference(sent, start, sent.length) & 0xffff, `from ${start}`);
  }
});

t.test("VME takes tags off: VP, the tag beside, length and check sequence without it", async (t) => {
  const bench = new Bench().start({ rctl: RECEIVE | 0x30000 });
  bench.put(0, 0x40000040);
  const sent = packet(17, 400, 0x6abc);
  bench.arrive(sent);
  const pieces = [bench.piece(0), bench.piece(1)];
  t.same(
    pieces.flatMap((piece) => [...piece.bytes]),
    [...sent.subarray(0, 12), ...sent.subarray(16)],
  );
  t.same([pieces[1]?.status, pieces[1]?.special], [0x0f, 0x6abc], "DD, EOP, IXSM, VP");
  bench.arrive(frame(60));
  t.same([bench.piece(2).status, bench.piece(2).special], [0x07, 0], "untagged");
  bench.put(0, 0x40);
  bench.arrive(sent.subarray(0, 100));
  t.same([...bench.piece(3).bytes], [...sent.subarray(0, 100)], "without VME");
  t.equal(bench.piece(3).status, 0x07);
});
