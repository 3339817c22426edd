/**
 * One conversation with a bridge: synchronise, ask what it is, tell it what to do. A question at a time, each with a time limit;
 * the pipelined SPI operations are in serprog.ts.
 */
import type { Clock } from "../../clock.ts";
import { ControllerError } from "../../ethernet.ts";
import type { ByteStream } from "../../serial.ts";
import { Conversation } from "../conversation.ts";
import { ACK, BUS_SPI, COMMAND_MAP_BYTES, Command, hasCommand, NAK, NAME_BYTES } from "./protocol.ts";

/** How long a bridge may take for a short answer, in ms; USB adapters hold bytes back up to 16. */
const ANSWER_TIME = 250;
/** An Arduino that the opening of its port has reset sits in its bootloader for this long, in ms. */
const BOOT_TIME = 2000;
/**
 * Enough to end any command that the bridge thought it was in the middle of, short of a long SPI operation; then a frame's worth.
 * Bridges with our firmware give a command up by themselves when we are silent, before we ask.
 */
const NOPS = [8, 2048];
/** Attempts at SYNCNOP after one drain. */
const SYNC_ATTEMPTS = 4;

/** What a bridge says of itself. */
export interface BridgeFacts {
  readonly name: string;
  readonly map: Uint8Array;
  /** Bytes it may be sent before they are answered. */
  readonly serialBuffer: number;
}

export class SerprogSession {
  readonly conversation: Conversation;
  readonly #clock: Clock;
  readonly #stream: ByteStream;
  readonly #bytes = new Uint8Array(16);

  constructor(clock: Clock, stream: ByteStream) {
    this.#clock = clock;
    this.#stream = stream;
    this.conversation = new Conversation(clock, stream);
  }

  /**
   * Until the bridge and we agree on where a command begins.
   * @param patient the port was just opened: the board may be booting
   * @throws ControllerError SERPROG_NO_ANSWER, SERPROG_NOT_SERPROG, or why the stream was lost
   */
  async synchronise(patient: boolean): Promise<void> {
    const end = this.#clock.now() + (patient ? BOOT_TIME : 0);
    let heard = false;
    let round = 0;
    do {
      this.conversation.framer.cancel();
      this.#sendNops(NOPS[Math.min(round++, NOPS.length - 1)] as number);
      heard = (await this.conversation.drain(ANSWER_TIME)) || heard;
      for (let attempt = 0; attempt < SYNC_ATTEMPTS; attempt++) {
        if (!(await this.#syncNop())) continue;
        // Once more: an answer to the NOPs that came late could have looked like one.
        if (await this.#syncNop()) return;
      }
    } while (this.#clock.now() < end || round < NOPS.length);
    const where = this.#stream.description;
    if (heard) {
      throw new ControllerError(
        "SERPROG_NOT_SERPROG",
        `${where} answers, but not as a serprog bridge does; check the port, its baud rate and the firmware on the board`,
      );
    }
    throw new ControllerError(
      "SERPROG_NO_ANSWER",
      `${where}: nobody answers; check the port, its baud rate and that the board runs a serprog firmware`,
    );
  }

  /** @throws ControllerError SERPROG_NO_SPI when the bridge has no SPI, SERPROG_TIMEOUT, or why the stream was lost */
  async identify(): Promise<BridgeFacts> {
    const map = await this.ask(Command.Q_CMDMAP, COMMAND_MAP_BYTES);
    const where = this.#stream.description;
    if (!hasCommand(map, Command.O_SPIOP)) {
      throw new ControllerError(
        "SERPROG_NO_SPI",
        `${where}: this bridge is a serprog without SPI (no O_SPIOP); it needs a firmware that has it`,
      );
    }
    const name = hasCommand(map, Command.Q_PGMNAME) ? await this.ask(Command.Q_PGMNAME, NAME_BYTES) : null;
    const buffer = hasCommand(map, Command.Q_SERBUF) ? number(await this.ask(Command.Q_SERBUF, 2)) : 0;
    if (hasCommand(map, Command.S_BUSTYPE)) await this.ask(Command.S_BUSTYPE, 0, BUS_SPI, 1);
    if (hasCommand(map, Command.S_PIN_STATE)) await this.ask(Command.S_PIN_STATE, 0, 1, 1);
    return { name: name ? printable(name) : "unnamed", map, serialBuffer: buffer };
  }

  /** Sets the SPI clock; returns what it is now, in Hz, or null for a bridge that cannot be told. */
  async setFrequency(map: Uint8Array, hertz: number): Promise<number | null> {
    if (!hasCommand(map, Command.S_SPI_FREQ)) return null;
    return number(await this.ask(Command.S_SPI_FREQ, 4, hertz, 4));
  }

  /**
   * One command and its answer, without the ACK.
   * @throws ControllerError SERPROG_REFUSED for a NAK, SERPROG_TIMEOUT, or why the stream was lost
   */
  async ask(command: Command, answerBytes: number, parameter = 0, parameterBytes = 0): Promise<Uint8Array> {
    this.#bytes[0] = command;
    for (let at = 0; at < parameterBytes; at++) this.#bytes[1 + at] = Math.floor(parameter / 256 ** at) & 0xff;
    const answer = await this.#exchange(1 + parameterBytes, 1 + answerBytes);
    if (answer && answer[0] === ACK) return answer.subarray(1);
    const what = `serprog command 0x${command.toString(16).padStart(2, "0")}`;
    // A refusal is one byte, however long the answer would have been.
    if (this.conversation.firstByte === NAK) {
      throw new ControllerError("SERPROG_REFUSED", `${this.#stream.description}: the bridge refused ${what}`);
    }
    throw new ControllerError("SERPROG_TIMEOUT", `${this.#stream.description}: no answer to ${what} within ${ANSWER_TIME} ms`);
  }

  async #syncNop(): Promise<boolean> {
    this.#bytes[0] = Command.SYNCNOP;
    const answer = await this.#exchange(1, 2);
    if (answer?.[0] === NAK && answer[1] === ACK) return true;
    await this.conversation.drain(ANSWER_TIME);
    return false;
  }

  /** Sends what stands in #bytes and waits for `answerBytes`; null when they did not come in time. */
  #exchange(sendBytes: number, answerBytes: number): Promise<Uint8Array | null> {
    return this.conversation.exchange(this.#bytes, sendBytes, answerBytes, ANSWER_TIME);
  }

  #sendNops(count: number): void {
    this.#bytes.fill(Command.NOP);
    for (let left = count; left > 0; left -= this.#bytes.length) this.#write(Math.min(left, this.#bytes.length));
  }

  #write(length: number): void {
    if (length > 0) this.#stream.write(this.#bytes, 0, length);
  }
}

function number(bytes: Uint8Array): number {
  let value = 0;
  for (let at = bytes.length - 1; at >= 0; at--) value = value * 256 + (bytes[at] as number);
  return value;
}

/** A name as it may be shown: up to its first NUL, nothing that moves a cursor. */
function printable(bytes: Uint8Array): string {
  const end = bytes.indexOf(0);
  return String.fromCharCode(...bytes.subarray(0, end < 0 ? bytes.length : end)).replace(/[^ -~]/g, "?");
}
