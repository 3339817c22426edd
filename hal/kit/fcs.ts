/**
 * The frame check sequence, IEEE 802.3 clause 3.2.9: CRC-32, generator 04C11DB7, bits least significant first, so here reflected.
 * It goes over the wire, and into memory, low byte first.
 */
const TABLE = new Int32Array(256);
for (let byte = 0; byte < 256; byte++) {
  let remainder = byte;
  for (let bit = 0; bit < 8; bit++) remainder = (remainder >>> 1) ^ (remainder & 1 ? 0xedb8_8320 : 0);
  TABLE[byte] = remainder;
}

export const FCS_BYTES = 4;
/** The register behind a frame and its correct check sequence. */
const RESIDUE = 0xdebb_20e3 | 0;

/** The CRC register behind bytes[at..at+length), before the final inversion. */
export function crcRegister(bytes: Uint8Array, at: number, length: number): number {
  let remainder = -1;
  const end = at + length;
  for (let index = at; index < end; index++) {
    remainder = TABLE[(remainder ^ bytes[index]!) & 0xff]! ^ (remainder >>> 8);
  }
  return remainder;
}

/**
 * Frame check sequence of bytes[0..length). As a signed 32-bit number: an unsigned one would not fit a small integer of the engine's
 * and cost an allocation.
 */
export function frameCheckSequence(bytes: Uint8Array, length: number): number {
  return ~crcRegister(bytes, 0, length);
}

/** Writes the check sequence of bytes[at..at+length) behind them. */
export function appendFcs(bytes: Uint8Array, at: number, length: number): void {
  putFcs(bytes, at + length, ~crcRegister(bytes, at, length));
}

/** Writes a check sequence, right or wrong, to bytes[at..at+4). */
export function putFcs(bytes: Uint8Array, at: number, fcs: number): void {
  for (let byte = 0; byte < FCS_BYTES; byte++) bytes[at + byte] = (fcs >>> (8 * byte)) & 0xff;
}

/** Tells whether bytes[at..at+length) end in the check sequence of the bytes before it. */
export function hasFcs(bytes: Uint8Array, at: number, length: number): boolean {
  return length >= FCS_BYTES && crcRegister(bytes, at, length) === RESIDUE;
}
