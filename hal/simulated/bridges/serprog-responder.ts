/**
 * A program that plays an SPI bridge: it answers flashrom's serial protocol, version 1, and clocks a simulated part, without a
 * line's speed; the ATmega328P beside it runs real firmware at real speed.
 *
 * Where the protocol leaves a choice it does as the firmware in hal/bridges/firmware/: an unknown command is answered with NAK.
 * With the options PICO_SERPROG it behaves as pico-serprog does on a Raspberry Pi Pico, faults included.
 */

import type { Clock, Timer } from "../../clock.ts";
import type { SimulatedInterrupt } from "../../interrupt.ts";
import type { SerialDevice } from "../../serial-device.ts";
import type { SpiDevice } from "../spi-bus.ts";
import {
  ACK,
  BUS_SPI,
  COMMAND_MAP_BYTES,
  Command,
  NAK,
  SPIOP_LENGTHS,
  UNLIMITED_BUFFER,
  WAIT_ASSERTED,
  WAIT_INTERRUPTED,
  WAIT_TIMEOUT,
} from "./serprog-commands.ts";
import { StdioInput } from "./stdio-input.ts";

/** Parameter bytes of each command; those not listed are unknown. */
const PARAMETERS = new Map<number, number>([
  [Command.NOP, 0],
  [Command.Q_IFACE, 0],
  [Command.Q_CMDMAP, 0],
  [Command.Q_PGMNAME, 0],
  [Command.Q_SERBUF, 0],
  [Command.Q_BUSTYPE, 0],
  [Command.Q_WRNMAXLEN, 0],
  [Command.SYNCNOP, 0],
  [Command.Q_RDNMAXLEN, 0],
  [Command.S_BUSTYPE, 1],
  [Command.O_SPIOP, SPIOP_LENGTHS],
  [Command.S_SPI_FREQ, 4],
  [Command.S_PIN_STATE, 1],
  [Command.X_WAIT_INT, 2],
  [Command.X_READ_PINS, 0],
]);

/** Between two looks at the interrupt line, in ms. */
const WAIT_STEP = 0.25;
/** Longest operation that it takes, each way: a full frame with room to spare. */
const LONGEST = 8192;
/** The longest write of pico-serprog: a longer one overruns its buffer, and the firmware is lost until its power is cut. */
const LONGEST_STDIO = 4096;
/** A host that falls silent within a command has lost the thread: the command is given up, in ms. */
const PATIENCE = 200;
/** A Pico's SPI clock: 125 MHz divided by an even number. */
const PICO_CLOCK = 125_000_000;

export interface SerprogResponderOptions {
  /** At most 16 characters. Default `whohas-sim`. */
  name?: string;
  /** Q_SERBUF. Default 0xffff: the line has flow control, as USB has. */
  serialBuffer?: number;
  /** The part's interrupt line. Without it X_WAIT_INT and X_READ_PINS are unknown, as in every bridge but ours. */
  interrupt?: SimulatedInterrupt;
  /** Commands that it knows. Default: all of them. */
  commands?: readonly Command[];
  /** Commands of its map that it does not know all the same. Default none. */
  refused?: readonly Command[];
  /** Q_WRNMAXLEN and Q_RDNMAXLEN: bytes of an operation each way; a longer one is not understood. Default 8192. */
  longest?: number;
  /** Length of the map that it sends; the protocol has 32. */
  mapBytes?: number;
  /**
   * How its firmware reads what it is sent. `stream`, the default: byte by byte. `stdio`: opcode and lengths with getchar(), the
   * data of an SPI operation with fread(), see {@link StdioInput}; it never gives up a command, and opening the line anew changes
   * nothing.
   */
  reading?: "stream" | "stdio";
}

/** The commands that pico-serprog has, and the way it reads, from its published source (main.c). */
export const PICO_SERPROG: Readonly<SerprogResponderOptions> = {
  name: "pico-serprog",
  reading: "stdio",
  commands: [
    Command.NOP,
    Command.Q_IFACE,
    Command.Q_CMDMAP,
    Command.Q_PGMNAME,
    Command.Q_SERBUF,
    Command.Q_BUSTYPE,
    Command.SYNCNOP,
    Command.S_BUSTYPE,
    Command.O_SPIOP,
    Command.S_SPI_FREQ,
    Command.S_PIN_STATE,
  ],
};

export class SerprogResponder implements SerialDevice {
  readonly description: string;
  onSend: ((bytes: Uint8Array) => void) | null = null;
  /** Commands served, and those refused. */
  readonly counters: { commands: number; refused: number } = { commands: 0, refused: 0 };
  readonly #device: SpiDevice;
  readonly #name: string;
  readonly #serialBuffer: number;
  readonly #interrupt: SimulatedInterrupt | null;
  readonly #commands: readonly Command[];
  readonly #refused: readonly Command[];
  readonly #longest: number;
  readonly #mapBytes: number;
  readonly #stdio: StdioInput | null;
  readonly #clock: Clock;
  readonly #waitTimer: Timer;
  readonly #patience: Timer;
  /** The command being read, -1 for none; its bytes so far, and how many it has. */
  #command = -1;
  readonly #parameters = new Uint8Array(SPIOP_LENGTHS + LONGEST);
  #have = 0;
  #need = 0;
  /** The lengths of an operation were absurd: all that comes is swallowed until the host stops. */
  #deaf = false;
  /** Until when X_WAIT_INT waits; negative: it does not. */
  #waitUntil = -1;
  readonly #answer = new Uint8Array(1 + LONGEST);

  constructor(clock: Clock, device: SpiDevice, options: SerprogResponderOptions = {}) {
    this.description = `simulated serprog bridge, ${device.description}`;
    this.#clock = clock;
    this.#device = device;
    this.#name = options.name ?? "whohas-sim";
    this.#serialBuffer = options.serialBuffer ?? UNLIMITED_BUFFER;
    this.#interrupt = options.interrupt ?? null;
    const all = [...PARAMETERS.keys()] as Command[];
    this.#commands = options.commands ?? all.filter((command) => command < Command.X_WAIT_INT || this.#interrupt !== null);
    this.#refused = options.refused ?? [];
    this.#mapBytes = options.mapBytes ?? COMMAND_MAP_BYTES;
    this.#stdio = options.reading === "stdio" ? new StdioInput() : null;
    this.#longest = options.longest ?? LONGEST;
    this.#waitTimer = clock.timer(() => this.#look());
    this.#patience = clock.timer(() => this.#giveUp());
  }

  opened(): void {
    if (this.#stdio) return;
    this.#giveUp();
    this.#patience.cancel();
    this.#waitUntil = -1;
    this.#waitTimer.cancel();
  }

  receive(bytes: Uint8Array): void {
    if (this.#stdio) {
      this.#stdio.put(bytes);
      for (let value = this.#next(this.#stdio); value >= 0; value = this.#next(this.#stdio)) this.#byte(value);
      return;
    }
    for (let at = 0; at < bytes.length; at++) this.#byte(bytes[at]!);
    if (this.#command >= 0 || this.#deaf) this.#patience.arm(PATIENCE);
    else this.#patience.cancel();
  }

  /** The next byte as the firmware reads it, -1 when it waits for one. */
  #next(input: StdioInput): number {
    return this.#command === Command.O_SPIOP && this.#have >= SPIOP_LENGTHS ? input.fread() : input.getchar();
  }

  #giveUp(): void {
    this.#command = -1;
    this.#deaf = false;
  }

  #byte(value: number): void {
    if (this.#waitUntil >= 0) this.#endWait(WAIT_INTERRUPTED);
    if (this.#deaf) return;
    if (this.#command < 0) {
      const parameters = this.#known(value) ? PARAMETERS.get(value) : undefined;
      if (parameters === undefined) {
        this.#refuse();
        return;
      }
      this.#command = value;
      this.#have = 0;
      this.#need = parameters;
    } else {
      this.#parameters[this.#have++] = value;
      if (this.#command === Command.O_SPIOP && this.#have === SPIOP_LENGTHS) this.#spiLengths();
    }
    if (this.#command < 0 || this.#have < this.#need) return;
    const command = this.#command;
    this.#command = -1;
    this.counters.commands++;
    this.#serve(command);
  }

  #known(command: number): boolean {
    return this.#commands.includes(command as Command) && !this.#refused.includes(command as Command);
  }

  #refuse(): void {
    this.counters.refused++;
    this.#send(NAK);
  }

  /** The six bytes that head an operation are there; the bytes to send follow them. */
  #spiLengths(): void {
    const send = this.#number(0, 3);
    this.#deaf = send > (this.#stdio ? LONGEST_STDIO : this.#longest) || this.#number(3, 3) > this.#longest;
    if (this.#deaf) this.#command = -1;
    else this.#need = SPIOP_LENGTHS + send;
  }

  #serve(command: number): void {
    switch (command) {
      case Command.NOP:
      case Command.S_PIN_STATE:
        this.#send(ACK);
        break;
      case Command.Q_IFACE:
        this.#sendNumber(1, 2);
        break;
      case Command.Q_CMDMAP:
        this.#sendMap();
        break;
      case Command.Q_PGMNAME:
        this.#sendName();
        break;
      case Command.Q_SERBUF:
        this.#sendNumber(this.#serialBuffer, 2);
        break;
      case Command.Q_BUSTYPE:
        this.#sendNumber(BUS_SPI, 1);
        break;
      case Command.Q_WRNMAXLEN:
      case Command.Q_RDNMAXLEN:
        this.#sendNumber(this.#longest, 3);
        break;
      case Command.SYNCNOP:
        this.#send(NAK);
        this.#send(ACK);
        break;
      case Command.S_BUSTYPE:
        this.#send(this.#parameters[0] === BUS_SPI ? ACK : NAK);
        break;
      case Command.O_SPIOP:
        this.#spiOperation();
        break;
      case Command.S_SPI_FREQ:
        this.#setFrequency(this.#number(0, 4));
        break;
      case Command.X_WAIT_INT:
        this.#waitUntil = this.#clock.now() + this.#number(0, 2);
        this.#look();
        break;
      case Command.X_READ_PINS:
        this.#sendNumber(this.#interrupt?.asserted ? 0 : 1, 1);
        break;
    }
  }

  #spiOperation(): void {
    const send = this.#number(0, 3);
    const receive = this.#number(3, 3);
    this.#answer[0] = ACK;
    this.#device.exchange(this.#parameters, SPIOP_LENGTHS, send, this.#answer, 1, receive);
    this.onSend?.(this.#answer.subarray(0, 1 + receive));
  }

  #setFrequency(hertz: number): void {
    if (hertz === 0) {
      this.#send(NAK);
      return;
    }
    const divider = Math.max(2, 2 * Math.ceil(PICO_CLOCK / hertz / 2));
    this.#sendNumber(Math.floor(PICO_CLOCK / divider), 4);
  }

  #look(): void {
    const left = this.#waitUntil - this.#clock.now();
    if (this.#interrupt?.asserted) this.#endWait(WAIT_ASSERTED);
    else if (left <= 0) this.#endWait(WAIT_TIMEOUT);
    else this.#waitTimer.arm(Math.min(left, WAIT_STEP));
  }

  #endWait(result: number): void {
    this.#waitUntil = -1;
    this.#waitTimer.cancel();
    this.#sendNumber(result, 1);
  }

  #number(at: number, bytes: number): number {
    let value = 0;
    for (let index = bytes - 1; index >= 0; index--) value = value * 256 + this.#parameters[at + index]!;
    return value;
  }

  #send(value: number): void {
    this.#answer[0] = value;
    this.onSend?.(this.#answer.subarray(0, 1));
  }

  /** ACK and a number, least significant byte first. */
  #sendNumber(value: number, bytes: number): void {
    this.#answer[0] = ACK;
    for (let index = 0; index < bytes; index++) this.#answer[1 + index] = Math.floor(value / 256 ** index) & 0xff;
    this.onSend?.(this.#answer.subarray(0, 1 + bytes));
  }

  #sendMap(): void {
    this.#answer.fill(0, 0, 1 + this.#mapBytes);
    this.#answer[0] = ACK;
    for (const command of this.#commands) this.#answer[1 + (command >> 3)]! |= 1 << (command & 7);
    this.onSend?.(this.#answer.subarray(0, 1 + this.#mapBytes));
  }

  #sendName(): void {
    this.#answer.fill(0, 0, 17);
    this.#answer[0] = ACK;
    for (let at = 0; at < Math.min(16, this.#name.length); at++) this.#answer[1 + at] = this.#name.charCodeAt(at);
    this.onSend?.(this.#answer.subarray(0, 17));
  }
}
