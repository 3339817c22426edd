/**
 * Input as a C library on a Pico has it: two ways lead to the same bytes. getchar() takes a byte from USB; fread() takes it from a
 * buffer of its own, and fills that with all that USB has. Bytes in that buffer are out of getchar()'s sight.
 *
 *     host -> USB -> FIFO -> getchar()
 *                      \---> FILE buffer -> fread()
 */

/** TinyUSB's FIFO in the Pico SDK (CFG_TUD_CDC_RX_BUFSIZE). Bytes that find no room wait at the host: USB has flow control. */
const FIFO_BYTES = 256;
/** BUFSIZ of its C library, newlib. */
const FILE_BYTES = 1024;

export class StdioInput {
  /** Bytes that the host sent and nobody took, the FIFO's contents first. */
  #sent = new Uint8Array(4096);
  #first = 0;
  #end = 0;
  readonly #file = new Uint8Array(FILE_BYTES);
  #fileFirst = 0;
  #fileEnd = 0;

  put(bytes: Uint8Array): void {
    this.#sent.copyWithin(0, this.#first, this.#end);
    this.#end -= this.#first;
    this.#first = 0;
    if (this.#end + bytes.length > this.#sent.length) {
      const larger = new Uint8Array(2 * (this.#end + bytes.length));
      larger.set(this.#sent.subarray(0, this.#end));
      this.#sent = larger;
    }
    this.#sent.set(bytes, this.#end);
    this.#end += bytes.length;
  }

  /** The next byte, -1 when it has to be waited for. */
  getchar(): number {
    return this.#first < this.#end ? this.#sent[this.#first++]! : -1;
  }

  /** The next byte of a block that is read, -1 when it has to be waited for. */
  fread(): number {
    if (this.#fileFirst === this.#fileEnd) {
      const count = Math.min(this.#end - this.#first, FIFO_BYTES);
      if (count === 0) return -1;
      this.#file.set(this.#sent.subarray(this.#first, this.#first + count));
      this.#first += count;
      this.#fileFirst = 0;
      this.#fileEnd = count;
    }
    return this.#file[this.#fileFirst++]!;
  }
}
