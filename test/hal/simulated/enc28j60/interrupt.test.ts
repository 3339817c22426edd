/** The ENC28J60's interrupt flags and its INT pin. */
import t from "tap";
import { Bench, BROADCAST, frame, STATION } from "./bench.ts";

t.test("INT is asserted while INTIE is set and an enabled flag stands", async (t) => {
  const bench = new Bench().start();
  const line = bench.chip.interrupt;
  bench.arrive(frame(60));
  t.equal(bench.get(0x1c) & 0x40, 0x40, "PKTIF needs no enable");
  t.equal(line.asserted, false);
  bench.bitSet(0x1b, 0x80);
  t.equal(line.asserted, false, "INTIE alone");
  t.equal(bench.get(0x1d) & 0x80, 0);
  bench.bitSet(0x1b, 0x40);
  t.equal(line.asserted, true);
  t.equal(bench.get(0x1d) & 0x80, 0x80, "ESTAT.INT");
  t.equal(bench.edges, 1);

  bench.bitClear(0x1b, 0x80);
  t.equal(line.asserted, false, "service begins");
  bench.arrive(frame(60));
  t.equal(bench.edges, 1, "nothing while INTIE is clear");
  bench.take(0);
  bench.bitSet(0x1b, 0x80);
  t.equal(bench.edges, 2, "a fresh edge: a packet is left");
  bench.bitClear(0x1b, 0x80);
  bench.bitClear(0x1c, 0x40);
  t.equal(bench.get(0x1c) & 0x40, 0x40, "PKTIF cannot be cleared by hand");
  bench.take(70);
  bench.bitSet(0x1b, 0x80);
  t.equal(bench.edges, 2, "nothing left, no edge");
});

t.test("TXIF and RXERIF are cleared by bit field clear, and cannot be set", async (t) => {
  const bench = new Bench().start({ ringEnd: 0x00ff });
  bench.put(0x1b, 0x80 | 0x08 | 0x01);
  bench.send(frame(60, BROADCAST));
  t.equal(bench.chip.interrupt.asserted, true);
  bench.bitClear(0x1c, 0x08);
  t.equal(bench.chip.interrupt.asserted, false);
  bench.arrive(frame(250));
  t.equal(bench.get(0x1c), 0x01);
  t.equal(bench.edges, 2);
  bench.put(0x1c, 0x00);
  t.equal(bench.chip.interrupt.asserted, false);
  bench.bitSet(0x1c, 0xff);
  t.equal(bench.get(0x1c), 0);
});

t.test("a second flag under an asserted line makes no edge", async (t) => {
  const bench = new Bench().start();
  bench.put(0x1b, 0xc8);
  bench.arrive(frame(60, STATION));
  bench.send(frame(60, BROADCAST));
  t.equal(bench.edges, 1);
  bench.take(0);
  t.equal(bench.chip.interrupt.asserted, true, "TXIF still stands");
});

t.test("LINKIF shadows PHIR and goes by reading it", async (t) => {
  const bench = new Bench().start();
  bench.put(0x1b, 0x90);
  bench.phyRead(0x13);
  bench.chip.port.plugged = false;
  t.equal(bench.edges, 0, "not without PHIE");
  t.equal(bench.phyRead(0x13), 0x0010, "PLNKIF can be polled");
  bench.phyWrite(0x12, 0x0012);
  bench.chip.port.plugged = true;
  t.equal(bench.edges, 1);
  t.equal(bench.get(0x1c) & 0x10, 0x10);
  bench.bitClear(0x1c, 0x10);
  t.equal(bench.get(0x1c) & 0x10, 0x10, "read-only");
  t.equal(bench.phyRead(0x13), 0x0014, "PLNKIF and PGIF");
  t.equal(bench.get(0x1c) & 0x10, 0);
  t.equal(bench.chip.interrupt.asserted, false);
  t.equal(bench.phyRead(0x13), 0, "reading cleared it");
});
