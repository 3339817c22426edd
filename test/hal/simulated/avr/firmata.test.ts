/** Our Firmata firmware in the simulated ATmega328P, byte by byte and in virtual time: the protocol's answers come out of the USART. */
import t from "tap";
import { Uno } from "./bench.ts";

const NAME = "whohas-firmata";
const END_SYSEX = 0xf7;

/** Powered, and through with introducing itself. */
async function started(): Promise<Uno> {
  const uno = await Uno.with("hal/bridges/firmware/firmata-uno-57600.hex");
  uno.mcu.start();
  await uno.until((said) => said.at(-1) === END_SYSEX);
  return uno;
}

t.test("it introduces itself, and when asked", async (t) => {
  const uno = await started();
  const name = [...NAME].map((letter) => `${letter.charCodeAt(0).toString(16)}00`).join("");
  t.equal(uno.said(), `f90205f0790205${name}f7`);
  t.equal(await uno.ask("f9"), "f90205");
  t.equal(await uno.ask("f0 79 f7", 10), `f0790205${name}f7`);
  const digital = "000101010b017f";
  const analog = "000101010b01020a7f";
  t.equal(await uno.ask("f0 6b f7", 40), `f06c7f7f${digital.repeat(12)}${analog.repeat(6)}f7`);
  t.equal(await uno.ask("f0 69 f7", 10), `f06a${"7f".repeat(14)}000102030405f7`);
  uno.mcu.stop();
});

t.test("outputs, one by one and by the port; the other pins of a port stay", async (t) => {
  const uno = await started();
  const { pins } = uno.mcu;
  await uno.ask("f4 0d 01 f4 0c 01 f4 0e 01");
  t.same(
    ["12", "13", "A0"].map((pin) => pins.level(pin)),
    [false, false, false],
  );
  await uno.ask("91 70 00");
  t.same(
    ["12", "13", "A0"].map((pin) => pins.level(pin)),
    [true, true, true],
    "a port is eight pins of the Uno",
  );
  await uno.ask("f5 0d 00");
  t.same(
    ["12", "13", "A0"].map((pin) => pins.level(pin)),
    [true, false, true],
  );
  t.equal(await uno.ask("f0 6d 0c f7"), "f06e0c0101f7", "pin 12 is an output, high");
  await uno.ask("f5 0b 01");
  t.equal(await uno.ask("f0 6d 0b f7"), "f06e0b0b01f7", "a level for an input is its pull-up");
  t.equal(
    await uno.ask("f4 00 01 f4 01 01 f4 14 01 f4 0d 03 90 7f 01 f0 6d 00 f7"),
    "f06e007f00f7",
    "not the serial line, not what is not there",
  );
  await uno.ask("ff");
  t.same(
    ["12", "13", "A0"].map((pin) => pins.level(pin)),
    [false, false, false],
    "a reset lets go of all of them",
  );
  uno.mcu.stop();
});

t.test("inputs: as they are when reporting begins, and as they change", async (t) => {
  const uno = await started();
  const { pins } = uno.mcu;
  await uno.ask("f4 02 00 f4 03 0b");
  t.equal(await uno.ask("d0 01"), "900800", "nothing on 2, the pull-up on 3");
  pins.drive("2", true);
  await uno.clock.advance(2);
  t.equal(uno.said(), "900c00");
  pins.drive("3", false);
  await uno.clock.advance(2);
  t.equal(uno.said(), "900400");
  await uno.clock.advance(50);
  t.equal(uno.said(), "", "and nothing while they stay");
  pins.drive("7", true);
  await uno.clock.advance(2);
  t.equal(uno.said(), "900401", "bit 7 has a byte of its own");
  await uno.ask("d0 00");
  pins.drive("2", false);
  await uno.clock.advance(5);
  t.equal(uno.said(), "");
  uno.mcu.stop();
});

t.test("analog inputs: a sample each interval, of 10 bits against 5 V", async (t) => {
  const uno = await started();
  const { pins } = uno.mcu;
  pins.voltage("A0", 0.75);
  pins.voltage("A5", 5);
  t.equal(await uno.ask("f0 7a 64 00 f7 c0 01 c5 01", 101), "e01901e57f07", "153 and 1023, after 100 ms");
  await uno.clock.advance(1000);
  t.equal(uno.said(), "e01901e57f07".repeat(10));
  t.equal(await uno.ask("c0 00", 100), "e57f07");
  uno.mcu.stop();
});

t.test("what a damaged line brings does not confuse it for longer than a message", async (t) => {
  const uno = await started();
  for (const garbage of [
    "00 7f 33",
    "f0 6b",
    "f0 6b 00 f7",
    "f7 f7",
    "90 01",
    `f0 ${"11".repeat(300)} f7`,
    "f0 7a f7",
    "c9 01 d9 01 9f 7f 7f",
  ]) {
    await uno.ask(garbage, 60);
    t.equal(await uno.ask("f9"), "f90205", `after ${garbage.slice(0, 20)}`);
  }
  uno.mcu.stop();
});

t.test("pins: what is wired stays through a restart of the MCU, outputs do not; and names that are none", async (t) => {
  const uno = await started();
  const { pins } = uno.mcu;
  const seen: string[] = [];
  pins.onChange = (pin, high) => seen.push(`${pin} ${high}`);
  pins.drive("2", true);
  pins.voltage("A1", 2.5);
  await uno.ask("f4 0d 01 91 20 00");
  uno.mcu.opened();
  t.same(seen, ["13 true", "13 false"]);
  await uno.clock.advance(10);
  t.equal(pins.level("2"), true);
  t.equal(await uno.ask("f0 7a 0a 00 f7 c1 01", 12), "e10004", "512");
  pins.drive("2", null);
  t.equal(pins.level("2"), false);
  for (const none of ["14", "A6", "D2", "", "99"]) t.throws(() => pins.level(none), RangeError, none);
  t.throws(() => pins.voltage("3", 1), RangeError);
  uno.mcu.stop();
});
