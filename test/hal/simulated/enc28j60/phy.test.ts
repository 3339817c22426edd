/** The ENC28J60's PHY registers and the MII in front of them. */
import t from "tap";
import { Bench } from "./bench.ts";

t.test("PHY registers: reset values and writable bits", async (t) => {
  const bench = new Bench();
  bench.wait(0.3);
  const registers: [name: string, register: number, reset: number, all: number][] = [
    ["PHCON1", 0x00, 0x0000, 0x4900],
    ["PHID1", 0x02, 0x0083, 0x0083],
    ["PHID2", 0x03, 0x1400, 0x1400],
    ["PHCON2", 0x10, 0x0000, 0x6500],
    ["PHIE", 0x12, 0x0000, 0x0012],
    ["PHLCON", 0x14, 0x3422, 0x3ffe],
  ];
  for (const [name, register, reset, all] of registers) {
    t.equal(bench.phyRead(register), reset, name);
    bench.phyWrite(register, 0x7fff);
    t.equal(bench.phyRead(register), all, `${name} written`);
  }
  t.equal(bench.chip.violations.count("read-only-phy-register"), 2);
  t.equal(bench.chip.violations.total, 2, bench.chip.violations.toString());
  bench.phyWrite(0x00, 0x8000);
  for (const [name, register, reset] of registers) t.equal(bench.phyRead(register), reset, `${name} after PRST`);
  bench.phyRead(0x05);
  t.equal(bench.chip.violations.count("reserved-phy-register"), 1);
});

t.test("an access takes 10.24 us", async (t) => {
  const bench = new Bench().start();
  bench.put(0x54, 0x02);
  bench.put(0x52, 0x01);
  t.equal(bench.get(0x6a), 0x01, "BUSY");
  t.equal(bench.get16(0x58), 0, "too early");
  t.equal(bench.chip.violations.count("mii-early"), 2);
  bench.wait(0.0102);
  t.equal(bench.get(0x6a), 0x01);
  bench.wait(0.0001);
  t.equal(bench.get(0x6a), 0);
  t.equal(bench.get16(0x58), 0x0083);
  bench.put(0x52, 0x00);
  bench.put(0x54, 0x14);
  bench.put16(0x56, 0x3476);
  bench.put(0x54, 0x00);
  t.equal(bench.get16(0x58), 0x0083, "what was read before a write stays");
  t.equal(bench.chip.violations.total, 2, bench.chip.violations.toString());
  bench.wait(0.0103);
  t.equal(bench.phyRead(0x14), 0x3476, "MIREGADR had another value before the write was through");
});

t.test("MIIRD cleared before BUSY is through: the read ends, and the next one reads what it should (RIOT)", async (t) => {
  const bench = new Bench().start();
  const read = (register: number): number => {
    bench.put(0x54, register);
    bench.put(0x52, 0x01);
    bench.wait(0.005);
    bench.put(0x52, 0x00);
    t.equal(bench.get(0x52), 0x00, "MICMD took it");
    bench.wait(0.006);
    return bench.get16(0x58);
  };
  t.equal(read(0x02), 0x0083);
  t.equal(read(0x03), 0x1400);
  t.equal(read(0x14), 0x3422);
  t.equal(bench.chip.violations.total, 0, bench.chip.violations.toString());
});

t.test("what may not start while another access is under way does not, and can start later", async (t) => {
  const bench = new Bench().start();
  const { violations } = bench.chip;
  const idle = (): void => bench.wait(0.0103);
  const refused = (why: string): void => {
    t.equal(violations.count("mii-busy"), 1, why);
    t.equal(violations.total, 1, violations.toString());
    violations.clear();
  };

  bench.put(0x54, 0x02);
  bench.put(0x52, 0x01);
  bench.put(0x52, 0x03);
  refused("a scan during a read");
  bench.put16(0x56, 0xffff);
  refused("a write during a read");
  idle();
  t.equal(bench.get(0x6a), 0);
  t.equal(bench.get16(0x58), 0x0083, "the read was not disturbed");
  bench.put(0x52, 0x00);

  bench.put(0x54, 0x14);
  bench.put16(0x56, 0x3476);
  bench.put(0x52, 0x01);
  refused("a read during a write");
  bench.put(0x52, 0x02);
  refused("a scan during a write");
  idle();
  bench.put(0x52, 0x01);
  idle();
  t.equal(bench.get16(0x58), 0x3476, "the same read, later");
  bench.put(0x52, 0x00);

  bench.put(0x52, 0x02);
  idle();
  bench.put(0x52, 0x03);
  refused("a read during a scan");
  bench.put16(0x56, 0x3422);
  refused("a write during a scan");
  bench.put(0x52, 0x01);
  refused("a read before a scan has ended");
  idle();
  t.equal(bench.phyRead(0x14), 0x3476);
  t.equal(violations.total, 0, violations.toString());
});

t.test("with an infinite line rate nothing is ever busy", async (t) => {
  const bench = new Bench({ lineRate: Number.POSITIVE_INFINITY });
  bench.wait(0.3);
  bench.put(0x54, 0x02);
  bench.put(0x52, 0x01);
  t.equal(bench.get(0x6a), 0);
  t.equal(bench.get16(0x58), 0x0083);
  t.equal(bench.chip.violations.total, 0);
});

t.test("scanning refreshes MIRD until it is stopped", async (t) => {
  const bench = new Bench().start();
  bench.put(0x54, 0x11);
  bench.put(0x52, 0x02);
  t.equal(bench.get(0x6a), 0x07, "NVALID, SCAN, BUSY");
  bench.wait(0.0103);
  t.equal(bench.get(0x6a), 0x03);
  t.equal(bench.get16(0x58), 0x0600, "link and full duplex");
  bench.peer.plugged = false;
  t.equal(bench.get16(0x58), 0x0600, "the last result");
  bench.wait(0.0103);
  t.equal(bench.get16(0x58), 0x0200);
  bench.put(0x52, 0x00);
  bench.wait(0.0103);
  t.equal(bench.get(0x6a), 0);
  bench.peer.plugged = true;
  t.equal(bench.get16(0x58), 0x0200);
  t.equal(bench.chip.violations.total, 0, bench.chip.violations.toString());
});

t.test("link: LSTAT follows the cable, LLSTAT remembers a loss until it is read", async (t) => {
  const bench = new Bench().start();
  t.equal(bench.listener.link, true);
  t.equal(bench.phyRead(0x11), 0x0600);
  t.equal(bench.phyRead(0x01), 0x1800, "the link came after the reset");
  t.equal(bench.phyRead(0x01), 0x1804);
  bench.peer.plugged = false;
  bench.peer.plugged = true;
  t.equal(bench.phyRead(0x11) & 0x0400, 0x0400);
  t.equal(bench.phyRead(0x01), 0x1800, "a short loss shows");
  t.equal(bench.phyRead(0x01), 0x1804);
  bench.chip.port.plugged = false;
  t.equal(bench.phyRead(0x11) & 0x0400, 0);
  t.equal(bench.phyRead(0x01), 0x1800);
  t.equal(bench.phyRead(0x01), 0x1800);
  bench.phyWrite(0x10, 0x4000);
  t.equal(bench.phyRead(0x11) & 0x0400, 0x0400, "FRCLNK");
  bench.phyWrite(0x10, 0x0000);
  bench.chip.port.plugged = true;
  bench.phyWrite(0x00, 0x0900);
  t.equal(bench.phyRead(0x11), 0x0200, "PPWRSV: no link");
});

t.test("PHSTAT2 shows a transmission", async (t) => {
  const bench = new Bench().start();
  bench.load(new Uint8Array(1000));
  bench.bitSet(0x1f, 0x08);
  t.equal(bench.phyRead(0x11) & 0x2000, 0x2000);
  bench.wait(1);
  t.equal(bench.phyRead(0x11) & 0x2000, 0);
});
