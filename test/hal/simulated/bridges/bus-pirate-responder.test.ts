/** The model of a Bus Pirate, held against the documented protocol byte by byte. */
import t from "tap";
import { VirtualClock } from "../../../../hal/clock.ts";
import { BusPirateResponder, type BusPirateResponderOptions } from "../../../../hal/simulated/bridges/bus-pirate-responder.ts";
import type { SpiPins } from "../../../../hal/simulated/spi-pins.ts";

/** Returns what it was clocked with, turned over, and keeps each assertion of the chip select as a list. */
class Wires implements SpiPins {
  readonly selections: number[][] = [];
  selected = false;

  select(): void {
    this.selected = true;
    this.selections.push([]);
  }

  clock(out: number): number {
    this.selections.at(-1)?.push(out);
    return out ^ 0xff;
  }

  deselect(): void {
    this.selected = false;
  }
}

function model(options: BusPirateResponderOptions = {}) {
  const clock = new VirtualClock();
  const wires = new Wires();
  const pirate = new BusPirateResponder(clock, wires, options);
  const heard: number[] = [];
  pirate.onSend = (bytes) => heard.push(...bytes);
  /** Says some bytes, lets it work, and returns all that it answered. */
  async function say(...bytes: number[]): Promise<number[]> {
    pirate.receive(Uint8Array.from(bytes));
    await clock.advance(1000);
    return heard.splice(0);
  }
  return { clock, wires, pirate, heard, say };
}

const BBIO1 = [0x42, 0x42, 0x49, 0x4f, 0x31];
const SPI1 = [0x53, 0x50, 0x49, 0x31];
const zeros = (count: number): number[] => new Array<number>(count).fill(0);

t.test("from the terminal by twenty zeros in a row, into SPI, and out again", async (t) => {
  const { pirate, say } = model();
  t.same(await say(...zeros(19)), []);
  t.same(await say(0x69), [0x69], "a terminal echoes");
  t.same(await say(...zeros(19)), [], "counted anew");
  t.same(await say(0), BBIO1);
  t.same(await say(0), BBIO1);
  t.same(await say(0x01), SPI1);
  t.same(await say(0x01), SPI1, "its version again");
  t.same(await say(0x0f), [1], "in SPI mode no way out, but a sniffer");
  t.same(await say(0x00), [1], "that any byte ends");
  t.same(await say(0x00), BBIO1);
  t.same(await say(0x0f), [1]);
  t.same(await say(...zeros(19)), [], "it is the terminal again");
  pirate.opened();
  t.same(await say(0), BBIO1, "opening the port resets nothing");
});

t.test("settings are taken and told", async (t) => {
  const { wires, say } = model();
  await say(...zeros(20), 0x01);
  t.same(await say(0x65, 0x70), [1, 5]);
  t.same(await say(0x8a, 0x90), [1, 0x0a]);
  t.same(await say(0x4c, 0x50), [1, 0x0c]);
  t.ok(wires.selected, "CS low");
  t.same(await say(0x49, 0x50), [1, 0x09]);
  t.notOk(wires.selected);
  t.same(await say(0xf0), [0], "an unknown command");
  await say(0x00);
  await say(0x01);
  t.same(await say(0x70, 0x90, 0x50), [0, 0, 0], "bit-bang mode resets all of it");
});

t.test("write then read: one selection, 01, the bytes that were read", async (t) => {
  const { wires, say } = model();
  await say(...zeros(20), 0x01, 0x8a, 0x67);
  t.same(await say(0x04, 0, 3, 0, 2, 0xa0, 0xa1, 0xa2), [1, 0, 0]);
  t.same(wires.selections, [[0xa0, 0xa1, 0xa2, 0xff, 0xff]]);
  t.notOk(wires.selected);
  t.same(await say(0x04, 0, 1, 0, 0, 0x77), [1]);
  t.same(await say(0x04, 0, 0, 0, 1), [1, 0]);
  t.same(await say(0x02), [1]);
  t.same(await say(0x05, 0, 1, 0, 0, 0x10), [1]);
  t.same(await say(0x05, 0, 1, 0, 1, 0x11), [1, 0]);
  t.same(await say(0x03), [1]);
  t.same(wires.selections.at(-1), [0x10, 0x11, 0xff], "05 leaves the chip select alone");
});

t.test("its limits: 4096 bytes each way", async (t) => {
  const { say } = model();
  await say(...zeros(20), 0x01, 0x8a, 0x67);
  t.same(await say(0x04, 0x10, 0x01, 0, 0), [0], "refused when the lengths are there");
  t.same(await say(0x04, 0, 0, 0x10, 0x01), [0]);
  t.equal((await say(0x04, 0x10, 0, 0x10, 0, ...zeros(4096))).length, 4097);
});

t.test("a bulk transfer answers each byte, within a selection made by hand", async (t) => {
  const { wires, say } = model();
  await say(...zeros(20), 0x01, 0x8a);
  t.same(await say(0x02, 0x12, 1, 2, 3, 0x03), [1, 1, 0xfe, 0xfd, 0xfc, 1]);
  t.same(wires.selections, [[1, 2, 3]]);
});

t.test("what is said while it works is lost beyond four bytes", async (t) => {
  const { clock, pirate, say, heard } = model();
  await say(...zeros(20), 0x01, 0x8a, 0x60);
  pirate.receive(Uint8Array.of(0x04, 0, 1, 0, 99, 0x33));
  await clock.advance(25);
  t.same(heard, [], "100 bytes at 30 kHz take 26.7 ms");
  pirate.receive(Uint8Array.of(0x04, 0, 1, 0, 1, 0x33));
  t.equal(pirate.counters.overruns, 2);
  await clock.advance(2);
  t.equal(heard.length, 100);
  await clock.advance(8);
  pirate.receive(Uint8Array.of(0x33));
  t.equal(pirate.counters.overruns, 3, "100 bytes at 115200 baud take 8.7 ms more");
  await clock.advance(1);
  pirate.receive(Uint8Array.of(1, 0x44));
  await clock.advance(100);
  t.equal(heard.length, 102, "it goes on with the four that it held");
});

t.test("not set up for SPI mode 0, nothing sensible is read", async (t) => {
  const { wires, say } = model();
  await say(...zeros(20), 0x01);
  t.same(await say(0x04, 0, 1, 0, 1, 0x20), [1, 0xff]);
  t.same(wires.selections, [[]]);
});

t.test("firmware before 5.10 knows no write-then-read", async (t) => {
  const { say } = model({ writeThenRead: false });
  await say(...zeros(20), 0x01, 0x8a);
  t.same(await say(0x04), [0]);
});
