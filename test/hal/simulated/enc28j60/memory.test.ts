/** The ENC28J60's buffer memory: pointers that wrap, DMA. */
import t from "tap";
import { Bench } from "./bench.ts";

t.test("reading wraps from ERXND to ERXST and from the end of memory to 0", async (t) => {
  const bench = new Bench();
  for (let at = 0; at < 0x2000; at += 0x400)
    bench.writeMemory(
      at,
      Uint8Array.from({ length: 0x400 }, (_, i) => (at + i) % 251),
    );
  bench.put16(0x08, 0x0100);
  bench.put16(0x0a, 0x0fff);
  t.same([...bench.readMemory(0x0ffe, 4)], [0x0ffe % 251, 0x0fff % 251, 0x100 % 251, 0x101 % 251]);
  t.equal(bench.get16(0x00), 0x0102);
  t.same([...bench.readMemory(0x1ffe, 4)], [0x1ffe % 251, 0x1fff % 251, 0, 1], "not the ring's end: on to address 0");
  t.equal(bench.get16(0x00), 0x0002);
  bench.put16(0x0a, 0x1fff);
  t.same([...bench.readMemory(0x1fff, 2)], [0x1fff % 251, 0x100 % 251], "the ring's end comes first");
  bench.put16(0x00, 0x0200);
  t.same([...bench.spi([0x3a, 0, 0], 2)], [0x202 % 251, 0x203 % 251], "bytes clocked out while writing are read too");
});

t.test("writing wraps at the end of memory only", async (t) => {
  const bench = new Bench();
  bench.put16(0x08, 0x0100);
  bench.put16(0x0a, 0x0fff);
  bench.writeMemory(0x0fff, [1, 2]);
  t.equal(bench.get16(0x02), 0x1001);
  bench.writeMemory(0x1fff, [3, 4]);
  t.equal(bench.get16(0x02), 0x0001);
  bench.put16(0x0a, 0x1fff);
  t.same([...bench.readMemory(0x0000, 1)], [4]);
  t.same([...bench.readMemory(0x1000, 1)], [2]);
});

t.test("without AUTOINC both pointers stay", async (t) => {
  const bench = new Bench();
  bench.writeMemory(0x40, [1, 2, 3]);
  bench.bitClear(0x1e, 0x80);
  bench.writeMemory(0x41, [7, 8, 9]);
  t.same([...bench.readMemory(0x41, 3)], [9, 9, 9]);
  t.equal(bench.get16(0x00), 0x41);
  t.equal(bench.get16(0x02), 0x41);
});

t.test("DMA copies, wraps with the ring, and computes the Internet checksum", async (t) => {
  const bench = new Bench();
  bench.put16(0x08, 0x0000);
  bench.put16(0x0a, 0x03ff);
  bench.writeMemory(0x03fe, [1, 2]);
  bench.writeMemory(0x0000, [3, 4]);
  bench.put16(0x10, 0x03fe);
  bench.put16(0x12, 0x0001);
  bench.put16(0x14, 0x1800);
  bench.bitSet(0x1f, 0x20);
  t.equal(bench.get(0x1f) & 0x20, 0x20, "it takes a while");
  bench.wait(0.001);
  t.same([...bench.readMemory(0x1800, 4)], [1, 2, 3, 4]);
  t.equal(bench.get(0x1f) & 0x20, 0, "DMAST clears itself");
  t.equal(bench.get(0x1c) & 0x20, 0x20, "DMAIF");
  bench.bitClear(0x1c, 0x20);
  // RFC 1071's example of a sum, ddf2.
  bench.writeMemory(0x1900, [0x00, 0x01, 0xf2, 0x03, 0xf4, 0xf5, 0xf6, 0xf7]);
  bench.put16(0x10, 0x1900);
  bench.put16(0x12, 0x1907);
  bench.bitSet(0x1f, 0x30);
  bench.wait(0.001);
  t.equal(bench.get16(0x16), ~0xddf2 & 0xffff);
  t.equal(bench.chip.violations.total, 0);
  bench.put16(0x12, 0x1900);
  bench.bitSet(0x1f, 0x20);
  t.equal(bench.chip.violations.count("dma-single-byte"), 1);
});
