/**
 * An Arduino Uno with Firmata at the end of a pseudo terminal, without an Arduino: our firmware in a simulated ATmega328P, in real
 * time. It can be unplugged, which takes its serial port away, and plugged in again at the same path.
 *
 * FIRMATA_HEX=FILE plays the tests with another Firmata: StandardFirmata, built for an Uno, passes.
 */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { Test } from "tap";
import { PtyEndpoint } from "../../hal/bridges/pty.ts";
import { SystemClock } from "../../hal/clock.ts";
import { Atmega328p } from "../../hal/simulated/avr/atmega328p.ts";
import { scratch } from "./own.ts";

export const FIRMATA_HEX: string = readFileSync(
  process.env["FIRMATA_HEX"] ?? new URL("../../hal/bridges/firmware/firmata-uno-57600.hex", import.meta.url),
  "latin1",
);

export class FirmataBoard {
  /** The serial port. */
  readonly path: string;
  readonly mcu: Atmega328p;
  /** Levels of the outputs as they changed, oldest first: `13 high`. */
  readonly changes: string[] = [];
  readonly #clock: SystemClock;
  #pty: PtyEndpoint | null = null;
  #onChange: (() => void) | null = null;

  private constructor(folder: string, clock: SystemClock, mcu: Atmega328p) {
    this.path = join(folder, "uno");
    this.#clock = clock;
    this.mcu = mcu;
    mcu.pins.onChange = (pin, high) => {
      this.changes.push(`${pin} ${high ? "high" : "low"}`);
      this.#onChange?.();
    };
  }

  /** Plugged in and running, for the length of a test. */
  static async plugged(t: Test): Promise<FirmataBoard> {
    const clock = new SystemClock();
    const mcu = await Atmega328p.load(clock, { hex: FIRMATA_HEX, name: "firmata-uno-57600.hex" });
    const folder = scratch("uno");
    const board = new FirmataBoard(folder, clock, mcu);
    t.teardown(async () => {
      await board.unplug();
      clock.stop();
    });
    await board.plug();
    return board;
  }

  async plug(): Promise<void> {
    this.#pty = new PtyEndpoint(this.#clock, this.mcu, this.path);
    await this.#pty.open();
    this.mcu.start();
  }

  async unplug(): Promise<void> {
    this.mcu.stop();
    await this.#pty?.close();
    this.#pty = null;
  }

  /** Resolves once `done` holds; it is looked at whenever an output changes. @throws Error after 60 s */
  until(done: () => boolean): Promise<void> {
    return new Promise((resolve, reject) => {
      const limit = setTimeout(() => reject(new Error(`no such change; outputs changed: ${this.changes.join(", ")}`)), 60_000);
      this.#onChange = () => {
        if (!done()) return;
        clearTimeout(limit);
        this.#onChange = null;
        resolve();
      };
      this.#onChange();
    });
  }
}
