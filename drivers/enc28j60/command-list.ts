/** SPI commands of the ENC28J60, gathered into one batch. Selects register banks as needed and remembers the one selected. */
import { MAX_FRAME } from "../../hal/ethernet.ts";
import { SpiBatch } from "../../hal/spi.ts";
import { ADDRESS_MASK, BANK_SHIFT, Econ1, FIRST_COMMON, Micmd, Opcode, Register, SLOW_READ } from "./registers.ts";

/** The RBM opcode, as memory that a transaction can send. */
const READ_BUFFER = Uint8Array.of(Opcode.RBM);

export class CommandList {
  readonly batch: SpiBatch = new SpiBatch();
  /** The most bytes that the bus takes in one transaction; packet memory is read and written in pieces of that. */
  longest: number = Number.POSITIVE_INFINITY;
  /** Bank that will be selected once the commands gathered so far have run. */
  #bank = 0;
  #pieces: Uint8Array | null = null;

  clear(): void {
    this.batch.clear();
  }

  /** Selects bank 0 whatever the chip has selected: for when nobody can be sure. */
  selectFirstBank(): void {
    this.batch.command(Opcode.BFC | Register.ECON1, Econ1.BSEL);
    this.#bank = 0;
  }

  /** Goes back to bank 0, where the registers of the frame path are. */
  returnToFirstBank(): void {
    this.#select(Register.ERDPT);
  }

  /** The chip was reset, or set up by another list, and is in bank 0. */
  bankIsFirst(): void {
    this.#bank = 0;
  }

  /** Reads a register; hand the returned index to {@link value}. */
  read(register: number): number {
    this.#select(register);
    return this.batch.command(Opcode.RCR | (register & ADDRESS_MASK), -1, (register & SLOW_READ) === 0 ? 1 : 2);
  }

  /** The answer to a {@link read}; the dummy byte of MAC and MII registers is left out. */
  value(index: number): number {
    return this.batch.answer(index, this.batch.transaction(index).readLength - 1);
  }

  write(register: number, value: number): void {
    this.#select(register);
    this.batch.command(Opcode.WCR | (register & ADDRESS_MASK), value);
  }

  /** Writes a register pair, low byte first: on ERXRDPT, MIWR and MAMXFL the high byte makes both take effect. */
  write16(register: number, value: number): void {
    this.write(register, value & 0xff);
    this.write(register + 1, value >> 8);
  }

  setBits(register: number, bits: number): void {
    this.#select(register);
    this.batch.command(Opcode.BFS | (register & ADDRESS_MASK), bits);
  }

  clearBits(register: number, bits: number): void {
    this.#select(register);
    this.batch.command(Opcode.BFC | (register & ADDRESS_MASK), bits);
  }

  /** Reads `length` bytes of packet memory from ERDPT on. */
  readBuffer(into: Uint8Array, at: number, length: number): void {
    for (let end = at + length; at < end; ) {
      const piece = Math.min(end - at, this.longest - 1);
      this.batch.add(READ_BUFFER, 0, 1, into, at, piece);
      at += piece;
    }
  }

  /** Writes `length` bytes from from[at] on to packet memory at EWRPT. The byte before them, from[at-1], is lost to the opcode. */
  writeBuffer(from: Uint8Array, at: number, length: number): void {
    from[at - 1] = Opcode.WBM;
    const piece = Math.min(length, this.longest - 1);
    this.batch.add(from, at - 1, piece + 1);
    if (piece < length) this.#writeRest(from, at + piece, at + length);
  }

  /** Pieces behind the first one are copies: their opcodes would stand on the bytes before them. */
  #writeRest(from: Uint8Array, at: number, end: number): void {
    this.#pieces ??= new Uint8Array(2 * MAX_FRAME);
    for (let to = 0; at < end; ) {
      const piece = Math.min(end - at, this.longest - 1);
      this.#pieces[to] = Opcode.WBM;
      this.#pieces.set(from.subarray(at, at + piece), to + 1);
      this.batch.add(this.#pieces, to, piece + 1);
      to += piece + 1;
      at += piece;
    }
  }

  /** System reset; it must be the last command of its batch, the chip is deaf for a while. */
  reset(): void {
    this.batch.command(Opcode.SRC);
    this.#bank = 0;
  }

  /** Begins a PHY read; the PHY takes 10.24 us, in which no MII register may be touched (section 3.3.1). */
  startPhyRead(register: number): void {
    this.write(Register.MIREGADR, register);
    this.write(Register.MICMD, Micmd.MIIRD);
  }

  /** Ends a PHY read; hand the returned index to {@link phyValue}. */
  finishPhyRead(): number {
    this.write(Register.MICMD, 0);
    const low = this.read(Register.MIRDL);
    this.read(Register.MIRDH);
    return low;
  }

  phyValue(index: number): number {
    return this.value(index) | (this.value(index + 1) << 8);
  }

  /** Writes a PHY register, all 16 bits; takes 10.24 us as well. */
  writePhy(register: number, value: number): void {
    this.write(Register.MIREGADR, register);
    this.write16(Register.MIWRL, value);
  }

  #select(register: number): void {
    if ((register & ADDRESS_MASK) >= FIRST_COMMON) return;
    const bank = (register >> BANK_SHIFT) & Econ1.BSEL;
    const set = bank & ~this.#bank;
    const clear = this.#bank & ~bank;
    // ECON1 also holds TXRTS, which the chip changes by itself: only the two bank bits may be written.
    if (set !== 0) this.batch.command(Opcode.BFS | Register.ECON1, set);
    if (clear !== 0) this.batch.command(Opcode.BFC | Register.ECON1, clear);
    this.#bank = bank;
  }
}
