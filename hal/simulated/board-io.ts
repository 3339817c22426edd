/** The simulated board's pins, driven directly: a real board's are driven through johnny-five, which this does not load. */
import {
  type BoardIo,
  boardGone,
  boardNotOpen,
  type GpioError,
  type Led,
  type Output,
  PLUG_IN_AND_RESTART,
  type Sensor,
} from "../gpio.ts";
import { type SensorKind, sensorKind } from "../sensor-kinds.ts";
import type { SimulatedIo } from "./io.ts";

export class SimulatedBoardIo implements BoardIo {
  readonly description = "simulated GPIO";
  readonly simulated = true;
  onLost: ((error: GpioError) => void) | null = null;
  onBack: (() => void) | null = null;
  readonly #io: SimulatedIo;
  #session: PinsInUse | null = null;

  constructor(io: SimulatedIo) {
    this.#io = io;
  }

  async open(): Promise<void> {
    if (this.#session) return;
    this.#session = new PinsInUse(this.#io);
    this.#io.on("error", (cause: Error) => this.#lose(cause));
  }

  led(pin: string): Led {
    const session = this.#require(`LED on pin ${pin}`);
    const led = new SimulatedLed(session, this.#outputPin(pin));
    session.leds.push(led);
    return led;
  }

  sensor(kind: string, pin: string): Sensor {
    const how = sensorKind(kind);
    const session = this.#require(`${kind} on pin ${pin}`);
    if (how.shape) this.#io.attach(pin, how.shape);
    const { MODES } = this.#io;
    const number = this.#io.normalize(pin);
    this.#io.pinMode(number, how.convert ? MODES.ANALOG : MODES.INPUT);
    return new SimulatedSensor(session, kind, pin, how, number);
  }

  output(pin: string, high: boolean): Output {
    const session = this.#require(`output on pin ${pin}`);
    const output = new SimulatedOutput(session, this.#outputPin(pin));
    output.write(high);
    return output;
  }

  async close(): Promise<void> {
    const session = this.#session;
    if (!session) return;
    // A lamp left burning would claim that something still runs.
    for (const led of session.leds) led.off();
    this.#end(session);
  }

  #require(what: string): PinsInUse {
    if (this.#session) return this.#session;
    throw boardNotOpen(what, this.description);
  }

  #outputPin(pin: string): number {
    const number = this.#io.normalize(pin);
    this.#io.pinMode(number, this.#io.MODES.OUTPUT);
    return number;
  }

  #lose(cause: Error): void {
    const session = this.#session;
    if (!session) return;
    this.#end(session);
    this.onLost?.(boardGone(this.description, cause.message, PLUG_IN_AND_RESTART, cause));
  }

  #end(session: PinsInUse): void {
    session.alive = false;
    this.#session = null;
    this.#io.release();
  }
}

/** The pins from open() to close(), or to the loss of the board. */
class PinsInUse {
  alive = true;
  readonly io: SimulatedIo;
  readonly leds: Led[] = [];

  constructor(io: SimulatedIo) {
    this.io = io;
  }

  /** Sets the level of an output, on a board that is still there. */
  write(number: number, high: boolean): void {
    if (this.alive) this.io.digitalWrite(number, high ? this.io.HIGH : this.io.LOW);
  }
}

class SimulatedLed implements Led {
  readonly #session: PinsInUse;
  readonly #number: number;
  #lit = false;

  constructor(session: PinsInUse, number: number) {
    this.#session = session;
    this.#number = number;
    this.off();
  }

  on(): void {
    this.#switch(true);
  }

  off(): void {
    this.#switch(false);
  }

  get isOn(): boolean {
    return this.#session.alive && this.#lit;
  }

  #switch(lit: boolean): void {
    this.#lit = lit;
    this.#session.write(this.#number, lit);
  }
}

class SimulatedOutput implements Output {
  onRestored: (() => void) | null = null;
  readonly #session: PinsInUse;
  readonly #number: number;

  constructor(session: PinsInUse, number: number) {
    this.#session = session;
    this.#number = number;
  }

  write(high: boolean): void {
    this.#session.write(this.#number, high);
  }
}

class SimulatedSensor implements Sensor {
  readonly kind: string;
  readonly pin: string;
  readonly #session: PinsInUse;
  readonly #how: SensorKind;
  readonly #number: number;

  constructor(session: PinsInUse, kind: string, pin: string, how: SensorKind, number: number) {
    this.#session = session;
    this.kind = kind;
    this.pin = pin;
    this.#how = how;
    this.#number = number;
  }

  get unit(): string {
    return this.#how.unit;
  }

  read(): number {
    const { alive, io } = this.#session;
    if (!alive) return Number.NaN;
    io.sample(this.#number);
    const level = io.level(this.#number);
    return this.#how.convert ? this.#how.convert(level, { fullScale: io.RESOLUTION.ADC, aref: io.aref }) : level;
  }
}
