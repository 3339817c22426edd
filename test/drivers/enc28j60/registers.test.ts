/**
 * The driver's numbers for the ENC28J60, next to the chip model's, which has a table of its own, and next to Microchip's data sheet
 * (DS39662). A bit that only faulty silicon sets shows in no frame.
 */
import t from "tap";
import * as driver from "../../../drivers/enc28j60/registers.ts";
import * as phy from "../../../hal/simulated/enc28j60/phy.ts";
import * as model from "../../../hal/simulated/enc28j60/registers.ts";

const { Register } = driver;

/** Bits that the model names otherwise: the flags of EIR and EIE are one table of the driver. */
const BITS: readonly (readonly [number, number])[] = [
  [driver.Interrupt.INTIE, model.INTIE],
  [driver.Interrupt.PKT, model.PKTIF],
  [driver.Interrupt.DMA, model.DMAIF],
  [driver.Interrupt.LINK, model.LINKIF],
  [driver.Interrupt.TX, model.TXIF],
  [driver.Interrupt.TXER, model.TXERIF],
  [driver.Interrupt.RXER, model.RXERIF],
];

t.test("registers lie where the model has them; those of MAC and MII are read slowly", async (t) => {
  for (const [name, number] of Object.entries(Register)) {
    const found = model.registerName(number & 0x7f);
    t.ok(found === name || found === `${name}L`, `${name} is ${found}`);
    const slow = /^M/.test(name);
    t.equal((number & driver.SLOW_READ) !== 0, slow, name);
  }
  t.same(
    driver.STATION_ADDRESS.map((number) => number & 0x7f),
    model.MAADR,
  );
  t.ok(driver.STATION_ADDRESS.every((number) => (number & driver.SLOW_READ) !== 0));
  t.same([driver.ADDRESS_MASK, driver.FIRST_COMMON, driver.BANK_SHIFT, driver.SLOW_READ], [0x1f, model.COMMON, 5, 0x80]);
  t.equal(driver.HASH_BYTES, 8);
});

t.test("bits are the model's, by their names", async (t) => {
  const known = new Map<string, unknown>(Object.entries(model));
  let compared = 0;
  for (const table of [
    driver.Estat,
    driver.Econ2,
    driver.Econ1,
    driver.Erxfcon,
    driver.Macon1,
    driver.Macon3,
    driver.Macon4,
    driver.Micmd,
  ]) {
    for (const [name, bits] of Object.entries(table)) {
      if (!known.has(name)) continue;
      compared++;
      t.equal(bits, known.get(name), name);
    }
  }
  t.ok(compared >= 25, `${compared} of them`);
  for (const [ours, theirs] of BITS) t.equal(ours, theirs);
});

t.test("what the model has no name for, by the data sheet", async (t) => {
  t.same({ ...driver.Opcode }, { RCR: 0, RBM: 0x3a, WCR: 2 << 5, WBM: 0x7a, BFS: 4 << 5, BFC: 5 << 5, SRC: 0xff }, "table 4-1");
  t.same([driver.NO_ANSWER, driver.Estat.ALWAYS_ZERO, driver.Econ2.VRPS], [2 ** 7, 2 ** 3, 2 ** 3], "registers 12-3, 3-2");
  t.equal(driver.STUCK, 0xf0, "TXRST, RXRST, DMAST, CSUMEN");
  t.equal(driver.Macon3.PAD60, 1 << model.PADCFG_SHIFT, "register 6-2: 001");
  t.same({ ...driver.Control }, { OVERRIDE: 2 ** 0, CRC: 2 ** 1, PAD: 2 ** 2 }, "figure 7-1");
  t.equal(driver.SEND_PAUSE, 1, "register 10-1");
  t.same(
    { ...driver.ReceiveStatus },
    { CRC_ERROR: 2 ** 4, LENGTH_ERROR: 2 ** 5, OK: 2 ** 7, MULTICAST: 2 ** 8, BROADCAST: 2 ** 9, ZERO: 2 ** 15 },
    "table 7-3, bits 16 to 31",
  );
});

t.test("PHY registers are the model's, their bits the data sheet's", async (t) => {
  const known = new Map<string, unknown>(Object.entries(phy));
  for (const [name, number] of Object.entries(driver.Phy)) t.equal(number, known.get(name), name);
  t.same([driver.PDPXMD, driver.HDLDIS, driver.LSTAT], [2 ** 8, 2 ** 8, 2 ** 10]);
  t.equal(driver.LINK_INTERRUPTS, 2 ** 4 + 2 ** 1, "PLNKIE, PGEIE");
  t.equal(driver.LEDS_LINK_AND_TRAFFIC, 0x3000 + (4 << 8) + (7 << 4) + (1 << 2) + 2, "LACFG link, LBCFG traffic, stretched");
  const { PHCON1, PHCON2, PHIE, PHLCON } = driver.Phy;
  t.same(
    [PHCON1, PHCON2, PHIE, PHLCON].map((register) => driver.PHY_MASK[register]),
    [2 ** 15 + 2 ** 14 + 2 ** 11 + 2 ** 8, 2 ** 14 + 2 ** 13 + 2 ** 10 + 2 ** 8, 2 ** 4 + 2 ** 1, 0x0ff2],
  );
});

t.test("revisions", async (t) => {
  t.same([0x02, 0x04, 0x05, 0x06, 0x07, 0x00, 0xff].map(driver.revisionName), ["B1", "B4", "B5", "B7", "B7", null, null]);
  t.same([0x02, 0x04, 0x05, 0x06].map(driver.needsFastClock), [true, true, false, false]);
});
