/**
 * The ENC28J60's SPI pins, byte by byte, for a simulated MCU that clocks them. The chip model takes whole transactions; here the
 * command byte tells which of the following bytes are the master's and which the chip's (table 4-1: the chip is half duplex).
 */
import type { SpiDevice } from "../spi-bus.ts";
import type { SpiPins } from "../spi-pins.ts";

const READ_BUFFER = 0x3a;
const WRITE_BUFFER = 0x7a;
/** Longest command that is gathered: opcode, data, and one byte too many, for the model to note. */
const GATHERED = 3;

export class Enc28j60Pins implements SpiPins {
  readonly #chip: SpiDevice;
  readonly #command = new Uint8Array(GATHERED);
  readonly #answer = new Uint8Array(2);
  /** Bytes clocked since the chip was selected; -1: it is not. */
  #count = -1;

  constructor(chip: SpiDevice) {
    this.#chip = chip;
  }

  select(): void {
    this.#count = 0;
  }

  clock(out: number): number {
    if (this.#count < 0) return 0;
    const at = this.#count++;
    const command = this.#command;
    if (at === 0) {
      command[0] = out;
      return 0;
    }
    const opcode = command[0]!;
    if (opcode === READ_BUFFER) {
      this.#chip.exchange(command, 0, 1, this.#answer, 0, 1);
      return this.#answer[0]!;
    }
    if (opcode >> 5 === 0) {
      // The second byte is the register's whether or not the first one was a dummy, and stays it however long one clocks.
      this.#chip.exchange(command, 0, 1, this.#answer, 0, 2);
      return this.#answer[at === 1 ? 0 : 1]!;
    }
    if (at < GATHERED) command[at] = out;
    // Buffer memory takes each byte as it comes.
    if (opcode === WRITE_BUFFER) {
      command[1] = out;
      this.#chip.exchange(command, 0, 2, this.#answer, 0, 0);
    }
    return 0;
  }

  deselect(): void {
    const count = this.#count;
    this.#count = -1;
    if (count <= 0) return;
    const opcode = this.#command[0]!;
    if (opcode === READ_BUFFER || opcode === WRITE_BUFFER) return;
    if (opcode >> 5 === 0) {
      // Once more with the bytes that were really clocked, so that the model notes a forgotten dummy byte.
      if (count === 2) this.#chip.exchange(this.#command, 0, 1, this.#answer, 0, 1);
      return;
    }
    this.#chip.exchange(this.#command, 0, Math.min(count, GATHERED), this.#answer, 0, 0);
  }
}
