/**
 * The memory that Linux charges for a locally made packet: sk_buff (256), plus a linear head that holds the link header's room, the
 * packet and the shared info (320), from a cache of 576-byte heads or the next power of two. Measured on Linux 6.18: UDP payloads of up
 * to 197, 645 and 1472 bytes cost 832, 1280 and 2304 over IPv4. The limits of the waiting queue and of a socket's send buffer count in it.
 */
const SKB = 256;
const SHARED_INFO = 320;
const SMALL_HEAD = 576;
const LINK = 16 + 15;

/** @param length bytes of the packet, its IP header included */
export function truesizeOf(length: number): number {
  const need = ((LINK + length + 63) & ~63) + SHARED_INFO;
  if (need <= SMALL_HEAD) return SMALL_HEAD + SKB;
  let head = 1024;
  while (head < need) head *= 2;
  return head + SKB;
}

/** The memory charged for a packet that goes out in fragments. @param length bytes behind its IP header @param room those of a fragment */
export function truesizeOfPieces(length: number, room: number, headerBytes: number): number {
  return Math.ceil(length / room) * truesizeOf(headerBytes + room);
}
