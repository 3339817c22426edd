/** Reset and power of a chip on a simulated board's pins: levels, their order and their times. */
import t from "tap";
import { JohnnyFiveBoardIo } from "../../hal/bridges/johnny-five.ts";
import { GpioChipPins, type GpioChipPinsOptions } from "../../hal/chip-pins.ts";
import { VirtualClock } from "../../hal/clock.ts";
import { SeededRandom } from "../../hal/random.ts";
import { SimulatedIo } from "../../hal/simulated/io.ts";
import { SimulatedIoSource } from "../../hal/simulated/io-source.ts";

const RESET = 7;

async function bench(options: GpioChipPinsOptions) {
  const clock = new VirtualClock();
  const io = new SimulatedIo(clock, new SeededRandom(1));
  const board = new JohnnyFiveBoardIo(new SimulatedIoSource(io));
  await board.open();
  const seen: string[] = [];
  io.on("digital-write", (pin: number, level: number) => seen.push(`${clock.now()} ${pin === RESET ? "reset" : "power"} ${level}`));
  const pins = new GpioChipPins(board, clock, options);
  /** Runs a step to its end; how long it took, in ms. */
  const run = async (step: () => Promise<void>): Promise<number> => {
    const start = clock.now();
    let took = -1;
    const done = step().then(() => {
      took = clock.now() - start;
    });
    for (let ms = 0; took < 0 && ms < 1000; ms++) await clock.advance(1);
    await done;
    return took;
  };
  return { clock, board, pins, seen, run };
}

t.test("reset alone: a low pulse, then time to come up; off() leaves it alone", async (t) => {
  const { pins, seen, run, board } = await bench({ reset: "7" });
  t.equal(await run(() => pins.on()), 60);
  t.same(seen, ["0 reset 0", "0 reset 0", "10 reset 1"]);
  seen.length = 0;
  pins.off();
  t.equal(await run(() => pins.reset()), 60);
  t.same(seen, ["60 reset 0", "70 reset 1"]);
  await board.close();
});

t.test("both: a powered chip is let out of reset, never one without power", async (t) => {
  const { pins, seen, run, board } = await bench({ reset: "7", power: "6" });
  await run(() => pins.on());
  t.same(seen.slice(2), ["0 reset 0", "0 power 1", "10 reset 1"]);
  seen.length = 0;
  t.equal(await run(() => pins.reset()), 310, "a power cycle");
  t.same(seen, ["60 reset 0", "60 power 0", "310 reset 0", "310 power 1", "320 reset 1"]);
  seen.length = 0;
  pins.off();
  t.same(seen, ["370 reset 0", "370 power 0"]);
  await board.close();
});

t.test("a pin that the board does not have, and a board that is not open", async (t) => {
  const { pins, board } = await bench({ power: "99" });
  await t.rejects(pins.on(), { code: "GPIO_BAD_PIN", message: /no pin 99/ });
  await board.close();
  await t.rejects(pins.on(), { code: "GPIO_NOT_OPEN" });
});
