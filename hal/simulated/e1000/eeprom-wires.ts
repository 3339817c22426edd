/**
 * The EEPROM's own four wires, which a driver drives through EECD (section 13.4.3): a 93C46 on Microwire, 64 words of 16 bits. An
 * instruction is a start bit, two bits of opcode and six of address, taken at the clock's rising edges; READ answers a 0 and then
 * word after word, WRITE is followed by the word and takes place when the chip select falls. Writing takes no time here.
 */
import { EECD_CS, EECD_DI, EECD_REQ, EECD_SK } from "./registers.ts";
import type { Violations } from "./violations.ts";

const ADDRESS_BITS = 6;
const WORD_BITS = 16;
/** Start bit, opcode, address. */
const INSTRUCTION_BITS = 3 + ADDRESS_BITS;

/** Opcodes with their start bit. */
const READ = 0b110;
const WRITE = 0b101;
const ERASE = 0b111;
const EXTENDED = 0b100;
/** The two upper bits of the address tell those with opcode 00 apart. */
const ENABLE = 0b11;
const DISABLE = 0b00;
/** An erased word reads as this. */
const BLANK = 0xffff;

export class EepromWires {
  readonly #words: Uint16Array;
  readonly #violations: Violations;
  #lines = 0;
  /** Clocks since the start bit, which is the first of them. */
  #count = 0;
  #instruction = 0;
  #data = 0;
  /** DO, as the EEPROM drives it: high when idle, which after a WRITE means done. */
  #out = true;
  #writable = false;

  constructor(words: Uint16Array, violations: Violations) {
    this.#words = words;
    this.#violations = violations;
  }

  /** DO, while the chip is selected; null: nobody drives it. */
  get out(): boolean | null {
    return (this.#lines & EECD_CS) !== 0 ? this.#out : null;
  }

  /** EECD was written. */
  drive(lines: number): void {
    if ((lines & (EECD_SK | EECD_CS | EECD_DI)) !== 0 && (lines & EECD_REQ) === 0) this.#violations.note("eeprom-wires", lines);
    const before = this.#lines;
    this.#lines = lines;
    if ((lines & EECD_CS) === 0) {
      if ((before & EECD_CS) !== 0) this.#deselect();
    } else if ((lines & ~before & EECD_SK) !== 0) {
      this.#clock((lines & EECD_DI) !== 0 ? 1 : 0);
    }
  }

  /** The chip was reset and lets go of the wires; an instruction under way is lost. */
  reset(): void {
    this.#lines = 0;
    this.#begin();
  }

  #begin(): void {
    this.#count = 0;
    this.#instruction = 0;
    this.#data = 0;
    this.#out = true;
  }

  #clock(bit: number): void {
    if (this.#count === 0 && bit === 0) return;
    const past = this.#count++ - INSTRUCTION_BITS;
    if (past < 0) {
      this.#instruction = (this.#instruction << 1) | bit;
      if (past === -1 && this.#opcode === READ) this.#out = false;
    } else if (this.#opcode === READ) {
      const word = this.#words[(this.#address + Math.floor(past / WORD_BITS)) % this.#words.length]!;
      this.#out = ((word >> (WORD_BITS - 1 - (past % WORD_BITS))) & 1) === 1;
    } else if (past < WORD_BITS) {
      this.#data = (this.#data << 1) | bit;
    }
  }

  get #opcode(): number {
    return this.#instruction >> ADDRESS_BITS;
  }

  get #address(): number {
    return this.#instruction & ((1 << ADDRESS_BITS) - 1);
  }

  #deselect(): void {
    if (this.#count >= INSTRUCTION_BITS) this.#carryOut();
    this.#begin();
  }

  #carryOut(): void {
    const kind = this.#address >> (ADDRESS_BITS - 2);
    if (this.#opcode === EXTENDED && (kind === ENABLE || kind === DISABLE)) this.#writable = kind === ENABLE;
    if (!this.#writable) return;
    if (this.#opcode === ERASE) this.#words[this.#address] = BLANK;
    else if (this.#opcode === WRITE && this.#count >= INSTRUCTION_BITS + WORD_BITS) this.#words[this.#address] = this.#data;
  }
}
