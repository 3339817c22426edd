/**
 * One conversation with a bridge: synchronise, ask what it is, tell it what to do. A question at a time, each with a time limit;
 * the pipelined SPI operations are in serprog.ts.
 */
import type { Clock } from "../../clock.ts";
import { ControllerError } from "../../ethernet.ts";
import type { ByteStream } from "../../serial.ts";
import { Conversation } from "../conversation.ts";
import { ACK, BUS_SPI, COMMAND_MAP_BYTES, Command, hasCommand, LONGEST_OPERATION, NAK, NAME_BYTES } from "./protocol.ts";
import { StepKeeper } from "./step.ts";

/** Most time for a short answer, in ms; USB adapters hold bytes back up to 16. */
const QUIET_TIME = 250;
/** An Arduino that the opening of its port has reset sits in its bootloader for this long, in ms. */
const BOOT_TIME = 2000;
/**
 * Enough to end any command that the bridge thought it was in the middle of, short of a long SPI operation; then a frame's worth.
 * Bridges with our firmware give a command up by themselves when we are silent, before we ask.
 */
const NOPS = [8, 2048];
/** Attempts at SYNCNOP after one drain. */
const SYNC_ATTEMPTS = 4;
/** NAKs in a row that mean no. */
const REFUSALS = 2;
/** Tries to find out how many operations it takes at once. */
const PROBES = 3;
/** A bridge that does not tell its commands is asked nothing more. */
const MANDATORY: readonly Command[] = [Command.NOP, Command.Q_IFACE, Command.SYNCNOP, Command.O_SPIOP];

/** The facts that a bridge tells of itself. */
export interface BridgeFacts {
  readonly name: string;
  readonly map: Uint8Array;
  /** Bytes it may be sent before they are answered; 0: it does not tell. */
  readonly serialBuffer: number;
  /** The longest operation, in bytes each way. */
  readonly longestWrite: number;
  readonly longestRead: number;
  /** SPI clock as it is now, in Hz; null: it does not tell. */
  readonly hertz: number | null;
  /** Names the commands of a bridge that it lacks: `refuses S_SPI_FREQ`. */
  readonly notes: readonly string[];
}

export class SerprogSession {
  readonly conversation: Conversation;
  readonly #clock: Clock;
  readonly #stream: ByteStream;
  readonly #step: StepKeeper;
  readonly #answerTimeout: number;
  readonly #bytes = new Uint8Array(16);

  /**
   * @param msPerByte what the line takes for one
   * @param answerTimeout ms that an answer may take besides
   */
  constructor(clock: Clock, stream: ByteStream, msPerByte: number, answerTimeout: number) {
    this.#answerTimeout = answerTimeout;
    this.#clock = clock;
    this.#stream = stream;
    this.conversation = new Conversation(clock, stream);
    this.#step = new StepKeeper(this.conversation, answerTimeout, msPerByte, stream.description);
  }

  /**
   * Resolves when the bridge and we agree on where a command begins.
   * @param patient the port was just opened: the board may be booting
   * @throws ControllerError SERPROG_NO_ANSWER, SERPROG_NOT_SERPROG, or why the stream was lost
   */
  async synchronise(patient: boolean): Promise<void> {
    const end = this.#clock.now() + (patient ? BOOT_TIME : 0);
    let heard = false;
    let round = 0;
    do {
      this.conversation.framer.cancel();
      this.#sendNops(NOPS[Math.min(round++, NOPS.length - 1)]!);
      heard = (await this.conversation.drain(QUIET_TIME)) || heard;
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

  /**
   * Asks the bridge for its facts, and sets it up. Leaves out what the bridge refuses and SPI can do without, as flashrom does.
   * @param hertz SPI clock to ask for
   * @throws ControllerError SERPROG_NO_SPI when the bridge has no SPI, SERPROG_TIMEOUT, or why the stream was lost
   */
  async identify(hertz: number): Promise<BridgeFacts> {
    const notes: string[] = [];
    const map = await this.#commandMap(notes);
    if (!hasCommand(map, Command.O_SPIOP)) {
      throw new ControllerError(
        "SERPROG_NO_SPI",
        `${this.#stream.description}: this bridge is a serprog without SPI (no O_SPIOP); it needs a firmware that has it`,
      );
    }
    const optional = async (name: keyof typeof Command, answerBytes: number, parameter = 0, parameterBytes = 0) => {
      if (!hasCommand(map, Command[name])) return null;
      const answer = await this.#unlessRefused(Command[name], answerBytes, parameter, parameterBytes);
      if (!answer) notes.push(`refuses ${name}`);
      return answer;
    };
    const name = await optional("Q_PGMNAME", NAME_BYTES);
    const buffer = await optional("Q_SERBUF", 2);
    const longestWrite = await optional("Q_WRNMAXLEN", 3);
    const longestRead = await optional("Q_RDNMAXLEN", 3);
    await optional("S_BUSTYPE", 0, BUS_SPI, 1);
    await optional("S_PIN_STATE", 0, 1, 1);
    if (!hasCommand(map, Command.S_SPI_FREQ)) notes.push("has no S_SPI_FREQ");
    const frequency = await optional("S_SPI_FREQ", 4, hertz, 4);
    return {
      name: name ? printable(name) : "unnamed",
      map,
      serialBuffer: buffer ? number(buffer) : 0,
      // 0 stands for 2^24, which no length of 24 bits reaches.
      longestWrite: (longestWrite && number(longestWrite)) || LONGEST_OPERATION,
      longestRead: (longestRead && number(longestRead)) || LONGEST_OPERATION,
      hertz: frequency && number(frequency),
      notes,
    };
  }

  /**
   * Makes sure that an operation's answer is its own.
   * @throws ControllerError SERPROG_OUT_OF_STEP, SERPROG_NO_SPI, SERPROG_TIMEOUT, or why the stream was lost
   */
  async regainStep(): Promise<void> {
    await this.#step.regain();
  }

  /**
   * Whether the bridge, which is in step, may be sent an operation while it is at another.
   * @throws ControllerError as {@link regainStep} and {@link synchronise}
   */
  async bearsPipelining(): Promise<boolean> {
    for (let left = PROBES; left > 0; left--) {
      const bears = await this.#step.bearsTwo();
      if (bears !== null) return bears;
      // Damage on the way, perhaps.
      await this.synchronise(false);
      await this.#step.regain();
    }
    return false;
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
    throw new ControllerError(
      "SERPROG_TIMEOUT",
      `${this.#stream.description}: no answer to ${what} within ${this.#answerTimeout} ms`,
    );
  }

  async #commandMap(notes: string[]): Promise<Uint8Array> {
    const map = new Uint8Array(COMMAND_MAP_BYTES);
    try {
      const told = await this.#unlessRefused(Command.Q_CMDMAP, COMMAND_MAP_BYTES);
      if (told) map.set(told);
      else {
        notes.push("refuses Q_CMDMAP");
        for (const command of MANDATORY) map[command >> 3]! |= 1 << (command & 7);
      }
    } catch (error) {
      // A short one ended where the bridge fell silent: asked for again, it is known where that is.
      const had = this.conversation.framer.received - 1;
      if (had * 8 <= Command.O_SPIOP || had >= COMMAND_MAP_BYTES) throw error;
      map.set(await this.ask(Command.Q_CMDMAP, had));
      notes.push(`command map of ${had} bytes`);
    }
    return map;
  }

  /**
   * As {@link ask}, but null for a NAK; then the parameter, which may have been taken for commands, is out of the way. One NAK is
   * no refusal: it may be the late answer to a SYNCNOP.
   */
  async #unlessRefused(command: Command, answerBytes: number, parameter = 0, parameterBytes = 0): Promise<Uint8Array | null> {
    for (let left = REFUSALS; left > 0; left--) {
      try {
        return await this.ask(command, answerBytes, parameter, parameterBytes);
      } catch (error) {
        if (!(error instanceof ControllerError) || error.code !== "SERPROG_REFUSED") throw error;
        await this.synchronise(false);
      }
    }
    return null;
  }

  async #syncNop(): Promise<boolean> {
    this.#bytes[0] = Command.SYNCNOP;
    const answer = await this.#exchange(1, 2);
    if (answer?.[0] === NAK && answer[1] === ACK) return true;
    await this.conversation.drain(QUIET_TIME);
    return false;
  }

  /** Sends the contents of #bytes and waits for `answerBytes`; null when they did not come in time. */
  #exchange(sendBytes: number, answerBytes: number): Promise<Uint8Array | null> {
    return this.conversation.exchange(this.#bytes, sendBytes, answerBytes, this.#answerTimeout);
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
  for (let at = bytes.length - 1; at >= 0; at--) value = value * 256 + bytes[at]!;
  return value;
}

/** A name as it may be shown: up to its first NUL, nothing that moves a cursor. */
function printable(bytes: Uint8Array): string {
  const end = bytes.indexOf(0);
  return String.fromCharCode(...bytes.subarray(0, end < 0 ? bytes.length : end)).replace(/[^ -~]/g, "?");
}
