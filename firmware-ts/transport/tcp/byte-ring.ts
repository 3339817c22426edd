/** Rings of bytes between a connection and its user, and the memory for them, which goes back when a ring is empty. */
import { copyBytes, PacketView, takePacketMemory } from "../../../hal/packet-memory.ts";
import type { SkBuff } from "../../../hal/skbuff.ts";

/** The smallest ring. */
const SMALLEST = 4096;

/** From so many bytes on a block copy of a user's memory is worth the view that is made for it: more than a segment has. */
const LONG = 2048;

/** Memory of one ring: a power of two of bytes. */
class RingSlot {
  readonly bytes: Uint8Array;
  readonly view: PacketView;

  constructor(bytes: Uint8Array) {
    this.bytes = bytes;
    this.view = new PacketView(bytes);
  }
}

/** Hands out memory for rings and takes it back, so that connections at rest hold none. */
export class RingMemory {
  /** By size: 4096 << place. */
  readonly #spare: RingSlot[][] = [];
  /** The user's bytes that were copied last, and their view: most users have one buffer to read into. */
  #bytes: Uint8Array | null = null;
  #view: PacketView | null = null;
  /** Bytes out in rings. */
  inUse = 0;

  /** Returns a view of a user's bytes. It makes none for those of the last time. */
  viewOf(bytes: Uint8Array): PacketView {
    if (this.#view === null || bytes !== this.#bytes) {
      this.#bytes = bytes;
      this.#view = new PacketView(bytes);
    }
    return this.#view;
  }

  /** @param bytes a power of two, from SMALLEST on */
  take(bytes: number): RingSlot {
    this.inUse += bytes;
    const spare = this.#spare[placeOf(bytes)];
    return spare?.pop() ?? new RingSlot(takePacketMemory(bytes, this) ?? new Uint8Array(bytes));
  }

  give(slot: RingSlot): void {
    const { length } = slot.bytes;
    this.inUse -= length;
    const place = placeOf(length);
    while (this.#spare.length <= place) this.#spare.push([]);
    (this.#spare[place] as RingSlot[]).push(slot);
  }
}

function placeOf(bytes: number): number {
  return 31 - Math.clz32(bytes / SMALLEST);
}

export class ByteRing {
  readonly #memory: RingMemory;
  #slot: RingSlot | null = null;
  /** Its memory is shared with nobody. */
  #own = false;
  /** Bytes of its last memory: it is likely to need as many again. */
  #usual: number = SMALLEST;
  /** Place of the first byte. */
  #start = 0;
  /** Bytes from the start on that may hold something: those in order, and those placed behind them. */
  #extent = 0;
  /** Bytes in order. */
  length = 0;

  constructor(memory: RingMemory) {
    this.#memory = memory;
  }

  /** Appends bytes. There is no limit here: the caller keeps it. */
  append(from: Uint8Array, count: number): void {
    if (count === 0) return;
    const slot = this.#room(this.length + count);
    const { bytes } = slot;
    const at = (this.#start + this.length) & (bytes.length - 1);
    const first = Math.min(count, bytes.length - at);
    if (first === from.length) bytes.set(from, at);
    else {
      const view = this.#memory.viewOf(from);
      copyRange(bytes, slot.view, at, from, view, 0, first);
      if (count > first) copyRange(bytes, slot.view, 0, from, view, first, count - first);
    }
    this.length += count;
    this.#extent = Math.max(this.#extent, this.length);
  }

  /** Stores bytes of a packet `offset` bytes behind the first one, out of order; commit() counts them in. */
  place(offset: number, skb: SkBuff, from: number, count: number): void {
    const slot = this.#room(offset + count);
    const size = slot.bytes.length;
    const at = (this.#start + offset) & (size - 1);
    const first = Math.min(count, size - at);
    copyRange(slot.bytes, slot.view, at, skb.bytes, skb.view, from, first);
    if (count > first) copyRange(slot.bytes, slot.view, 0, skb.bytes, skb.view, from + first, count - first);
    this.#extent = Math.max(this.#extent, offset + count);
  }

  /** The next `count` bytes, which were placed, are in order now. */
  commit(count: number): void {
    this.length += count;
  }

  /** Copies `count` bytes from `offset` on into a packet. */
  copyTo(skb: SkBuff, to: number, offset: number, count: number): void {
    if (count === 0) return;
    const slot = this.#slot as RingSlot;
    const size = slot.bytes.length;
    const at = (this.#start + offset) & (size - 1);
    const first = Math.min(count, size - at);
    copyRange(skb.bytes, skb.view, to, slot.bytes, slot.view, at, first);
    if (count > first) copyRange(skb.bytes, skb.view, to + first, slot.bytes, slot.view, 0, count - first);
  }

  /** Moves bytes out of the ring. Returns their number. */
  take(into: Uint8Array): number {
    const count = Math.min(into.length, this.length);
    if (count === 0) return 0;
    const { bytes, view } = this.#slot as RingSlot;
    const at = this.#start;
    const first = Math.min(count, bytes.length - at);
    const intoView = this.#memory.viewOf(into);
    copyRange(into, intoView, 0, bytes, view, at, first);
    if (count > first) copyRange(into, intoView, first, bytes, view, 0, count - first);
    this.drop(count);
    return count;
  }

  /** Drops bytes at the front. */
  drop(count: number): void {
    this.length -= count;
    this.#extent -= count;
    if (this.#slot === null) return;
    this.#start = (this.#start + count) & (this.#slot.bytes.length - 1);
    if (this.#extent === 0) this.clear();
  }

  /** Drops everything and gives the memory back. */
  clear(): void {
    this.length = 0;
    this.#extent = 0;
    this.#start = 0;
    if (this.#slot === null) return;
    if (!this.#own) this.#memory.give(this.#slot);
    this.#slot = null;
  }

  /** Keeps the bytes in order, in memory of its own: they may wait for a reader who never comes. The shared memory goes back. */
  detach(): void {
    const old = this.#slot;
    const { length } = this;
    if (old === null) return;
    let size = 1;
    while (size < length) size *= 2;
    const slot = new RingSlot(new Uint8Array(size));
    const head = old.bytes.subarray(this.#start, Math.min(this.#start + length, old.bytes.length));
    slot.bytes.set(head, 0);
    slot.bytes.set(old.bytes.subarray(0, length - head.length), head.length);
    this.clear();
    if (length === 0) return;
    this.#slot = slot;
    this.#own = true;
    this.length = length;
    this.#extent = length;
  }

  #room(bytes: number): RingSlot {
    const old = this.#slot;
    if (old !== null && bytes <= old.bytes.length) return old;
    let size = old === null ? this.#usual : 2 * old.bytes.length;
    while (size < bytes) size *= 2;
    const slot = this.#memory.take(size);
    if (old !== null) {
      const head = old.bytes.subarray(this.#start);
      slot.bytes.set(head, 0);
      slot.bytes.set(old.bytes.subarray(0, this.#start), head.length);
      this.#memory.give(old);
    }
    this.#start = 0;
    this.#usual = size;
    this.#slot = slot;
    return slot;
  }
}

/**
 * Copies bytes: by the kernel of packet-memory.ts where both sides lie in its memory, else word by word without a view of them, and in one
 * block, which makes a view, where that takes less time.
 */
function copyRange(
  to: Uint8Array,
  toView: PacketView,
  at: number,
  from: Uint8Array,
  fromView: PacketView,
  fromAt: number,
  count: number,
): void {
  if (toView.place >= 0 && fromView.place >= 0) {
    copyBytes(toView.place + at, fromView.place + fromAt, count);
    return;
  }
  if (count >= LONG) {
    to.set(from.subarray(fromAt, fromAt + count), at);
    return;
  }
  let done = 0;
  for (; done + 4 <= count; done += 4) toView.setInt32(at + done, fromView.getInt32(fromAt + done));
  for (; done < count; done++) to[at + done] = from[fromAt + done]!;
}
