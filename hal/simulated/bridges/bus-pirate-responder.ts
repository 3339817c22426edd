/**
 * A program that plays a Bus Pirate version 3: its terminal as far as it takes to leave it, the bit-bang mode as far as it takes to
 * enter SPI, and the SPI mode whole but for its sniffer (Dangerous Prototypes' documentation, "Bitbang" and "SPI (binary)").
 *
 * It works on one command at a time. Meanwhile its UART holds four bytes (PIC24FJ64GA002 data sheet, "four-level-deep FIFO");
 * further bytes are lost, and counted.
 */
import type { Clock, Timer } from "../../clock.ts";
import type { SerialDevice } from "../../serial-device.ts";
import type { SpiPins } from "../spi-pins.ts";

const DONE = 0x01;
const FAILED = 0x00;
const ENTRIES = 20;
const LONGEST = 4096;
const UART_FIFO = 4;
const SPEEDS = [30_000, 125_000, 250_000, 1_000_000, 2_000_000, 2_600_000, 4_000_000, 8_000_000];
/** SPI configuration with outputs driven to 3.3 V, and the rest as SPI mode 0 has it. */
const MODE_0 = 0x0a;
/** The bus reads this when the part does not understand its clock or data. */
const FLOATING = 0xff;

const Mode = { TERMINAL: 0, BITBANG: 1, SPI: 2, SNIFF: 3 } as const;
type Mode = (typeof Mode)[keyof typeof Mode];

export interface BusPirateResponderOptions {
  /** Its UART's rate in bits a second, for the time that answers take. Default 115200. */
  baud?: number;
  /** Has the write-then-read commands, as firmware has since 5.10. Default true. */
  writeThenRead?: boolean;
}

export class BusPirateResponder implements SerialDevice {
  readonly description = "simulated Bus Pirate";
  onSend: ((bytes: Uint8Array) => void) | null = null;
  readonly counters: { operations: number; overruns: number } = { operations: 0, overruns: 0 };
  mode: Mode = Mode.TERMINAL;
  /** Lower bits of the commands that set them: power 8, pull-ups 4, AUX 2, chip select 1; the SPI clock's index; the SPI mode. */
  peripherals = 0;
  speed = 0;
  configuration = 0;
  readonly #pins: SpiPins;
  readonly #msPerByte: number;
  readonly #writeThenRead: boolean;
  /** Armed while it works, and while it sends the answer. */
  readonly #working: Timer;
  readonly #sending: Timer;
  #zeros = 0;
  /** The command whose bytes are being read, -1 for none; its bytes so far, and how many it has. */
  #command = -1;
  readonly #bytes = new Uint8Array(4 + LONGEST);
  #have = 0;
  #need = 0;
  readonly #answer = new Uint8Array(1 + LONGEST);
  #answerLength = 0;
  readonly #held: number[] = [];

  constructor(clock: Clock, pins: SpiPins, options: BusPirateResponderOptions = {}) {
    this.#pins = pins;
    this.#msPerByte = 10_000 / (options.baud ?? 115_200);
    this.#writeThenRead = options.writeThenRead ?? true;
    this.#working = clock.timer(() => this.#operationDone());
    this.#sending = clock.timer(() => this.#catchUp());
  }

  /** Its adapter resets nothing: it stays in the mode that it was left in. */
  opened(): void {}

  receive(bytes: Uint8Array): void {
    for (let at = 0; at < bytes.length; at++) {
      if (!this.#busy) this.#byte(bytes[at]!);
      else if (this.#held.length < UART_FIFO) this.#held.push(bytes[at]!);
      else this.counters.overruns++;
    }
  }

  get #busy(): boolean {
    return this.#working.armed || this.#sending.armed;
  }

  /** Bytes that the UART holds while a command is carried out. */
  #catchUp(): void {
    while (this.#held.length > 0 && !this.#busy) this.#byte(this.#held.shift() as number);
  }

  #byte(value: number): void {
    switch (this.mode) {
      case Mode.TERMINAL:
        this.#terminal(value);
        break;
      case Mode.BITBANG:
        this.#bitbang(value);
        break;
      case Mode.SPI:
        if (this.#command < 0) this.#spi(value);
        else this.#parameter(value);
        break;
      case Mode.SNIFF:
        // Any byte ends it.
        this.mode = Mode.SPI;
        this.#send(DONE);
        break;
    }
  }

  #terminal(value: number): void {
    if (value !== 0) {
      this.#zeros = 0;
      this.#send(value);
    } else if (++this.#zeros === ENTRIES) this.#enterBitbang();
  }

  #enterBitbang(): void {
    this.mode = Mode.BITBANG;
    this.#reset();
    this.#sendText("BBIO1");
  }

  #reset(): void {
    this.#zeros = 0;
    this.#command = -1;
    this.peripherals = 0;
    this.speed = 0;
    this.configuration = 0;
  }

  #bitbang(value: number): void {
    if (value === 0x00) this.#enterBitbang();
    else if (value === 0x01) {
      this.mode = Mode.SPI;
      this.#sendText("SPI1");
    } else if (value === 0x0f) {
      this.mode = Mode.TERMINAL;
      this.#reset();
      this.#send(DONE);
    } else this.#send(FAILED);
  }

  #spi(value: number): void {
    const low = value & 0x0f;
    if (value === 0x00) this.#enterBitbang();
    else if (value === 0x01) this.#sendText("SPI1");
    else if (value === 0x02 || value === 0x03) this.#select(value === 0x03);
    else if ((value === 0x04 || value === 0x05) && this.#writeThenRead) this.#await(value, 4);
    else if (value >= 0x0d && value <= 0x0f) {
      this.mode = Mode.SNIFF;
      this.#send(DONE);
    } else if (value >> 4 === 1) {
      this.#send(DONE);
      this.#await(value, low + 1);
    } else if (value >> 4 === 4) {
      this.peripherals = low;
      this.#select((low & 1) === 1);
    } else if (value === 0x50) this.#send(this.peripherals);
    else if (value >= 0x60 && value <= 0x67) {
      this.speed = low;
      this.#send(DONE);
    } else if (value === 0x70) this.#send(this.speed);
    else if (value >> 4 === 8) {
      this.configuration = low;
      this.#send(DONE);
    } else if (value === 0x90) this.#send(this.configuration);
    else this.#send(FAILED);
  }

  #await(command: number, bytes: number): void {
    this.#command = command;
    this.#have = 0;
    this.#need = bytes;
  }

  #parameter(value: number): void {
    if (this.#command >> 4 === 1) {
      // A bulk transfer answers each byte as it comes.
      if (++this.#have === this.#need) this.#command = -1;
      this.#send(this.#exchange(value));
      return;
    }
    this.#bytes[this.#have++] = value;
    if (this.#have === 4) {
      const write = this.#number(0);
      if (write > LONGEST || this.#number(2) > LONGEST) {
        this.#command = -1;
        this.#send(FAILED);
        return;
      }
      this.#need = 4 + write;
    }
    if (this.#have === this.#need) this.#operation();
  }

  #operation(): void {
    const select = this.#command === 0x04;
    const write = this.#number(0);
    const read = this.#number(2);
    this.#command = -1;
    this.counters.operations++;
    if (select) this.#pins.select();
    for (let at = 0; at < write; at++) this.#exchange(this.#bytes[4 + at]!);
    for (let at = 0; at < read; at++) this.#answer[1 + at] = this.#exchange(FLOATING);
    if (select) this.#pins.deselect();
    this.#answer[0] = DONE;
    this.#answerLength = 1 + read;
    this.#working.arm(((write + read) * 8000) / SPEEDS[this.speed]!);
  }

  #operationDone(): void {
    this.#sending.arm(this.#answerLength * this.#msPerByte);
    this.onSend?.(this.#answer.subarray(0, this.#answerLength));
  }

  #exchange(value: number): number {
    if (this.configuration !== MODE_0) return FLOATING;
    return this.#pins.clock(value);
  }

  #select(high: boolean): void {
    if (high) this.#pins.deselect();
    else this.#pins.select();
    this.#send(DONE);
  }

  #number(at: number): number {
    return this.#bytes[at]! * 256 + this.#bytes[at + 1]!;
  }

  #send(value: number): void {
    this.onSend?.(Uint8Array.of(value));
  }

  #sendText(text: string): void {
    this.onSend?.(Uint8Array.from(text, (letter) => letter.charCodeAt(0)));
  }
}
