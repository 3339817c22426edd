/**
 * A simulated board in the form of a johnny-five IO plugin: GPIO0..GPIO27 as on a Raspberry Pi's header, and eight analog inputs A0..A7
 * of a 12-bit converter at 3.3 V beside them. The inputs' values depend on the seed and the clock's time alone.
 *
 * A real plugin pushes a sample whenever its hardware has one. This one pushes when it is told to, with sample(), so a reading is
 * that of the clock's now and no wall-clock timer has a say in it.
 */
import { EventEmitter } from "node:events";
import type { Clock } from "../clock.ts";
import { GpioError } from "../gpio.ts";
import type { Random } from "../random.ts";
import type { SignalShape } from "../signal-shape.ts";
import { AnalogSignal } from "./analog-signal.ts";
import type { SimulatedI2cPart } from "./i2c-part.ts";

/** Pin modes and their numbers are Firmata's (protocol 2.x, "pin mode"), which johnny-five counts on. */
const MODES = { INPUT: 0, OUTPUT: 1, ANALOG: 2, PWM: 3, SERVO: 4 } as const;

const DIGITAL_PINS = 28;
const ANALOG_PINS = 8;
/** Full scale of the converter, in volts. */
const AREF = 3.3;
/** Largest sample of the converter: 12 bits. */
const FULL_SCALE = 4095;
/** An input that nobody drives changes its level at most this often, in ms. */
const LEVEL_TIME = 60_000;
/** A johnny-five Board listens to these; others, such as a rig, may listen to the rest for longer than one Board lives. */
const BOARD_EVENTS = ["connect", "ready", "close", "disconnect", "error", "string"];
/** An analog input shows this unless another signal is attached. */
const DEFAULT_SHAPE: SignalShape = { mean: 1.65, swing: 0.8, noise: 0.1 };

interface PinState {
  readonly supportedModes: readonly number[];
  /** Firmata's number for "not analog" is 127. */
  readonly analogChannel: number;
  mode: number;
  value: number;
  report: number;
}

type Listener = (value: number) => void;

/** Emits `digital-write` with the pin's number and its level whenever an output is written. */
export class SimulatedIo extends EventEmitter {
  readonly name = "Simulated";
  readonly HIGH = 1;
  readonly LOW = 0;
  readonly defaultLed = 13;
  readonly MODES: typeof MODES = MODES;
  readonly RESOLUTION: { readonly ADC: number; readonly DAC: null; readonly PWM: number } = {
    ADC: FULL_SCALE,
    DAC: null,
    PWM: 255,
  };
  readonly aref: number = AREF;
  /** johnny-five announces a plugin that says so at once, on the next tick. */
  readonly isReady: boolean = true;
  readonly pins: readonly PinState[];
  readonly analogPins: readonly number[];
  readonly #clock: Clock;
  readonly #random: Random;
  readonly #signals: (AnalogSignal | null)[] = [];
  readonly #listeners: Listener[][] = [];
  readonly #parts = new Map<number, SimulatedI2cPart>();

  constructor(clock: Clock, random: Random) {
    super();
    this.#clock = clock;
    this.#random = random;
    const pins: PinState[] = [];
    const analogPins: number[] = [];
    for (let at = 0; at < DIGITAL_PINS; at++) pins.push(pin([MODES.INPUT, MODES.OUTPUT], 127));
    for (let channel = 0; channel < ANALOG_PINS; channel++) analogPins.push(pins.push(pin([MODES.ANALOG], channel)) - 1);
    this.pins = pins;
    this.analogPins = analogPins;
    for (let at = 0; at < pins.length; at++) {
      this.#signals.push(null);
      this.#listeners.push([]);
    }
  }

  /** Number of the pin that people call `13`, `GPIO13` or `A0`. johnny-five asks this of every pin. @throws GpioError GPIO_BAD_PIN */
  normalize(name: string | number): number {
    // Asked for each sample.
    if (typeof name === "number" && this.pins[name]) return name;
    const match = /^(GPIO|A)?(\d{1,3})$/.exec(String(name));
    const number = match ? Number(match[2]) + (match[1] === "A" ? DIGITAL_PINS : 0) : Number.NaN;
    if (number < (match?.[1] === "GPIO" ? DIGITAL_PINS : this.pins.length)) return number;
    throw new GpioError(
      "GPIO_BAD_PIN",
      `simulated board: no pin ${name}; it has GPIO0..GPIO${DIGITAL_PINS - 1} and A0..A${ANALOG_PINS - 1}`,
    );
  }

  /** Connects something to an analog input: from now on the pin shows this signal. @throws GpioError GPIO_BAD_PIN */
  attach(name: string | number, shape: SignalShape): void {
    const number = this.normalize(name);
    this.#signals[number] = new AnalogSignal(shape, this.#random.fork(`pin ${number}`));
  }

  /** Gives the pin's value at this moment to everyone who reads the pin. */
  sample(name: string | number): void {
    const number = this.normalize(name);
    const state = this.pins[number]!;
    if (state.mode === MODES.ANALOG) state.value = this.#analogValue(number);
    else if (state.mode === MODES.INPUT) state.value = this.#digitalValue(number);
    for (const listener of this.#listeners[number] as Listener[]) listener(state.value);
  }

  /** Forgets its user, johnny-five's Board, and what was attached for it: inputs are free, outputs low. */
  release(): void {
    for (const event of BOARD_EVENTS) this.removeAllListeners(event);
    this.#signals.fill(null);
    for (const listeners of this.#listeners) listeners.length = 0;
    for (const state of this.pins) {
      state.mode = state.supportedModes[0]!;
      state.value = 0;
      state.report = 0;
    }
  }

  /** Level of an output, or the last sample of an input. */
  level(name: string | number): number {
    return this.pins[this.normalize(name)]!.value;
  }

  pinMode(number: number, mode: number): void {
    const state = this.pins[number]!;
    if (!state.supportedModes.includes(mode)) {
      const wanted = Object.entries(MODES).find(([, value]) => value === mode)?.[0] ?? `mode ${mode}`;
      throw new GpioError("GPIO_BAD_PIN", `simulated board: ${pinName(number)} cannot be used as ${wanted}; ${pinUse(number)}`);
    }
    state.mode = mode;
  }

  digitalWrite(number: number, value: number): void {
    this.pins[number]!.value = value ? 1 : 0;
    this.emit("digital-write", number, value ? 1 : 0);
  }

  digitalRead(number: number, listener: Listener): void {
    this.#listen(number, listener);
  }

  analogRead(number: number, listener: Listener): void {
    this.#listen(number, listener);
  }

  /** Puts a part on the board's I2C. */
  attachI2c(address: number, part: SimulatedI2cPart): void {
    this.#parts.set(address, part);
  }

  i2cConfig(): void {}

  /** An address that nobody has is answered by no byte, as Firmata does. */
  i2cReadOnce(address: number, register: number, length: number, answer: (bytes: number[]) => void): void {
    const value = this.#parts.get(address)?.read(register);
    answer(value === undefined ? [] : [value >> 8, value & 0xff].slice(0, length));
  }

  #listen(number: number, listener: Listener): void {
    this.pins[number]!.report = 1;
    this.#listeners[number]!.push(listener);
  }

  #analogValue(number: number): number {
    if (!this.#signals[number]) this.attach(number, DEFAULT_SHAPE);
    const volts = this.#signals[number]!.at(this.#clock.now());
    return Math.min(FULL_SCALE, Math.max(0, Math.round((volts / AREF) * FULL_SCALE)));
  }

  #digitalValue(number: number): number {
    const span = Math.floor(this.#clock.now() / LEVEL_TIME);
    return this.#random.fork(`pin ${number} level ${span}`).next() < 0.5 ? 0 : 1;
  }
}

function pin(supportedModes: readonly number[], analogChannel: number): PinState {
  return { supportedModes, analogChannel, mode: supportedModes[0]!, value: 0, report: 0 };
}

function pinName(number: number): string {
  return number < DIGITAL_PINS ? `GPIO${number}` : `A${number - DIGITAL_PINS}`;
}

function pinUse(number: number): string {
  return number < DIGITAL_PINS ? "analog inputs are A0..A7" : `digital pins are GPIO0..GPIO${DIGITAL_PINS - 1}`;
}
