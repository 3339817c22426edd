/** A serial port of this machine, for a bridge. */
import type { Clock, Timer } from "../clock.ts";
import { ControllerError } from "../ethernet.ts";
import { type InterruptLine, SimulatedInterrupt } from "../interrupt.ts";
import type { ByteStream } from "../serial.ts";
import { OpenPort } from "./open-port.ts";

/** Inputs of a serial adapter, which can be wired to a chip's interrupt pin. */
export type ModemInput = "cts" | "dsr" | "dcd";

export interface SerialPortOptions {
  /** `/dev/ttyACM0`, `COM3`. */
  path: string;
  /** Bits a second. */
  baud: number;
  /** The adapter's input that the chip's INT pin is wired to; active low on the pin, so it reads as set while the chip asks. */
  interruptInput?: ModemInput;
  /** Time between two looks at that input, in ms: a request to the adapter, no traffic on the line. Default 2. */
  interruptPoll?: number;
}

const INTERRUPT_POLL = 2;

export class SerialPortStream implements ByteStream {
  readonly simulated = false;
  onData: ((bytes: Uint8Array) => void) | null = null;
  onLost: ((reason: ControllerError) => void) | null = null;
  readonly #options: SerialPortOptions;
  readonly #clock: Clock;
  readonly #line: SimulatedInterrupt | null;
  readonly #pollTimer: Timer;
  readonly #pollInterval: number;
  #port: OpenPort | null = null;

  constructor(clock: Clock, options: SerialPortOptions) {
    this.#clock = clock;
    this.#options = options;
    this.#line = options.interruptInput ? new SimulatedInterrupt() : null;
    this.#pollInterval = options.interruptPoll ?? INTERRUPT_POLL;
    this.#pollTimer = clock.timer(() => this.#pollInput());
  }

  get description(): string {
    return `${this.#options.path} at ${this.#options.baud} baud`;
  }

  get interrupt(): InterruptLine | null {
    return this.#line;
  }

  /** @throws ControllerError PORT_MISSING, PORT_PERMISSION, PORT_BUSY, PORT_FAILED */
  async open(): Promise<void> {
    const { path, baud } = this.#options;
    const port = await OpenPort.open(this.#clock, path, baud).catch((error: Error) => {
      throw openError(path, error);
    });
    this.#port = port;
    port.port.on("data", (bytes: Uint8Array) => this.onData?.(bytes));
    port.onGone = () => this.#lose();
    if (this.#line) {
      this.#line.asserted = false;
      this.#pollTimer.arm(this.#pollInterval);
    }
  }

  async close(): Promise<void> {
    const port = this.#port;
    this.#port = null;
    this.#pollTimer.cancel();
    await port?.close();
  }

  write(bytes: Uint8Array, at: number, length: number): void {
    this.#port?.port.write(Buffer.from(bytes.subarray(at, at + length)));
  }

  #lose(): void {
    this.#port = null;
    this.#pollTimer.cancel();
    this.onLost?.(
      new ControllerError("PORT_LOST", `${this.#options.path} is gone: the adapter was unplugged or its driver let go`),
    );
  }

  #pollInput(): void {
    const port = this.#port;
    const line = this.#line;
    const input = this.#options.interruptInput;
    if (!port || !line || !input) return;
    port.port.get((error, status) => {
      if (this.#port !== port) return;
      // An adapter without modem lines (a pty, some CDC boards) refuses; the driver's slow poll is then all there is.
      if (!error && status) line.set(status[input] === true);
      this.#pollTimer.arm(this.#pollInterval);
    });
  }
}

/** The operating system's error, in words that tell what to do. */
function openError(path: string, error: Error): ControllerError {
  const text = error.message.replace(/^Error: /, "");
  const cause = { cause: error };
  if (/no such file|cannot find|file not found/i.test(text)) {
    return new ControllerError(
      "PORT_MISSING",
      `${path}: there is no such port; plug the adapter in, or list the ports with: ls /dev/serial/by-id`,
      cause,
    );
  }
  if (/permission denied|access denied/i.test(text)) {
    return new ControllerError(
      "PORT_PERMISSION",
      `${path}: permission denied; join the group that owns the port: sudo usermod -aG dialout $USER, then log in again`,
      cause,
    );
  }
  if (/cannot lock|resource busy|temporarily unavailable/i.test(text)) {
    return new ControllerError("PORT_BUSY", `${path} is in use by another program; stop it (find it with: fuser ${path})`, cause);
  }
  if (/inappropriate ioctl|not a typewriter/i.test(text)) {
    return new ControllerError("PORT_FAILED", `${path} is not a serial port; name one such as /dev/ttyACM0`, cause);
  }
  return new ControllerError("PORT_FAILED", `${path} cannot be opened: ${text}`, cause);
}
