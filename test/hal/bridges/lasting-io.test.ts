/** A board that goes and comes: how often it is looked for, and what becomes of lamps, outputs and sensors. In virtual time. */
import t from "tap";
import { LastingBoardIo } from "../../../hal/bridges/lasting-io.ts";
import { VirtualClock } from "../../../hal/clock.ts";
import { type BoardIo, GpioError, type Led, type Output, type Sensor } from "../../../hal/gpio.ts";

/** A board on a cable, with 14 pins of which those above `pins` may be missing. */
class Cable implements BoardIo {
  readonly description = "board on a cable";
  readonly simulated = true;
  onLost: ((error: GpioError) => void) | null = null;
  onBack: (() => void) | null = null;
  plugged = true;
  pins = 14;
  /** When it was to be opened. */
  readonly attempts: number[] = [];
  /** The levels at its pins. */
  readonly levels: number[] = [];
  /** Stands for the opening that is not over; null when it is closed or lost. */
  session: object | null = null;
  readonly #clock: VirtualClock;

  constructor(clock: VirtualClock) {
    this.#clock = clock;
  }

  async open(): Promise<void> {
    this.attempts.push(Math.round(this.#clock.now()));
    if (!this.plugged) throw new GpioError("GPIO_PORT", "nothing there");
    this.levels.length = 0;
    this.session = {};
  }

  led(pin: string): Led {
    const output = this.output(pin, false);
    const lit = (): boolean => this.levels[Number(pin)] === 1 && this.session !== null;
    return {
      on: () => output.write(true),
      off: () => output.write(false),
      get isOn() {
        return lit();
      },
    };
  }

  output(pin: string, high: boolean): Output {
    const { session } = this;
    if (!session || Number(pin) >= this.pins) throw new GpioError("GPIO_BAD_PIN", `no pin ${pin}`);
    const write = (high: boolean): void => {
      if (this.session === session) this.levels[Number(pin)] = high ? 1 : 0;
    };
    write(high);
    return { onRestored: null, write };
  }

  sensor(kind: string, pin: string): Sensor {
    const { session } = this;
    return { kind, pin, unit: "", read: () => (session && this.session === session ? 42 : Number.NaN) };
  }

  async close(): Promise<void> {
    this.session = null;
  }

  pull(): void {
    this.plugged = false;
    this.session = null;
    this.onLost?.(new GpioError("GPIO_LOST", "the cable was pulled"));
  }
}

function bench(): { clock: VirtualClock; cable: Cable; board: LastingBoardIo; told: string[] } {
  const clock = new VirtualClock();
  const cable = new Cable(clock);
  const board = new LastingBoardIo(cable, clock);
  const told: string[] = [];
  board.onLost = (error) => told.push(`${Math.round(clock.now())} ${error.message}`);
  board.onBack = () => told.push(`${Math.round(clock.now())} back`);
  return { clock, cable, board, told };
}

t.test("looked for after 0.5 s, then half as often each time, down to every 10 s; told of once", async (t) => {
  const { clock, cable, board, told } = bench();
  await board.open();
  cable.pull();
  await clock.advance(40_000);
  t.same(cable.attempts, [0, 500, 1500, 3500, 7500, 15_500, 25_500, 35_500]);
  cable.plugged = true;
  await clock.advance(10_000);
  t.same(told, ["0 the cable was pulled", "45500 back"]);
  cable.pull();
  cable.plugged = true;
  await clock.advance(1000);
  t.same(told.slice(2), ["50000 the cable was pulled", "50500 back"], "and from the beginning the next time");
  await board.close();
  t.equal(cable.session, null);
});

t.test("lamps, outputs and sensors: dead meanwhile, as last switched afterwards", async (t) => {
  const { clock, cable, board, told } = bench();
  await board.open();
  const [lit, dark] = [board.led("13"), board.led("12")];
  const output = board.output("7", true);
  output.onRestored = () => told.push(`restored ${cable.levels[7]}`);
  const sensor = board.sensor("analog", "A0");
  lit.on();
  dark.on();
  t.same([lit.isOn, dark.isOn, cable.levels[7]], [true, true, 1]);
  t.ok(Number.isFinite(sensor.read()));
  cable.pull();
  t.same([lit.isOn, dark.isOn, sensor.read()], [false, false, Number.NaN]);
  dark.off();
  output.write(false);
  const late = board.led("11");
  late.on();
  t.equal(late.isOn, false);
  await board.open();
  cable.plugged = true;
  await clock.advance(500);
  t.same(
    [7, 11, 12, 13].map((pin) => cable.levels[pin]),
    [0, 1, 0, 1],
  );
  t.same([lit.isOn, dark.isOn, late.isOn], [true, false, true]);
  t.ok(Number.isFinite(sensor.read()));
  t.same(told.slice(1), ["restored 0", "500 back"]);
  await board.close();
  t.equal(lit.isOn, false);
});

t.test("another board in its place, which has not the pins: it goes on looking", async (t) => {
  const { clock, cable, board, told } = bench();
  await board.open();
  board.led("13");
  cable.pull();
  cable.plugged = true;
  cable.pins = 8;
  await clock.advance(5000);
  t.equal(told.length, 1);
  t.equal(cable.session, null, "and has let go of it each time");
  cable.pins = 14;
  await clock.advance(5000);
  t.same(told.slice(1), ["7500 back"]);
  await board.close();
});

t.test("closed while lost: no attempt after it; and it can be opened again", async (t) => {
  const { clock, cable, board, told } = bench();
  await board.open();
  const led = board.led("13");
  led.on();
  cable.pull();
  await board.close();
  cable.plugged = true;
  await clock.advance(60_000);
  t.equal(cable.attempts.length, 1);
  await board.open();
  led.on();
  t.not(cable.levels[13], 1, "what was had before is dead");
  const again = board.led("13");
  again.on();
  t.equal(cable.levels[13], 1);
  await board.close();
  t.equal(told.length, 1);
});

t.test("closed while it is being opened again", async (t) => {
  const { clock, cable, board, told } = bench();
  await board.open();
  cable.pull();
  cable.plugged = true;
  clock.advanceSync(500);
  await board.close();
  await clock.advance(60_000);
  t.same([cable.attempts.length, cable.session, told.length], [2, null, 1]);
});
