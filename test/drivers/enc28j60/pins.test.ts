/** The chip's reset and power on pins: when the driver asks for them, and that they bring back what no command does. */
import t from "tap";
import type { ChipPins } from "../../../hal/chip-pins.ts";
import type { VirtualClock } from "../../../hal/clock.ts";
import { Bench, frameOf } from "../../support/enc28j60-bench.ts";

const CONNECTED = { roundTrip: 0, interrupt: true };

/** Pins that take 50 ms, and what was asked of them. */
class Pins implements ChipPins {
  onDisturbed: (() => void) | null = null;
  onReset: (() => void) | null = null;
  readonly asked: string[] = [];
  clock: VirtualClock | null = null;

  on(): Promise<void> {
    return this.#take("on");
  }

  reset(): Promise<void> {
    this.onReset?.();
    return this.#take("reset");
  }

  off(): void {
    this.asked.push("off");
  }

  #take(what: string): Promise<void> {
    this.asked.push(what);
    return new Promise((resolve) => this.clock?.timer(resolve).arm(50));
  }
}

function bench(roundTrip = 0): { bench: Bench; pins: Pins } {
  const pins = new Pins();
  const made = new Bench({ ...CONNECTED, roundTrip, driver: { pins } });
  pins.clock = made.clock;
  return { bench: made, pins };
}

t.test("on before open(), off after close(); off as well where open() failed", async (t) => {
  const { bench: one, pins } = bench();
  await one.open();
  t.same(pins.asked, ["on"]);
  await one.close();
  t.same(pins.asked, ["on", "off"]);
  one.faults.dead = 0xff;
  const opened = one.host.open(one.driver);
  opened.catch(() => undefined);
  await one.clock.advance(200);
  await t.rejects(opened, { code: "ENC28J60_NOT_FOUND" });
  t.same(pins.asked.slice(2), ["on", "off"]);
});

t.test("a chip that is deaf to commands: the third attempt resets it by its pins, and frames flow again", async (t) => {
  const { bench: one, pins } = bench();
  await one.open();
  pins.onReset = () => {
    one.faults.dead = null;
  };
  one.faults.dead = 0xff;
  // With its bus dead nothing is told: the driver finds out when it looks.
  one.host.send(frameOf(60));
  await one.clock.advance(4000);
  t.same(pins.asked, ["on", "reset"]);
  t.same(one.host.errors, []);
  t.equal(one.driver.recoveries, 1);
  one.deliver(frameOf(100, 7));
  await one.clock.advance(50);
  t.equal(one.host.received, 1);
  await one.close();
});

t.test("without pins the same chip has failed", async (t) => {
  const one = new Bench(CONNECTED);
  await one.open();
  one.faults.dead = 0xff;
  one.host.send(frameOf(60));
  await one.clock.advance(4000);
  t.equal(one.host.errors.length, 1);
  await one.close();
});

for (const roundTrip of [0, 2]) {
  t.test(`whoever holds the pins restarted: set up afresh, from reset on; round trip ${roundTrip} ms`, async (t) => {
    const { bench: one, pins } = bench(roundTrip);
    await one.open();
    for (let moment = 0; moment < 10; moment++) {
      // In every phase of an exchange.
      one.host.send(frameOf(1000, moment));
      await one.clock.advance(moment / 2);
      pins.onDisturbed?.();
      await one.clock.advance(200);
    }
    t.equal(pins.asked.filter((what) => what === "reset").length, 10);
    t.equal(one.driver.recoveries, 10);
    t.same(one.host.errors, []);
    t.same(one.host.breaches, []);
    one.deliver(frameOf(100, 7));
    await one.clock.advance(50);
    t.equal(one.host.received, 1);
    await one.close();
    t.equal(one.host.pool.inUse, 0);
    pins.onDisturbed?.();
    await one.clock.advance(200);
    t.equal(pins.asked.at(-1), "off", "a closed driver is not disturbed");
  });
}
