/**
 * The frame check sequence (IEEE 802.3 clause 3.2.9), by us rather than by the chip where the way to the chip may damage bytes:
 * what was damaged there is then seen by whoever receives the frame.
 */
const TABLE = new Int32Array(256);
for (let byte = 0; byte < 256; byte++) {
  let value = byte;
  for (let bit = 0; bit < 8; bit++) value = (value & 1) !== 0 ? (value >>> 1) ^ 0xedb8_8320 : value >>> 1;
  TABLE[byte] = value;
}

/** What the register holds after a frame and its own FCS (the residue, bits least significant first, not inverted). */
const RESIDUE = 0xdebb_20e3 | 0;

function remainder(bytes: Uint8Array, at: number, length: number): number {
  let value = -1;
  const end = at + length;
  for (let index = at; index < end; index++) value = (TABLE[(value ^ (bytes[index] as number)) & 0xff] as number) ^ (value >>> 8);
  return value;
}

/** Writes the FCS of bytes[at..at+length) behind them. */
export function appendFcs(bytes: Uint8Array, at: number, length: number): void {
  const fcs = ~remainder(bytes, at, length);
  for (let byte = 0; byte < 4; byte++) bytes[at + length + byte] = (fcs >>> (8 * byte)) & 0xff;
}

/** Whether bytes[at..at+length) end in their own FCS. */
export function hasFcs(bytes: Uint8Array, at: number, length: number): boolean {
  return remainder(bytes, at, length) === RESIDUE;
}
