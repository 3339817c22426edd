/**
 * The whole chain of an Arduino on USB: johnny-five, firmata-io and serialport as they are, a pseudo terminal, and our Firmata
 * firmware in a simulated ATmega328P.
 */
import type { Firmata } from "firmata-io";
import five from "johnny-five";
import t from "tap";
import { createBoardIo } from "../../../firmware-ts/board/board-io.ts";
import { FirmataSource } from "../../../hal/bridges/firmata.ts";
import { JohnnyFiveBoardIo } from "../../../hal/bridges/johnny-five.ts";
import { SystemClock } from "../../../hal/clock.ts";
import type { BoardIo, GpioError } from "../../../hal/gpio.ts";
import { SeededRandom } from "../../../hal/random.ts";
import { FirmataBoard } from "../../support/firmata-board.ts";
import { realTime } from "../../support/real-time.ts";
import { eventually } from "../../support/waiting.ts";

/** A TMP36 at 25 °C. */
const ROOM = 0.75;

function boardIo(path: string): BoardIo {
  return createBoardIo(`firmata:${path}`, new SystemClock(), new SeededRandom(1));
}

realTime(t, "through our contract: a lamp on 13, outputs, a thermometer on A0", {}, async (t) => {
  const uno = await FirmataBoard.plugged(t);
  uno.mcu.pins.voltage("A0", ROOM);
  const io = boardIo(uno.path);
  await io.open();
  t.teardown(() => io.close());

  // StandardFirmata blinks its version before it answers.
  uno.changes.length = 0;
  const led = io.led("13");
  led.on();
  await uno.until(() => uno.mcu.pins.level("13"));
  led.off();
  await uno.until(() => !uno.mcu.pins.level("13"));
  t.same(uno.changes, ["13 high", "13 low"]);

  // On the same Firmata port as the lamp: a write to one leaves the other.
  const output = io.output("12", true);
  await uno.until(() => uno.mcu.pins.level("12"));
  led.on();
  await uno.until(() => uno.mcu.pins.level("13"));
  t.equal(uno.mcu.pins.level("12"), true);
  output.write(false);
  await uno.until(() => !uno.mcu.pins.level("12"));
  t.equal(uno.mcu.pins.level("13"), true);

  const thermometer = io.sensor("thermometer", "A0");
  const volts = io.sensor("voltage", "A5");
  uno.mcu.pins.voltage("A5", 4.2);
  await eventually(() => Number.isFinite(thermometer.read()) && Number.isFinite(volts.read()), "samples");
  t.ok(Math.abs(thermometer.read() - 25) < 0.5, `${thermometer.read()} °C`);
  await eventually(() => Math.abs(volts.read() - 4.2) < 0.005, "4.2 V");
  uno.mcu.pins.voltage("A0", 0.5);
  await eventually(() => Math.abs(thermometer.read()) < 0.5, "0 °C");

  const level = io.sensor("digital", "2");
  await eventually(() => level.read() === 0, "a level");
  uno.mcu.pins.drive("2", true);
  await eventually(() => level.read() === 1, "high");

  t.throws(() => io.led("1"), { code: "GPIO_BAD_PIN" }, "the serial line is nobody's lamp");
  await io.close();
  await uno.until(() => !uno.mcu.pins.level("13"));
});

realTime(t, "johnny-five's own components: a Led, a Button against ground with the pull-up, a TMP36", {}, async (t) => {
  const uno = await FirmataBoard.plugged(t);
  uno.mcu.pins.voltage("A0", ROOM);
  const connection = await new FirmataSource({ path: uno.path, baud: 57_600, timeout: 10_000 }, new SystemClock()).open();
  t.teardown(() => connection.close());
  const options = { io: connection.io, repl: false, debug: false, sigint: false };
  const board = new five.Board(options);
  await new Promise<void>((resolve) => board.on("ready", resolve));

  const led = new five.Led({ board, pin: 13 });
  led.on();
  await uno.until(() => uno.mcu.pins.level("13"));

  const button = new five.Button({ board, pin: 2, isPullup: true });
  await eventually(() => uno.mcu.pins.level("2"), "the pull-up");
  const pressed = new Promise<void>((resolve) => button.on("press", () => resolve()));
  uno.mcu.pins.drive("2", false);
  await pressed;
  const released = new Promise<void>((resolve) => button.on("release", () => resolve()));
  uno.mcu.pins.drive("2", null);
  await released;

  const thermometer = new five.Thermometer({ board, pin: "A0", controller: "TMP36", freq: 20 });
  await new Promise<void>((resolve) => thermometer.on("data", () => thermometer.celsius === 25 && resolve()));
  // @types/johnny-five does not know it.
  (thermometer as unknown as { disable(): void }).disable();
  t.pass("every event came");
});

realTime(t, "a board that is unplugged and plugged in again", {}, async (t) => {
  const uno = await FirmataBoard.plugged(t);
  uno.mcu.pins.voltage("A0", ROOM);
  const io = boardIo(uno.path);
  const told: string[] = [];
  io.onLost = (error: GpioError) => told.push(`lost ${error.code}`);
  io.onBack = () => told.push("back");
  await io.open();
  t.teardown(() => io.close());
  const led = io.led("13");
  const output = io.output("7", true);
  output.onRestored = () => told.push("restored");
  const sensor = io.sensor("thermometer", "A0");
  led.on();
  await eventually(() => Number.isFinite(sensor.read()) && uno.mcu.pins.level("13"), "a reading");

  await uno.unplug();
  await eventually(() => told.length > 0, "the loss");
  t.same([led.isOn, sensor.read(), sensor.unit], [false, Number.NaN, "°C"]);
  output.write(false);
  output.write(true);
  uno.changes.length = 0;

  await uno.plug();
  await eventually(() => told.includes("back"), "the return");
  t.same(told, ["lost GPIO_LOST", "restored", "back"]);
  await eventually(() => uno.mcu.pins.level("13") && uno.mcu.pins.level("7"), "pins as before");
  t.equal(led.isOn, true);
  await eventually(() => Number.isFinite(sensor.read()), "a reading");
  led.off();
  await uno.until(() => !uno.mcu.pins.level("13"));
});

realTime(t, "a board that is unplugged while the port is read, and another one at its place at once", {}, async (t) => {
  const uno = await FirmataBoard.plugged(t);
  const connection = await new FirmataSource({ path: uno.path, baud: 57_600, timeout: 10_000 }, new SystemClock()).open();
  t.teardown(() => connection.close());
  const lost = new Promise<GpioError>((resolve) => {
    connection.onLost = resolve;
  });
  // The port is gone before the read that follows these bytes: it meets the end, which serialport tells nobody.
  const swapped = new Promise<void>((resolve) => {
    connection.io.once("reportversion", () => resolve(uno.unplug().then(() => uno.plug())));
  });
  (connection.io as Firmata).reportVersion(() => undefined);
  await swapped;
  const { code, message } = await lost;
  t.equal(code, "GPIO_LOST");
  t.match(message, /: the port closed by itself; plug the board in again$/);
});

realTime(t, "a board that hangs is lost, one that has nothing to say is not", {}, async (t) => {
  const uno = await FirmataBoard.plugged(t);
  const source = new FirmataSource({ path: uno.path, baud: 57_600, timeout: 10_000, silence: 500 }, new SystemClock());
  const connection = await source.open();
  const io = new JohnnyFiveBoardIo({ ...source, description: source.description, open: async () => connection });
  const lost = new Promise<GpioError>((resolve) => {
    io.onLost = resolve;
  });
  await io.open();
  t.teardown(() => io.close());
  const led = io.led("13");
  // Two questions and their answers.
  for (let answers = 0; answers < 2; answers++) await new Promise((resolve) => connection.io.once("reportversion", resolve));
  led.on();
  await uno.until(() => uno.mcu.pins.level("13"));

  uno.mcu.stop();
  const { code, message } = await lost;
  t.equal(code, "GPIO_LOST");
  t.match(message, /: the board does not answer any more; plug the board in again$/);
  t.equal(led.isOn, false);
});
