/** Meters by their words, and joules read from one in virtual time. */
import t from "tap";
import { openMeter, readMeter } from "../../../../firmware-ts/board/energy-meter.ts";
import { parseMeterSpec } from "../../../../firmware-ts/board/energy-meter-spec.ts";
import { VirtualClock } from "../../../../hal/clock.ts";
import type { PowerMeter } from "../../../../hal/power-meter.ts";

const NEVER = new Promise<void>(() => undefined);

t.test("words of a meter", async (t) => {
  t.same(parseMeterSpec("hwmon:ina226"), { kind: "hwmon", name: "ina226" });
  t.same(parseMeterSpec("ina219"), { kind: "ina219", address: 0x40, shunt: 0.1 });
  t.same(parseMeterSpec("INA226@0x4F,shunt=0.002"), { kind: "ina226", address: 0x4f, shunt: 0.002 });
  for (const wrong of ["", "hwmon:", "hwmon:../x", "ina219@0x50", "ina219,shunt=", "ina219,shunt=0", "ina219,shunt=-1", "volts"])
    t.throws(() => parseMeterSpec(wrong), { code: "UNIT_INVALID" }, wrong);
});

t.test("the simulated board has one, with a load of 0.6 W: 6 J in 10 s", async (t) => {
  const clock = new VirtualClock();
  const meter = await openMeter(parseMeterSpec("ina226@0x41,shunt=0.05"), "simulated", clock);
  const reading = readMeter(meter, clock, 10_000, NEVER);
  await clock.advance(11_000);
  const { joules, span, rows, columns } = await reading;
  t.equal(span, 10_000);
  t.equal(rows, 201);
  t.equal(joules.toFixed(3), "6.000");
  t.same(columns, ["INA226 at 0x41 with 0.05 ohm on simulated GPIO"]);
});

t.test("between readings power changes evenly; told to stop, it ends with two readings at least", async (t) => {
  const clock = new VirtualClock();
  const meter: PowerMeter = {
    description: "a ramp",
    simulated: true,
    open: async () => undefined,
    close: async () => undefined,
    read: async () => clock.now() / 1000,
  };
  const whole = readMeter(meter, clock, 2000, NEVER);
  await clock.advance(3000);
  t.equal((await whole).joules.toFixed(6), "2.000000", "from 0 to 2 W in 2 s");
  const stopped = readMeter(meter, clock, 60_000, Promise.resolve());
  await clock.advance(200);
  t.equal((await stopped).rows, 2);
});

t.test("a chip needs a board", async (t) => {
  await t.rejects(openMeter(parseMeterSpec("ina219"), "none", new VirtualClock()), { code: "METER_NO_BOARD" });
});
