/**
 * Reset and power of a chip, held by pins of the board: a driver powers its chip up before it opens it, and brings a chip that
 * answers no command back from its very beginning.
 */
import type { Clock, Timer } from "./clock.ts";
import type { BoardIo, Output } from "./gpio.ts";

/** Requests that a driver may make. One call at a time. */
export interface ChipPins {
  /** Power on and out of reset; resolves when the chip may be talked to. A chip that was on begins anew. @throws GpioError */
  on(): Promise<void>;
  /** A power cycle where power is held, else a pulse on reset; then as on(). @throws GpioError */
  reset(): Promise<void>;
  /** Takes the power away, where it is held. */
  off(): void;
  /** The board let go of the pins for a while: the chip may have lost its registers. Set by the driver. */
  onDisturbed: (() => void) | null;
}

/** Low for this long, in ms; an ENC28J60 asks for 400 ns (DS39662), a pin behind Firmata takes some ms to follow. */
const HOLD = 10;
/** From the last switching until the chip is up, in ms: its oscillator takes 0.3, a pin behind USB up to 20 to follow. */
const SETTLE = 50;
/** Without power until the capacitors are empty, in ms. */
const POWER_OFF = 250;

export interface GpioChipPinsOptions {
  /** Pin wired to the chip's reset, active low. */
  readonly reset?: string;
  /** Pin of the switch in the chip's supply; high: on. */
  readonly power?: string;
}

/** Pins of a BoardIo, which has to be open at the first on() and may be lost and come back afterwards. */
export class GpioChipPins implements ChipPins {
  onDisturbed: (() => void) | null = null;
  readonly #io: BoardIo;
  readonly #options: GpioChipPinsOptions;
  readonly #timer: Timer;
  #reset: Output | null = null;
  #power: Output | null = null;
  #wake: (() => void) | null = null;

  constructor(io: BoardIo, clock: Clock, options: GpioChipPinsOptions) {
    this.#io = io;
    this.#options = options;
    this.#timer = clock.timer(() => this.#wake?.());
  }

  async on(): Promise<void> {
    this.#power ??= this.#make(this.#options.power);
    this.#reset ??= this.#make(this.#options.reset);
    // Reset is let go of once there is power: a high pin would feed a chip that has none.
    this.#reset?.write(false);
    this.#power?.write(true);
    await this.#sleep(HOLD);
    this.#reset?.write(true);
    await this.#sleep(SETTLE);
  }

  async reset(): Promise<void> {
    if (this.#power) {
      this.off();
      await this.#sleep(POWER_OFF);
    }
    await this.on();
  }

  off(): void {
    if (!this.#power) return;
    this.#reset?.write(false);
    this.#power.write(false);
  }

  #make(pin: string | undefined): Output | null {
    if (pin === undefined) return null;
    const output = this.#io.output(pin, false);
    output.onRestored = () => this.onDisturbed?.();
    return output;
  }

  #sleep(ms: number): Promise<void> {
    return new Promise((resolve) => {
      this.#wake = resolve;
      this.#timer.arm(ms);
    });
  }
}
