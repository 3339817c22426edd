/**
 * SPI behind a Bus Pirate (version 3, and later ones in their binary mode of old). Each transaction is one write-then-read:
 *
 *     to it     [04 write:2 read:2 data…]
 *     from it                             [01 data…]
 *
 * It has no buffer for what is said while it works: beyond the four bytes that its UART holds all would be lost. So a command is
 * sent when the one before is answered, one round trip each, which makes it a bridge for a bench and not for traffic: a serprog
 * bridge takes a whole batch in one.
 *
 * A fault anywhere fails the batch as a whole, and SPI mode is entered anew before the next one. That switches the power supply off
 * for a moment, if it is the Bus Pirate's: the chip then has to be set up again.
 */
import type { Clock } from "../../clock.ts";
import { ControllerError } from "../../ethernet.ts";
import type { InterruptLine } from "../../interrupt.ts";
import type { ByteStream } from "../../serial.ts";
import type { SpiBatch, SpiBus } from "../../spi.ts";
import { AnswerTimer } from "../answer-timer.ts";
import { DONE, LONGEST_OPERATION, OPERATION_HEADER, SPEEDS, WRITE_THEN_READ } from "./protocol.ts";
import { BusPirateSession, type BusPirateSetup } from "./session.ts";

export interface BusPirateOptions {
  /** SPI clock to ask for, in Hz; the next lower one of SPEEDS is set, or the lowest. */
  spiHz: number;
  /** The line's rate in bits a second, for time limits. Default 115200, which is what it speaks. */
  baud?: number;
  /** Switch its 3.3 V and 5 V supplies on. Default false: an ENC28J60 takes up to 180 mA, and they give 150. */
  power?: boolean;
  /** Switch its pull-up resistors on. Default false. */
  pullUps?: boolean;
}

/** Traffic of a Bus Pirate. */
export class BusPirateCounters {
  batches = 0;
  operations = 0;
  /** Times that we waited for an answer before we could go on: one an operation. */
  roundTrips = 0;
  bytesUp = 0;
  bytesDown = 0;
  /** Batches that failed: answers that did not come, or were none. */
  faults = 0;
  /** Times SPI mode was entered anew. */
  resyncs = 0;
}

/** On top of what line and SPI need for the bytes, in ms: USB frames, the adapter's latency timer, a busy host. */
const GRACE = 250;
/** Its firmware clocks byte by byte; between them it takes about as long again at high clocks. In ms. */
const BYTE_OVERHEAD = 0.01;

const State = { CLOSED: 0, OPENING: 1, READY: 2, RESYNC: 3, LOST: 4, CLOSING: 5 } as const;
type State = (typeof State)[keyof typeof State];

export class BusPirateBus implements SpiBus {
  readonly counters: BusPirateCounters = new BusPirateCounters();
  /** Between it and its USB adapter is a UART, which has nothing that finds a damaged byte. */
  readonly lossy = true;
  readonly longest: number = LONGEST_OPERATION;
  /** SPI clock as it is set, in Hz. */
  readonly hertz: number;
  readonly #stream: ByteStream;
  readonly #session: BusPirateSession;
  readonly #setup: BusPirateSetup;
  readonly #msPerByte: number;
  readonly #msPerSpiByte: number;
  readonly #timer: AnswerTimer;
  readonly #out = new Uint8Array(OPERATION_HEADER + LONGEST_OPERATION);
  #state: State = State.CLOSED;
  #batch: SpiBatch | null = null;
  /** The transaction under way. */
  #index = 0;
  readonly #onAnswer = (answer: Uint8Array): void => this.#answered(answer);

  constructor(clock: Clock, stream: ByteStream, options: BusPirateOptions) {
    const speed = Math.max(
      0,
      SPEEDS.findLastIndex((hertz) => hertz <= options.spiHz),
    );
    this.hertz = SPEEDS[speed]!;
    this.#setup = { speed, power: options.power ?? false, pullUps: options.pullUps ?? false };
    this.#msPerByte = 10_000 / (options.baud ?? 115_200);
    this.#msPerSpiByte = 8000 / this.hertz + BYTE_OVERHEAD;
    this.#stream = stream;
    this.#session = new BusPirateSession(clock, stream, this.#msPerByte);
    this.#timer = new AnswerTimer(clock, () => this.#fault("BUSPIRATE_TIMEOUT", "the Bus Pirate did not answer in time"));
    stream.onData = (bytes) => this.#take(bytes);
    stream.onLost = (reason) => this.#lose(reason);
  }

  get description(): string {
    return `Bus Pirate on ${this.#stream.description}`;
  }

  get simulated(): boolean {
    return this.#stream.simulated;
  }

  /** A Bus Pirate tells nothing by itself: only what the line brings along. */
  get interrupt(): InterruptLine | null {
    return this.#stream.interrupt;
  }

  /**
   * @throws ControllerError PORT_* from the stream, BUSPIRATE_NO_ANSWER, BUSPIRATE_NOT_BUSPIRATE, BUSPIRATE_REFUSED,
   * BUSPIRATE_TIMEOUT
   */
  async open(): Promise<void> {
    if (this.#state === State.READY || this.#state === State.RESYNC) return;
    this.#state = State.OPENING;
    this.#session.conversation.begin();
    try {
      await this.#stream.open();
      await this.#session.enter(this.#setup);
    } catch (error) {
      await this.#stream.close();
      this.#state = State.CLOSED;
      throw error;
    }
    this.#state = State.READY;
  }

  async close(): Promise<void> {
    const state = this.#state;
    if (state === State.CLOSED || state === State.CLOSING) return;
    this.#state = State.CLOSING;
    this.#timer.cancel();
    const closed = new ControllerError("SPI_CLOSED", `${this.description} was closed`);
    const { conversation } = this.#session;
    conversation.lose(closed);
    this.#finish(closed);
    if (state === State.READY) {
      conversation.begin();
      // The line may be lost meanwhile: then there is nothing to leave.
      await this.#session.leave().catch(() => {});
    }
    conversation.lose(closed);
    await this.#stream.close();
    this.#state = State.CLOSED;
  }

  transfer(batch: SpiBatch): boolean {
    if (this.#batch) throw new Error("SPI bus: a batch is under way");
    if (this.#state !== State.READY && this.#state !== State.RESYNC) {
      batch.error = new ControllerError("PORT_LOST", `${this.description} is not open`);
      return true;
    }
    for (let index = 0; index < batch.length; index++) {
      const { writeLength, readLength } = batch.transaction(index);
      const longest = Math.max(writeLength, readLength);
      if (longest <= LONGEST_OPERATION) continue;
      const message = `${this.description}: a transaction of ${longest} bytes; a Bus Pirate takes ${LONGEST_OPERATION} each way`;
      batch.error = new ControllerError("BUSPIRATE_TOO_LONG", message);
      return true;
    }
    this.counters.batches++;
    if (batch.length === 0) return true;
    this.#batch = batch;
    this.#index = 0;
    if (this.#state === State.READY) this.#send(batch);
    return false;
  }

  #send(batch: SpiBatch): void {
    const t = batch.transaction(this.#index);
    const out = this.#out;
    out[0] = WRITE_THEN_READ;
    out[1] = t.writeLength >> 8;
    out[2] = t.writeLength & 0xff;
    out[3] = t.readLength >> 8;
    out[4] = t.readLength & 0xff;
    for (let at = 0; at < t.writeLength; at++) out[OPERATION_HEADER + at] = t.write[t.writeAt + at]!;
    const length = OPERATION_HEADER + t.writeLength;
    this.counters.operations++;
    this.counters.roundTrips++;
    this.counters.bytesUp += length;
    const line = (length + 1 + t.readLength) * this.#msPerByte;
    this.#timer.arm(GRACE + line + (t.writeLength + t.readLength) * this.#msPerSpiByte);
    this.#session.conversation.framer.expect(1 + t.readLength, this.#onAnswer);
    this.#stream.write(out, 0, length);
  }

  #take(bytes: Uint8Array): void {
    this.counters.bytesDown += bytes.length;
    const { conversation } = this.#session;
    if (this.#state !== State.READY) {
      conversation.take(bytes);
      return;
    }
    const { framer } = conversation;
    // A refusal is one byte, however long the answer would have been.
    if (framer.expecting && framer.received === 0 && bytes[0] !== DONE) {
      if (bytes[0] === 0)
        this.#fault("BUSPIRATE_REFUSED", "an SPI operation was refused: its firmware is older than 5.10, or bytes were damaged");
      else this.#fault("BUSPIRATE_GARBAGE", "an SPI operation was not acknowledged");
      return;
    }
    // Looked at before the answer is whole: a byte too many may stand anywhere in it.
    if (bytes.length > framer.missing) {
      this.#fault("BUSPIRATE_GARBAGE", "the Bus Pirate sent bytes that nobody had asked for");
      return;
    }
    conversation.take(bytes);
  }

  #answered(answer: Uint8Array): void {
    const batch = this.#batch;
    if (!batch) return;
    this.#timer.cancel();
    const t = batch.transaction(this.#index);
    for (let at = 0; at < t.readLength; at++) t.read[t.readAt + at] = answer[1 + at]!;
    if (++this.#index < batch.length) this.#send(batch);
    else this.#finish(null);
  }

  /** We no longer agree on where a command begins: the batch has failed, and SPI mode is entered anew. */
  #fault(code: string, what: string): void {
    if (this.#state !== State.READY) return;
    this.counters.faults++;
    this.#timer.cancel();
    this.#state = State.RESYNC;
    this.#session.conversation.framer.cancel();
    void this.#resync();
    this.#finish(new ControllerError(code, `${this.description}: ${what}`));
  }

  async #resync(): Promise<void> {
    this.counters.resyncs++;
    let failed: Error | null = null;
    try {
      await this.#session.conversation.drain(GRACE);
      await this.#session.enter(this.#setup);
    } catch (error) {
      failed = error as Error;
    }
    if (this.#state !== State.RESYNC) return;
    // Also when it failed: the next batch will find out, and begin again.
    this.#state = State.READY;
    if (failed) this.#finish(failed);
    else if (this.#batch) this.#send(this.#batch);
  }

  #lose(reason: ControllerError): void {
    if (this.#state === State.CLOSED) return;
    this.#timer.cancel();
    this.#session.conversation.lose(reason);
    if (this.#state === State.CLOSING) return;
    this.#state = State.LOST;
    this.#finish(reason);
  }

  #finish(error: Error | null): void {
    const batch = this.#batch;
    if (!batch) return;
    this.#batch = null;
    batch.error = error;
    batch.onDone?.();
  }
}
