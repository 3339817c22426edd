/** The 82540EM's registers: places, reset values, accesses in a reset, EEPROM, PHY. */
import t from "tap";
import { ControllerError } from "../../../../hal/ethernet.ts";
import { NO_ANSWER } from "../../../../hal/mmio.ts";
import { E1000Chip } from "../../../../hal/simulated/e1000/chip.ts";
import { registerName } from "../../../../hal/simulated/e1000/registers.ts";
import { Bench, CTRL, frame, ICR, IMS, RCTL, STATION, STATUS } from "./bench.ts";

function eepromWord(bench: Bench, at: number): number {
  bench.put(0x14, 1 | (at << 8));
  for (let polls = 0; polls < 3; polls++) {
    const value = bench.get(0x14);
    if ((value & 0x10) !== 0) return value >>> 16;
  }
  return -1;
}

function phyRead(bench: Bench, register: number): number {
  bench.put(0x20, 0x08200000 | (register << 16));
  for (let polls = 0; polls < 3; polls++) {
    const value = bench.get(0x20);
    if ((value & 0x10000000) !== 0) return value & 0x4000ffff;
  }
  return -1;
}

function phyWrite(bench: Bench, register: number, value: number): void {
  bench.put(0x20, 0x04200000 | (register << 16) | value);
  bench.get(0x20);
}

/** Values after a reset, from the manual's chapter 13. */
const RESET_VALUES: readonly (readonly [offset: number, value: number])[] = [
  [0x0000, 0x00000201],
  [0x0008, 0x00000000],
  [0x0010, 0x00000110],
  [0x0038, 0x00008100],
  [0x0100, 0x00000000],
  [0x0400, 0x00000000],
  [0x0e00, 0x07068302],
  [0x1000, 0x00100030],
  [0x2800, 0x00000000],
  [0x2818, 0x00000000],
  [0x3818, 0x00000000],
  [0x5000, 0x00000000],
  [0x5400, 0x105e0002],
  [0x5404, 0x80000100],
  [0x540c, 0x00000000],
];

/** Every statistics register, by the manual's offset. */
const STATISTICS = `
  4000 CRCERRS 4004 ALGNERRC 4008 SYMERRS 400C RXERRC 4010 MPC 4014 SCC 4018 ECOL 401C MCC 4020 LATECOL 4028 COLC 4030 DC
  4038 SEC 403C CEXTERR 4040 RLEC 4048 XONRXC 404C XONTXC 4050 XOFFRXC 4054 XOFFTXC 4058 FCRUC 405C PRC64 4060 PRC127 4064 PRC255
  4068 PRC511 406C PRC1023 4070 PRC1522 4074 GPRC 4078 BPRC 407C MPRC 4080 GPTC 4088 GORCL 408C GORCH 4090 GOTCL 4094 GOTCH
  40A0 RNBC 40A4 RUC 40A8 RFC 40AC ROC 40B0 RJC 40C0 TORL 40C4 TORH 40C8 TOTL 40CC TOTH 40D0 TPR 40D4 TPT 40D8 PTC64 40DC PTC127
  40E0 PTC255 40E4 PTC511 40E8 PTC1023 40EC PTC1522 40F0 MPTC 40F4 BPTC`;

t.test("statistics registers are where the manual has them", async (t) => {
  const words = STATISTICS.trim().split(/\s+/);
  for (let at = 0; at < words.length; at += 2) t.equal(registerName(Number.parseInt(words[at] as string, 16)), words[at + 1]);
});

t.test("reset values, after power-up and after CTRL.RST", async (t) => {
  const bench = new Bench();
  for (const [offset, value] of RESET_VALUES) t.equal(bench.get(offset), value, offset.toString(16));
  bench.start();
  bench.put(0x00c4, 500);
  bench.put(IMS, 0xff);
  bench.put(0x5400, 0);
  bench.put(0x5408, 1);
  bench.arrive(frame(60));
  bench.put(CTRL, 0x04000000);
  bench.wait(0.001);
  for (const [offset, value] of RESET_VALUES) t.equal(bench.get(offset), value, offset.toString(16));
  t.same([bench.get(IMS), bench.get(ICR), bench.get(0xc4), bench.get(0x40d0)], [0, 0, 0, 0]);
  t.equal(bench.chip.violations.total, 0, bench.chip.violations.toString());
});

t.test("MTA and VFTA hold anything after power-up, and keep what they hold over a reset", async (t) => {
  const bench = new Bench();
  t.not(bench.get(0x5200), 0);
  t.not(bench.get(0x57fc), 0);
  bench.up();
  bench.put(0x5204, 0x1234);
  bench.put(CTRL, 0x04000000);
  bench.wait(1);
  t.same([bench.get(0x5200), bench.get(0x5204)], [0, 0x1234]);
});

t.test("a register that is touched while a reset takes is noted", async (t) => {
  const bench = new Bench();
  bench.put(CTRL, 0x04000000);
  bench.get(CTRL);
  t.equal(bench.chip.violations.count("access-in-reset"), 1);
  bench.wait(0.001);
  bench.get(CTRL);
  t.equal(bench.chip.violations.total, 1);
});

t.test("EEPROM: address, checksum BABAh, DONE later than asked", async (t) => {
  const bench = new Bench();
  bench.put(0x14, 0x001);
  t.equal(bench.get(0x14) & 0x10, 0, "not at once");
  const words = [...Array(64).keys()].map((at) => eepromWord(bench, at));
  t.equal(words.reduce((sum, word) => sum + word, 0) & 0xffff, 0xbaba);
  t.same(
    words.slice(0, 3).flatMap((word) => [word & 0xff, word >> 8]),
    STATION,
  );
  eepromWord(bench, 64);
  t.equal(bench.chip.violations.count("eeprom-address"), 1);
  bench.put(0x14, 0x001);
  bench.put(0x14, 0x101);
  t.equal(bench.chip.violations.count("eeprom-busy"), 1);
  bench.chip.eeprom.words[0] = 0x0a02;
  bench.put(0x18, 0x2000);
  t.equal(bench.get(0x5400) & 0xffff, 0x0a02, "EE_RST reads it again");
});

t.test("PHY: identity, abilities, status; BMSR latches a lost link", async (t) => {
  const bench = new Bench();
  t.same([phyRead(bench, 2), phyRead(bench, 3)], [0x0141, 0x0c20]);
  t.equal(phyRead(bench, 17), 0xac00, "1000, full duplex, resolved, link");
  t.equal(phyRead(bench, 1), 0x7969, "no link since it was read last");
  t.equal(phyRead(bench, 1), 0x796d);
  bench.peer.plugged = false;
  bench.peer.plugged = true;
  t.equal(phyRead(bench, 1) & 4, 0, "it was lost in between");
  t.equal(phyRead(bench, 1) & 4, 4);
  bench.peer.plugged = false;
  t.same([phyRead(bench, 1) & 0x24, phyRead(bench, 17)], [0, 0]);
  bench.put(0x20, 0x08400000);
  bench.get(0x20);
  t.equal(bench.get(0x20) & 0x40000000, 0x40000000, "nobody at another address");
  phyRead(bench, 14);
  phyWrite(bench, 1, 0);
  t.equal(bench.chip.violations.count("unknown-phy-register"), 1);
  t.equal(bench.chip.violations.count("read-only-phy-register"), 1);
  bench.put(0x20, 0x0c210000);
  bench.put(0x20, 0x08210000);
  t.same([bench.chip.violations.count("mdic-command"), bench.chip.violations.count("mdic-busy")], [1, 1]);
});

t.test("PHY: power down, isolate, reset, PHY_RST take the link away; negotiation takes its time", async (t) => {
  const bench = new Bench({ negotiation: 100 });
  bench.put(CTRL, 0x40);
  bench.wait(99);
  t.equal(bench.get(STATUS) & 2, 0);
  bench.wait(1);
  t.equal(bench.get(STATUS) & 2, 2);
  for (const value of [0x1940, 0x1540, 0x9140, 0x1340]) {
    phyWrite(bench, 0, value);
    t.equal(bench.get(STATUS) & 2, 0, value.toString(16));
    bench.wait(200);
    t.equal(bench.get(STATUS) & 2, (value & 0x0c00) !== 0 ? 0 : 2, "and comes back, unless switched off");
    phyWrite(bench, 0, 0x1140);
    bench.wait(100);
    t.equal(bench.get(STATUS) & 2, 2);
  }
  t.equal(phyRead(bench, 0), 0x1140, "self-clearing");
  bench.put(CTRL, 0x80000040);
  bench.wait(200);
  t.equal(bench.get(STATUS) & 2, 0);
  bench.put(CTRL, 0x40);
  bench.wait(100);
  t.equal(bench.get(STATUS) & 2, 2);
  bench.put(CTRL, 0x04000000);
  bench.wait(1);
  bench.put(CTRL, 0x40);
  t.equal(bench.get(STATUS) & 2, 2, "a reset of the MAC leaves the PHY alone");
  bench.put(CTRL, 0x80000040);
  bench.put(CTRL, 0x04000000);
  bench.wait(100);
  bench.put(CTRL, 0x40);
  t.equal(bench.get(STATUS) & 2, 2, "but for PHY_RST, which it lets go");
});

t.test("rings: low bits, lengths, heads", async (t) => {
  const bench = new Bench();
  bench.put(0x2800, bench.base + 0x1008);
  bench.put(0x2808, 0x12345678);
  t.same([bench.get(0x2800), bench.get(0x2808)], [bench.base + 0x1000, 0x45600]);
  t.equal(bench.chip.violations.count("ring-alignment"), 1);
  t.equal(bench.chip.violations.count("ring-length"), 1);
  bench.put(0x2810, 5);
  t.equal(bench.get(0x2810), 5);
});

t.test("closed: no answer, no frames; open again: as it was", async (t) => {
  const bench = new Bench().start();
  await bench.chip.close();
  t.equal(bench.get(STATUS), NO_ANSWER);
  bench.put(RCTL, 0);
  t.equal(bench.chip.violations.count("access-while-closed"), 2);
  bench.arrive(frame(60));
  t.equal(bench.chip.counters.deaf, 1);
  await bench.chip.open();
  bench.arrive(frame(61));
  t.equal(bench.piece(0).length, 61);
});

t.test("pulled out: told once, no answers, back after open() as after power-up", async (t) => {
  const bench = new Bench().start();
  const errors: string[] = [];
  bench.chip.onFailed = (error) => errors.push(error.code);
  bench.chip.fail();
  bench.chip.fail(new ControllerError("OTHER", "again"));
  t.same(errors, ["DEVICE_GONE"]);
  t.equal(bench.get(STATUS), NO_ANSWER);
  bench.put(RCTL, 2);
  bench.arrive(frame(60));
  t.equal(bench.chip.violations.total, 0, "who uses a device that is gone did nothing wrong");
  const { dma } = bench.chip;
  await bench.chip.open();
  t.equal(bench.get(RCTL), 0);
  t.equal(bench.chip.dma, dma);
});

t.test("memory and address are checked", async (t) => {
  const bench = new Bench({ memoryBytes: 0x500000, memoryBase: 0x8000_0000 });
  t.equal(bench.chip.dma.bytes.length, 0x500000);
  t.equal(bench.chip.dma.words.length, 0x140000);
  bench.start();
  bench.arrive(frame(60));
  t.same([...bench.piece(0).bytes], [...frame(60)], "above 2 GiB");
  t.equal(bench.send(frame(60))?.length, 60);
  const make = (options: object) => () => new E1000Chip(bench.clock, bench.segment, "x", { mac: new Uint8Array(6), ...options });
  t.throws(make({ memoryBytes: 1000 }), /shared memory of 1000 bytes: a multiple of 4096/);
  t.throws(make({ memoryBase: 1 }), /shared memory at 1: a multiple of 4096/);
  t.throws(make({ memoryBase: 0xfffff000 }), /an end below 2\^32/);
  t.throws(make({ mac: new Uint8Array(5) }), /a station address of 5 bytes: 6/);
});

t.test("statistics stick at their largest value; a pair clears with its upper half", async (t) => {
  const { Statistics } = await import("../../../../hal/simulated/e1000/statistics.ts");
  const statistics = new Statistics();
  statistics.poke(0x4074, 0xffffffff);
  statistics.count(0x4074);
  t.equal(statistics.read(0x4074), 0xffffffff);
  t.equal(statistics.read(0x4074), 0);
  statistics.poke(0x4088, 0xfffffff0);
  statistics.add(0x4088, 0x20);
  t.same([statistics.read(0x4088), statistics.read(0x4088), statistics.read(0x408c)], [0x10, 0x10, 1]);
  t.same([statistics.read(0x4088), statistics.read(0x408c)], [0, 0]);
  statistics.poke(0x4088, 0xfffffff0);
  statistics.poke(0x408c, 0xffffffff);
  statistics.add(0x4088, 0x20);
  t.same([statistics.read(0x4088), statistics.read(0x408c)], [0xffffffff, 0xffffffff]);
});
