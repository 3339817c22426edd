/**
 * The receive ring that the kernel and this process share (packet(7), "PACKET_RX_RING"; TPACKET_V2). The kernel fills slots in
 * order and marks each USER; we take what is in it and mark it KERNEL again. Nothing is copied by the kernel for our sake and no
 * system call is made for a frame.
 *
 * V2 and not V3: V3 hands over whole blocks, when full or after a time-out of a millisecond at least, which is made for capture;
 * an answer would wait that long. V2 shows each frame the moment it is there.
 */
import type { Mapping } from "../../hal/bridges/linux/libc.ts";

/** Slot states and remarks (linux/if_packet.h, TP_STATUS_*). COPY: the whole frame waits beside the ring. */
export const SlotStatus = { KERNEL: 0, USER: 1, COPY: 2, LOSING: 4, VLAN_VALID: 16, VLAN_TPID_VALID: 64 } as const;

/** struct tpacket2_hdr, offsets in bytes. */
const TP_STATUS = 0;
const TP_LEN = 4;
const TP_SNAPLEN = 8;
const TP_MAC = 12;
const TP_VLAN_TCI = 24;
const TP_VLAN_TPID = 26;
/** struct sockaddr_ll follows the header, rounded up to 16 bytes; sll_pkttype within it. */
const SLL_PKTTYPE = 32 + 10;

/** Bytes of one slot: header, address, a vnet header and 1900 bytes of frame. */
export const SLOT = 2048;
/** Slots come in physically contiguous blocks; a multiple of every page size in use (4, 16, 64 KiB). */
export const BLOCK = 65536;
/** Offset of a frame in its slot: the kernel aligns 52 + 16 bytes to 16, adds the vnet header's 10, takes off the MAC's 14. */
const FRAME_AT = 76;
/** Most of a frame that is copied to a packet: fits behind HEADROOM, and covers a tagged frame of 1518 bytes. */
const LONG = 1536;
/** Most frames that matter for a neighbour core are shorter than this. */
const SHORT = 128;

export class ReceiveRing {
  readonly slots: number;
  readonly #mapping: Mapping;
  #bytes: Uint8Array;
  #words: Int32Array;
  #halves: Uint16Array;
  /** Views of every slot's frame, made once: copying from one costs one memmove and allocates nothing. */
  #short: Uint8Array[] = [];
  #long: Uint8Array[] = [];
  #slot = 0;
  /** The current slot's offset in bytes. */
  #at = 0;

  constructor(mapping: Mapping) {
    this.#mapping = mapping;
    this.slots = mapping.memory.byteLength / SLOT;
    this.#bytes = new Uint8Array(mapping.memory);
    this.#words = new Int32Array(mapping.memory);
    this.#halves = new Uint16Array(mapping.memory);
    for (let slot = 0; slot < this.slots; slot++) {
      this.#short.push(new Uint8Array(mapping.memory, slot * SLOT + FRAME_AT, SHORT));
      this.#long.push(new Uint8Array(mapping.memory, slot * SLOT + FRAME_AT, LONG));
    }
  }

  /** The current slot's status. An atomic load: what the kernel wrote to the slot before it is visible after it. */
  get status(): number {
    return Atomics.load(this.#words, (this.#at + TP_STATUS) >> 2);
  }

  /** Length of the frame as it arrived. */
  get length(): number {
    return this.#words[(this.#at + TP_LEN) >> 2]! >>> 0;
  }

  /** How much of it is in the slot. */
  get captured(): number {
    return this.#words[(this.#at + TP_SNAPLEN) >> 2]! >>> 0;
  }

  /** Offset in `bytes` of the frame in the current slot; its vnet header ends there. */
  get frame(): number {
    return this.#at + this.#halves[(this.#at + TP_MAC) >> 1]!;
  }

  get vlanTci(): number {
    return this.#halves[(this.#at + TP_VLAN_TCI) >> 1]!;
  }

  get vlanTpid(): number {
    return this.#halves[(this.#at + TP_VLAN_TPID) >> 1]!;
  }

  /** PACKET_HOST and so on (packet(7)). */
  get packetType(): number {
    return this.#bytes[this.#at + SLL_PKTTYPE]!;
  }

  get bytes(): Uint8Array {
    return this.#bytes;
  }

  /** Copies the first `length` bytes of the frame to target[at..); up to LONG bytes there may be overwritten. */
  copyTo(target: Uint8Array, at: number, length: number): void {
    const from = this.frame;
    if (from - this.#at === FRAME_AT && length <= LONG && at + LONG <= target.length) {
      target.set(length <= SHORT ? this.#short[this.#slot]! : this.#long[this.#slot]!, at);
    } else {
      for (let i = 0; i < length; i++) target[at + i] = this.#bytes[from + i]!;
    }
  }

  /** Copies `before` bytes in front of the frame and the first `length` of it to the beginning of `target`. For the few that need it. */
  copyWith(before: number, target: Uint8Array, length: number): void {
    const from = this.frame - before;
    for (let i = 0; i < before + length; i++) target[i] = this.#bytes[from + i]!;
  }

  /** Gives the current slot back to the kernel and goes on to the next. */
  release(): void {
    Atomics.store(this.#words, (this.#at + TP_STATUS) >> 2, SlotStatus.KERNEL);
    this.#slot = this.#slot + 1 === this.slots ? 0 : this.#slot + 1;
    this.#at = this.#slot * SLOT;
  }

  /** Unmaps the memory. Every view of it is let go first: the ring reads as empty from then on. */
  close(): void {
    this.#bytes = new Uint8Array(SLOT);
    this.#words = new Int32Array(this.#bytes.buffer);
    this.#halves = new Uint16Array(this.#bytes.buffer);
    this.#short = [];
    this.#long = [];
    this.#slot = 0;
    this.#at = 0;
    this.#mapping.unmap();
  }
}
