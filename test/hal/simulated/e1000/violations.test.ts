/** The model notes each act that is forbidden to a driver, and goes on as silicon would. */
import t from "tap";
import {
  Bench,
  EOP,
  frame,
  ICR,
  IFCS,
  LEGACY,
  packet,
  RCTL,
  RDBAL,
  RDLEN,
  RDT,
  RECEIVE,
  RS,
  TCTL,
  TDBAL,
  TDLEN,
  TDT,
  TRANSMIT,
} from "./bench.ts";

t.test("a start by the book has nothing to note", async (t) => {
  const bench = new Bench().start();
  for (let at = 0; at < 40; at++) {
    bench.arrive(frame(61 + at));
    bench.take();
    bench.send(frame(60));
    bench.get(ICR);
  }
  t.equal(bench.chip.violations.total, 0);
  t.equal(bench.chip.violations.toString(), "");
});

t.test("accesses", async (t) => {
  const bench = new Bench();
  const { violations } = bench.chip;
  t.equal(bench.get(0x000a), 0, "as the register it lies in");
  t.match(violations.message("unaligned-access"), /offset 0Ah was touched/);
  t.equal(bench.get(0x0004), 0);
  bench.put(0x10000, 1);
  bench.get(0x402c);
  t.equal(violations.count("unknown-register"), 3);
  bench.put(0x0008, 1);
  bench.put(0x4074, 1);
  t.equal(violations.message("read-only-register"), "GPRC is read-only and was written");
  bench.put(0, 0x08000040);
  t.match(violations.message("flow-control-not-modelled"), /8000040h/);
  t.equal(violations.total, 7);
  t.match(violations.toString(), /^1 x unaligned-access: .*\n3 x unknown-register/);
  violations.clear();
  t.same([violations.total, violations.toString()], [0, ""]);
});

t.test("rings that cannot be", async (t) => {
  const bench = new Bench().start();
  const { violations } = bench.chip;
  bench.put(RDT, 16);
  t.equal(violations.message("tail-beyond-ring").slice(0, 15), "RDT was set to ");
  bench.arrive(frame(60));
  t.equal(bench.piece(0).status, 0, "stops there");
  bench.put(RDT, 14);
  t.equal(bench.piece(0).status, 7);
  bench.put(TDT, 99);
  t.equal(violations.count("tail-beyond-ring"), 2);
  t.equal(bench.listener.frames.length, 0);
  bench.put(0x2800, bench.base);
  bench.put(0x3808, 128);
  bench.put(0x2810, 0);
  t.equal(violations.count("ring-changed"), 3, "while RCTL.EN and TCTL.EN are set");

  const none = new Bench().up();
  none.put(RDT, 0);
  none.put(TDT, 0);
  t.equal(none.chip.violations.total, 0, "a tail of 0 without a ring gives nothing");
  none.put(RDT, 5);
  t.equal(none.chip.violations.count("ring-missing"), 1);

  const far = new Bench().up();
  far.put(0x2800, 0x1000);
  far.put(0x2808, 256);
  far.put(0x2810, 3);
  far.put(RCTL, RECEIVE);
  t.equal(far.chip.violations.message("ring-outside-memory"), "the ring at RDBAL does not lie in shared memory");
  far.arrive(frame(60));

  const high = new Bench().up();
  high.txRing(16);
  high.put(0x3804, 1);
  high.put(0x3810, 1);
  high.put(TCTL, TRANSMIT);
  t.equal(high.chip.violations.count("ring-outside-memory"), 1, "above 4 GiB");
});

t.test("descriptors that are the hardware's", async (t) => {
  const bench = new Bench().start();
  const { violations } = bench.chip;
  bench.put(RDT, 10);
  t.match(violations.message("tail-moved-back"), /^RDT was moved back/);
  bench.rxPoke(0, 0, bench.base + 0x80000);
  bench.arrive(frame(60));
  t.equal(violations.message("descriptor-changed"), "the descriptor at 101000h was changed while it was the hardware's");
  bench.put(RDT, 11);
  t.equal(violations.total, 2);
  bench.put(RDT, 0);
  t.equal(violations.total, 2, "forward over the end");
  bench.rxPoke(0, 3, 7);
  bench.put(RDT, 1);
  t.equal(violations.count("tail-moved-back"), 2, "all of a ring: for the chip that is none of it");

  const stale = new Bench().start();
  stale.arrive(frame(60));
  stale.arrive(frame(60));
  stale.put(RDT, 1);
  t.equal(stale.chip.violations.count("descriptor-done"), 1, "given back with DD set");
});

t.test("the registers of a ring in any order: what the engine finds when it is switched on was given", async (t) => {
  const orders = [
    ["length", "base", "tail"],
    ["tail", "length", "base"],
    ["length", "tail", "base"],
    ["base", "tail", "length"],
    ["base", "length", "tail"],
  ];
  for (const order of orders) {
    const bench = new Bench({ lineRate: 1e9 }).up();
    const { violations } = bench.chip;
    bench.rxRing(16);
    bench.txRing(16);
    bench.put(RDLEN, 0);
    bench.put(RDBAL, 0);
    bench.put(TDLEN, 0);
    bench.put(TDBAL, 0);
    for (let at = 0; at < 3; at++) bench.legacy(frame(60 + at));
    for (const register of order) {
      if (register === "length") for (const length of [RDLEN, TDLEN]) bench.put(length, 256);
      if (register === "base") bench.rxRing(16);
      if (register === "base") bench.txRing(16);
      if (register === "tail") bench.put(RDT, 15);
      if (register === "tail") bench.put(TDT, 3);
    }
    violations.clear();
    bench.put(TCTL, TRANSMIT);
    bench.put(RCTL, RECEIVE);
    bench.wait(1);
    for (let at = 0; at < 20; at++) {
      bench.arrive(frame(60));
      t.ok(bench.take(), `${order}: frame ${at}`);
    }
    t.equal(bench.listener.frames.length, 3, `${order}`);
    t.equal(violations.total, 0, `${order}: ${violations}`);
    bench.rxPoke(bench.rxNext, 0, 0);
    bench.arrive(frame(60));
    t.equal(violations.count("descriptor-changed"), 1, "and a change is still seen");
  }

  const running = new Bench().up();
  running.rxRing(16);
  running.put(RDLEN, 0);
  running.put(RDT, 15);
  running.put(RCTL, RECEIVE);
  running.put(RDLEN, 256);
  running.arrive(frame(60));
  t.equal(running.chip.violations.count("descriptor-changed"), 0, "while the engine runs");
  t.equal(running.piece(0).length, 60);

  const stale = new Bench().up();
  stale.rxRing(16);
  stale.put(RDLEN, 0);
  stale.put(RDT, 2);
  stale.rxPoke(1, 3, 7);
  stale.put(RDLEN, 256);
  stale.put(RCTL, RECEIVE);
  t.equal(stale.chip.violations.count("descriptor-done"), 1, "given early with DD set");
});

t.test("settings", async (t) => {
  const bench = new Bench().start();
  const { violations } = bench.chip;
  bench.put(RCTL, RECEIVE | 0x2000000);
  t.equal(violations.count("reserved-buffer-size"), 1);
  bench.put(RCTL, RECEIVE | 0x40);
  t.equal(violations.count("reserved-loopback"), 1);
});

t.test("frames", async (t) => {
  const bench = new Bench().start({ tx: 64 });
  const { violations, counters } = bench.chip;
  bench.describe(8, 0, 60 | (0x0b << 24), 0);
  bench.describe(bench.base, 0, 60 | (0x2b << 24) | 0x500000, 0);
  for (let at = 0; at < 3; at++) bench.legacy(new Uint8Array(8000), at === 2 ? 0x0b : 0);
  bench.data(frame(60), 0x07, 3);
  bench.ring();
  t.equal(violations.message("dma-outside-memory"), "address 08h: the chip was sent to read or write outside shared memory");
  t.equal(violations.message("transmit-type"), "a transmit descriptor has the reserved type 05h");
  t.match(violations.message("transmit-too-long"), /at most 16288/);
  t.equal(violations.count("segmentation-setup"), 1);
  bench.describe(14 | (200 << 8), 0, 0x20 << 24, 0);
  bench.data(frame(60), 0x03, 1);
  bench.ring();
  t.match(violations.message("checksum-outside-frame"), /offset C8h/);
  t.equal(counters.aborted, 3);
  bench.wait(0);
  t.equal(bench.send(frame(70))?.length, 70, "the next one goes out");
  t.equal(violations.total, 5, violations.toString());
});

t.test("segmentation into hundreds of thousands of frames is cut, and the ring goes on", async (t) => {
  const TSE = 0x04;
  const MOST = 16_384;
  for (const quirks of ["none", "qemu"] as const) {
    const bench = new Bench({ quirks }).start({ tx: 64 });
    const { violations, counters } = bench.chip;
    bench.wait(500);
    const big = packet(17, 16_000);
    // IPv4 with UDP, MSS 1: each byte behind the header becomes a frame.
    bench.describe(14 | (24 << 8) | (33 << 16), 34 | (40 << 8), 0x26 << 24, (42 << 8) | (1 << 16));
    for (let piece = 0; piece < 32; piece++) {
      bench.data(big, TSE | IFCS | RS | (piece === 31 ? EOP : 0));
    }
    const last = bench.data(big.subarray(0, 50), TSE | IFCS | RS | EOP);
    const plain = bench.legacy(frame(100));
    bench.ring();
    t.equal(counters.transmitted, MOST + 1, "as many as may be, and the frame behind them");
    t.equal(counters.aborted, 2, "this chain, and the next one in the same go");
    t.same([bench.txStatus(last), bench.txStatus(plain)], [1, 1], "every descriptor comes back");
    t.equal(violations.count("transmit-too-many"), 2);
    t.match(violations.toString(), /more than 16384 frames/);
    bench.wait(0);
    bench.listener.frames.length = 0;

    bench.data(big.subarray(0, 50), TSE | IFCS | RS | EOP);
    bench.ring();
    bench.wait(0);
    t.equal(bench.listener.frames.length, 8, "the next write of TDT begins anew");
    t.equal(bench.send(frame(70), LEGACY)?.length, 70);
    t.equal(violations.count("transmit-too-many"), 2);
  }
});
