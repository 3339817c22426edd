/** The simulated board's pins and signals. */
import t from "tap";
import { VirtualClock } from "../../../hal/clock.ts";
import { GpioError } from "../../../hal/gpio.ts";
import { SeededRandom } from "../../../hal/random.ts";
import { AnalogSignal } from "../../../hal/simulated/analog-signal.ts";
import { SimulatedIo } from "../../../hal/simulated/io.ts";

const ROOM = { mean: 0.715, swing: 0.02, noise: 0.003 };

t.test("a signal stays in its bounds, moves slowly, and does not care how often it is read", async (t) => {
  const often = new AnalogSignal(ROOM, new SeededRandom(1));
  const seldom = new AnalogSignal(ROOM, new SeededRandom(1));
  let low = Number.POSITIVE_INFINITY;
  let high = Number.NEGATIVE_INFINITY;
  let last = often.at(0);
  let steepest = 0;
  for (let now = 0; now <= 86_400_000; now += 1000) {
    const volts = often.at(now);
    low = Math.min(low, volts);
    high = Math.max(high, volts);
    steepest = Math.max(steepest, Math.abs(volts - last));
    last = volts;
    if (now % 3_600_000 === 0) t.equal(seldom.at(now), volts, `the same at ${now / 3_600_000} h`);
  }
  t.ok(low >= 0.692 && high <= 0.738, `within mean, swing and noise: ${low} to ${high} V`);
  t.ok(high - low > 0.035, "a day shows");
  t.ok(steepest < 0.001, `at most 0.1 degrees a second: ${steepest} V`);
  t.equal(often.at(1000), seldom.at(1000), "time may be asked for in any order");
});

t.test("pins go by the names people use", async (t) => {
  const io = new SimulatedIo(new VirtualClock(), new SeededRandom(1));
  t.same(
    ["17", 17, "GPIO17", "A0", "A7"].map((name) => io.normalize(name)),
    [17, 17, 17, 28, 35],
  );
  for (const name of ["GPIO28", "A8", "36", "-1", "", "GPIO", "P1-7", "1e1"]) {
    t.throws(() => io.normalize(name), { code: "GPIO_BAD_PIN", message: /it has GPIO0\.\.GPIO27 and A0\.\.A7/ }, `"${name}"`);
  }
  t.throws(() => io.pinMode(28, io.MODES.OUTPUT), { code: "GPIO_BAD_PIN", message: /A0 cannot be used as OUTPUT/ });
  t.throws(
    () => io.pinMode(4, io.MODES.ANALOG),
    new GpioError("GPIO_BAD_PIN", "simulated board: GPIO4 cannot be used as ANALOG; analog inputs are A0..A7"),
  );
});

t.test("samples are of this moment and go to every listener; the converter's range is never left", async (t) => {
  const clock = new VirtualClock();
  const io = new SimulatedIo(clock, new SeededRandom(1));
  const seen: number[] = [];
  const pin = io.normalize("A2");
  io.pinMode(pin, io.MODES.ANALOG);
  io.attach("A2", { mean: 3.3, swing: 2, noise: 0 });
  io.analogRead(pin, (value) => seen.push(value));
  io.analogRead(pin, (value) => seen.push(-value));
  t.same(seen, [], "nothing comes by itself");
  for (let hour = 0; hour < 24; hour++) {
    io.sample("A2");
    clock.advanceSync(3_600_000);
  }
  t.equal(seen.length, 48);
  t.equal(seen[0], -seen[1]!);
  t.equal(Math.max(...seen), 4095);
  t.ok(Math.min(...seen.filter((_, at) => at % 2 === 0)) < 2000);
});

t.test("a digital input is 0 or 1 and both in time", async (t) => {
  const clock = new VirtualClock();
  const io = new SimulatedIo(clock, new SeededRandom(1));
  io.pinMode(4, io.MODES.INPUT);
  const seen = new Set<number>();
  io.digitalRead(4, (value) => seen.add(value));
  for (let minute = 0; minute < 30; minute++) {
    io.sample(4);
    clock.advanceSync(60_000);
  }
  t.same([...seen].sort(), [0, 1]);
});
