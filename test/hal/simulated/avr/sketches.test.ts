/**
 * Other people's software in the simulated ATmega328P: sketches on the Arduino core with its Wire and EEPROM libraries and avr-libc's
 * watchdog (test/fixtures/sketches), byte for byte what an Uno would run.
 */
import t from "tap";
import type { TwoWireDevice } from "../../../../hal/simulated/avr/wiring.ts";
import { Uno } from "./bench.ts";

const SKETCHES = "test/fixtures/sketches";

/** Eight registers behind a pointer, as sensors have them; notes what it was told. */
class Registers implements TwoWireDevice {
  readonly address: number;
  readonly bytes: Uint8Array = Uint8Array.of(0x10, 0x11, 0x12, 0x13, 0x14, 0x15, 0x16, 0x17);
  readonly log: string[] = [];
  #at = 0;
  #first = true;

  constructor(address: number) {
    this.address = address;
  }

  select(read: boolean): boolean {
    this.log.push(read ? "read" : "write");
    this.#first = true;
    return true;
  }

  write(value: number): boolean {
    if (this.#first) this.#at = value;
    else this.bytes[this.#at++ % 8] = value;
    this.#first = false;
    return true;
  }

  read(last: boolean): number {
    if (last) this.log.push("last");
    return this.bytes[this.#at++ % 8]!;
  }

  release(): void {
    this.log.push("release");
  }
}

t.test("Wire: a scan, a read behind a repeated START, a write, and addresses where nobody is", async (t) => {
  const uno = await Uno.with(`${SKETCHES}/wire.hex`);
  const device = new Registers(0x48);
  uno.mcu.twoWire.attach(device);
  uno.mcu.twoWire.attach(new Registers(0x77));
  uno.mcu.start();
  t.equal(await uno.line(), "ready");
  t.equal(await uno.line("s"), "48 77 .");
  t.same(device.log.splice(0), ["write", "release"]);
  t.equal(await uno.line("r"), "0 4 12 13 14 15");
  t.same(device.log.splice(0), ["write", "release", "read", "last", "release"]);
  t.equal(await uno.line("w"), "0");
  t.same([...device.bytes.subarray(5)], [0x15, 0x12, 0x34]);
  t.equal(await uno.line("n"), "2", "no acknowledgement of the address");
  t.equal(await uno.line("q"), "0");
  uno.mcu.stop();

  const bare = await Uno.with(`${SKETCHES}/wire.hex`);
  bare.mcu.start();
  await bare.line();
  const start = bare.clock.now();
  t.equal(await bare.line("s"), ".", "a bus without devices");
  // 112 addresses, each a START, nine bits and a STOP at 100 kHz, and the line's own time.
  t.ok(bare.clock.now() - start > 12.3 && bare.clock.now() - start < 17, `${bare.clock.now() - start} ms`);
  bare.mcu.stop();
});

t.test("EEPROM: settings outlive a reset and the power", async (t) => {
  const uno = await Uno.with(`${SKETCHES}/eeprom.hex`);
  uno.mcu.start();
  t.equal(await uno.line(), "start 0 of 1024 65535 -1", "erased");
  t.equal(await uno.line(), "kept");
  // Five bytes are written, each in 3.6 ms, the first four of them waited for.
  t.ok(uno.clock.now() > 14.4 && uno.clock.now() < 22, `${uno.clock.now()} ms`);
  uno.mcu.opened();
  t.equal(await uno.line(), "start 1 of 1024 1000 -1000");
  t.equal(await uno.line(), "kept");
  await uno.clock.advance(5);
  uno.mcu.stop();
  uno.mcu.start();
  t.equal(await uno.line(), "start 2 of 1024 1001 -1001");
  t.equal(await uno.line(), "kept");
  t.same([...uno.mcu.eeprom.bytes.subarray(1020, 1022)], [0xea, 0x03], "1002, from outside");
  uno.mcu.stop();
});

t.test("watchdog and MCUSR", async (t) => {
  const uno = await Uno.with(`${SKETCHES}/watchdog.hex`);
  uno.mcu.start();
  t.equal(await uno.line(), "reset 1", "by power");
  uno.mcu.opened();
  t.equal(await uno.line(), "reset 2", "by the reset line");
  t.equal(await uno.line("f"), "alive", "fed, and switched off");
  t.equal(await uno.line("i"), "interrupts 12", "200 ms of 16 ms each");
  const start = uno.clock.now();
  t.equal(await uno.line("h"), "reset 8", "by the watchdog");
  const took = uno.clock.now() - start;
  t.ok(took > 64 && took < 72, `${took} ms: 64 of the watchdog, and the serial line's`);
  const second = uno.clock.now();
  t.equal(await uno.line("k"), "reset 8 bites 3", "WDRF keeps it on; SRAM is kept through it");
  const whole = uno.clock.now() - second;
  t.ok(whole > 96 && whole < 106, `${whole} ms: 64, and 16 twice`);
  uno.mcu.stop();
  uno.mcu.start();
  t.equal(await uno.line(), "reset 1");
  uno.mcu.stop();
});

/** Intel HEX of machine code, given as avr-objdump shows its bytes; the rest of the flash is erased. */
function image(address: number, code: string): string {
  const bytes = Buffer.from(code.replaceAll(" ", ""), "hex");
  const record = [bytes.length, address >> 8, address & 0xff, 0, ...bytes];
  const sum = -record.reduce((total, byte) => total + byte, 0) & 0xff;
  return `:${Buffer.from([...record, sum]).toString("hex")}\n:00000001FF\n`;
}

t.test("CLKPR: the MCU slows down, and its share of time is right", async (t) => {
  // CLKPR = 80h, then 2: a quarter of 16 MHz. 65,536 turns of sbiw and brne, four cycles each; then D13 goes high.
  const slow = "00e8 00936100 02e0 00936100 259a 80e0 90e0 0197 f1f7 2d9a ffcf";
  const uno = await Uno.running(image(0, slow));
  uno.mcu.start();
  await uno.clock.advance(65);
  t.equal(uno.mcu.pins.level("13"), false);
  await uno.clock.advance(1);
  t.equal(uno.mcu.pins.level("13"), true, "after 65.5 ms");
  uno.mcu.stop();
});

t.test("an image with a bootloader starts there", async (t) => {
  // sbi DDRB, 5; sbi PORTB, 5; rjmp .
  const uno = await Uno.running(image(0x7e00, "259a 2d9a ffcf"));
  uno.mcu.start();
  await uno.clock.advance(1);
  t.equal(uno.mcu.pins.level("13"), true);
  uno.mcu.stop();
});
