/** Brings a Bus Pirate into its SPI mode, from any state, and out of it again. */
import type { Clock } from "../../clock.ts";
import { ControllerError } from "../../ethernet.ts";
import type { ByteStream } from "../../serial.ts";
import { Conversation } from "../conversation.ts";
import {
  BITBANG,
  BITBANG_ENTRIES,
  BITBANG_GREETING,
  CONFIGURE_MODE_0,
  DONE,
  ENTER_SPI,
  LEAVE,
  LONGEST_OPERATION,
  OPERATION_HEADER,
  PERIPHERALS,
  Peripheral,
  SPEED,
  SPEEDS,
  SPI_GREETING,
} from "./protocol.ts";

/** Most time for a short answer, in ms. */
const ANSWER_TIME = 250;
/** ...and for its greeting, of which most that are asked for do not come; its adapter holds bytes back up to 16 ms. */
const GREETING_TIME = 30;
/** Attempts to enter SPI mode from bit-bang mode: a greeting that came late spoils one. */
const SPI_ATTEMPTS = 3;
/** Zeros when it is left: it is in SPI mode, or near the end of an operation. */
const LEAVE_ENTRIES = 3;
const ZEROS = 64;
/** Time of the longest operation at the lowest speed, in ms. */
const SLOWEST_OPERATION = (LONGEST_OPERATION * 8000) / SPEEDS[0]!;

export interface BusPirateSetup {
  /** Index into SPEEDS. */
  readonly speed: number;
  readonly power: boolean;
  readonly pullUps: boolean;
}

export class BusPirateSession {
  readonly conversation: Conversation;
  readonly #stream: ByteStream;
  readonly #msPerByte: number;
  readonly #bytes = new Uint8Array(ZEROS);
  /** It has said something since enter() began. */
  #heard = false;

  constructor(clock: Clock, stream: ByteStream, msPerByte: number) {
    this.#stream = stream;
    this.#msPerByte = msPerByte;
    this.conversation = new Conversation(clock, stream);
  }

  /**
   * Brings it into SPI mode, sets it up, and resolves when it expects a command.
   * @throws ControllerError BUSPIRATE_NO_ANSWER, BUSPIRATE_NOT_BUSPIRATE, BUSPIRATE_REFUSED, BUSPIRATE_TIMEOUT, or why the stream
   * was lost
   */
  async enter(setup: BusPirateSetup): Promise<void> {
    this.#heard = false;
    if (!(await this.#enterSpi())) {
      // It may be in the middle of an operation whose lengths were damaged, and take all that we send for data.
      await this.#flush();
      if (!(await this.#enterSpi())) throw this.#stranger();
    }
    await this.#command(CONFIGURE_MODE_0);
    await this.#command(SPEED | setup.speed);
    const power = setup.power ? Peripheral.POWER : 0;
    const pullUps = setup.pullUps ? Peripheral.PULL_UPS : 0;
    await this.#command(PERIPHERALS | power | pullUps | Peripheral.SELECT_HIGH);
  }

  /** Goes back to its terminal: pins released, power off. Gives up soon; the next open copes with any state. */
  async leave(): Promise<void> {
    await this.conversation.drain(ANSWER_TIME);
    if (await this.#enterBitbang(LEAVE_ENTRIES)) await this.#exchange(LEAVE, 1, GREETING_TIME);
  }

  async #enterSpi(): Promise<boolean> {
    for (let attempt = 0; attempt < SPI_ATTEMPTS; attempt++) {
      if (!(await this.#enterBitbang(BITBANG_ENTRIES))) return false;
      if (await this.#greets(ENTER_SPI, SPI_GREETING, ANSWER_TIME)) return true;
    }
    return false;
  }

  async #enterBitbang(entries: number): Promise<boolean> {
    for (let entry = 0; entry < entries; entry++) {
      if (await this.#greets(BITBANG, BITBANG_GREETING, GREETING_TIME)) return true;
    }
    return false;
  }

  async #greets(command: number, greeting: string, limit: number): Promise<boolean> {
    const stray = this.conversation.unexpected;
    const answer = await this.#exchange(command, greeting.length, limit);
    const heard = this.conversation.firstByte >= 0;
    this.#heard ||= heard;
    if (answer && isText(answer, greeting) && this.conversation.unexpected === stray) return true;
    if (heard) await this.conversation.drain(ANSWER_TIME);
    return false;
  }

  /** Enough zeros to end any operation. In bit-bang mode each of them brings a greeting, hence the patience. */
  async #flush(): Promise<void> {
    const before = this.conversation.unexpected;
    this.#bytes.fill(BITBANG);
    const count = OPERATION_HEADER + LONGEST_OPERATION;
    for (let left = count; left > 0; left -= ZEROS) this.#stream.write(this.#bytes, 0, Math.min(left, ZEROS));
    const time = count * this.#msPerByte;
    await this.conversation.sleep(time);
    // Silent still: the operation that it has now begun may take its longest time, that at the lowest clock.
    if (this.conversation.unexpected === before) await this.conversation.sleep(SLOWEST_OPERATION);
    await this.conversation.drain(ANSWER_TIME + time * BITBANG_GREETING.length);
    this.#heard ||= this.conversation.unexpected > before;
  }

  async #command(command: number): Promise<void> {
    const answer = await this.#exchange(command, 1, ANSWER_TIME);
    if (answer?.[0] === DONE) return;
    const where = this.#stream.description;
    const what = `command 0x${command.toString(16).padStart(2, "0")}`;
    if (answer) throw new ControllerError("BUSPIRATE_REFUSED", `${where}: the Bus Pirate refused ${what}; update its firmware`);
    throw new ControllerError("BUSPIRATE_TIMEOUT", `${where}: no answer to ${what} within ${ANSWER_TIME} ms`);
  }

  #exchange(command: number, answerBytes: number, limit: number): Promise<Uint8Array | null> {
    this.#bytes[0] = command;
    return this.conversation.exchange(this.#bytes, 1, answerBytes, limit);
  }

  #stranger(): ControllerError {
    const where = this.#stream.description;
    if (this.#heard) {
      return new ControllerError(
        "BUSPIRATE_NOT_BUSPIRATE",
        `${where} answers, but not as a Bus Pirate does; check the port, its baud rate and that no terminal program has it open`,
      );
    }
    return new ControllerError(
      "BUSPIRATE_NO_ANSWER",
      `${where}: nobody answers; check the port, its baud rate and that a Bus Pirate is behind it`,
    );
  }
}

function isText(bytes: Uint8Array, text: string): boolean {
  for (let at = 0; at < text.length; at++) if (bytes[at] !== text.charCodeAt(at)) return false;
  return bytes.length === text.length;
}
