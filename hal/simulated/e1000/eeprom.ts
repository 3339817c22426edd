/** The 82540EM's EEPROM behind EERD, and the words in it. */
import { EepromWires } from "./eeprom-wires.ts";
import { EERD_DONE, EERD_START } from "./registers.ts";
import type { Violations } from "./violations.ts";

const WORDS = 64;
/** Sum of all words (section 5.6). */
const CHECKSUM = 0xbaba;

/** Words that describe an 82540EM on a board of its own (section 5.6); the others are FFFFh, as a blank EEPROM has them. */
const CONTENT: readonly (readonly [at: number, value: number])[] = [
  [0x03, 0x0000], // compatibility
  [0x08, 0x3000], // part number
  [0x09, 0x1000],
  [0x0a, 0x6403], // initialization control 1
  [0x0b, 0x100e], // subsystem
  [0x0c, 0x8086],
  [0x0d, 0x100e], // device
  [0x0e, 0x8086],
  [0x0f, 0x3040], // initialization control 2
  [0x21, 0x7863], // initialization control 3
];

/** The EEPROM: 64 words of 16 bits, the station address in the first three; behind EERD, and on wires of its own. */
export class Eeprom {
  /** For tests that damage it. */
  readonly words: Uint16Array = new Uint16Array(WORDS).fill(0xffff);
  readonly wires: EepromWires;
  readonly #violations: Violations;
  /** Reads of EERD before it says DONE. */
  readonly #busyReads: number;
  #left = 0;
  #register = 0;

  constructor(mac: Uint8Array, busyReads: number, violations: Violations) {
    this.#violations = violations;
    this.wires = new EepromWires(this.words, violations);
    this.#busyReads = busyReads;
    for (let at = 0; at < 3; at++) this.words[at] = mac[2 * at]! | (mac[2 * at + 1]! << 8);
    for (const [at, value] of CONTENT) this.words[at] = value;
    let sum = 0;
    for (let at = 0; at < WORDS - 1; at++) sum += this.words[at]!;
    this.words[WORDS - 1] = CHECKSUM - sum;
  }

  /** Writes EERD. */
  command(value: number): void {
    if (this.#left > 0) this.#violations.note("eeprom-busy", value);
    this.#register = value & 0xff00;
    this.#left = 0;
    if ((value & EERD_START) === 0) return;
    const address = (value >>> 8) & 0xff;
    if (address >= WORDS) this.#violations.note("eeprom-address", address);
    this.#register |= (this.words[address % WORDS]! << 16) | EERD_DONE;
    this.#left = this.#busyReads;
  }

  /** Reads EERD. START stays set as long as it takes. */
  read(): number {
    if (this.#left === 0) return this.#register >>> 0;
    this.#left--;
    return (this.#register & 0xff00) | EERD_START;
  }

  reset(): void {
    this.#register = 0;
    this.#left = 0;
    this.wires.reset();
  }
}
