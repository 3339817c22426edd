/**
 * Whether a bridge bears a second SPI operation while it is at the first, and how one that does not is brought into step again.
 *
 * Q_SERBUF does not tell. pico-serprog says 0xffff and reads an operation's opcode and lengths past its C library (getchar), but the
 * data through it (fread), which takes whatever has arrived and keeps what is left over:
 *
 *     sent in one write      13 010000 000000 | 00    13 010000 000000 00
 *     getchar() takes        ^^^^^^^^^^^^^^^^
 *     fread() takes                             ^^    ^^^^^^^^^^^^^^^^^^^ kept, and sent to the chip as data of later operations
 *     answered               ACK                      never
 *
 * As long as bytes are kept, each operation sends them to the chip, and its own data is taken for commands. They outlive the opening
 * of the port. An operation of n zeros finds them: where n bytes are kept, the n zeros are taken for NOPs, and each is acknowledged.
 */
import { ControllerError } from "../../ethernet.ts";
import type { Conversation } from "../conversation.ts";
import { ACK, Command, NAK, SPIOP_HEADER } from "./protocol.ts";

/** The most that a C library is thought to keep at once: newlib's BUFSIZ. */
const MOST_ZEROS = 1024;
/** Operations after which the search is given up: from 1 up to MOST_ZEROS and down again there are 22. */
const MOST_OPERATIONS = 40;
/** One zero: to an ENC28J60 a read of ERDPTL that is broken off, to a flash memory nothing. */
const PROBE_DATA = 1;
const PROBE_BYTES: number = SPIOP_HEADER + PROBE_DATA;
/** Bytes on their way while the probe lasts. */
export const PROBE_WRITE: number = 2 * PROBE_BYTES;

export class StepKeeper {
  readonly #conversation: Conversation;
  readonly #limit: number;
  readonly #msPerByte: number;
  readonly #where: string;
  readonly #operation = new Uint8Array(SPIOP_HEADER + MOST_ZEROS);

  /**
   * @param limit how long the bridge may take for an answer, in ms, beside what the line needs for the bytes
   * @param where the line, for people
   */
  constructor(conversation: Conversation, limit: number, msPerByte: number, where: string) {
    this.#conversation = conversation;
    this.#limit = limit;
    this.#msPerByte = msPerByte;
    this.#where = where;
  }

  /**
   * Takes from the bridge what it keeps of former operations. Returns how many bytes that were.
   * @param likely so many, if any
   * @throws ControllerError SERPROG_OUT_OF_STEP, SERPROG_NO_SPI, SERPROG_TIMEOUT, or why the stream was lost
   */
  async regain(likely = 1): Promise<number> {
    let found = 0;
    let growing = true;
    let operations = 0;
    // Once an operation was too long for what is kept, so is the next one after half of it, or it takes the half.
    for (let count = likely; count >= 1; ) {
      if (++operations > MOST_OPERATIONS)
        throw this.#error("SERPROG_OUT_OF_STEP", "answers more than it is asked; plug it in anew");
      const taken = await this.#zeros(count);
      found += taken;
      growing &&= taken >= count;
      count = growing ? Math.min(2 * count, MOST_ZEROS) : count >> 1;
    }
    return found;
  }

  /**
   * Sends two operations at once to a bridge that is in step, and leaves it in step.
   * Returns null where the answer is neither of the two.
   * @throws ControllerError as {@link regain}
   */
  async bearsTwo(): Promise<boolean | null> {
    const conversation = this.#conversation;
    const bytes = new Uint8Array(PROBE_WRITE);
    bytes[0] = bytes[PROBE_BYTES] = Command.O_SPIOP;
    bytes[1] = bytes[PROBE_BYTES + 1] = PROBE_DATA;
    const before = conversation.unexpected;
    const answers = await conversation.exchange(bytes, PROBE_WRITE, 2, this.#limit);
    if (!answers) {
      const one = conversation.framer.received === 1 && conversation.firstByte === ACK;
      return (await this.regain(PROBE_BYTES)) === PROBE_BYTES && one ? false : null;
    }
    await conversation.drain(this.#limit);
    return answers[0] === ACK && answers[1] === ACK && conversation.unexpected === before ? true : null;
  }

  /** An operation of `count` zeros. Returns the number of those that were taken for commands. */
  async #zeros(count: number): Promise<number> {
    const conversation = this.#conversation;
    const bytes = this.#operation;
    bytes[0] = Command.O_SPIOP;
    bytes[1] = count & 0xff;
    bytes[2] = count >> 8;
    const before = conversation.unexpected;
    const answer = await conversation.exchange(bytes, SPIOP_HEADER + count, 1, this.#limit + 2 * count * this.#msPerByte);
    if (!answer) throw this.#error("SERPROG_TIMEOUT", "does not answer an SPI operation");
    await conversation.drain(this.#limit);
    if (answer[0] === NAK) throw this.#error("SERPROG_NO_SPI", "refuses SPI operations; it needs a firmware that has O_SPIOP");
    return conversation.unexpected - before;
  }

  #error(code: string, what: string): ControllerError {
    return new ControllerError(code, `${this.#where}: the bridge ${what}`);
  }
}
