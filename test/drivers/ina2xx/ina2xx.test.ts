/** INA219 and INA226 on the simulated board's I2C: watts by hand, and what is refused. */
import t from "tap";
import { Ina2xx, type Ina2xxChip } from "../../../drivers/ina2xx/ina2xx.ts";
import { PluginI2c } from "../../../hal/bridges/plugin-i2c.ts";
import { VirtualClock } from "../../../hal/clock.ts";
import { SeededRandom } from "../../../hal/random.ts";
import type { SimulatedI2cPart } from "../../../hal/simulated/i2c-part.ts";
import { Ina2xxModel } from "../../../hal/simulated/ina2xx-chip.ts";
import { SimulatedIo } from "../../../hal/simulated/io.ts";
import { SimulatedIoSource } from "../../../hal/simulated/io-source.ts";

const SHUNT = 0.1;

/** A driver of one chip, with a part at 0x40 and none elsewhere. */
function meter(chip: Ina2xxChip, part: SimulatedI2cPart, address = 0x40): Ina2xx {
  const clock = new VirtualClock();
  const io = new SimulatedIo(clock, new SeededRandom(1));
  io.attachI2c(0x40, part);
  return new Ina2xx(new PluginI2c(new SimulatedIoSource(io), clock, 100), { chip, address, shunt: SHUNT });
}

/** Registers as they are, zero elsewhere. */
function registers(content: Readonly<Record<number, number>>): SimulatedI2cPart {
  return { read: (register) => content[register] ?? 0 };
}

t.test("registers by hand: 12 mV over 0.1 ohm at 5 V are 0.6 W, with either chip", async (t) => {
  // 1200 times 10 uV; 1250 times 4 mV, shifted by 3.
  const older = meter("ina219", registers({ 0: 0x399f, 1: 1200, 2: 1250 << 3 }));
  await older.open();
  t.equal((await older.read()).toFixed(9), "0.600000000");
  t.match(older.description, /^INA219 at 0x40 with 0\.1 ohm on simulated GPIO$/);
  t.equal(older.simulated, true);
  // 4800 times 2.5 uV; 4000 times 1.25 mV.
  const newer = meter("ina226", registers({ 0: 0x4127, 1: 4800, 2: 4000, 254: 0x5449 }));
  await newer.open();
  t.equal((await newer.read()).toFixed(9), "0.600000000");
  await newer.close();
  await t.rejects(newer.read(), { code: "I2C_CLOSED" });
});

t.test("current that flows back is negative", async (t) => {
  const driver = meter("ina219", registers({ 0: 0x399f, 1: 0x10000 - 1200, 2: 1250 << 3 }));
  await driver.open();
  t.equal((await driver.read()).toFixed(9), "-0.600000000");
});

t.test("the models show what their load is, to a bit", async (t) => {
  let amperes = 0.12;
  for (const chip of ["ina219", "ina226"] as const) {
    amperes = 0.12;
    const driver = meter(chip, new Ina2xxModel(chip, SHUNT, () => ({ volts: 3.3, amperes })));
    await driver.open();
    t.ok(Math.abs((await driver.read()) - 0.396) < 0.001, chip);
    amperes = -0.05;
    t.ok(Math.abs((await driver.read()) + 0.165) < 0.001, `${chip}, back`);
    // 4 A over 0.1 ohm are 400 mV: beyond both ranges.
    amperes = 4;
    await t.rejects(driver.read(), { code: "METER_RANGE", message: /use a smaller shunt/ });
  }
});

t.test("another chip, one that rests, and none at all are told apart", async (t) => {
  await t.rejects(meter("ina226", registers({ 0: 0x399f })).open(), { code: "METER_NOT_FOUND" });
  await t.rejects(meter("ina219", registers({ 0: 0x3998 })).open(), { code: "METER_IDLE", message: /configuration 0x3998/ });
  await t.rejects(meter("ina219", registers({ 0: 0x399f }), 0x41).open(), {
    code: "I2C_SHORT",
    message: /0x41 on I2C: it sent 0 of 2 bytes/,
  });
});
