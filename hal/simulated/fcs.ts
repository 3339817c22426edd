/** IEEE 802.3 clause 3.2.9: CRC-32, generator 04C11DB7, bits least significant first, so here reflected. */
const TABLE = new Int32Array(256);
for (let byte = 0; byte < 256; byte++) {
  let remainder = byte;
  for (let bit = 0; bit < 8; bit++) remainder = (remainder >>> 1) ^ (remainder & 1 ? 0xedb88320 : 0);
  TABLE[byte] = remainder;
}

/** The CRC register behind bytes[0..length), before the final inversion. */
export function crcRegister(bytes: Uint8Array, length: number): number {
  let remainder = -1;
  for (let at = 0; at < length; at++) {
    remainder = (TABLE[(remainder ^ (bytes[at] as number)) & 0xff] as number) ^ (remainder >>> 8);
  }
  return remainder;
}

/**
 * Frame check sequence of bytes[0..length); it goes over the wire, and into memory, low byte first. As a signed 32-bit number:
 * an unsigned one would not fit a small integer of the engine's and cost an allocation.
 */
export function frameCheckSequence(bytes: Uint8Array, length: number): number {
  return ~crcRegister(bytes, length);
}
