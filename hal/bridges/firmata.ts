import type { SerialPort } from "serialport";
import type { Clock } from "../clock.ts";
import { GpioError } from "../gpio.ts";
import { type IoConnection, type IoSource, reason, untilReady } from "./johnny-five.ts";

/** Rate at which StandardFirmata talks. */
export const FIRMATA_BAUD = 57_600;
/**
 * When to ask a silent board for its version, in ms. A board that restarts when its port is opened (Uno, Nano) says it by itself, but
 * its boot loader listens for about a second first and must not be talked to; one that does not restart has to be asked.
 */
const ASK_AFTER = 1500;
/** Time between samples of an analog input, in ms; Firmata's own 19 would wake us fifty times a second for each pin. */
const SAMPLING = 100;
/** Longest that close() waits for the last bytes to leave, in ms. */
const DRAIN_TIME = 500;

export interface FirmataOptions {
  readonly path: string;
  readonly baud: number;
  /** How long the board may take from the opening of its port until it is ready, in ms. */
  readonly timeout: number;
}

/** A microcontroller with Firmata (protocol 2.x) on a serial port. */
export class FirmataSource implements IoSource {
  readonly simulated = false;
  readonly description: string;
  readonly #options: FirmataOptions;
  readonly #clock: Clock;

  constructor(options: FirmataOptions, clock: Clock) {
    this.#options = options;
    this.#clock = clock;
    this.description = `Firmata on ${options.path} at ${options.baud} baud`;
  }

  /** @throws GpioError GPIO_PORT when the port cannot be opened, GPIO_TIMEOUT when no Firmata answers on it */
  async open(): Promise<IoConnection> {
    const { path, baud, timeout } = this.#options;
    const [{ SerialPort }, { default: firmata }] = await Promise.all([import("serialport"), import("firmata-io")]);
    const port = new SerialPort({ path, baudRate: baud, autoOpen: false });
    await this.#openPort(port);
    const io = new firmata.Firmata(port, { reportVersionTimeout: Math.min(ASK_AFTER, timeout / 2), samplingInterval: SAMPLING });
    const connection: IoConnection = { io, onLost: null, close: () => this.#closePort(port) };
    try {
      await untilReady(io, this.#clock, timeout, (cause) => this.#silent(cause));
    } catch (error) {
      clearTimeout(io.reportVersionTimeoutId);
      // Nothing may be thrown at nobody while the port closes.
      io.on("error", () => undefined);
      await this.#closePort(port);
      throw error;
    }
    port.on("close", () => connection.onLost?.(this.#gone()));
    return connection;
  }

  #openPort(port: SerialPort): Promise<void> {
    return new Promise((resolve, reject) => {
      port.open((cause) => {
        if (!cause) return resolve();
        const hint = "is the board plugged in, and may you use the port (group dialout)?";
        reject(new GpioError("GPIO_PORT", `${this.description}: cannot open the port (${reason(cause)}); ${hint}`, { cause }));
      });
    });
  }

  async #closePort(port: SerialPort): Promise<void> {
    if (!port.isOpen) return;
    await new Promise<void>((resolve) => {
      const timer = this.#clock.timer(resolve);
      timer.arm(DRAIN_TIME);
      port.drain(() => {
        timer.cancel();
        resolve();
      });
    });
    // Its only error is "Port is not open", which is what is wanted.
    if (port.isOpen) await new Promise<void>((resolve) => port.close(() => resolve()));
  }

  #silent(cause: unknown): GpioError {
    const { path, baud, timeout } = this.#options;
    const why = cause === undefined ? `no Firmata answered within ${timeout / 1000} s` : reason(cause);
    const hint = `flash StandardFirmata, or name the right port and rate (firmata:${path}@${baud === FIRMATA_BAUD ? 115_200 : FIRMATA_BAUD})`;
    return new GpioError("GPIO_TIMEOUT", `${this.description}: ${why}; ${hint}`, { cause });
  }

  #gone(): GpioError {
    return new GpioError("GPIO_LOST", `${this.description}: the port closed by itself; plug the board in again`);
  }
}
