/** The ENC28J60 at power-on, system reset and in power save. */
import t from "tap";
import { Bench, BROADCAST, frame } from "./bench.ts";

t.test("power-on: the MAC is out of reach for 300 us, ETH registers and memory are not", async (t) => {
  const bench = new Bench();
  t.equal(bench.get(0x1d), 0, "CLKRDY");
  bench.put(0x38, 0x55);
  t.equal(bench.get(0x38), 0x55);
  bench.writeMemory(0x10, [1, 2]);
  t.same([...bench.readMemory(0x10, 2)], [1, 2]);
  t.equal(bench.chip.violations.total, 0);
  bench.put(0x4a, 0x33);
  t.match(bench.chip.violations.message("mac-not-ready"), /MAMXFLL/);
  bench.wait(0.3);
  t.equal(bench.get(0x1d), 0x01);
  t.equal(bench.get(0x4a), 0x00, "the write was lost");
});

t.test("system reset: everything but memory and the clock output starts anew, and the MAC needs 1 ms", async (t) => {
  const bench = new Bench().start();
  bench.put(0x75, 0x02);
  bench.put(0x1b, 0xff);
  bench.arrive(frame(60));
  bench.load(frame(1514, BROADCAST));
  bench.bitSet(0x1f, 0x08);
  bench.spi([0xff]);
  t.equal(bench.chip.interrupt.asserted, false);
  t.equal(bench.get(0x1d), 0x01, "CLKRDY is 1 at once though it should not be: erratum 2");
  t.equal(bench.spi([0x1f], 1)[0], 0);
  bench.spi([0x9f, 0x02]);
  bench.spi([0x0a], 2);
  t.equal(bench.chip.violations.count("mac-not-ready"), 1);
  bench.wait(0.9);
  bench.spi([0x0a], 2);
  t.equal(bench.chip.violations.count("mac-not-ready"), 2);
  bench.wait(0.1);
  bench.reset();
  t.equal(bench.get16(0x4a), 0x0600);
  t.equal(bench.get(0x39), 0);
  t.equal(bench.get(0x1c), 0);
  t.equal(bench.get16(0x08), 0x05fa);
  t.equal(bench.get(0x75), 0x02, "ECOCON");
  t.equal(bench.phyRead(0x00), 0);
  t.same([...bench.readMemory(0x0006, 6)], [...frame(60).subarray(0, 6)], "buffer memory");
  bench.wait(10);
  t.equal(bench.listener.frames.length, 0, "the frame under way is gone");
});

t.test("power save: no MAC, no PHY, no frames; back after 300 us", async (t) => {
  const bench = new Bench().start();
  bench.bitClear(0x1f, 0x04);
  bench.bitSet(0x1e, 0x28);
  t.equal(bench.get(0x1d) & 0x01, 0, "CLKRDY");
  t.equal(bench.chip.violations.total, 0, bench.chip.violations.toString());
  t.equal(bench.get(0x42), 0);
  bench.put(0x42, 0x55);
  t.equal(bench.chip.violations.count("mac-in-power-save"), 2);
  bench.arrive(frame(60));
  t.equal(bench.chip.counters.deaf, 1);
  bench.bitClear(0x1e, 0x20);
  t.equal(bench.get(0x1d) & 0x01, 0);
  bench.wait(0.3);
  t.equal(bench.get(0x1d) & 0x01, 0x01);
  t.equal(bench.get(0x42), 0x33, "settings are kept");
  t.equal(bench.phyRead(0x11), 0x0600, "link");
  bench.bitSet(0x1f, 0x04);
  bench.arrive(frame(60));
  t.equal(bench.get(0x39), 1);
});

t.test("power save with reception on or a frame under way is noted, and the frame lost", async (t) => {
  const bench = new Bench().start();
  bench.load(frame(1000, BROADCAST));
  bench.bitSet(0x1f, 0x08);
  bench.bitSet(0x1e, 0x20);
  t.equal(bench.chip.violations.count("power-save-while-active"), 1);
  bench.wait(10);
  t.equal(bench.listener.frames.length, 0);
  t.equal(bench.get(0x1d) & 0x02, 0x02, "TXABRT");
  bench.bitSet(0x1f, 0x08);
  bench.wait(10);
  t.equal(bench.get(0x1f) & 0x08, 0x08, "without a clock a transmission never ends");
  t.equal(bench.chip.violations.count("transmit-without-clock"), 1);
});

t.test("system reset does nothing in power save (erratum 19)", async (t) => {
  const bench = new Bench().start();
  bench.bitClear(0x1f, 0x04);
  bench.bitSet(0x1e, 0x20);
  bench.spi([0xff]);
  t.equal(bench.chip.violations.count("reset-in-power-save"), 1);
  t.equal(bench.get16(0x0a), 0x19ff);
  t.equal(bench.get(0x1e) & 0x20, 0x20);
  bench.bitClear(0x1e, 0x20);
  bench.wait(0.3);
  bench.reset();
  t.equal(bench.get16(0x0a), 0x1fff);
});
