/** The board's pins: a simulated board through johnny-five and driven directly, held to the same tests, and plugins. */
import { once } from "node:events";
import five from "johnny-five";
import t, { type Test } from "tap";
import { createBoardIo } from "../../firmware-ts/board/board-io.ts";
import { findPluginClass } from "../../hal/bridges/io-plugin.ts";
import { JohnnyFiveBoardIo } from "../../hal/bridges/johnny-five.ts";
import { VirtualClock } from "../../hal/clock.ts";
import type { BoardIo } from "../../hal/gpio.ts";
import { SeededRandom } from "../../hal/random.ts";
import { SENSOR_KINDS, sensorKind } from "../../hal/sensor-kinds.ts";
import type { SignalShape } from "../../hal/signal-shape.ts";
import { SimulatedBoardIo } from "../../hal/simulated/board-io.ts";
import { SimulatedIo } from "../../hal/simulated/io.ts";
import { SimulatedIoSource } from "../../hal/simulated/io-source.ts";
import { startNode } from "../support/own.ts";
import { realTime } from "../support/real-time.ts";

const importPlugin = (name: string): Promise<unknown> => import(name);

/** Both ways to a simulated board's pins. */
const WAYS = {
  "through johnny-five": (io: SimulatedIo): BoardIo => new JohnnyFiveBoardIo(new SimulatedIoSource(io)),
  "driven directly": (io: SimulatedIo): BoardIo => new SimulatedBoardIo(io),
};
type Way = keyof typeof WAYS;

/** Boards that johnny-five remembers. */
const remembered = (five.Board as unknown as { readonly cache: unknown[] }).cache;

function bench(way: Way, seed = 7): { clock: VirtualClock; io: SimulatedIo; board: BoardIo } {
  const clock = new VirtualClock();
  const io = new SimulatedIo(clock, new SeededRandom(seed));
  return { clock, io, board: WAYS[way](io) };
}

/** A test that holds for both ways. */
function eachWay(name: string, body: (t: Test, way: Way) => Promise<void>): void {
  for (const way of Object.keys(WAYS) as Way[]) t.test(`${way}: ${name}`, (t) => body(t, way));
}

/** The same pin through johnny-five's own TMP36 controller, which takes every sample for one of 10 bits. */
async function tmp36(clock: VirtualClock, seed: number): Promise<{ io: SimulatedIo; celsius: () => number }> {
  class TenBitIo extends SimulatedIo {
    override analogRead(pin: number, listener: (value: number) => void): void {
      super.analogRead(pin, (value) => listener((value * 1023) / 4095));
    }
  }
  const io = new TenBitIo(clock, new SeededRandom(seed));
  io.attach("A0", sensorKind("thermometer").shape as SignalShape);
  const options = { io, repl: false, debug: false, sigint: false };
  const board = new five.Board(options);
  await new Promise<void>((resolve) => board.on("ready", resolve));
  const sensor = { board, pin: "A0", controller: "TMP36", enabled: false };
  const thermometer = new five.Thermometer(sensor);
  remembered.length = 0;
  return { io, celsius: () => thermometer.celsius };
}

/** An hour of readings, one a minute, of one sensor of each kind. */
async function readings(way: Way, seed: number, pause: boolean): Promise<number[]> {
  const { clock, board } = bench(way, seed);
  await board.open();
  const sensors = SENSOR_KINDS.map((kind, at) => board.sensor(kind, kind === "digital" ? "4" : `A${at}`));
  const seen: number[] = [];
  for (let minute = 0; minute < 60; minute++) {
    for (const sensor of sensors) seen.push(sensor.read());
    await clock.advance(60_000);
    // Real time passes in one run and not in the other: johnny-five's default timers would have fired.
    if (pause && minute % 20 === 0) await new Promise((resolve) => setTimeout(resolve, 40));
  }
  await board.close();
  return seen;
}

eachWay("an LED switches its pin and is dark after close", async (t, way) => {
  const { io, board } = bench(way);
  const writes: number[][] = [];
  io.on("digital-write", (pin: number, level: number) => writes.push([pin, level]));
  t.equal(board.description, "simulated GPIO");
  t.equal(board.simulated, true);
  await board.open();
  const led = board.led("GPIO17");
  t.equal(io.level(17), 0);
  t.equal(led.isOn, false);
  led.on();
  t.equal(io.level(17), 1);
  t.equal(led.isOn, true);
  led.off();
  t.equal(io.level(17), 0);
  led.on();
  await board.close();
  t.same(writes, [
    [17, 0],
    [17, 1],
    [17, 0],
    [17, 1],
    [17, 0],
  ]);
  t.equal(led.isOn, false);
  led.on();
  t.equal(writes.length, 5, "a closed board's LED does nothing");
});

eachWay("a thermometer agrees with johnny-five's own TMP36, to its whole degree", async (t, way) => {
  const { clock, board } = bench(way);
  await board.open();
  const sensor = board.sensor("thermometer", "A0");
  const { io, celsius: reference } = await tmp36(clock, 7);
  t.same([sensor.kind, sensor.pin, sensor.unit], ["thermometer", "A0", "°C"]);
  for (let hour = 0; hour < 24; hour++) {
    const celsius = sensor.read();
    io.sample("A0");
    t.ok(celsius > 18 && celsius < 25, `a room: ${celsius}`);
    t.equal(Math.round(celsius), reference());
    clock.advanceSync(3_600_000);
  }
  await board.close();
  t.ok(Number.isNaN(sensor.read()), "a closed board has no readings");
});

eachWay("the other kinds read in their units", async (t, way) => {
  const { io, board } = bench(way);
  await board.open();
  const analog = board.sensor("analog", "A1");
  const voltage = board.sensor("voltage", "A1");
  const light = board.sensor("light", "A2");
  const digital = board.sensor("digital", "22");
  t.equal(analog.read(), io.level("A1"));
  t.ok(Math.abs(voltage.read() - (io.level("A1") / 4095) * 3.3) < 0.0001);
  t.equal(voltage.unit, "V");
  t.ok(Math.abs(light.read() - io.level("A2") / 4095) < 0.0001);
  t.ok(digital.read() === 0 || digital.read() === 1);
  await board.close();
});

eachWay("under virtual time a seed gives the same readings always, another seed others", async (t, way) => {
  const first = await readings(way, 7, false);
  t.equal(first.length, 60 * SENSOR_KINDS.length);
  t.ok(first.every(Number.isFinite));
  t.same(await readings(way, 7, true), first);
  t.notSame(await readings(way, 8, false), first);
});

eachWay("a board can be opened again, and two at once do not know of each other", async (t, way) => {
  const { clock, board } = bench(way, 1);
  const other = bench(way, 2);
  t.throws(() => board.led("17"), { code: "GPIO_NOT_OPEN", message: /LED on pin 17: the board \(simulated GPIO\) is not open/ });
  await Promise.all([board.open(), other.board.open(), board.open()]);
  t.equal(remembered.length, way === "through johnny-five" ? 2 : 0, "opening twice at once opens once");
  const [a, b] = [board.sensor("thermometer", "A0"), other.board.sensor("thermometer", "A0")];
  t.not(a.read(), b.read());
  const before = a.read();
  await board.close();
  t.ok(Number.isFinite(b.read()), "closing one leaves the other");
  clock.advanceSync(7_200_000);
  await board.open();
  await board.open();
  const again = board.sensor("thermometer", "A0");
  t.not(again.read(), before, "time went on");
  t.ok(Number.isFinite(again.read()));
  await board.close();
  await other.board.close();
  await board.close();
  t.equal(remembered.length, 0, "johnny-five keeps none of our boards");

  const opening = board.open();
  await board.close();
  await opening;
  t.equal(remembered.length, 0, "closing waits for an opening under way");
  t.throws(() => board.led("17"), { code: "GPIO_NOT_OPEN" });
});

eachWay("a board that fails is lost once, and says so", async (t, way) => {
  const { io, board } = bench(way);
  const lost: string[] = [];
  board.onLost = (error) => lost.push(`${error.code} ${error.message}`);
  await board.open();
  const led = board.led("17");
  const sensor = board.sensor("thermometer", "A0");
  led.on();
  io.emit("error", new Error("the smoke got out"));
  t.same(lost, ["GPIO_LOST simulated GPIO: the board is gone (the smoke got out); plug it in again and restart"]);
  t.equal(led.isOn, false);
  t.ok(Number.isNaN(sensor.read()));
  led.on();
  await board.close();
  t.equal(lost.length, 1);
  await board.open();
  t.equal(io.level("17"), 0, "opened again, it begins anew");
  board.led("17").on();
  t.equal(io.level("17"), 1);
  await board.close();
});

eachWay("wrong pins and kinds are refused by name", async (t, way) => {
  const { board } = bench(way);
  await board.open();
  t.throws(() => board.led("GPIO99"), { code: "GPIO_BAD_PIN", message: /no pin GPIO99/ });
  t.throws(() => board.led("A0"), { code: "GPIO_BAD_PIN", message: /A0 cannot be used as OUTPUT/ });
  t.throws(() => board.sensor("thermometer", "17"), { code: "GPIO_BAD_PIN", message: /GPIO17 cannot be used as ANALOG/ });
  t.throws(() => board.sensor("thermomter", "A0"), {
    code: "GPIO_BAD_KIND",
    message: /"thermomter" is not known; known are thermometer, light/,
  });
  t.throws(() => board.sensor("toString", "A0"), { code: "GPIO_BAD_KIND" });
  await board.close();
});

t.test("both ways read and write the same", async (t) => {
  const [first, second] = [await readings("through johnny-five", 7, false), await readings("driven directly", 7, false)];
  t.same(second, first);
  const writes = async (way: Way): Promise<number[][]> => {
    const { io, board } = bench(way);
    const seen: number[][] = [];
    io.on("digital-write", (pin: number, level: number) => seen.push([pin, level]));
    await board.open();
    const led = board.led("13");
    const [low, high] = [board.output("7", false), board.output("GPIO8", true)];
    for (const level of [true, true, false, true]) {
      low.write(level);
      high.write(!level);
      if (level) led.on();
      else led.off();
    }
    t.throws(() => board.output("A0", true), { code: "GPIO_BAD_PIN" });
    await board.close();
    high.write(true);
    return seen;
  };
  const written = await writes("through johnny-five");
  t.equal(written.length, 16);
  t.same(await writes("driven directly"), written);
});

t.test("simulated is the board driven directly: johnny-five is for real ones", (t) => {
  t.ok(createBoardIo("simulated", new VirtualClock(), new SeededRandom(1)) instanceof SimulatedBoardIo);
  t.end();
});

t.test("none: lamps that light nothing, no sensors", async (t) => {
  const board = createBoardIo("none", new VirtualClock(), new SeededRandom(1));
  await board.open();
  t.equal(board.description, "no GPIO");
  const led = board.led("any");
  led.on();
  t.equal(led.isOn, true);
  led.off();
  t.equal(led.isOn, false);
  const refusal = /^thermometer on pin A0: the rig has no GPIO \(board\.io is none\); board\.io must be simulated/;
  t.throws(() => board.sensor("thermometer", "A0"), { code: "GPIO_NO_IO", message: refusal });
  await board.close();
});

t.test("a plugin that is not installed, and a package that is no plugin", async (t) => {
  const make = (name: string): BoardIo => createBoardIo(name, new VirtualClock(), new SeededRandom(1), { importPlugin });
  const missing = make("whohas-no-such-io");
  t.equal(missing.description, "johnny-five IO plugin whohas-no-such-io");
  await t.rejects(missing.open(), { code: "GPIO_NO_PLUGIN", message: /not installed; run: npm install whohas-no-such-io$/ });
  for (const name of ["yaml", "firmata-io", "commander"]) {
    const refusal = { code: "GPIO_NO_PLUGIN", message: /exports no IO plugin; name one that does, such as raspi-io$/ };
    await t.rejects(make(name).open(), refusal, name);
  }
  const unable = createBoardIo("raspi-io", new VirtualClock(), new SeededRandom(1));
  await t.rejects(unable.open(), { code: "GPIO_NO_PLUGIN", message: /this program loads no plugins/ });
});

t.test("a plugin that takes its time to be ready is waited for, used, and let go", async (t) => {
  const clock = new VirtualClock();
  let made: (io: SimulatedIo) => void = () => undefined;
  let closed = 0;
  class SlowIo extends SimulatedIo {
    override isReady = false;
    constructor() {
      super(clock, new SeededRandom(1));
      made(this);
      const ready = clock.timer(() => {
        this.isReady = true;
        this.emit("connect");
        this.emit("ready");
      });
      ready.arm(3000);
    }
    close(): void {
      closed++;
    }
  }
  const make = (timeout: number): BoardIo =>
    createBoardIo("slow-io", clock, new SeededRandom(1), { timeout, importPlugin: async () => ({ default: { SlowIo } }) });
  /** Starts to open a board and lets time run once its plugin exists. */
  const open = async (board: BoardIo): Promise<{ io: SimulatedIo; opened: Promise<void> }> => {
    const construction = new Promise<SimulatedIo>((resolve) => {
      made = resolve;
    });
    const opened = board.open();
    opened.catch(() => undefined);
    const io = await construction;
    await clock.advance(3000);
    return { io, opened };
  };
  const board = make(5000);
  const { io, opened } = await open(board);
  await opened;
  const sensor = board.sensor("thermometer", "A0");
  t.ok(Number.isNaN(sensor.read()), "no reading before the plugin's first sample");
  io.attach("A0", { mean: 0.75, swing: 0, noise: 0 });
  io.sample("A0");
  t.ok(Math.abs(sensor.read() - 25) < 0.1, `25 degrees at 750 mV: ${sensor.read()}`);
  await board.close();
  t.equal(closed, 1);

  const late = await open(make(2000));
  await t.rejects(late.opened, { code: "GPIO_TIMEOUT", message: /slow-io: not ready within 2 s/ });
});

t.test("a plugin that does not load, start or work says why", async (t) => {
  class FailingIo extends SimulatedIo {
    override isReady = false;
    constructor() {
      super(new VirtualClock(), new SeededRandom(1));
      process.nextTick(() => this.emit("error", new Error("no /dev/gpiomem")));
    }
  }
  class ThrowingIo {
    constructor() {
      throw new Error("must be root");
    }
  }
  const open = (load: () => Promise<unknown>): Promise<void> =>
    createBoardIo("some-io", new VirtualClock(), new SeededRandom(1), { importPlugin: load }).open();
  const code = "GPIO_PLUGIN_FAILED";
  await t.rejects(
    open(async () => ({ default: FailingIo })),
    { code, message: "johnny-five IO plugin some-io: no /dev/gpiomem" },
  );
  await t.rejects(
    open(async () => ({ default: ThrowingIo })),
    { code, message: /does not start \(must be root\); is this the board/ },
  );
  await t.rejects(
    open(async () => Promise.reject(new Error("bad ELF"))),
    { code, message: /does not load \(bad ELF\); is it made/ },
  );
});

t.test("a plugin's class is found in every shape of package", async (t) => {
  class RaspiIO {}
  t.equal(findPluginClass({ default: RaspiIO }, "raspi-io"), RaspiIO);
  t.equal(findPluginClass({ default: { RaspiIO, other() {} } }, "raspi-io"), RaspiIO);
  t.equal(findPluginClass({ RaspiIO, default: { RaspiIO } }, "@scope/raspi-io"), RaspiIO);
  t.equal(findPluginClass({ default: { default: RaspiIO } }, "raspi-io"), RaspiIO);
  t.equal(findPluginClass({ default: { helper() {} } }, "raspi-io"), null);
  t.equal(findPluginClass({}, "raspi-io"), null);
});

realTime(t, "a process that is done with its board ends, and johnny-five has said nothing", {}, async (t) => {
  const script = new URL("./gpio-child.ts", import.meta.url);
  const child = startNode(script, [], { stdio: "pipe" });
  let out = "";
  let err = "";
  let done = 0;
  child.stdout.on("data", (data: Buffer) => {
    done = performance.now();
    out += data;
  });
  child.stderr?.on("data", (data: Buffer) => {
    err += data;
  });
  const giveUp = setTimeout(() => child.kill("SIGKILL"), 60_000);
  const [code] = await once(child, "close");
  clearTimeout(giveUp);
  t.equal(code, 0);
  t.equal(out, "read true sigint 0\n");
  t.equal(err, "");
  t.ok(performance.now() - done < 2000, `ended ${Math.round(performance.now() - done)} ms after close()`);
});
