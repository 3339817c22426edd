/** Bytes written one behind the other into memory of a given size: what does not fit is left out, and `full` says so. */

const TEXT = new TextEncoder();

export class ByteWriter {
  length = 0;
  full = false;
  readonly #bytes: Uint8Array;
  readonly #view: DataView;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  u8(value: number): void {
    const at = this.#take(1);
    if (at >= 0) this.#bytes[at] = value;
  }

  u16(value: number): void {
    const at = this.#take(2);
    if (at >= 0) this.#view.setUint16(at, value);
  }

  u32(value: number): void {
    const at = this.#take(4);
    if (at >= 0) this.#view.setUint32(at, value);
  }

  u64(value: bigint): void {
    const at = this.#take(8);
    if (at >= 0) this.#view.setBigUint64(at, value);
  }

  f32(value: number): void {
    const at = this.#take(4);
    if (at >= 0) this.#view.setFloat32(at, value);
  }

  f64(value: number, littleEndian = false): void {
    const at = this.#take(8);
    if (at >= 0) this.#view.setFloat64(at, value, littleEndian);
  }

  raw(bytes: Uint8Array): void {
    const at = this.#take(bytes.length);
    if (at >= 0) this.#bytes.set(bytes, at);
  }

  text(text: string): void {
    this.raw(TEXT.encode(text));
  }

  /** Goes back to an earlier length, whatever was written since. */
  rewind(length: number): void {
    this.length = length;
    this.full = false;
  }

  /** The place of so many new bytes, or -1. */
  #take(count: number): number {
    const at = this.length;
    if (this.full || at + count > this.#bytes.length) {
      this.full = true;
      return -1;
    }
    this.length += count;
    return at;
  }
}

/** The length of a text in UTF-8. */
export function utf8Length(text: string): number {
  return TEXT.encode(text).length;
}
