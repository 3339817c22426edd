/** A sensor of hwmon, in a folder that looks like the kernel's. */
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import t from "tap";
import { HwmonMeter } from "../../../../hal/bridges/linux/hwmon.ts";
import { scratch } from "../../../support/own.ts";

function sensors(content: Readonly<Record<string, Readonly<Record<string, string>>>>): string {
  const folder = scratch("hwmon");
  for (const [place, files] of Object.entries(content)) {
    mkdirSync(join(folder, place));
    for (const [file, text] of Object.entries(files)) writeFileSync(join(folder, place, file), `${text}\n`);
  }
  return folder;
}

t.test("power in uW, or mA times mV; by the chip's name or the folder's", async (t) => {
  const folder = sensors({
    hwmon0: { name: "cpu_thermal", temp1_input: "42000" },
    hwmon1: { name: "ina226", power1_input: "615000", curr1_input: "1", in1_input: "1" },
    hwmon2: { name: "ina3221", curr1_input: "120", in1_input: "5000" },
  });
  const meter = new HwmonMeter("ina226", folder);
  await t.rejects(meter.read(), { code: "METER_CLOSED" });
  await meter.open();
  t.equal((await meter.read()).toFixed(6), "0.615000");
  writeFileSync(join(folder, "hwmon1", "power1_input"), "-25000\n");
  t.equal((await meter.read()).toFixed(6), "-0.025000");
  const other = new HwmonMeter("hwmon2", folder);
  await other.open();
  t.equal((await other.read()).toFixed(6), "0.600000");
});

t.test("what is not there, what measures nothing, what says no number", async (t) => {
  const folder = sensors({
    hwmon0: { name: "cpu_thermal" },
    hwmon1: { name: "ina219", power1_input: "12 W" },
    hwmon2: { name: "twin", power1_input: "1" },
    hwmon3: { name: "twin", power1_input: "1" },
  });
  await t.rejects(new HwmonMeter("ina226", folder).open(), {
    code: "METER_NOT_FOUND",
    message: "hwmon ina226: no such sensor; there is hwmon0 (cpu_thermal), hwmon1 (ina219), hwmon2 (twin), hwmon3 (twin)",
  });
  await t.rejects(new HwmonMeter("ina226", join(folder, "none")).open(), { message: /there is none$/ });
  await t.rejects(new HwmonMeter("cpu_thermal", folder).open(), { code: "METER_IDLE" });
  await t.rejects(new HwmonMeter("twin", folder).open(), { code: "METER_AMBIGUOUS", message: /say one of hwmon2, hwmon3$/ });
  const wordy = new HwmonMeter("ina219", folder);
  await wordy.open();
  await t.rejects(wordy.read(), { code: "METER_FAILED", message: "hwmon ina219: power1_input is no number" });
  rmSync(join(folder, "hwmon1"), { recursive: true });
  await t.rejects(wordy.read(), { message: /power1_input cannot be read$/ });
  await wordy.close();
});
