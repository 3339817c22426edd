/**
 * The near end of a simulated serial line, in process: bytes take the time that the rate gives them (ten bits a byte), what the
 * device sends comes back the same way, and the line can be cut. For virtual time; a real pty or socket is in bridges/.
 */
import type { Clock, Timer } from "../../clock.ts";
import { ControllerError } from "../../ethernet.ts";
import type { InterruptLine } from "../../interrupt.ts";
import type { ByteStream } from "../../serial.ts";
import type { SerialDevice } from "../../serial-device.ts";

export interface SerialLineOptions {
  /** Bits a second, each way. Infinity: bytes arrive with the next timer. Default Infinity, for devices that keep a rate themselves. */
  baud?: number;
  /** Latency of USB and its driver, added each way, in ms. Default 0. */
  latency?: number;
}

const BITS_PER_BYTE = 10;
const BUFFER = 1 << 17;

/** One direction: bytes and the time at which the last of them is through. */
class Direction {
  readonly #clock: Clock;
  readonly #msPerByte: number;
  readonly #latency: number;
  readonly #timer: Timer;
  readonly #deliver: (bytes: Uint8Array) => void;
  readonly #bytes = new Uint8Array(BUFFER);
  #length = 0;
  /** When the first byte that waits has left. */
  #next = 0;

  constructor(clock: Clock, options: SerialLineOptions, deliver: (bytes: Uint8Array) => void) {
    this.#clock = clock;
    this.#msPerByte = (BITS_PER_BYTE * 1000) / (options.baud ?? Number.POSITIVE_INFINITY);
    this.#latency = options.latency ?? 0;
    this.#deliver = deliver;
    this.#timer = clock.timer(() => this.#arrive());
  }

  put(bytes: Uint8Array, at: number, length: number): void {
    if (this.#length + length > BUFFER) throw new Error(`serial line: more than ${BUFFER} bytes wait`);
    if (this.#length === 0) this.#next = Math.max(this.#next, this.#clock.now() + this.#latency + this.#msPerByte);
    for (let index = 0; index < length; index++) this.#bytes[this.#length + index] = bytes[at + index]!;
    this.#length += length;
    if (!this.#timer.armed) this.#wait();
  }

  clear(): void {
    this.#length = 0;
    this.#timer.cancel();
  }

  /** Wakes when the whole of what waits is through: a receiver sees bytes in bursts, the last one in time. */
  #wait(): void {
    const last = this.#next + (this.#length - 1) * this.#msPerByte;
    this.#timer.arm(Math.max(0, last - this.#clock.now()));
  }

  #arrive(): void {
    const through = this.#msPerByte === 0 ? this.#length : Math.floor((this.#clock.now() - this.#next) / this.#msPerByte + 1.001);
    const count = Math.min(this.#length, Math.max(0, through));
    const bytes = this.#bytes.slice(0, count);
    this.#bytes.copyWithin(0, count, this.#length);
    this.#length -= count;
    this.#next += count * this.#msPerByte;
    if (this.#length > 0) this.#wait();
    if (count > 0) this.#deliver(bytes);
  }
}

export class SerialLine implements ByteStream {
  readonly simulated = true;
  readonly interrupt: InterruptLine | null = null;
  onData: ((bytes: Uint8Array) => void) | null = null;
  onLost: ((reason: ControllerError) => void) | null = null;
  readonly #device: SerialDevice;
  readonly #there: Direction;
  readonly #back: Direction;
  #open = false;
  #cut = false;

  constructor(clock: Clock, device: SerialDevice, options: SerialLineOptions = {}) {
    this.#device = device;
    this.#there = new Direction(clock, options, (bytes) => device.receive(bytes));
    this.#back = new Direction(clock, options, (bytes) => this.onData?.(bytes));
    device.onSend = (bytes) => {
      if (this.#open) this.#back.put(bytes, 0, bytes.length);
    };
  }

  get description(): string {
    return this.#device.description;
  }

  async open(): Promise<void> {
    if (this.#cut) throw new ControllerError("PORT_MISSING", "the simulated serial line is unplugged; plug it in again");
    this.#open = true;
    this.#device.opened();
  }

  async close(): Promise<void> {
    this.#stop();
  }

  write(bytes: Uint8Array, at: number, length: number): void {
    if (this.#open) this.#there.put(bytes, at, length);
  }

  /** Pulls the cable, or plugs it in again; it must be opened anew then. */
  set plugged(plugged: boolean) {
    this.#cut = !plugged;
    if (plugged || !this.#open) return;
    this.#stop();
    this.onLost?.(new ControllerError("PORT_LOST", `${this.description}: the line was unplugged; plug it in again`));
  }

  #stop(): void {
    this.#open = false;
    this.#there.clear();
    this.#back.clear();
  }
}
