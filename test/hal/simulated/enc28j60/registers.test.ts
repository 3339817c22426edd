/** The ENC28J60's control registers: reset values, writable bits, banks. */
import t from "tap";
import { Bench } from "./bench.ts";

/** Register, value after power-on, bits that keep what is written; as the data sheet's tables 3-1 and 3-2 have them. */
const REGISTERS: [name: string, register: number, reset: number, writable: number][] = [
  ["ERDPTL", 0x00, 0xfa, 0xff],
  ["ERDPTH", 0x01, 0x05, 0x1f],
  ["EWRPTL", 0x02, 0x00, 0xff],
  ["EWRPTH", 0x03, 0x00, 0x1f],
  ["ETXSTL", 0x04, 0x00, 0xff],
  ["ETXSTH", 0x05, 0x00, 0x1f],
  ["ETXNDL", 0x06, 0x00, 0xff],
  ["ETXNDH", 0x07, 0x00, 0x1f],
  ["ERXSTL", 0x08, 0xfa, 0xff],
  ["ERXSTH", 0x09, 0x05, 0x1f],
  ["ERXNDL", 0x0a, 0xff, 0xff],
  ["ERXNDH", 0x0b, 0x1f, 0x1f],
  ["ERXRDPTH", 0x0d, 0x05, 0x1f],
  ["EDMASTL", 0x10, 0x00, 0xff],
  ["EDMANDH", 0x13, 0x00, 0x1f],
  ["EDMADSTL", 0x14, 0x00, 0xff],
  ["EIE", 0x1b, 0x00, 0xfb],
  ["EHT0", 0x20, 0x00, 0xff],
  ["EHT7", 0x27, 0x00, 0xff],
  ["EPMM0", 0x28, 0x00, 0xff],
  ["EPMM7", 0x2f, 0x00, 0xff],
  ["EPMCSL", 0x30, 0x00, 0xff],
  ["EPMCSH", 0x31, 0x00, 0xff],
  ["EPMOL", 0x34, 0x00, 0xff],
  ["EPMOH", 0x35, 0x00, 0x1f],
  ["ERXFCON", 0x38, 0xa1, 0xff],
  ["MACON1", 0x40, 0x00, 0x0f],
  ["MACON3", 0x42, 0x00, 0xff],
  ["MACON4", 0x43, 0x00, 0x70],
  ["MABBIPG", 0x44, 0x00, 0x7f],
  ["MAIPGL", 0x46, 0x00, 0x7f],
  ["MAIPGH", 0x47, 0x00, 0x7f],
  ["MACLCON1", 0x48, 0x0f, 0x0f],
  ["MACLCON2", 0x49, 0x37, 0x3f],
  ["MAMXFLL", 0x4a, 0x00, 0xff],
  ["MAMXFLH", 0x4b, 0x06, 0xff],
  ["MIREGADR", 0x54, 0x00, 0x1f],
  ["MAADR5", 0x60, 0x00, 0xff],
  ["MAADR6", 0x61, 0x00, 0xff],
  ["MAADR3", 0x62, 0x00, 0xff],
  ["MAADR4", 0x63, 0x00, 0xff],
  ["MAADR1", 0x64, 0x00, 0xff],
  ["MAADR2", 0x65, 0x00, 0xff],
  ["ECOCON", 0x75, 0x04, 0x07],
  ["EPAUSL", 0x78, 0x00, 0xff],
  ["EPAUSH", 0x79, 0x10, 0xff],
];

/** Registers that the host can only read. */
const READ_ONLY: [name: string, register: number, reset: number][] = [
  ["ERXWRPTL", 0x0e, 0x00],
  ["ERXWRPTH", 0x0f, 0x00],
  ["EDMACSL", 0x16, 0x00],
  ["EPKTCNT", 0x39, 0x00],
  ["MIRDL", 0x58, 0x00],
  ["MISTAT", 0x6a, 0x00],
  ["EREVID", 0x72, 0x06],
];

const RESERVED = [0x18, 0x19, 0x1a, 0x32, 0x36, 0x3a, 0x41, 0x45, 0x4c, 0x53, 0x55, 0x5a, 0x6b, 0x73, 0x74, 0x76, 0x7a];

t.test("reset values and writable bits of every register", async (t) => {
  for (const [name, register, reset, writable] of REGISTERS) {
    const bench = new Bench();
    bench.wait(0.3);
    t.equal(bench.get(register), reset, `${name} after power-on`);
    bench.put(register, 0xff);
    t.equal(bench.get(register), writable, `${name} set`);
    bench.put(register, 0x00);
    t.equal(bench.get(register), 0, `${name} cleared`);
    bench.put(register, 0xff);
    bench.reset();
    t.equal(bench.get(register), name === "ECOCON" ? writable : reset, `${name} after a system reset`);
    t.equal(bench.chip.violations.total, name === "ERXRDPTH" ? 3 : 0, bench.chip.violations.toString());
  }
});

t.test("read-only registers do not change and say so", async (t) => {
  for (const [name, register, reset] of READ_ONLY) {
    const bench = new Bench();
    bench.wait(0.3);
    bench.put(register, 0xff);
    t.equal(bench.get(register), reset, name);
    t.equal(bench.chip.violations.count("read-only-register"), 1);
    t.match(bench.chip.violations.message("read-only-register"), name.slice(0, 4));
  }
});

t.test("reserved registers read 0 and are noted", async (t) => {
  const bench = new Bench();
  bench.wait(0.3);
  for (const register of RESERVED) {
    bench.put(register, 0xff);
    bench.bank(register);
    t.equal(bench.spi([register & 0x1f], 1)[0], 0);
  }
  t.equal(bench.chip.violations.count("reserved-register"), 2 * RESERVED.length);
  t.match(bench.chip.violations.message("reserved-register"), /bank 3 register 1Ah is reserved/);
});

t.test("the five common registers are the same in every bank, and ECON1 selects it", async (t) => {
  const bench = new Bench();
  for (let bank = 0; bank < 4; bank++) {
    bench.spi([0x5f, bank]);
    bench.spi([0x5b, 0x50 | bank]);
    t.equal(bench.spi([0x1f], 1)[0], bank);
    t.equal(bench.spi([0x1b], 1)[0], 0x50 | bank);
    t.equal(bench.spi([0x1e], 1)[0], 0x80);
  }
  t.equal(bench.spi([0x1d], 1)[0], 0, "ESTAT bit 3 tells a chip from an empty socket");
});

t.test("MAC and MII registers send a dummy byte first", async (t) => {
  const bench = new Bench();
  bench.wait(0.3);
  bench.bank(0x4a);
  bench.spi([0x4a, 0x5a]);
  t.same([...bench.spi([0x0a], 4)], [0, 0x5a, 0x5a, 0x5a], "clocking on repeats the value");
  t.same([...bench.spi([0x0a, 0x00], 1)], [0x5a], "a dummy written in full duplex counts");
  t.same([...bench.spi([0x1e], 3)], [0x80, 0x80, 0x80], "ETH registers answer at once");
  t.equal(bench.chip.violations.total, 0);
  t.same([...bench.spi([0x0a], 1)], [0]);
  t.match(bench.chip.violations.message("missing-dummy-byte"), /MAMXFLL/);
});

t.test("bit field operations: on MAC and MII registers as silicon has it, and nothing on a strict chip", async (t) => {
  const chip = new Bench();
  chip.wait(0.3);
  chip.put(0x38, 0xa1);
  chip.bitSet(0x38, 0x0a);
  t.equal(chip.get(0x38), 0xab);
  chip.bitClear(0x38, 0x21);
  t.equal(chip.get(0x38), 0x8a);
  t.equal(chip.chip.violations.total, 0);
  chip.bitSet(0x42, 0x32);
  chip.bitClear(0x42, 0x02);
  t.equal(chip.get(0x42), 0x30, "MACON3 as EtherCard sets it");
  chip.put(0x54, 0x02);
  chip.bitSet(0x52, 0x01);
  t.equal(chip.get(0x6a), 0x01, "a read of the PHY begins");
  t.equal(chip.chip.violations.count("bit-field-on-mac"), 3);
  t.match(chip.chip.violations.message("bit-field-on-mac"), /MICMD/);

  const strict = new Bench({ strict: true });
  strict.wait(0.3);
  strict.bitSet(0x42, 0x32);
  t.equal(strict.get(0x42), 0);
  t.match(strict.chip.violations.message("bit-field-on-mac"), /MACON3/);
});

t.test("commands that are none", async (t) => {
  const bench = new Bench();
  bench.spi([0x60, 1]);
  bench.spi([0x5b]);
  bench.spi([0x5b, 0x40, 0x41]);
  bench.spi([0x20], 2);
  t.equal(bench.chip.violations.count("unknown-command"), 2);
  t.equal(bench.chip.violations.count("short-command"), 1);
  t.equal(bench.chip.violations.count("long-command"), 1);
  t.equal(bench.spi([0x1b], 1)[0], 0x40);
  t.match(bench.chip.violations.toString(), /^2 x unknown-command/);
  bench.chip.violations.clear();
  t.equal(bench.chip.violations.total, 0);
  t.equal(bench.chip.violations.message("short-command"), "");
});

t.test("revisions", async (t) => {
  for (const [revision, name] of [
    [0x02, "B1"],
    [0x04, "B4"],
    [0x05, "B5"],
    [0x06, "B7"],
  ] as const) {
    const bench = new Bench({ revision });
    t.equal(bench.get(0x72), revision);
    t.equal(bench.chip.description, `simulated ENC28J60 rev ${name}`);
    bench.reset();
    t.equal(bench.get(0x72), revision);
  }
});
