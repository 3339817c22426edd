import type { Clock, Timer } from "../clock.ts";
import type { SpiBatch, SpiBus } from "../spi.ts";

/** A simulated part on an SPI bus: one call is one assertion of its chip select. */
export interface SpiDevice {
  readonly description: string;
  /** The host clocks out write[writeAt..+writeLength), then clocks readLength bytes into read[readAt..). */
  exchange(write: Uint8Array, writeAt: number, writeLength: number, read: Uint8Array, readAt: number, readLength: number): void;
}

/** Traffic of a bus, for benches. */
export class SpiCounters {
  batches = 0;
  transactions = 0;
  bytes = 0;
}

/** SPI to a simulated part. It answers at once, or after `roundTrip` ms as a bus behind a serial line does. */
export class SimulatedSpiBus implements SpiBus {
  readonly simulated = true;
  readonly interrupt = null;
  readonly lossy = false;
  readonly counters: SpiCounters = new SpiCounters();
  readonly #device: SpiDevice;
  readonly #roundTrip: number;
  readonly #timer: Timer;
  #waiting: SpiBatch | null = null;

  /** @param roundTrip time between a batch and its answers, in ms; 0 answers within the call */
  constructor(device: SpiDevice, clock: Clock, roundTrip = 0) {
    this.#device = device;
    this.#roundTrip = roundTrip;
    this.#timer = clock.timer(() => this.#finish());
  }

  get description(): string {
    return this.#device.description;
  }

  async open(): Promise<void> {}

  async close(): Promise<void> {
    this.#timer.cancel();
    const batch = this.#waiting;
    if (!batch) return;
    this.#waiting = null;
    batch.error = new Error("the SPI bus was closed");
    batch.onDone?.();
  }

  transfer(batch: SpiBatch): boolean {
    if (this.#waiting) throw new Error("SPI bus: a batch is under way");
    this.counters.batches++;
    this.counters.transactions += batch.length;
    this.counters.bytes += batch.bytes;
    if (this.#roundTrip > 0) {
      this.#waiting = batch;
      this.#timer.arm(this.#roundTrip);
      return false;
    }
    this.#run(batch);
    return true;
  }

  #run(batch: SpiBatch): void {
    for (let at = 0; at < batch.length; at++) {
      const t = batch.transaction(at);
      this.#device.exchange(t.write, t.writeAt, t.writeLength, t.read, t.readAt, t.readLength);
    }
  }

  #finish(): void {
    const batch = this.#waiting as SpiBatch;
    this.#waiting = null;
    this.#run(batch);
    batch.onDone?.();
  }
}
