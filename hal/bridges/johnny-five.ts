/**
 * GPIO through johnny-five: an IO plugin from some source, a johnny-five Board on it, its Leds and sensors behind our contract.
 *
 * johnny-five 2.1.0 always gets a ready `io`, never a port path: its own way to a serial port needs an older serialport. It is
 * kept quiet (no REPL, no log, no SIGINT handler, which would end the process behind our back) and runs no timer. It is loaded
 * when a board is opened, which takes 80 to 150 ms on a PC, so that a rig without GPIO does not pay for it.
 */
import type { EventEmitter } from "node:events";
import type { Board, Pin } from "johnny-five";
import type { Clock } from "../clock.ts";
import {
  type BoardIo,
  boardGone,
  boardNotOpen,
  GpioError,
  type Led,
  type Output,
  PLUG_IN_AND_RESTART,
  type Sensor,
} from "../gpio.ts";
import { sensorKind } from "../sensor-kinds.ts";
import type { SignalShape } from "../signal-shape.ts";
import { type JohnnyFive, type SensorProbe, sensorProbe } from "./johnny-five-sensor.ts";
import { loadUserPackages } from "./user-package.ts";

/** Firmata's number of that pin mode. */
const OUTPUT = 1;

/** A johnny-five IO plugin (github.com/rwaldron/io-plugins), as far as we look into it ourselves. */
export interface IoPlugin extends EventEmitter {
  readonly isReady: boolean;
  /** By number; `supportedModes` has Firmata's numbers of them. */
  readonly pins?: readonly { readonly supportedModes?: readonly number[] }[];
  /** Full scale of its converter in volts; johnny-five's assumption is 5. */
  readonly aref?: number;
}

/** A plugin that is ready, and the way back. */
export interface IoConnection {
  readonly io: IoPlugin;
  /** Lets go of the hardware. Safe to call after it was lost. */
  close(): Promise<void>;
  /** Called when the hardware goes away by itself. */
  onLost: ((error: GpioError) => void) | null;
  /** Simulated boards only: connects a signal to a pin. */
  attach?(pin: string, shape: SignalShape): void;
  /** Simulated boards only: pushes the pin's value of this moment to its listeners. */
  sample?(pin: string | number): void;
}

/** A source of IO plugins. */
export interface IoSource {
  readonly description: string;
  readonly simulated: boolean;
  /** npm packages that it needs beside johnny-five. Default: none. */
  readonly packages?: readonly string[];
  /** Resolves with a plugin whose isReady is true. @throws GpioError */
  open(): Promise<IoConnection>;
}

/** Rejects with `error()` unless the plugin becomes ready within `timeout` ms of the clock's time. */
export function untilReady(io: IoPlugin, clock: Clock, timeout: number, error: (cause?: unknown) => GpioError): Promise<void> {
  if (io.isReady) return Promise.resolve();
  return new Promise((resolve, reject) => {
    const finish = (failure: GpioError | null): void => {
      timer.cancel();
      io.off("ready", onReady);
      io.off("error", onError);
      if (failure) reject(failure);
      else resolve();
    };
    const onReady = (): void => finish(null);
    const onError = (cause: unknown): void => finish(error(cause));
    const timer = clock.timer(() => finish(error()));
    io.on("ready", onReady);
    io.on("error", onError);
    timer.arm(timeout);
  });
}

/** State from open() to close(), or to the loss of the board. */
class Session {
  alive = true;
  /** How the board was lost. */
  failure: GpioError | null = null;
  readonly five: JohnnyFive;
  readonly board: Board;
  readonly connection: IoConnection;
  readonly leds: Led[] = [];

  constructor(five: JohnnyFive, board: Board, connection: IoConnection) {
    this.five = five;
    this.board = board;
    this.connection = connection;
  }

  end(): void {
    this.alive = false;
    // johnny-five remembers every board for components that name none; ours always name theirs.
    // @types/johnny-five does not know `cache`.
    const { cache } = this.five.Board as typeof Board & { readonly cache: Board[] };
    const at = cache.indexOf(this.board);
    if (at >= 0) cache.splice(at, 1);
  }
}

export class JohnnyFiveBoardIo implements BoardIo {
  onLost: ((error: GpioError) => void) | null = null;
  onBack: (() => void) | null = null;
  readonly #source: IoSource;
  readonly #afterLoss: string;
  #session: Session | null = null;
  #opening: Promise<void> | null = null;

  /** @param afterLoss tells people what to do when the board is gone */
  constructor(source: IoSource, afterLoss: string = PLUG_IN_AND_RESTART) {
    this.#source = source;
    this.#afterLoss = afterLoss;
  }

  get description(): string {
    return this.#source.description;
  }

  get simulated(): boolean {
    return this.#source.simulated;
  }

  open(): Promise<void> {
    this.#opening ??= this.#bringUp().finally(() => {
      this.#opening = null;
    });
    return this.#opening;
  }

  async #bringUp(): Promise<void> {
    if (this.#session) return;
    const { description, packages = [] } = this.#source;
    const five = await loadUserPackages(description, ["johnny-five", ...packages], loadJohnnyFive);
    const connection = await this.#source.open();
    const session = new Session(five, this.#board(five, connection), connection);
    const lose = (cause: unknown): void => this.#lose(session, cause);
    session.board.on("error", lose);
    connection.onLost = lose;
    // Its `io` is ready, so the board says the same on the next tick.
    await new Promise<void>((resolve) => session.board.on("ready", resolve));
    if (session.failure) throw session.failure;
    this.#session = session;
  }

  led(pin: string): Led {
    const session = this.#require(`LED on pin ${pin}`);
    const component = this.#make("LED", pin, () => {
      const led = new session.five.Led({ board: session.board, pin: pinName(pin) });
      refuseInput(session.connection.io, led.pin);
      return led;
    });
    const led = new JohnnyFiveLed(session, component);
    led.off();
    session.leds.push(led);
    return led;
  }

  sensor(kind: string, pin: string): Sensor {
    const how = sensorKind(kind);
    const { unit, shape } = how;
    const session = this.#require(`${kind} on pin ${pin}`);
    const { five, board, connection } = session;
    const probe = this.#make(kind, pin, () => {
      if (shape) connection.attach?.(pin, shape);
      return sensorProbe(how, { five, board, pin: pinName(pin), fullScale: fullScale(board), aref: connection.io.aref ?? 5 });
    });
    return new JohnnyFiveSensor(session, kind, pin, unit, probe);
  }

  output(pin: string, high: boolean): Output {
    const session = this.#require(`output on pin ${pin}`);
    // @types/johnny-five does not know `as`.
    const options = { board: session.board, pin: pinName(pin), type: "digital", as: OUTPUT };
    const component = this.#make("output", pin, () => {
      const output = new session.five.Pin(options);
      refuseInput(session.connection.io, output.pin);
      return output;
    });
    const output = new JohnnyFiveOutput(session, component);
    output.write(high);
    return output;
  }

  async close(): Promise<void> {
    // The caller of open() hears of its failure; here it only has to be over.
    await this.#opening?.catch(() => undefined);
    const session = this.#session;
    if (!session) return;
    // A lamp left burning would claim that something still runs.
    for (const led of session.leds) led.off();
    this.#session = null;
    session.connection.onLost = null;
    session.end();
    await session.connection.close();
  }

  #board(five: JohnnyFive, connection: IoConnection): Board {
    // @types/johnny-five does not know `sigint`, hence no literal in the call.
    const options = { io: connection.io, repl: false, debug: false, sigint: false };
    try {
      return new five.Board(options);
    } catch (cause) {
      connection.close().catch(() => undefined);
      const message = `${this.description}: johnny-five cannot use it (${reason(cause)}); name a johnny-five IO plugin`;
      throw new GpioError("GPIO_PLUGIN_FAILED", message, { cause });
    }
  }

  #require(what: string): Session {
    if (this.#session) return this.#session;
    throw boardNotOpen(what, this.description);
  }

  /** Turns the many ways in which johnny-five and its plugins refuse a pin into one error. */
  #make<T>(what: string, pin: string, make: () => T): T {
    try {
      return make();
    } catch (cause) {
      if (cause instanceof GpioError) throw cause;
      const message = `${what} on pin ${pin}: ${this.description} has no such pin or it cannot do that (${reason(cause)})`;
      throw new GpioError("GPIO_BAD_PIN", message, { cause });
    }
  }

  #lose(session: Session, cause: unknown): void {
    if (!session.alive) return;
    session.end();
    const error = cause instanceof GpioError ? cause : boardGone(this.description, reason(cause), this.#afterLoss, cause);
    session.failure = error;
    // Hardware that is gone may fail to close; the loss is the news.
    session.connection.close().catch(() => undefined);
    // Else open() is still under way, and throws it.
    if (this.#session !== session) return;
    this.#session = null;
    this.onLost?.(error);
  }
}

class JohnnyFiveLed implements Led {
  readonly #session: Session;
  readonly #component: { on(): void; off(): void; readonly isOn: boolean };

  constructor(session: Session, component: { on(): void; off(): void; readonly isOn: boolean }) {
    this.#session = session;
    this.#component = component;
  }

  on(): void {
    if (this.#session.alive) this.#component.on();
  }

  off(): void {
    if (this.#session.alive) this.#component.off();
  }

  get isOn(): boolean {
    return this.#session.alive && this.#component.isOn;
  }
}

class JohnnyFiveOutput implements Output {
  onRestored: (() => void) | null = null;
  readonly #session: Session;
  readonly #pin: Pin;

  constructor(session: Session, pin: Pin) {
    this.#session = session;
    this.#pin = pin;
  }

  write(high: boolean): void {
    if (!this.#session.alive) return;
    if (high) this.#pin.high();
    else this.#pin.low();
  }
}

class JohnnyFiveSensor implements Sensor {
  readonly kind: string;
  readonly pin: string;
  readonly unit: string;
  readonly #session: Session;
  readonly #probe: SensorProbe;

  constructor(session: Session, kind: string, pin: string, unit: string, probe: SensorProbe) {
    this.#session = session;
    this.kind = kind;
    this.pin = pin;
    this.unit = unit;
    this.#probe = probe;
  }

  read(): number {
    if (!this.#session.alive) return Number.NaN;
    this.#session.connection.sample?.(this.#probe.pin);
    return this.#probe.read();
  }
}

/** Firmata and others index arrays by pin and shift by it: a number must be one. */
function pinName(pin: string): string | number {
  return /^\d+$/.test(pin) ? Number(pin) : pin;
}

/** johnny-five switches pins that cannot be outputs without a word. @throws Error */
function refuseInput(io: IoPlugin, pin: string | number): void {
  const modes = io.pins?.[Number(pin)]?.supportedModes;
  if (modes && !modes.includes(OUTPUT)) throw new Error("not an output");
}

/** Largest sample of the board's converter. @types/johnny-five does not know RESOLUTION. */
function fullScale(board: Board): number | null {
  const { RESOLUTION } = board as Board & { readonly RESOLUTION: { readonly ADC: number | null } };
  return RESOLUTION.ADC;
}

export function reason(cause: unknown): string {
  return cause instanceof Error ? cause.message : String(cause);
}

/** Loads the parts in use, one by one: the whole package is 30 files and 3 MB more. */
async function loadJohnnyFive(): Promise<JohnnyFive> {
  const { default: Board } = await import("johnny-five/lib/board.js");
  const { default: Led } = await import("johnny-five/lib/led/index.js");
  const { default: Pin } = await import("johnny-five/lib/pin.js");
  const { default: Sensor } = await import("johnny-five/lib/sensor.js");
  return { Board, Led, Pin, Sensor };
}
