/**
 * Packet memory. An SkBuff is a fixed slot of bytes with room in front: each layer on the way down pushes its header in front of
 * what is there, each layer on the way up pulls its own off, and nothing is copied. Slots come from a pool and go back to it.
 */
import { DROP_REASONS, DropReason } from "./drop-reason.ts";
import { PacketView, takePacketMemory } from "./packet-memory.ts";

/** Bytes in one slot: headroom, a frame of 1518 bytes, room for a trailer. */
export const SLOT_BYTES = 2048;
/** Bytes in a slot for packets longer than a frame: headroom, the longest IPv6 packet (RFC 8200 3), room for reads by words. */
export const LONG_SLOT_BYTES = 65_792;
/** Room in front of a received frame or of a new payload: Ethernet, IPv4 with options, UDP, and what a driver puts before. */
export const HEADROOM = 128;

/** The kind of receiver that a destination address names (the kernel's PACKET_*). */
export const PacketType = { HOST: 0, BROADCAST: 1, MULTICAST: 2, OTHERHOST: 3 } as const;
export type PacketType = (typeof PacketType)[keyof typeof PacketType];

/** The state of a packet's transport checksum. */
export const Checksum = {
  /** Nothing: verify it. */
  NONE: 0,
  /** Known to be good. */
  UNNECESSARY: 1,
  /** Not filled in yet: the ones' complement sum from csumStart to the end belongs at csumOffset. */
  PARTIAL: 2,
} as const;
export type Checksum = (typeof Checksum)[keyof typeof Checksum];

/** The sender of a buffer, which is told once what became of it. */
export interface SkBuffOwner {
  /** @param reason DropReason.NONE when the controller sent it, else why it was dropped */
  settled(skb: SkBuff, reason: DropReason): void;
}

// Constants of this module's own: V8 reads an imported or exported one anew at each use (docs/datapath.md).
const START = HEADROOM;
const { HOST } = PacketType;
const { NONE } = Checksum;
const { NONE: SENT } = DropReason;

export class SkBuff {
  /** The whole slot. The packet is bytes[data..tail). */
  readonly bytes: Uint8Array;
  /** The same memory, for reading and writing fields in network byte order. */
  readonly view: PacketView;
  /** The memory that the slot is part of, and the slot's offset in it. Asking `bytes` for them calls out of optimized code each time. */
  readonly memory: ArrayBufferLike;
  readonly offset: number;
  /** sumWords() of packet-memory.ts reads this memory. */
  readonly summable: boolean;
  readonly #pool: SkBuffPool;

  data: number = HEADROOM;
  tail: number = HEADROOM;
  /** Offset of the network header in `bytes`, once known. */
  network = 0;
  /** Offset of the transport header in `bytes`, once known. */
  transport = 0;
  /** EtherType (IEEE 802 numbers). */
  protocol = 0;
  packetType: PacketType = PacketType.HOST;
  checksum: Checksum = Checksum.NONE;
  /** With Checksum.PARTIAL: first byte summed, counted from `bytes`[0]. */
  csumStart = 0;
  /** With Checksum.PARTIAL: where the sum belongs, counted from csumStart. */
  csumOffset = 0;
  /** Memory the kernel would charge for this packet, in bytes; queues are limited by it. */
  truesize = 0;
  /** The sender has proof that the next hop is reachable (MSG_CONFIRM). */
  confirm = false;
  owner: SkBuffOwner | null = null;
  /** Received as part of a larger frame that its sender did not part: the next part follows at once, or was lost here. */
  more = false;
  /** For the owner: which of its packets this is, and that the call is not over yet by which it sends the packet. */
  cookie = 0;
  sending = false;
  /** In the pool: nobody's. Kept by the pool. */
  free = true;
  /** Link of the queue that holds the packet. */
  next: SkBuff | null = null;

  constructor(pool: SkBuffPool, bytes: Uint8Array) {
    this.#pool = pool;
    this.bytes = bytes;
    this.memory = bytes.buffer;
    this.offset = bytes.byteOffset;
    this.view = new PacketView(bytes);
    this.summable = this.view.place >= 0;
  }

  get length(): number {
    return this.tail - this.data;
  }

  /** Room in front of the packet, in bytes. */
  get headroom(): number {
    return this.data;
  }

  /** Opens `count` bytes in front; returns their offset in `bytes`. */
  push(count: number): number {
    this.data -= count;
    return this.data;
  }

  /** Takes `count` bytes off the front; returns the new start. */
  pull(count: number): number {
    this.data += count;
    return this.data;
  }

  /** Appends room for `count` bytes; returns their offset in `bytes`. */
  put(count: number): number {
    const at = this.tail;
    this.tail += count;
    return at;
  }

  /** The slot is one of this pool. */
  isOf(pool: SkBuffPool): boolean {
    return this.#pool === pool;
  }

  /** Cuts the packet to `length` bytes if it is longer. */
  trim(length: number): void {
    if (this.tail - this.data > length) this.tail = this.data + length;
  }

  /** The packet's bytes as a view of the slot. Allocates: not for the frame path. */
  contents(): Uint8Array {
    return this.bytes.subarray(this.data, this.tail);
  }

  /** The packet has done its work: sent, or taken in. Back to the pool. */
  consume(): void {
    this.#settle(SENT);
  }

  /** The packet is lost. Counted by the caller, on the device or table that dropped it. */
  drop(reason: DropReason): void {
    this.#settle(reason);
  }

  #settle(reason: DropReason): void {
    const { owner } = this;
    if (owner === null) {
      this.#pool.release(this);
      return;
    }
    this.owner = null;
    try {
      owner.settled(this, reason);
    } finally {
      this.#pool.release(this);
    }
  }
}

export interface SkBuffPoolOptions {
  /** Most slots that may exist, each of SLOT_BYTES. Default 8192 (16 MiB). */
  limit?: number;
  /** Bytes in one slot. Default SLOT_BYTES. */
  slotBytes?: number;
  /** Most slots made at a time. Default 256. */
  chunk?: number;
  /** Make the slots in this memory and nowhere else, as many as fit: memory that a device reads and writes by itself. */
  memory?: Uint8Array;
}

/** Slots that a pool begins with. A quiet node gets by with them, and a process may hold a thousand nodes. */
const FIRST_SLOTS = 16;

/** Slots made in chunks, each half of what is there, up to a limit, and used again and again. */
export class SkBuffPool {
  readonly limit: number;
  readonly slotBytes: number;
  readonly #chunk: number;
  readonly #free: SkBuff[] = [];
  readonly #memory: Uint8Array | null;
  #made = 0;

  constructor(options: SkBuffPoolOptions = {}) {
    const { memory, slotBytes = SLOT_BYTES } = options;
    const limit = options.limit ?? (memory ? Number.POSITIVE_INFINITY : 8192);
    this.limit = memory ? Math.min(limit, Math.floor(memory.length / slotBytes)) : limit;
    this.slotBytes = slotBytes;
    this.#chunk = options.chunk ?? 256;
    this.#memory = memory ?? null;
  }

  /** Slots out in the stack now. */
  get inUse(): number {
    return this.#made - this.#free.length;
  }

  /** Slots that exist. */
  get size(): number {
    return this.#made;
  }

  /** An empty packet with HEADROOM bytes in front, or null when the limit is reached: count it as NOMEM. */
  allocate(): SkBuff | null {
    let skb = this.#free.pop();
    if (skb === undefined) {
      if (!this.#grow()) return null;
      skb = this.#free.pop() as SkBuff;
    }
    skb.free = false;
    skb.data = START;
    skb.tail = START;
    skb.network = 0;
    skb.transport = 0;
    skb.protocol = 0;
    skb.packetType = HOST;
    skb.checksum = NONE;
    skb.truesize = 0;
    skb.confirm = false;
    skb.more = false;
    skb.cookie = 0;
    skb.sending = false;
    return skb;
  }

  /** Called by the packet itself, when it is consumed or dropped. */
  release(skb: SkBuff): void {
    // Two owners of one buffer would overwrite each other's packets, far from here and much later.
    if (skb.free) throw new Error("a packet buffer was released twice");
    skb.free = true;
    skb.next = null;
    this.#free.push(skb);
  }

  #grow(): boolean {
    const count = Math.min(this.#chunk, Math.max(FIRST_SLOTS, this.#made >> 1), this.limit - this.#made);
    if (count <= 0) return false;
    const { slotBytes } = this;
    const memory = this.#memory ?? takePacketMemory(count * slotBytes, this) ?? new Uint8Array(count * slotBytes);
    const first = this.#memory ? this.#made : 0;
    for (let slot = first; slot < first + count; slot++) {
      this.#free.push(new SkBuff(this, memory.subarray(slot * slotBytes, (slot + 1) * slotBytes)));
    }
    this.#made += count;
    return true;
  }
}

/** First in, first out, linked through the packets themselves. */
export class SkBuffQueue {
  #head: SkBuff | null = null;
  #tail: SkBuff | null = null;
  length = 0;

  /** The oldest packet. */
  get head(): SkBuff | null {
    return this.#head;
  }

  /** The newest packet. */
  get tail(): SkBuff | null {
    return this.#tail;
  }

  enqueue(skb: SkBuff): void {
    skb.next = null;
    const last = this.#tail;
    if (last !== null) last.next = skb;
    else this.#head = skb;
    this.#tail = skb;
    this.length++;
  }

  /** Puts a packet back in front. */
  requeue(skb: SkBuff): void {
    skb.next = this.#head;
    this.#head = skb;
    this.#tail ??= skb;
    this.length++;
  }

  dequeue(): SkBuff | null {
    const skb = this.#head;
    if (skb === null) return null;
    const { next } = skb;
    this.#head = next;
    if (next === null) this.#tail = null;
    skb.next = null;
    this.length--;
    return skb;
  }
}

/** Numbers of packets dropped, by reason. */
export class DropCounters {
  readonly counts: Float64Array = new Float64Array(DROP_REASONS);

  /** Counts and drops a packet. */
  drop(skb: SkBuff, reason: DropReason): void {
    this.count(reason);
    skb.drop(reason);
  }

  /** Counts a packet that never had a buffer. */
  count(reason: DropReason): void {
    this.counts[reason] = this.counts[reason]! + 1;
  }

  get(reason: DropReason): number {
    return this.counts[reason]!;
  }

  /** Adds what another has counted. */
  add(other: DropCounters): void {
    for (const [reason, count] of other.counts.entries()) this.counts[reason] = this.counts[reason]! + count;
  }

  get total(): number {
    let sum = 0;
    for (const count of this.counts) sum += count;
    return sum;
  }
}
