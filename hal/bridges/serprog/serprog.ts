/**
 * SPI behind a bridge that speaks flashrom's serial protocol: a Raspberry Pi Pico with pico-serprog, an Arduino with the firmware
 * in ../firmware/, or any other. Each transaction is one O_SPIOP; a batch is sent as fast as the bridge's buffer lets it, all
 * answers are collected, and a fault anywhere fails the batch as a whole: the line is synchronised again before the next one.
 *
 *     to the bridge    [13 slen:3 rlen:3 data…] [13 …] [13 …]
 *     from it          [ACK data…]              [ACK …]   …
 *
 * A bridge that loses what it is sent while it works, as pico-serprog does, is sent each operation when the one before is answered.
 * open() finds out, see step.ts. On an ENC28J60 an operation is one command: it takes one for each assertion of its chip select.
 *
 * Bridges with whohas' firmware also report the chip's interrupt: while the bus is idle the bridge waits for it on our behalf, and
 * whatever we send next ends that wait.
 */
import type { Clock, Task } from "../../clock.ts";
import { ControllerError } from "../../ethernet.ts";
import { type InterruptLine, SimulatedInterrupt } from "../../interrupt.ts";
import type { ByteStream } from "../../serial.ts";
import type { SpiBatch, SpiBus } from "../../spi.ts";
import { AnswerTimer } from "../answer-timer.ts";
import type { Conversation } from "../conversation.ts";
import { ACK, Command, hasCommand, SPIOP_HEADER, UNLIMITED_BUFFER, WAIT_ASSERTED, WAIT_INTERRUPTED } from "./protocol.ts";
import { type BridgeFacts, SerprogSession } from "./session.ts";
import { PROBE_WRITE } from "./step.ts";

export interface SerprogOptions {
  /** SPI clock to ask for, in Hz; the bridge takes the next lower one it has. */
  spiHz: number;
  /** The line's rate in bits a second, for time limits. Default 115200. */
  baud?: number;
  /** Whether an operation is sent while another one is under way. Default `auto`: open() finds out what the bridge bears. */
  pipelining?: Pipelining;
  /**
   * How long an answer may take on top of what the line needs for its bytes, in ms: USB frames, the adapter's latency timer, a busy
   * host. Default {@link ANSWER_TIMEOUT}.
   */
  answerTimeout?: number;
}

export type Pipelining = "auto" | "on" | "off";

/** Traffic of a bridge. */
export class SerprogCounters {
  batches = 0;
  operations = 0;
  /** Times that we waited for an answer before we could go on: at least one a batch. */
  roundTrips = 0;
  bytesUp = 0;
  bytesDown = 0;
  /** Batches that failed: answers that did not come, or were none. */
  faults = 0;
  /** Times the line was synchronised anew. */
  resyncs = 0;
  interrupts = 0;
}

/** Default of `answerTimeout`, in ms. */
export const ANSWER_TIMEOUT = 250;
/** Time that the bridge is asked to wait for an interrupt before it is asked again, in ms. */
const WAIT_TIME = 10_000;
const WAIT_BYTES = 3;
const WAIT_ANSWER = 2;
/** Attempts to identify a bridge that was synchronised and then answered strangely. */
const AGREEMENTS = 3;
/** Errors that tell of bytes lost or late, and not of the bridge. */
const STRANGE = ["SERPROG_REFUSED", "SERPROG_NO_SPI", "SERPROG_TIMEOUT", "SERPROG_OUT_OF_STEP"];
/** Failed batches in a row, of several operations each, after which a bridge is sent one at a time. */
const STUMBLES = 4;

const State = { CLOSED: 0, OPENING: 1, READY: 2, RESYNC: 3, LOST: 4 } as const;
type State = (typeof State)[keyof typeof State];

export class SerprogBus implements SpiBus {
  readonly counters: SerprogCounters = new SerprogCounters();
  readonly #stream: ByteStream;
  readonly #session: SerprogSession;
  readonly #conversation: Conversation;
  readonly #spiHz: number;
  readonly #pipelining: Pipelining;
  readonly #msPerByte: number;
  readonly #answerTimeout: number;
  readonly #line = new SimulatedInterrupt();
  readonly #waitTask: Task;
  readonly #timer: AnswerTimer;
  #state: State = State.CLOSED;
  #facts: BridgeFacts | null = null;
  /** Operations are sent as the buffer has room for them. */
  #pipelined = false;
  #stumbles = 0;
  #waitable = false;
  /** The bridge is waiting for the interrupt. */
  #waiting = false;
  /** Bytes of that wait's answer that stand before the answers of the batch. */
  #waitLeft = 0;
  #batch: SpiBatch | null = null;
  /** The batch as bytes, and where each of its operations ends, both ways. */
  #out = new Uint8Array(4096);
  readonly #sentEnds: number[] = [];
  readonly #answerEnds: number[] = [];
  #sent = 0;
  /** Operations sent, and those answered. */
  #sentOperations = 0;
  #answered = 0;
  readonly #waitCommand = Uint8Array.of(Command.X_WAIT_INT, WAIT_TIME & 0xff, WAIT_TIME >> 8);

  constructor(clock: Clock, stream: ByteStream, options: SerprogOptions) {
    this.#stream = stream;
    this.#msPerByte = 10_000 / (options.baud ?? 115_200);
    this.#answerTimeout = options.answerTimeout ?? ANSWER_TIMEOUT;
    this.#session = new SerprogSession(clock, stream, this.#msPerByte, this.#answerTimeout);
    this.#conversation = this.#session.conversation;
    this.#spiHz = options.spiHz;
    this.#pipelining = options.pipelining ?? "auto";
    const hint = this.#pipelining === "on" ? "; if it bears one operation at a time, set pipelining to auto or off" : "";
    this.#timer = new AnswerTimer(clock, () => this.#fault("SERPROG_TIMEOUT", `the bridge did not answer in time${hint}`));
    this.#waitTask = clock.task(() => this.#startWait());
    stream.onData = (bytes) => this.#take(bytes);
    stream.onLost = (reason) => this.#lose(reason);
  }

  get description(): string {
    const facts = this.#facts;
    if (!facts) return `serprog bridge on ${this.#stream.description}`;
    const words = [this.#pipelined ? "pipelined" : "one operation at a time", ...facts.notes];
    return `serprog bridge ${facts.name} on ${this.#stream.description}, ${words.join(", ")}`;
  }

  get simulated(): boolean {
    return this.#stream.simulated;
  }

  /**
   * A UART has nothing that finds a damaged byte. USB has; its bridges tell that they are USB by a buffer without limit, and are
   * believed until the first fault.
   */
  get lossy(): boolean {
    return !this.#flowControl || this.counters.faults > 0;
  }

  /** The bridge says that it is never sent too much. */
  get #flowControl(): boolean {
    return this.#facts?.serialBuffer === UNLIMITED_BUFFER;
  }

  get interrupt(): InterruptLine | null {
    return this.#waitable ? this.#line : this.#stream.interrupt;
  }

  /** SPI clock as the bridge has it, in Hz; null: it does not tell. */
  get hertz(): number | null {
    return this.#facts?.hertz ?? null;
  }

  get longest(): number {
    const { longestWrite = 0, longestRead = 0 } = this.#facts ?? {};
    return Math.min(longestWrite, longestRead);
  }

  /**
   * @throws ControllerError PORT_* from the stream, SERPROG_NO_ANSWER, SERPROG_NOT_SERPROG, SERPROG_NO_SPI, SERPROG_OUT_OF_STEP,
   * SERPROG_TIMEOUT
   */
  async open(): Promise<void> {
    if (this.#state === State.READY) return;
    this.#state = State.OPENING;
    this.#conversation.begin();
    this.#waiting = false;
    this.#line.asserted = false;
    try {
      await this.#stream.open();
      await this.#agree();
    } catch (error) {
      await this.#stream.close();
      this.#state = State.CLOSED;
      throw error;
    }
    this.#state = State.READY;
  }

  /**
   * Finds out which bridge is there, and how it takes operations. An answer that came very late may have passed for the one to the
   * last SYNCNOP; then the answers to the first questions are not theirs, and all is begun again.
   */
  async #agree(): Promise<void> {
    for (let left = AGREEMENTS; ; ) {
      await this.#session.synchronise(true);
      try {
        const facts = await this.#session.identify(this.#spiHz);
        this.#facts = facts;
        this.#waitable = hasCommand(facts.map, Command.X_WAIT_INT);
        this.#stumbles = 0;
        await this.#session.regainStep();
        const asked = this.#pipelining;
        const possible = asked !== "off" && facts.serialBuffer >= PROBE_WRITE;
        this.#pipelined = possible && (asked === "on" || (await this.#session.bearsPipelining()));
        return;
      } catch (error) {
        const code = error instanceof ControllerError ? error.code : "";
        if (--left === 0 || !STRANGE.includes(code)) throw error;
      }
    }
  }

  async close(): Promise<void> {
    const open = this.#state !== State.CLOSED;
    this.#state = State.CLOSED;
    this.#timer.cancel();
    this.#waiting = false;
    const closed = new ControllerError("SPI_CLOSED", `${this.description} was closed`);
    this.#conversation.lose(closed);
    this.#finish(closed);
    if (open) await this.#stream.close();
  }

  transfer(batch: SpiBatch): boolean {
    if (this.#batch) throw new Error("SPI bus: a batch is under way");
    if (this.#state !== State.READY && this.#state !== State.RESYNC) {
      batch.error = new ControllerError("PORT_LOST", `${this.description} is not open`);
      return true;
    }
    if (batch.length === 0) return true;
    batch.error = this.#tooLong(batch);
    if (batch.error) return true;
    this.#batch = batch;
    this.#encode(batch);
    this.counters.batches++;
    this.counters.operations += batch.length;
    this.#line.asserted = false;
    if (this.#state === State.READY) this.#send();
    return false;
  }

  #tooLong(batch: SpiBatch): ControllerError | null {
    const { longestWrite, longestRead } = this.#facts as BridgeFacts;
    for (let index = 0; index < batch.length; index++) {
      const { writeLength, readLength } = batch.transaction(index);
      if (writeLength <= longestWrite && readLength <= longestRead) continue;
      const message = `${this.description}: an operation that writes ${writeLength} bytes and reads ${readLength}; it takes ${longestWrite} and ${longestRead}`;
      return new ControllerError("SERPROG_TOO_LONG", message);
    }
    return null;
  }

  #encode(batch: SpiBatch): void {
    this.#sentEnds.length = 0;
    this.#answerEnds.length = 0;
    let out = 0;
    this.#waitLeft = this.#waiting ? WAIT_ANSWER - this.#conversation.framer.received : 0;
    let answer = this.#waitLeft;
    for (let index = 0; index < batch.length; index++) {
      const t = batch.transaction(index);
      const end = out + SPIOP_HEADER + t.writeLength;
      if (end > this.#out.length) this.#grow(end);
      const bytes = this.#out;
      bytes[out] = Command.O_SPIOP;
      put24(bytes, out + 1, t.writeLength);
      put24(bytes, out + 4, t.readLength);
      for (let at = 0; at < t.writeLength; at++) bytes[out + SPIOP_HEADER + at] = t.write[t.writeAt + at]!;
      out = end;
      answer += 1 + t.readLength;
      this.#sentEnds.push(out);
      this.#answerEnds.push(answer);
    }
  }

  #grow(bytes: number): void {
    const larger = new Uint8Array(Math.max(bytes, this.#out.length * 2));
    larger.set(this.#out);
    this.#out = larger;
  }

  #send(): void {
    this.#sent = 0;
    this.#sentOperations = 0;
    this.#answered = 0;
    this.#conversation.framer.expect(this.#answerEnds[this.#answerEnds.length - 1]!, (answer) => this.#whole(answer));
    this.#sendMore();
  }

  /** Sends as many operations as the bridge has room for; one that is longer than its buffer goes alone. */
  #sendMore(): void {
    const buffer = this.#facts?.serialBuffer ?? 0;
    const answeredTo = this.#answered === 0 ? 0 : this.#sentEnds[this.#answered - 1]!;
    const first = this.#sent;
    while (this.#sentOperations < this.#sentEnds.length) {
      const end = this.#sentEnds[this.#sentOperations]!;
      const alone = !this.#pipelined || (buffer !== UNLIMITED_BUFFER && end - answeredTo > buffer);
      if (alone && this.#sentOperations > this.#answered) break;
      this.#sent = end;
      this.#sentOperations++;
    }
    if (this.#sent === first) return;
    this.counters.roundTrips++;
    this.counters.bytesUp += this.#sent - first;
    // Counts answers to what is on its way now only: where operations go one by one, each has its own time.
    const answers = this.#answerEnds[this.#sentOperations - 1]! - this.#conversation.framer.received;
    this.#timer.arm(this.#answerTimeout + (this.#sent - answeredTo + answers) * this.#msPerByte);
    this.#stream.write(this.#out, first, this.#sent - first);
  }

  #take(bytes: Uint8Array): void {
    this.counters.bytesDown += bytes.length;
    // Before they are dealt out: one byte too many within an answer has shifted all that follow it.
    if (this.#state === State.READY && bytes.length > this.#conversation.framer.missing) {
      this.#fault("SERPROG_GARBAGE", "the bridge sent bytes that nobody had asked for");
      return;
    }
    this.#conversation.take(bytes);
    if (this.#state !== State.READY) return;
    if (!this.#batch) return;
    const received = this.#conversation.framer.received;
    const before = this.#answered;
    while (this.#answered < this.#sentOperations && this.#answerEnds[this.#answered]! <= received) this.#answered++;
    if (this.#answered > before && this.#sentOperations < this.#sentEnds.length) this.#sendMore();
  }

  /** All answers are there: checked, and dealt out to the batch's memory. */
  #whole(answer: Uint8Array): void {
    const batch = this.#batch;
    if (!batch) return;
    let at = 0;
    if (this.#waiting) {
      if (this.#waitLeft === WAIT_ANSWER && answer[0] !== ACK) {
        this.#fault("SERPROG_GARBAGE", "the end of the wait for the interrupt was not acknowledged");
        return;
      }
      this.#waiting = false;
      at = this.#waitLeft;
    }
    for (let index = 0; index < batch.length; index++) {
      const t = batch.transaction(index);
      if (answer[at++] !== ACK) {
        this.#fault("SERPROG_GARBAGE", "an SPI operation was not acknowledged");
        return;
      }
      for (let offset = 0; offset < t.readLength; offset++) t.read[t.readAt + offset] = answer[at + offset]!;
      at += t.readLength;
    }
    this.#timer.cancel();
    if (batch.length > 1) this.#stumbles = 0;
    if (this.#waitable) this.#waitTask.schedule();
    this.#finish(null);
  }

  /** Asks the bridge to wait for the interrupt, when nothing else is under way. */
  #startWait(): void {
    if (this.#state !== State.READY || this.#batch || this.#waiting || this.#line.asserted) return;
    this.#waiting = true;
    this.counters.bytesUp += WAIT_BYTES;
    this.#conversation.framer.expect(WAIT_ANSWER, (answer) => this.#waited(answer));
    this.#timer.arm(WAIT_TIME + this.#answerTimeout);
    this.#stream.write(this.#waitCommand, 0, WAIT_BYTES);
  }

  #waited(answer: Uint8Array): void {
    this.#timer.cancel();
    if (this.#batch) return;
    this.#waiting = false;
    if (answer[0] !== ACK || answer[1]! > WAIT_INTERRUPTED) {
      this.#fault("SERPROG_GARBAGE", "the wait for the interrupt was not acknowledged");
      return;
    }
    if (answer[1] !== WAIT_ASSERTED) {
      this.#waitTask.schedule();
      return;
    }
    this.counters.interrupts++;
    this.#line.set(true);
  }

  /** Bridge and bus no longer agree on where a command begins: the batch has failed, and they find each other again. */
  #fault(code: string, what: string): void {
    if (this.#state !== State.READY) return;
    this.counters.faults++;
    this.#timer.cancel();
    this.#waiting = false;
    this.#state = State.RESYNC;
    this.#conversation.framer.cancel();
    const failed = this.#batch;
    if (failed && failed.length > 1) this.#stumble();
    void this.#resync();
    if (failed) this.#finish(new ControllerError(code, `${this.description}: ${what}`));
    // An idle bus has no batch to tell it by; the interrupt line is no longer watched, so the driver had better look.
    else if (this.#waitable) this.#line.set(true);
  }

  /** A bridge that passed the probe, and yet fails again and again on a line that loses nothing. */
  #stumble(): void {
    if (this.#pipelining === "auto" && this.#flowControl && ++this.#stumbles >= STUMBLES) this.#pipelined = false;
  }

  async #resync(): Promise<void> {
    this.counters.resyncs++;
    try {
      await this.#session.synchronise(false);
      if (this.#flowControl) await this.#session.regainStep();
      if (this.#state !== State.RESYNC) return;
      this.#state = State.READY;
      if (this.#batch) this.#send();
    } catch (error) {
      if (this.#state !== State.RESYNC) return;
      this.#state = State.READY;
      if (this.#batch) this.#finish(error as Error);
    }
  }

  #lose(reason: ControllerError): void {
    if (this.#state === State.CLOSED) return;
    this.#state = State.LOST;
    this.#timer.cancel();
    this.#waiting = false;
    this.#conversation.lose(reason);
    if (this.#batch) this.#finish(reason);
    else this.#line.set(true);
  }

  #finish(error: Error | null): void {
    const batch = this.#batch;
    if (!batch) return;
    this.#batch = null;
    batch.error = error;
    batch.onDone?.();
  }
}

function put24(bytes: Uint8Array, at: number, value: number): void {
  bytes[at] = value & 0xff;
  bytes[at + 1] = (value >> 8) & 0xff;
  bytes[at + 2] = (value >> 16) & 0xff;
}
