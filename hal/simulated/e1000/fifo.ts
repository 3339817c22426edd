/** The 82540EM's receive FIFO. */
import { FCS_BYTES } from "../../kit/fcs.ts";
import type { ChipContext } from "./context.ts";
import { type ChipMemory, FIFO_BYTES } from "./memory.ts";
import { PBA, type RegisterFile } from "./registers.ts";

/** In packet buffer memory each frame has 16 bytes in front of it and begins at a multiple of 16. */
const UNIT = 16;
const MOST_FRAMES = FIFO_BYTES / (2 * UNIT);

/** The receive half of packet buffer memory, PBA's low half in KiB (section 13.4.49): frames that wait for descriptors. */
export class ReceiveFifo {
  /** Frames that wait. */
  count = 0;
  /** Bytes of packet buffer memory that they take. */
  used = 0;
  readonly #memory: ChipMemory;
  readonly #registers: RegisterFile;
  readonly #places = new Int32Array(MOST_FRAMES);
  readonly #lengths = new Int32Array(MOST_FRAMES);
  readonly #marks = new Int32Array(MOST_FRAMES);
  #first = 0;
  /** Place of the next frame. The room is larger than the part that may be used: see ChipMemory. */
  #next = 0;

  constructor({ memory, registers }: ChipContext) {
    this.#memory = memory;
    this.#registers = registers;
  }

  /** A frame of `length` bytes, FCS apart, would find room. */
  fits(length: number): boolean {
    const capacity = Math.min(this.#registers.get(PBA) & 0xffff, FIFO_BYTES / 1024) * 1024;
    return this.used + sizeOf(length) <= capacity && this.count < MOST_FRAMES;
  }

  /** Takes in the frame in `memory.receive`, of `length` bytes; `mark` comes out with it. Ask fits() before. */
  push(length: number, mark: number): void {
    const memory = this.#memory;
    if (this.#next + length > memory.fifoRoom) this.#next = 0;
    const at = memory.fifoAt + this.#next;
    memory.all.copyWithin(at, memory.receiveAt, memory.receiveAt + length);
    this.#next += length;
    const slot = (this.#first + this.count) % MOST_FRAMES;
    this.#places[slot] = at;
    this.#lengths[slot] = length;
    this.#marks[slot] = mark;
    this.count++;
    this.used += sizeOf(length);
  }

  get length(): number {
    return this.#lengths[this.#first]!;
  }

  get mark(): number {
    return this.#marks[this.#first]!;
  }

  /** Brings the oldest frame back to `memory.receive`; it stays in the FIFO. */
  load(): void {
    const at = this.#places[this.#first]!;
    this.#memory.all.copyWithin(this.#memory.receiveAt, at, at + this.length);
  }

  /** The oldest frame is gone. */
  shift(): void {
    this.used -= sizeOf(this.length);
    this.#first = (this.#first + 1) % MOST_FRAMES;
    this.count--;
  }

  clear(): void {
    this.count = 0;
    this.used = 0;
    this.#next = 0;
  }
}

function sizeOf(length: number): number {
  return UNIT + ((length + FCS_BYTES + UNIT - 1) & -UNIT);
}
