/**
 * A port of the package serialport from its opening to its end. serialport is loaded when the first port is opened and not before;
 * it leaves two things to whoever uses it, which are done here. A read that meets the end of the port, and no error, is repeated
 * without end: nobody is told that the adapter is gone. And what is asked of a port whose device is gone may never be answered.
 */
import { isatty } from "node:tty";
import type { SerialPort } from "serialport";
import type { Clock, Timer } from "../clock.ts";

/** Between two looks whether the port is still there, in ms. */
const PRESENCE = 500;
/** How long drain() and close() wait for the operating system when the device is gone, in ms. */
const GONE_PATIENCE = 500;
/**
 * ...and when it is there, where only a busy machine makes them wait: an owner that opens the port again before it is closed finds
 * it locked by itself.
 */
const PATIENCE = 4000;

export class OpenPort {
  readonly port: SerialPort;
  /** Called once when the port ends by itself. */
  onGone: (() => void) | null = null;
  readonly #clock: Clock;
  readonly #presence: Timer;
  #open = true;

  private constructor(clock: Clock, port: SerialPort) {
    this.#clock = clock;
    this.port = port;
    this.#presence = clock.timer(() => this.#look());
    // A write that fails tells only this way; the close that follows tells the user.
    port.on("error", () => {});
    port.on("close", () => this.#gone());
    this.#presence.arm(PRESENCE);
  }

  /**
   * @param baud bits a second
   * @throws Error of serialport, with what the operating system said
   */
  static async open(clock: Clock, path: string, baud: number): Promise<OpenPort> {
    const { SerialPort } = await import("serialport");
    const port = new SerialPort({ path, baudRate: baud, autoOpen: false });
    await new Promise<void>((resolve, reject) => {
      port.open((error) => (error ? reject(error) : resolve()));
    });
    return new OpenPort(clock, port);
  }

  /** Waits until what was written has left: four seconds at most, half a second when the device is gone. */
  async drain(): Promise<void> {
    if (this.port.isOpen) await this.#within((done) => this.port.drain(done));
  }

  /** Waits until the port can be opened again: four seconds at most, half a second when the device is gone. */
  async close(): Promise<void> {
    if (!this.#open) return;
    this.#open = false;
    this.#presence.cancel();
    if (this.port.isOpen) await this.#within((done) => this.port.close(done));
  }

  #look(): void {
    if (!isHungUp(this.port)) {
      this.#presence.arm(PRESENCE);
      return;
    }
    if (this.port.isOpen) this.port.close(() => {});
    this.#gone();
  }

  #gone(): void {
    if (!this.#open) return;
    this.#open = false;
    this.#presence.cancel();
    this.onGone?.();
  }

  #within(start: (done: () => void) => void): Promise<void> {
    return new Promise((resolve) => {
      const limit = this.#clock.timer(resolve);
      limit.arm(isHungUp(this.port) ? GONE_PATIENCE : PATIENCE);
      start(() => {
        limit.cancel();
        resolve();
      });
    });
  }
}

/**
 * The kernel answers nothing about a terminal that it has hung up, as it does when the device is unplugged, even if another one is
 * at its path by now (Linux: EIO; macOS: a revoked file). Windows tells with an error in each case.
 */
function isHungUp({ port }: SerialPort): boolean {
  if (process.platform === "win32" || !port || !("fd" in port) || port.fd === null) return false;
  return !isatty(port.fd);
}
