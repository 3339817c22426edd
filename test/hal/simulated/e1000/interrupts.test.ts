/** The 82540EM's interrupt causes, mask, ITR and delay timers. */
import t from "tap";
import { Bench, CTRL, frame, ICR, ICS, IMC, IMS, ITR, LSC, RXT0, TXDW } from "./bench.ts";

const IDE = 0x80;
const CMD = 0x0b;

t.test("causes and mask: the line is up while a cause is set that the mask lets through", async (t) => {
  const bench = new Bench().start();
  const { interrupt } = bench.chip;
  bench.arrive(frame(60));
  t.equal(interrupt.asserted, false);
  bench.put(IMS, RXT0);
  t.equal(interrupt.asserted, true, "a cause that was there already");
  t.equal(bench.get(IMS), RXT0, "IMS reads as the mask");
  bench.put(IMC, RXT0);
  t.equal(interrupt.asserted, false);
  bench.put(IMS, RXT0);
  t.equal(bench.edges, 2);
  t.equal(bench.get(ICR), RXT0);
  t.equal(interrupt.asserted, false, "reading ICR clears");
  t.equal(bench.get(ICR), 0);
});

t.test("ICR: writing ones clears those; ICS sets", async (t) => {
  const bench = new Bench().start();
  bench.put(ICS, 0x97);
  bench.put(IMS, 0xffffffff);
  t.equal(bench.get(IMS), 0x1ffff);
  bench.put(ICR, 0x13);
  t.equal(bench.chip.interrupt.asserted, true);
  t.equal(bench.get(ICR), 0x84);
  bench.put(ICS, 0x04);
  t.equal(bench.edges, 2);
  bench.put(ICR, 0x04);
  t.equal(bench.chip.interrupt.asserted, false);
});

t.test("a handler may mask, read and write within the edge", async (t) => {
  const bench = new Bench().start();
  const seen: number[] = [];
  bench.chip.interrupt.onAssert = () => {
    seen.push(bench.get(ICR));
    bench.put(IMC, 0xffffffff);
    bench.legacy(frame(60));
    bench.ring();
  };
  bench.put(IMS, RXT0);
  bench.arrive(frame(60));
  t.same(seen, [RXT0]);
  t.equal(bench.chip.interrupt.asserted, false);
  t.equal(bench.get(ICR) & TXDW, TXDW);
});

t.test("ITR keeps edges apart, in units of 256 ns", async (t) => {
  const bench = new Bench().start();
  bench.put(IMS, RXT0);
  bench.put(ITR, 1000); // 0.256 ms
  const edges: number[] = [];
  bench.chip.interrupt.onAssert = () => {
    edges.push(bench.clock.now());
    bench.get(ICR);
  };
  for (let at = 0; at < 10; at++) {
    bench.put(ICS, RXT0);
    bench.wait(0.1);
  }
  t.same(edges, [0, 0.256, 0.512, 0.768]);
  bench.wait(10);
  bench.put(ICS, RXT0);
  t.equal(edges.at(-1), bench.clock.now(), "after a pause at once");
  bench.put(ICS, RXT0);
  bench.put(ITR, 0);
  t.equal(edges.length, 7, "no throttling any more: what waits comes now");
});

t.test("RDTR starts anew with each frame, RADV ends the waiting", async (t) => {
  const bench = new Bench().start({ rx: 64 });
  bench.put(0x2820, 100); // 0.1024 ms
  bench.put(0x282c, 250); // 0.256 ms
  bench.put(IMS, RXT0);
  bench.arrive(frame(60));
  bench.wait(0.1);
  t.equal(bench.edges, 0);
  bench.wait(0.003);
  t.equal(bench.edges, 1, "one frame: RDTR");
  bench.get(ICR);
  const began = bench.clock.now();
  let edge = 0;
  bench.chip.interrupt.onAssert = () => {
    edge = bench.clock.now() - began;
  };
  for (let at = 0; at < 5; at++) {
    bench.arrive(frame(60));
    bench.wait(0.09);
  }
  t.equal(Math.round(edge * 1e6), 256000, "frames that keep coming: RADV");
  bench.get(ICR);
  bench.wait(1);
  bench.get(ICR);
  bench.arrive(frame(60));
  t.equal(bench.get(ICR), 0);
  bench.put(0x2820, 0x80000064);
  t.equal(bench.get(ICR), RXT0, "FPD: told now");
  t.equal(bench.get(0x2820), 100, "and reads 0");
});

t.test("SRPD tells of small frames while others wait", async (t) => {
  const bench = new Bench().start();
  bench.put(0x2820, 1000);
  bench.put(0x2c00, 64);
  bench.arrive(frame(61));
  t.equal(bench.get(ICR), 0);
  bench.arrive(frame(60));
  t.equal(bench.get(ICR), 0x10000);
});

t.test("TIDV and TADV delay what has IDE; the rest is told at once", async (t) => {
  const bench = new Bench().start();
  bench.put(0x3820, 100);
  bench.put(0x382c, 150);
  bench.put(IMS, TXDW);
  bench.send(frame(60), CMD | IDE);
  t.equal(bench.txStatus(0), 1, "written back at once all the same");
  bench.wait(0.09);
  bench.send(frame(60), CMD | IDE);
  bench.wait(0.06);
  t.equal(bench.edges, 0);
  bench.wait(0.004);
  t.equal(bench.edges, 1, "TADV after the first");
  bench.get(ICR);
  bench.send(frame(60), CMD);
  t.equal(bench.edges, 2);
});

t.test("MDIC interrupts when asked to", async (t) => {
  const bench = new Bench().start();
  bench.put(0x20, 0x28210000);
  t.equal(bench.get(ICR), 0x200, "MDAC");
  t.equal(bench.get(0x20) & 0x10000000, 0x10000000);
});

t.test("link changes: LSC, STATUS", async (t) => {
  const bench = new Bench();
  t.equal(bench.get(0x08), 0, "no link without SLU");
  bench.put(CTRL, 0x40);
  t.equal(bench.get(0x08), 0x283, "full duplex, up, 1000");
  t.equal(bench.get(ICR), LSC);
  bench.put(IMS, LSC);
  bench.peer.plugged = false;
  t.equal(bench.get(0x08) & 2, 0);
  t.equal(bench.edges, 1);
  t.equal(bench.get(ICR), LSC);
  bench.peer.plugged = true;
  t.equal(bench.edges, 2);
  t.equal(bench.get(0x08) & 2, 2);
});

t.test("a closed device keeps its line down", async (t) => {
  const bench = new Bench().start();
  bench.put(IMS, RXT0);
  bench.arrive(frame(60));
  t.equal(bench.chip.interrupt.asserted, true);
  await bench.chip.close();
  t.equal(bench.chip.interrupt.asserted, false);
});
