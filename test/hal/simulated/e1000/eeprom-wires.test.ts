/** The EEPROM on its own four wires, clocked bit by bit as Linux's driver and Intel's do (section 5.3.1 and the 93C46's data sheet). */
import t from "tap";
import { Bench } from "./bench.ts";

const EECD = 0x10;
const SK = 1;
const CS = 2;
const DI = 4;
const DO = 8;
const REQ = 0x40;
const GNT = 0x80;

const READ = 0b110;
const WRITE = 0b101;
const ERASE = 0b111;
/** With the two address bits that tell these apart. */
const ENABLE = 0b10011;
const DISABLE = 0b10000;

class Wires {
  readonly #bench: Bench;
  #lines = REQ;

  constructor(bench: Bench) {
    this.#bench = bench;
    this.#put(REQ);
  }

  #put(lines: number): void {
    this.#lines = lines;
    this.#bench.put(EECD, lines);
  }

  get out(): number {
    return (this.#bench.get(EECD) & DO) === 0 ? 0 : 1;
  }

  #pulse(): void {
    this.#put(this.#lines | SK);
    this.#put(this.#lines & ~SK);
  }

  /** A clock while nobody is selected, then CS up. */
  select(): this {
    this.#put(REQ);
    this.#pulse();
    this.#put(REQ | CS);
    return this;
  }

  deselect(): this {
    this.#put(REQ);
    return this;
  }

  /** The upper bit first. */
  shiftOut(bits: number, count: number): this {
    for (let at = count - 1; at >= 0; at--) {
      this.#put((this.#lines & ~DI) | (((bits >> at) & 1) === 1 ? DI : 0));
      this.#pulse();
    }
    this.#put(this.#lines & ~DI);
    return this;
  }

  shiftIn(count: number): number {
    let bits = 0;
    for (let at = 0; at < count; at++) {
      this.#put(this.#lines | SK);
      bits = (bits << 1) | this.out;
      this.#put(this.#lines & ~SK);
    }
    return bits;
  }

  release(): void {
    this.#bench.put(EECD, 0);
  }
}

t.test("words come out, one after another as long as it is clocked", async (t) => {
  const bench = new Bench();
  const { words } = bench.chip.eeprom;
  const wires = new Wires(bench);
  t.equal(bench.get(EECD) & (REQ | GNT), REQ | GNT, "asked for and given");
  for (let at = 0; at < 64; at++) {
    wires.select().shiftOut(READ, 3).shiftOut(at, 6);
    t.equal(wires.out, 0, "a 0 in front of the data");
    t.equal(wires.shiftIn(16), words[at], `word ${at}`);
    wires.deselect();
  }
  wires.select().shiftOut(READ, 3).shiftOut(62, 6);
  t.same([wires.shiftIn(16), wires.shiftIn(16), wires.shiftIn(16)], [words[62], words[63], words[0]], "round its end");
  wires.deselect().release();
  t.equal(bench.get(EECD) & GNT, 0);
  t.equal(bench.chip.violations.total, 0, bench.chip.violations.toString());
});

t.test("leading zeros are no start bit, and a command that is cut off does nothing", async (t) => {
  const bench = new Bench();
  const wires = new Wires(bench);
  wires.select().shiftOut(0, 5).shiftOut(READ, 3).shiftOut(0x0a, 6);
  t.equal(wires.shiftIn(16), bench.chip.eeprom.words[0x0a]);
  wires.deselect();
  wires.select().shiftOut(READ, 3).shiftOut(0, 5).deselect();
  wires.select().shiftOut(READ, 3).shiftOut(1, 6);
  t.equal(wires.shiftIn(16), bench.chip.eeprom.words[1]);
});

t.test("words are written once that is enabled, and DO tells when it is done", async (t) => {
  const bench = new Bench();
  const { words } = bench.chip.eeprom;
  const wires = new Wires(bench);
  const write = (at: number, value: number): void => {
    wires.select().shiftOut(WRITE, 3).shiftOut(at, 6).shiftOut(value, 16).deselect().select();
    t.equal(wires.out, 1, "ready");
    wires.deselect();
  };
  write(0x20, 0x1234);
  t.equal(words[0x20], 0xffff, "not enabled");
  wires.select().shiftOut(ENABLE, 5).shiftOut(0, 4).deselect();
  write(0x20, 0x1234);
  t.equal(words[0x20], 0x1234);
  wires.select().shiftOut(ERASE, 3).shiftOut(0x20, 6).deselect();
  t.equal(words[0x20], 0xffff);
  wires.select().shiftOut(DISABLE, 5).shiftOut(0, 4).deselect();
  write(0x20, 0x4321);
  t.equal(words[0x20], 0xffff);
  t.equal(bench.chip.violations.total, 0, bench.chip.violations.toString());
});

t.test("wires that were not asked for", async (t) => {
  const bench = new Bench();
  bench.put(EECD, CS);
  t.equal(bench.chip.violations.count("eeprom-wires"), 1);
  t.match(bench.chip.violations.message("eeprom-wires"), /EE_REQ/);
});
