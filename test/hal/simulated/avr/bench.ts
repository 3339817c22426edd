/** A simulated Uno with a firmware, in virtual time, and the far end of its serial line. */
import { readFileSync } from "node:fs";
import { VirtualClock } from "../../../../hal/clock.ts";
import { Atmega328p } from "../../../../hal/simulated/avr/atmega328p.ts";

const ROOT = new URL("../../../..", import.meta.url);
/** The longest that a firmware takes until it says something: StandardFirmata behind a bootloader, 3 s. In ms. */
const PATIENCE = 5000;

export class Uno {
  readonly clock: VirtualClock;
  readonly mcu: Atmega328p;
  #said: number[] = [];

  private constructor(clock: VirtualClock, mcu: Atmega328p) {
    this.clock = clock;
    this.mcu = mcu;
    mcu.onSend = (bytes) => this.#said.push(...bytes);
  }

  /** Without power yet. @param path of an Intel HEX file, from the repository's root */
  static async with(path: string): Promise<Uno> {
    return Uno.running(readFileSync(new URL(path, ROOT), "latin1"));
  }

  /** @param hex Intel HEX */
  static async running(hex: string): Promise<Uno> {
    const clock = new VirtualClock();
    return new Uno(clock, await Atmega328p.load(clock, { hex, name: "test" }));
  }

  /** The bytes sent since the last call, in hexadecimal. */
  said(): string {
    return this.#take().toString("hex");
  }

  /** Sends bytes, given in hexadecimal, and returns what came back within `ms`. */
  async ask(bytes: string, ms = 5): Promise<string> {
    this.said();
    this.mcu.receive(Buffer.from(bytes.replaceAll(" ", ""), "hex"));
    await this.clock.advance(ms);
    return this.said();
  }

  /** Sends a text, and returns what came back up to and without the end of the next line. */
  async line(text = ""): Promise<string> {
    this.mcu.receive(Buffer.from(text, "latin1"));
    await this.until((said) => said.includes(0x0a));
    const line = Buffer.from(this.#said.splice(0, this.#said.indexOf(0x0a) + 1));
    return line.toString("latin1").trimEnd();
  }

  /** Lets time pass until what was said since the last time is as wanted. @throws Error when that does not happen */
  async until(done: (said: readonly number[]) => boolean): Promise<void> {
    const start = this.clock.now();
    while (!done(this.#said)) {
      if (this.clock.now() - start > PATIENCE)
        throw new Error(`the firmware said no more than "${this.#take().toString("latin1")}"`);
      await this.clock.advance(1);
    }
  }

  #take(): Buffer {
    return Buffer.from(this.#said.splice(0));
  }
}
