/**
 * Frames a bridge's answers. Its protocol has no lengths on the way back, but the asker knows how many bytes must come, so a parser
 * that collects so many bytes is enough.
 */
import { ByteLengthParser } from "@serialport/parser-byte-length";

export class AnswerFramer {
  #parser: ByteLengthParser | null = null;
  #expected = 0;
  #received = 0;

  /** Bytes of the answer under way that have come. */
  get received(): number {
    return this.#received;
  }

  /** Bytes of it that have not. */
  get missing(): number {
    return this.#parser ? this.#expected - this.#received : 0;
  }

  get expecting(): boolean {
    return this.#parser !== null;
  }

  /** Waits for an answer of `length` bytes, at least one, and no longer for any answer expected before. */
  expect(length: number, whole: (answer: Uint8Array) => void): void {
    this.cancel();
    const parser = new ByteLengthParser({ length });
    parser.once("data", (answer: Uint8Array) => {
      if (this.#parser !== parser) return;
      this.#parser = null;
      whole(answer);
    });
    this.#parser = parser;
    this.#expected = length;
    this.#received = 0;
  }

  cancel(): void {
    this.#parser?.destroy();
    this.#parser = null;
  }

  /** Takes bytes off the line. Returns how many of them nobody had asked for. */
  take(bytes: Uint8Array): number {
    const parser = this.#parser;
    if (!parser) return bytes.length;
    const wanted = Math.min(bytes.length, this.#expected - this.#received);
    this.#received += wanted;
    // A copy: the parser may look at it after the line has used its memory again.
    if (wanted > 0) parser.write(Buffer.from(bytes.subarray(0, wanted)));
    return bytes.length - wanted;
  }
}
