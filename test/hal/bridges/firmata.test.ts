/** Firmata over a real serial line: a pair of pseudo terminals from socat, with a small Firmata of our own, or silence, at its far end. */
import { type ChildProcess, spawnSync } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { SerialPort } from "serialport";
import t, { type Test } from "tap";
import { createBoardIo } from "../../../firmware-ts/board/board-io.ts";
import { SystemClock } from "../../../hal/clock.ts";
import type { BoardIo, GpioError } from "../../../hal/gpio.ts";
import { SeededRandom } from "../../../hal/random.ts";
import { bound, scratch } from "../../support/own.ts";
import { realTime } from "../../support/real-time.ts";
import { eventually } from "../../support/waiting.ts";

const missing = spawnSync("socat", ["-V"]).error ? "socat is not installed" : false;

interface Line {
  near: string;
  far: string;
  socat: ChildProcess;
}

/** Two joined pseudo terminals for the length of a test. */
async function line(t: Test): Promise<Line> {
  const folder = scratch("firmata");
  const [near, far] = [join(folder, "near"), join(folder, "far")];
  const ends = [near, far].map((link) => `pty,raw,echo=0,link=${link}`);
  const socat = bound("socat", ["-d", "-d", ...ends], { stdio: ["ignore", "ignore", "pipe"] });
  t.teardown(async () => {
    if (socat.exitCode === null && socat.signalCode === null) {
      socat.kill();
      await once(socat, "exit");
    }
  });
  for await (const text of socat.stderr ?? []) if (String(text).includes("starting data transfer")) break;
  return { near, far, socat };
}

/**
 * As much of Firmata as johnny-five asks of a board: two digital pins, 0 and 1, then one analog pin, A0, of 10 bits. Opcodes are those
 * of the Firmata protocol 2.5 (github.com/firmata/protocol).
 */
class TinyFirmata {
  /** Levels written to pins 0 and 1, as a port's bits, in order. */
  readonly written: number[] = [];
  onWritten: (() => void) | null = null;
  readonly #port: SerialPort;
  readonly #sample: number;
  #pending: number[] = [];

  constructor(port: SerialPort, sample: number) {
    this.#port = port;
    this.#sample = sample;
    port.on("data", (data: Buffer) => {
      for (const byte of data) this.#take(byte);
    });
  }

  #take(byte: number): void {
    if (byte === 0xf9) {
      this.#say(0xf9, 2, 5);
      return;
    }
    this.#pending.push(byte);
    const [first = 0] = this.#pending;
    if (first === 0xf0) {
      if (byte !== 0xf7) return;
      const query = this.#pending[1];
      if (query === 0x79) this.#say(0xf0, 0x79, 2, 5, 0x74, 0, 0xf7);
      // Capabilities: input, output; the same; analog of 10 bits.
      if (query === 0x6b) this.#say(0xf0, 0x6c, 0, 1, 1, 1, 0x7f, 0, 1, 1, 1, 0x7f, 2, 10, 0x7f, 0xf7);
      if (query === 0x69) this.#say(0xf0, 0x6a, 127, 127, 0, 0xf7);
    } else if (this.#pending.length < ((first & 0xf0) === 0xc0 ? 2 : 3)) {
      return;
    } else if (first === 0x90) {
      this.written.push(this.#pending[1]!);
      this.onWritten?.();
    } else if (first === 0xc0 && byte === 1) {
      this.#say(0xe0, this.#sample & 0x7f, this.#sample >> 7);
    }
    this.#pending = [];
  }

  #say(...bytes: number[]): void {
    this.#port.write(Buffer.from(bytes));
  }
}

async function farEnd(t: Test, path: string): Promise<SerialPort> {
  const port = new SerialPort({ path, baudRate: 57_600, autoOpen: false });
  await new Promise<void>((resolve, reject) => port.open((error) => (error ? reject(error) : resolve())));
  t.teardown(() => (port.isOpen ? new Promise<void>((resolve) => port.close(() => resolve())) : undefined));
  return port;
}

function board(spec: string, timeout: number): BoardIo {
  return createBoardIo(spec, new SystemClock(), new SeededRandom(1), { timeout });
}

realTime(t, "an LED and a thermometer on a Firmata board, and the board's loss", { skip: missing }, async (t) => {
  const { near, far, socat } = await line(t);
  // 750 mV of 5 V: 25 °C on a TMP36, within half a step of a 10-bit converter.
  const firmata = new TinyFirmata(await farEnd(t, far), 153);
  const io = board(`firmata:${near}`, 800);
  t.equal(io.description, `Firmata on ${near} at 57600 baud`);
  t.equal(io.simulated, false);
  await io.open();

  const sensor = io.sensor("thermometer", "A0");
  t.ok(Number.isNaN(sensor.read()), "no reading before the first sample");
  await eventually(() => !Number.isNaN(sensor.read()), "a sample");
  t.ok(Math.abs(sensor.read() - 25) < 0.25, `${sensor.read()} °C`);

  const led = io.led("1");
  led.on();
  t.equal(led.isOn, true);
  await new Promise<void>((resolve) => {
    firmata.onWritten = () => firmata.written.length === 2 && resolve();
    firmata.onWritten();
  });
  t.same(firmata.written, [0b00, 0b10], "dark at first, then lit");
  t.throws(() => io.led("77"), { code: "GPIO_BAD_PIN", message: /^LED on pin 77: Firmata on .* has no such pin/ });
  t.throws(() => io.sensor("light", "A5"), { code: "GPIO_BAD_PIN", message: /^light on pin A5: Firmata on .* has no such pin/ });

  const lost = new Promise<GpioError>((resolve) => {
    io.onLost = resolve;
  });
  socat.kill();
  const error = await lost;
  t.equal(error.code, "GPIO_LOST");
  t.match(error.message, /the port closed by itself; plug the board in again/);
  t.equal(led.isOn, false);
  t.ok(Number.isNaN(sensor.read()));
  await io.close();
});

realTime(
  t,
  "close() darkens the lamp before it lets go of the port, which can then be opened again",
  { skip: missing },
  async (t) => {
    const { near, far } = await line(t);
    const firmata = new TinyFirmata(await farEnd(t, far), 0);
    const io = board(`firmata:${near}@57600`, 800);
    io.onLost = () => t.fail("closing is not losing");
    for (const round of [1, 2]) {
      await io.open();
      io.led("0").on();
      await io.close();
      await new Promise<void>((resolve) => {
        firmata.onWritten = () => firmata.written.length === 3 * round && resolve();
        firmata.onWritten();
      });
      t.same(firmata.written.slice(-3), [0, 1, 0], `round ${round}`);
    }
  },
);

realTime(t, "a port on which nothing answers: an error in good time, and the port is free again", { skip: missing }, async (t) => {
  const { near } = await line(t);
  const io = board(`firmata:${near}`, 300);
  const start = performance.now();
  const message = `Firmata on ${near} at 57600 baud: no Firmata answered within 0.3 s; flash StandardFirmata, or name the right port and rate (firmata:${near}@115200)`;
  await t.rejects(io.open(), { code: "GPIO_TIMEOUT", message });
  const took = performance.now() - start;
  t.ok(took >= 299 && took < 3000, `took ${Math.round(took)} ms`);
  t.throws(() => io.led("13"), { code: "GPIO_NOT_OPEN" });
  await t.rejects(io.open(), { code: "GPIO_TIMEOUT" }, "not: cannot lock port");
});

t.test("a port that is not there", async (t) => {
  const message =
    /^Firmata on \/dev\/whohas-none at 57600 baud: cannot open the port \(.*No such file.*\); is the board plugged in/;
  await t.rejects(board("firmata:/dev/whohas-none", 300).open(), { code: "GPIO_PORT", message });
});
