/**
 * Questions to the device behind a byte stream, one at a time, each with a time limit. Every bridge's protocol needs them before
 * and beside its SPI operations, to find out which bridge is there and to agree again on where a command begins.
 */
import type { Clock } from "../clock.ts";
import type { ControllerError } from "../ethernet.ts";
import type { ByteStream } from "../serial.ts";
import { AnswerTimer } from "./answer-timer.ts";
import { AnswerFramer } from "./answers.ts";

/** Silence on the line that ends an answer, in ms: more than the 16 that USB adapters hold bytes back. */
const SILENCE = 20;

export class Conversation {
  readonly framer: AnswerFramer = new AnswerFramer();
  /** Bytes that came unasked. */
  unexpected = 0;
  /** First byte of the answer under way; -1: it has not come. */
  firstByte = -1;
  readonly #clock: Clock;
  readonly #stream: ByteStream;
  readonly #timer: AnswerTimer;
  #expired: (() => void) | null = null;
  #lost: ControllerError | null = null;
  /** Ends whatever is being waited for when the stream goes away. */
  #abort: ((reason: ControllerError) => void) | null = null;
  #lastByteAt = 0;

  constructor(clock: Clock, stream: ByteStream) {
    this.#clock = clock;
    this.#stream = stream;
    this.#timer = new AnswerTimer(clock, () => {
      const expired = this.#expired;
      this.#expired = null;
      expired?.();
    });
  }

  /** The stream is about to be opened: forgets all that was before. */
  begin(): void {
    this.#lost = null;
    this.framer.cancel();
    this.unexpected = 0;
  }

  /** The stream is gone: tells the caller that waits, and lets nobody wait until begin(). */
  lose(reason: ControllerError): void {
    this.#lost = reason;
    this.framer.cancel();
    this.#timer.cancel();
    this.#abort?.(reason);
  }

  /** Bytes off the stream. */
  take(bytes: Uint8Array): void {
    this.#lastByteAt = this.#clock.now();
    if (this.framer.expecting && this.framer.received === 0) this.firstByte = bytes[0] ?? -1;
    this.unexpected += this.framer.take(bytes);
  }

  /** Sends bytes[0..length) and waits `limit` ms for `answerBytes`; null when they did not come in time. */
  exchange(bytes: Uint8Array, length: number, answerBytes: number, limit: number): Promise<Uint8Array | null> {
    this.firstByte = -1;
    return this.#wait(limit, (done) => {
      this.framer.expect(answerBytes, done);
      this.#stream.write(bytes, 0, length);
    });
  }

  /** Waits until nothing more comes, `limit` ms at most. True: something came. */
  async drain(limit: number): Promise<boolean> {
    const before = this.unexpected;
    this.framer.cancel();
    const end = this.#clock.now() + limit;
    do await this.sleep(SILENCE);
    while (this.#clock.now() - this.#lastByteAt < SILENCE && this.#clock.now() < end);
    return this.unexpected > before;
  }

  async sleep(ms: number): Promise<void> {
    await this.#wait(ms, () => {});
  }

  #wait(ms: number, start: (done: (answer: Uint8Array) => void) => void): Promise<Uint8Array | null> {
    if (this.#lost) return Promise.reject(this.#lost);
    return new Promise((resolve, reject) => {
      const end = (): void => {
        this.#timer.cancel();
        this.#abort = null;
        this.#expired = null;
      };
      this.#abort = (reason) => {
        end();
        reject(reason);
      };
      this.#expired = () => {
        end();
        this.framer.cancel();
        resolve(null);
      };
      this.#timer.arm(ms);
      start((answer) => {
        end();
        resolve(answer);
      });
    });
  }
}
