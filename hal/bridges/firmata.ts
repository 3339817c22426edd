/** Microcontrollers with Firmata, by firmata-io on a serial port. */
import type { Firmata } from "firmata-io";
import type { Clock, Timer } from "../clock.ts";
import { GpioError } from "../gpio.ts";
import { type IoConnection, type IoSource, reason, untilReady } from "./johnny-five.ts";
import { OpenPort } from "./open-port.ts";
import { loadUserPackages } from "./user-package.ts";

/** Rate at which StandardFirmata talks. */
export const FIRMATA_BAUD = 57_600;
/**
 * When to ask a silent board for its version, in ms. A board that restarts when its port is opened (Uno, Nano) says it by itself, but
 * its boot loader listens for about a second first and must not be talked to; one that does not restart has to be asked.
 */
const ASK_AFTER = 1500;
/** Time between samples of an analog input, in ms; Firmata's own 19 would wake us fifty times a second for each pin. */
const SAMPLING = 100;
/** A board that has said nothing for so long is asked for its version, and has as long to answer, in ms. */
const SILENCE = 5000;

export interface FirmataOptions {
  readonly path: string;
  readonly baud: number;
  /** Most time for the board from the opening of its port until it is ready, in ms. */
  readonly timeout: number;
  /** Silence after which the board is asked whether it is still there, and its time to answer, in ms. Default 5000. */
  readonly silence?: number;
}

/** A microcontroller with Firmata (protocol 2.x) on a serial port. */
export class FirmataSource implements IoSource {
  readonly simulated = false;
  readonly packages: readonly string[] = ["firmata-io"];
  readonly description: string;
  readonly #options: FirmataOptions;
  readonly #clock: Clock;

  constructor(options: FirmataOptions, clock: Clock) {
    this.#options = options;
    this.#clock = clock;
    this.description = `Firmata on ${options.path} at ${options.baud} baud`;
  }

  /** @throws GpioError GPIO_NO_PACKAGE; GPIO_PORT when the port cannot be opened, GPIO_TIMEOUT when no Firmata answers on it */
  async open(): Promise<IoConnection> {
    const { path, baud, timeout, silence = SILENCE } = this.#options;
    const { default: firmata } = await loadUserPackages(this.description, this.packages, () => import("firmata-io"));
    const port = await OpenPort.open(this.#clock, path, baud).catch((cause: Error) => {
      const hint = "is the board plugged in, and may you use the port (group dialout)?";
      throw new GpioError("GPIO_PORT", `${this.description}: cannot open the port (${reason(cause)}); ${hint}`, { cause });
    });
    const io = new firmata.Firmata(port.port, {
      reportVersionTimeout: Math.min(ASK_AFTER, timeout / 2),
      samplingInterval: SAMPLING,
    });
    const pulse = new Pulse(this.#clock, io, silence, () => connection.onLost?.(this.#lost("the board does not answer any more")));
    const close = async (): Promise<void> => {
      pulse.stop();
      await port.drain();
      await port.close();
    };
    const connection: IoConnection = { io, onLost: null, close };
    try {
      await untilReady(io, this.#clock, timeout, (cause) => this.#silent(cause));
    } catch (error) {
      clearTimeout(io.reportVersionTimeoutId);
      // No error may go unhandled while the port closes.
      io.on("error", () => undefined);
      await close();
      throw error;
    }
    port.port.on("data", () => pulse.beat());
    port.onGone = () => connection.onLost?.(this.#lost("the port closed by itself"));
    pulse.start();
    return connection;
  }

  #silent(cause: unknown): GpioError {
    const { path, baud, timeout } = this.#options;
    const why = cause === undefined ? `no Firmata answered within ${timeout / 1000} s` : reason(cause);
    const hint = `flash StandardFirmata, or name the right port and rate (firmata:${path}@${baud === FIRMATA_BAUD ? 115_200 : FIRMATA_BAUD})`;
    return new GpioError("GPIO_TIMEOUT", `${this.description}: ${why}; ${hint}`, { cause });
  }

  #lost(how: string): GpioError {
    return new GpioError("GPIO_LOST", `${this.description}: ${how}; plug the board in again`);
  }
}

/** Notices a board that hangs, or a port that ended unnoticed. A board without inputs to report is silent anyway: hence the question. */
class Pulse {
  readonly #io: Firmata;
  readonly #silence: number;
  readonly #timer: Timer;
  #heard = false;
  #asked = false;

  /** @param silence in ms */
  constructor(clock: Clock, io: Firmata, silence: number, onSilent: () => void) {
    this.#io = io;
    this.#silence = silence;
    this.#timer = clock.timer(() => {
      if (this.#asked && !this.#heard) onSilent();
      else this.#look();
    });
  }

  start(): void {
    this.#timer.arm(this.#silence);
  }

  stop(): void {
    this.#timer.cancel();
  }

  /** Something came from the board. */
  beat(): void {
    this.#heard = true;
  }

  #look(): void {
    this.#asked = !this.#heard;
    this.#heard = false;
    if (this.#asked) this.#io.reportVersion(() => undefined);
    this.start();
  }
}
