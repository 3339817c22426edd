/** A meter that a user names, opened and read: measured joules, beside those of the model. */
import type { Clock } from "../../hal/clock.ts";
import { MeterError, type PowerMeter } from "../../hal/power-meter.ts";
import type { Measured } from "./energy/measured.ts";
import { PowerSum } from "./energy/power-sum.ts";
import type { MeterSpec } from "./energy-meter-spec.ts";

/** The most time for a register of an I2C chip, ms. */
const ANSWER = 1000;
/** Between two readings, ms: an INA219 has a new one every 0.5 to 1 ms, a Firmata board answers in some 20. */
const STEP = 50;
const SECOND = 1000;
/** The simulated board's load: a node of 0.6 W that is awake. */
const LOAD = { volts: 5, amperes: 0.12 };

/**
 * @param io `board.io` of the rig, which the chip hangs on
 * Rejects with MeterError, I2cError or GpioError.
 */
export async function openMeter(spec: MeterSpec, io: string, clock: Clock): Promise<PowerMeter> {
  const meter = await makeMeter(spec, io, clock);
  await meter.open();
  return meter;
}

async function makeMeter(spec: MeterSpec, io: string, clock: Clock): Promise<PowerMeter> {
  if (spec.kind === "hwmon") {
    const { HwmonMeter } = await import("../../hal/bridges/linux/hwmon.ts");
    return new HwmonMeter(spec.name);
  }
  if (io === "none")
    throw new MeterError(
      "METER_NO_BOARD",
      `${spec.kind}: it hangs on the I2C of a board, and the rig has none; say e.g. board: { io: raspi-io }`,
    );
  const { Ina2xx } = await import("../../drivers/ina2xx/ina2xx.ts");
  const { PluginI2c } = await import("../../hal/bridges/plugin-i2c.ts");
  const { ioSource } = await import("./board-io.ts");
  if (io !== "simulated")
    return new Ina2xx(new PluginI2c(ioSource(io, clock, { importPlugin: (name) => import(name) }), clock, ANSWER), named(spec));
  const { SimulatedIo } = await import("../../hal/simulated/io.ts");
  const { SimulatedIoSource } = await import("../../hal/simulated/io-source.ts");
  const { Ina2xxModel } = await import("../../hal/simulated/ina2xx-chip.ts");
  const { SeededRandom } = await import("../../hal/random.ts");
  const board = new SimulatedIo(clock, new SeededRandom("meter"));
  board.attachI2c(spec.address, new Ina2xxModel(spec.kind, spec.shunt, () => LOAD));
  return new Ina2xx(new PluginI2c(new SimulatedIoSource(board), clock, ANSWER), named(spec));
}

function named({ kind, address, shunt }: Exclude<MeterSpec, { kind: "hwmon" }>): {
  chip: "ina219" | "ina226";
  address: number;
  shunt: number;
} {
  return { chip: kind, address, shunt };
}

/** Reads an open meter for a time, ms, or until it is told to stop. Rejects with MeterError or I2cError. */
export async function readMeter(meter: PowerMeter, clock: Clock, duration: number, told: Promise<void>): Promise<Measured> {
  let stopped = false;
  void told.then(() => {
    stopped = true;
  });
  const sum = new PowerSum();
  const start = clock.now();
  let rows = 0;
  let now = start;
  while (rows < 2 || (now - start < duration && !stopped)) {
    const watts = await meter.read();
    now = clock.now();
    sum.add(watts, now / SECOND);
    rows++;
    await pause(clock, STEP);
  }
  return { joules: sum.joules, span: now - start, rows, skipped: 0, columns: [meter.description] };
}

function pause(clock: Clock, ms: number): Promise<void> {
  return new Promise((resolve) => clock.timer(resolve).arm(ms));
}
