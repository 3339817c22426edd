/** Copies of frames between packet memory, wires and rings, without a view made for any of them. */
import { copyBytes, PacketView } from "../packet-memory.ts";

/** Up to so many bytes a loop over words takes less time than block copies of whole slots. */
const SHORT = 160;

/**
 * Copies from[fromAt..fromAt+length) to slot[at..); whatever else the slot held is lost.
 *
 * `slot.set(from.subarray(…), at)` says the same and makes a view for it, 100 bytes of garbage a frame; a loop over the bytes makes
 * none and takes 1 ns a byte. Two block copies that need no view, the whole memory first and then within the slot, take 60 to 75 ns
 * for any frame. Memory that is larger than a slot has to take the loop.
 */
export function copyFrame(slot: Uint8Array, at: number, from: Uint8Array, fromAt: number, length: number): void {
  if (from.length <= slot.length) {
    slot.set(from);
    if (at !== fromAt) slot.copyWithin(at, fromAt, fromAt + length);
  } else {
    for (let byte = 0; byte < length; byte++) slot[at + byte] = from[fromAt + byte]!;
  }
}

/**
 * As copyFrame(), but by the kernel of packet-memory.ts where both sides lie in its memory; else by words if the frame is short and both
 * sides have a view of their memory (a block copy moves the whole slot). Up to three bytes behind the frame are overwritten then.
 */
export function copyFrameByWords(
  slot: Uint8Array,
  slotView: DataView,
  at: number,
  from: Uint8Array,
  fromView: DataView | null,
  fromAt: number,
  length: number,
): void {
  const within = fromAt + length <= from.length && at + length <= slot.length;
  // The kernel knows no slots: what does not fit into one would run over into the next.
  if (within && inArena(slotView) && inArena(fromView)) {
    copyBytes(slotView.place + at, fromView.place + fromAt, length);
    return;
  }
  if (length > SHORT || fromView === null || fromAt + length + 3 > from.length || at + length + 3 > slot.length) {
    copyFrame(slot, at, from, fromAt, length);
    return;
  }
  const shift = at - fromAt;
  const end = fromAt + length;
  let next = fromAt;
  if ((next & 2) !== 0) {
    // The first two bytes of an Ethernet header are stored as a word of their own: a read across two stores waits for both.
    slotView.setInt16(at, fromView.getInt16(next, true), true);
    next += 2;
  }
  for (; next < end; next += 4) slotView.setInt32(next + shift, fromView.getInt32(next, true), true);
}

/**
 * Copies from[fromAt..fromAt+length) to to[at..), and leaves alone whatever else that holds: slots may be of different sizes. By the kernel
 * of packet-memory.ts where both lie in its memory.
 */
export function copyPart(to: DataView, at: number, from: DataView, fromAt: number, length: number): void {
  if (at + length <= to.byteLength && fromAt + length <= from.byteLength && inArena(to) && inArena(from)) {
    copyBytes(to.place + at, from.place + fromAt, length);
    return;
  }
  const whole = length & -4;
  for (let next = 0; next < whole; next += 4) to.setInt32(at + next, from.getInt32(fromAt + next));
  for (let next = whole; next < length; next++) to.setUint8(at + next, from.getUint8(fromAt + next));
}

function inArena(view: DataView | null): view is PacketView {
  return view instanceof PacketView && view.place >= 0;
}
