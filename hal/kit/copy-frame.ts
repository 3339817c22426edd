/** Up to this length the loop takes no longer, and it leaves the rest of a slot alone, which may be in no cache. */
const SHORT = 128;

/**
 * Copies from[fromAt..fromAt+length) to slot[at..); whatever else the slot held is lost.
 *
 * `slot.set(from.subarray(…), at)` says the same and makes a view for it, 100 bytes of garbage a frame; a loop over the bytes makes
 * none and takes 1 ns a byte. Two block copies that need no view, the whole memory first and then within the slot, take 60 to 75 ns
 * for any frame, and several times that where a thousand stations have a slot each. Memory that is larger than a slot has to take the
 * loop.
 */
export function copyFrame(slot: Uint8Array, at: number, from: Uint8Array, fromAt: number, length: number): void {
  if (length > SHORT && from.length <= slot.length) {
    slot.set(from);
    if (at !== fromAt) slot.copyWithin(at, fromAt, fromAt + length);
  } else {
    for (let byte = 0; byte < length; byte++) slot[at + byte] = from[fromAt + byte]!;
  }
}
