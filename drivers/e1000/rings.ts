/** Descriptor rings and packet memory, laid out once in the memory that chip and driver share. */
import { DmaAllocator, type DmaMemory, type MmioBus } from "../../hal/mmio.ts";
import { SkBuffPool, SLOT_BYTES } from "../../hal/skbuff.ts";
import { DESCRIPTOR_BYTES, DESCRIPTOR_WORDS, RingRegister } from "./registers.ts";

/**
 * Receive buffers for each descriptor: those in the ring, and as many again and more on their way through the stack, for a packet
 * goes up in the buffer it came in.
 */
const BUFFERS_PER_DESCRIPTOR = 4;
/** Alignment of rings, in bytes: the chip asks for 16, a page lets none share a cache line with anything else. */
const PAGE = 4096;

/** A ring of descriptors of 16 bytes. */
export class DescriptorRing {
  readonly size: number;
  /** The shared memory in words; descriptor n begins at word start + 4n. */
  readonly words: Uint32Array;
  readonly start: number;
  /** Bus address. */
  readonly address: number;

  constructor(memory: DmaMemory, allocator: DmaAllocator, size: number) {
    const at = allocator.allocate(size * DESCRIPTOR_BYTES, PAGE);
    this.size = size;
    this.words = memory.words;
    this.start = at >> 2;
    this.address = memory.base + at;
  }

  get bytes(): number {
    return this.size * DESCRIPTOR_BYTES;
  }

  /**
   * Empties the ring and tells the chip where it is, while the chip leaves it alone.
   * @param base RDBAL or TDBAL; the registers of both rings lie alike behind them (SDM table 13-2)
   */
  announce(bus: MmioBus, base: number): void {
    this.words.fill(0, this.start, this.start + this.size * DESCRIPTOR_WORDS);
    // No ring first: a chip whose reset leaves head and tail where they were must not see descriptors of the old one in the new one.
    bus.write32(base + RingRegister.LENGTH, 0);
    bus.write32(base + RingRegister.TAIL, 0);
    bus.write32(base + RingRegister.HEAD, 0);
    bus.write32(base, this.address);
    bus.write32(base + RingRegister.BASE_HIGH, 0);
    bus.write32(base + RingRegister.LENGTH, this.bytes);
  }
}

export class DmaLayout {
  readonly memory: DmaMemory;
  readonly receive: DescriptorRing;
  readonly transmit: DescriptorRing;
  /** Packet memory for received frames. Its packets may outlive the device's being open. */
  readonly pool: SkBuffPool;
  /** One slot a transmit descriptor, for frames that come in memory which the chip does not see. */
  readonly bounce: readonly Uint8Array[];

  /** @throws ControllerError DMA_NO_MEMORY */
  constructor(memory: DmaMemory, rxRing: number, txRing: number) {
    const allocator = new DmaAllocator(memory);
    this.memory = memory;
    this.receive = new DescriptorRing(memory, allocator, rxRing);
    this.transmit = new DescriptorRing(memory, allocator, txRing);
    const bounce = allocator.allocate(txRing * SLOT_BYTES, PAGE);
    this.bounce = Array.from({ length: txRing }, (_, slot) => slice(memory, bounce + slot * SLOT_BYTES, SLOT_BYTES));
    const room = Math.floor((allocator.left & -PAGE) / SLOT_BYTES);
    const buffers = Math.max(rxRing, Math.min(rxRing * BUFFERS_PER_DESCRIPTOR, room));
    const slots = allocator.allocate(buffers * SLOT_BYTES, PAGE);
    this.pool = new SkBuffPool({ memory: slice(memory, slots, buffers * SLOT_BYTES) });
  }
}

function slice(memory: DmaMemory, at: number, length: number): Uint8Array {
  return memory.bytes.subarray(at, at + length);
}
