/** The memory that the 82540EM reaches: the host's, and its own for frames. */
import type { DmaMemory } from "../../mmio.ts";
import { SLOT_BYTES } from "../../skbuff.ts";

/** Longest frame, on the way out (section 3.3.3) and in (section 13.7.36), FCS and room for a tag included. */
const LONGEST = 16384 + 64;
/** RX and TX FIFO together (section 13.4.49); the room is twice that, so that no frame wraps at the end. */
export const FIFO_BYTES = 65536;
const FIFO_ROOM = 2 * FIFO_BYTES;

/** One frame in the chip's own memory, which begins at an even address; and the same in halves of words, little endian. */
export interface FrameMemory {
  readonly bytes: Uint8Array;
  readonly halves: Uint16Array;
}

/**
 * Host memory as the chip reaches it, and the chip's own. All of it is one ArrayBuffer, so that copyWithin() moves a frame from one
 * to the other: a block copy that needs no view. The host sees the front only.
 */
export class ChipMemory implements DmaMemory {
  readonly bytes: Uint8Array;
  readonly words: Uint32Array;
  readonly base: number;
  /** Everything: host memory from 0, then the chip's. */
  readonly all: Uint8Array;
  /** Offsets in `all`: the frame that comes from the wire, the frame that is put together to be sent, the receive FIFO. */
  readonly receiveAt: number;
  readonly transmitAt: number;
  readonly fifoAt: number;
  readonly fifoRoom: number = FIFO_ROOM;
  /** The frame from the wire; the first SLOT_BYTES of it, as large as packet memory; and the same of the frame to be sent. */
  readonly receive: Uint8Array;
  readonly transmit: Uint8Array;
  readonly transmitSlot: Uint8Array;
  /** `receive` and `transmit`, to be summed. */
  readonly incoming: FrameMemory;
  readonly outgoing: FrameMemory;

  constructor(size: number, base: number) {
    if (!Number.isSafeInteger(size) || size < 4096 || size % 4096 !== 0) {
      throw new RangeError(`shared memory of ${size} bytes: a multiple of 4096 is needed`);
    }
    if (!Number.isSafeInteger(base) || base < 0 || base % 4096 !== 0 || base + size > 2 ** 32) {
      throw new RangeError(`shared memory at ${base}: a multiple of 4096 is needed, and an end below 2^32`);
    }
    this.base = base;
    this.receiveAt = size;
    this.transmitAt = size + LONGEST;
    this.fifoAt = size + 2 * LONGEST;
    const buffer = new ArrayBuffer(this.fifoAt + FIFO_ROOM);
    this.all = new Uint8Array(buffer);
    this.bytes = new Uint8Array(buffer, 0, size);
    this.words = new Uint32Array(buffer, 0, size >> 2);
    this.receive = new Uint8Array(buffer, this.receiveAt, LONGEST);
    this.transmit = new Uint8Array(buffer, this.transmitAt, LONGEST);
    this.incoming = { bytes: this.receive, halves: new Uint16Array(buffer, this.receiveAt, LONGEST >> 1) };
    this.outgoing = { bytes: this.transmit, halves: new Uint16Array(buffer, this.transmitAt, LONGEST >> 1) };
    this.transmitSlot = new Uint8Array(buffer, this.transmitAt, SLOT_BYTES);
  }

  /** Offset in `bytes` of the bus address high:low, or -1 when `length` bytes from there do not all lie in host memory. */
  offset(low: number, high: number, length: number): number {
    const at = low - this.base;
    return high === 0 && at >= 0 && at + length <= this.bytes.length ? at : -1;
  }

  /** Brings a frame from the wire's memory into the chip's, at the start of `receive`. */
  load(bytes: Uint8Array, length: number): void {
    const { receive } = this;
    // A frame in a slot is copied whole: cheaper than a view of it.
    if (bytes.length <= receive.length) receive.set(bytes);
    else for (let at = 0; at < length; at++) receive[at] = bytes[at]!;
  }
}
