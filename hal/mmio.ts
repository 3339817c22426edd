/**
 * A controller reached as a PCI function is: 32-bit registers in a window, memory that device and driver share, one interrupt line.
 * Everything is synchronous; a register access is as dear as its bus makes it (a few ns in process, some 20 µs over QEMU's qtest).
 *
 * Shared memory is what the device sees as little endian. Every board that Node runs on is, so typed arrays serve as they are.
 */
import { ControllerError } from "./ethernet.ts";
import type { InterruptLine } from "./interrupt.ts";

/** The value of every read that nothing answers, as on PCI after a master abort. */
export const NO_ANSWER = 0xffff_ffff;

/**
 * Memory that the device reads and writes by itself. One ArrayBuffer, the same for as long as its bus object lives: a packet that
 * is still somewhere in the stack when the device goes away stays readable.
 */
export interface DmaMemory {
  readonly bytes: Uint8Array;
  /** The same memory in 32-bit words. */
  readonly words: Uint32Array;
  /** Bus address of bytes[0]: a multiple of 4096, below 2^32. */
  readonly base: number;
}

export interface MmioBus {
  /** The device and how it is reached, for people: `simulated 82540EM`, `QEMU's e1000 over qtest`. */
  readonly description: string;
  /** Some part of what is behind it is not real. */
  readonly simulated: boolean;
  /** The device's interrupt. Valid from construction; silent while closed. */
  readonly interrupt: InterruptLine;
  /** Valid once open() has succeeded for the first time, and ever after. */
  readonly dma: DmaMemory;
  /** Called once when the device stopped answering, with the reason; reads give NO_ANSWER and writes are lost from then on. */
  onFailed: ((error: ControllerError) => void) | null;
  /**
   * Makes registers and memory reachable, memory decoding and bus mastering on.
   * @throws ControllerError when there is no device or it cannot be reached
   */
  open(): Promise<void>;
  /** Lets go of the device. May be opened again. */
  close(): Promise<void>;
  /** @param offset bytes from the start of the register window, a multiple of 4; returns 0..2^32-1 */
  read32(offset: number): number;
  write32(offset: number, value: number): void;
}

/** Deals out DMA memory from front to back; nothing is given back, a driver asks once and keeps what it has. */
export class DmaAllocator {
  readonly #memory: DmaMemory;
  #used = 0;

  constructor(memory: DmaMemory) {
    this.#memory = memory;
  }

  /** Bytes not dealt out. */
  get left(): number {
    return this.#memory.bytes.length - this.#used;
  }

  /**
   * Returns the offset of `length` bytes in the memory's `bytes`, zeroed; their bus address is base + offset.
   * @param align a power of two, at most 4096
   * @throws ControllerError DMA_NO_MEMORY
   */
  allocate(length: number, align: number): number {
    const at = (this.#used + align - 1) & ~(align - 1);
    const end = at + length;
    if (end > this.#memory.bytes.length) {
      throw new ControllerError(
        "DMA_NO_MEMORY",
        `the device's shared memory has ${this.left} bytes left and ${length} are needed; use smaller rings or a larger memory`,
      );
    }
    this.#used = end;
    this.#memory.bytes.fill(0, at, end);
    return at;
  }
}
