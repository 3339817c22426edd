/** The ENC28J60's buffer memory, and the pointers through which SPI reads and writes it. */
import {
  AUTOINC,
  ECON1,
  ECON2,
  ERDPTL,
  ERXNDL,
  ERXSTL,
  ETXNDL,
  ETXSTL,
  EWRPTL,
  type RegisterFile,
  RXEN,
  TXRTS,
} from "./registers.ts";
import type { Violations } from "./violations.ts";

export const MEMORY_BYTES = 0x2000;
export const ADDRESS_MASK = 0x1fff;
/** Bytes that the chip writes behind a transmitted frame. */
export const TRANSMIT_STATUS = 7;

/** Undefined memory holds this: as a control byte it asks for a frame without CRC, so a driver that forgot the byte shows. */
const UNDEFINED = 0xa5;

/** The dual-port buffer memory, and the SPI side's window on it (section 3.2). It keeps its contents through a system reset. */
export class BufferMemory {
  readonly bytes: Uint8Array = new Uint8Array(MEMORY_BYTES).fill(UNDEFINED);
  readonly #registers: RegisterFile;
  readonly #violations: Violations;

  constructor(registers: RegisterFile, violations: Violations) {
    this.#registers = registers;
    this.#violations = violations;
  }

  /** The next address on a walk round the receive buffer: ERXST follows ERXND. */
  behind(address: number): number {
    return address === this.#registers.word(ERXNDL) ? this.#registers.word(ERXSTL) : (address + 1) & ADDRESS_MASK;
  }

  /** RBM: `skip` bytes are clocked out unheard, then `length` bytes into out[at..). ERDPT wraps with the receive buffer. */
  read(skip: number, out: Uint8Array, at: number, length: number): void {
    const registers = this.#registers;
    const bytes = this.bytes;
    const step = registers.has(ECON2, AUTOINC);
    const start = registers.word(ERXSTL);
    const end = registers.word(ERXNDL);
    const first = registers.word(ERDPTL);
    let address = first;
    for (let offset = -skip; offset < length; offset++) {
      if (offset >= 0) out[at + offset] = bytes[address]!;
      if (step) address = address === end ? start : (address + 1) & ADDRESS_MASK;
    }
    registers.setWord(ERDPTL, address);
    if (!registers.has(ECON1, TXRTS)) return;
    const count = step ? skip + length : 1;
    const ahead = first <= end ? Math.min(count, end - first + 1) : count;
    this.#guardTransmit(first, ahead, 0);
    this.#guardTransmit(start, count - ahead, 0);
  }

  /** WBM: EWRPT wraps at the end of memory only. */
  write(data: Uint8Array, at: number, length: number): void {
    const registers = this.#registers;
    const bytes = this.bytes;
    const step = registers.has(ECON2, AUTOINC);
    const first = registers.word(EWRPTL);
    let address = first;
    for (let offset = 0; offset < length; offset++) {
      bytes[address] = data[at + offset]!;
      if (step) address = (address + 1) & ADDRESS_MASK;
    }
    registers.setWord(EWRPTL, address);
    const count = step ? length : Math.min(length, 1);
    if (registers.has(ECON1, TXRTS)) this.#guardTransmit(first, count, TRANSMIT_STATUS);
    if (!registers.has(ECON1, RXEN)) return;
    const ring = registers.word(ERXSTL);
    const hit = firstShared(first, count, ring, registers.word(ERXNDL) - ring + 1);
    if (hit >= 0) this.#violations.note("receive-buffer-written", hit);
  }

  /** @param status bytes behind the frame that may not be touched either */
  #guardTransmit(first: number, count: number, status: number): void {
    const start = this.#registers.word(ETXSTL);
    const span = ((this.#registers.word(ETXNDL) - start) & ADDRESS_MASK) + 1 + status;
    const hit = firstShared(first, count, start, span);
    if (hit >= 0) this.#violations.note("transmit-buffer-touched", hit);
  }
}

/** The first address of `count` from `first` on that is also among `span` from `start` on, both round memory; -1: none. */
export function firstShared(first: number, count: number, start: number, span: number): number {
  if (count === 0) return -1;
  if (((first - start) & ADDRESS_MASK) < span) return first;
  return ((start - first) & ADDRESS_MASK) < count ? start : -1;
}
