/** Behaviour measured of QEMU's e1000, and only with the switch. */
import t from "tap";
import { Bench, CTRL, frame, ICR, IMS, packet, RCTL, RDH, RDT, RECEIVE, RXDMT0, STATUS, TXDW, TXQE } from "./bench.ts";

t.test("reset values", async (t) => {
  const bench = new Bench({ quirks: "qemu" });
  bench.wait(500);
  for (const [offset, value] of [
    [0x0000, 0x00140240],
    [0x0008, 0x80080783],
    [0x0010, 0x00000188],
    [0x0038, 0x00008100],
    [0x0e00, 0x00000602],
    [0x1000, 0x00100030],
    [0x5200, 0x00000000],
    [0x5400, 0x105e0002],
    [0x5820, 0x00222300],
  ] as const) {
    t.equal(bench.get(offset), value, offset.toString(16));
  }
});

t.test("CTRL.RST clears nothing but itself", async (t) => {
  const bench = new Bench({ quirks: "qemu" }).start();
  bench.put(IMS, 4);
  bench.put(CTRL, 0x04000000);
  t.same([bench.get(CTRL), bench.get(RCTL), bench.get(IMS), bench.get(RDT)], [0, RECEIVE, 4, 15]);
});

t.test("the link comes late and goes at once, whatever SLU says", async (t) => {
  const bench = new Bench({ quirks: "qemu" });
  bench.wait(499);
  t.equal(bench.get(STATUS) & 2, 0);
  bench.wait(1);
  t.equal(bench.get(STATUS) & 2, 2);
  bench.peer.plugged = false;
  t.equal(bench.get(STATUS) & 2, 0);
});

t.test("reception is held for a second after a write to RCTL; what comes meanwhile waits", async (t) => {
  const bench = new Bench({ quirks: "qemu" }).start({ given: 0 });
  bench.wait(500);
  bench.put(RCTL, RECEIVE);
  bench.arrive(frame(60));
  bench.put(RDT, 15);
  bench.wait(999);
  t.equal(bench.get(RDH), 0);
  bench.wait(1);
  t.equal(bench.get(RDH), 1);
  t.equal(bench.get(0x40a0), 0, "no RNBC");
});

t.test("reception: padding, no FCS but its length, IXSM, loss of what does not fit", async (t) => {
  const bench = new Bench({ quirks: "qemu" }).start({ rctl: (RECEIVE & ~0x04000000) | 0x30000, given: 5 });
  bench.wait(1500);
  bench.get(ICR);
  bench.put(0x5000, 0x300);
  bench.arrive(frame(20));
  t.same([bench.piece(0).length, bench.piece(0).status], [64, 7]);
  bench.arrive(packet(17, 50));
  t.equal(bench.piece(1).status, 7);
  bench.get(ICR);
  bench.arrive(frame(1514));
  t.same([bench.get(0x40a0), bench.get(0x4010), bench.get(ICR) & 0x40], [1, 1, 0x40], "RNBC, MPC, RXO");
  bench.arrive(frame(60));
  t.equal(bench.get(ICR) & RXDMT0, RXDMT0);
  bench.arrive(frame(60));
  t.equal(bench.get(ICR) & RXDMT0, RXDMT0, "with every frame");
});

t.test("transmission: no padding, frames without a link vanish", async (t) => {
  const bench = new Bench({ quirks: "qemu" }).start();
  bench.wait(500);
  t.equal(bench.send(frame(20))?.length, 20);
  t.equal(bench.get(ICR) & 0x8003, TXDW | TXQE, "no TXD_LOW");
  bench.peer.plugged = false;
  bench.send(frame(60));
  t.equal(bench.txStatus(1), 1);
  t.equal(bench.listener.frames.length, 1);
});

t.test("transmission: a frame without IFCS goes out as it is, and is counted", async (t) => {
  const bench = new Bench({ quirks: "qemu" }).start();
  bench.wait(500);
  for (const [at, command] of [0x09, 0x0b, 0x09].entries()) bench.legacy(frame(60 + at), command);
  bench.ring();
  bench.wait(0);
  t.same(
    bench.listener.frames.map((sent) => [...sent]),
    [60, 61, 62].map((length) => [...frame(length)]),
  );
  t.equal(bench.get(0x40d4), 3, "TPT");
  bench.send(frame(20), 0x09);
  t.equal(bench.listener.frames[3]?.length, 20);
});

t.test("single points", async (t) => {
  const bench = new Bench({ quirks: { hashesUnicast: true } }).start();
  bench.put(0x5200, 0x10001);
  const hashed = frame(60, [2, 0, 0, 0, 0, 1]);
  bench.arrive(hashed);
  t.equal(bench.piece(0).status, 0x87);
  t.equal(bench.get(0), 0x40, "and nothing else");
});
