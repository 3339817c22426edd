/** An SPI bus whose part is simulated: it carries out batches against a model. */
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

/**
 * SPI to a simulated part. It answers at once, or after `roundTrip` ms as a bus behind a serial line does: with a whole batch, or
 * with one transaction, and then the next one follows, as behind a bridge that takes one at a time.
 */
export class SimulatedSpiBus implements SpiBus {
  readonly simulated = true;
  readonly interrupt = null;
  /** Nothing here damages a byte; a test may have a driver believe that something does. */
  lossy = false;
  readonly counters: SpiCounters = new SpiCounters();
  readonly #device: SpiDevice;
  readonly #roundTrip: number;
  readonly #oneByOne: boolean;
  readonly #timer: Timer;
  #waiting: SpiBatch | null = null;
  /** Transactions of that batch that have taken place. */
  #done = 0;

  /**
   * @param roundTrip time between a batch and its answers, in ms; 0 answers within the call
   * @param oneByOne that is the time between each transaction and its answer
   */
  constructor(device: SpiDevice, clock: Clock, roundTrip = 0, oneByOne = false) {
    this.#device = device;
    this.#roundTrip = roundTrip;
    this.#oneByOne = oneByOne;
    this.#timer = clock.timer(() => this.#answer());
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
    this.#done = 0;
    if (this.#roundTrip > 0 && batch.length > 0) {
      this.#waiting = batch;
      this.#timer.arm(this.#roundTrip);
      return false;
    }
    this.#run(batch, batch.length);
    return true;
  }

  #run(batch: SpiBatch, count: number): void {
    for (const end = this.#done + count; this.#done < end; this.#done++) {
      const t = batch.transaction(this.#done);
      this.#device.exchange(t.write, t.writeAt, t.writeLength, t.read, t.readAt, t.readLength);
    }
  }

  #answer(): void {
    const batch = this.#waiting as SpiBatch;
    this.#run(batch, this.#oneByOne ? 1 : batch.length);
    if (this.#done < batch.length) {
      this.#timer.arm(this.#roundTrip);
      return;
    }
    this.#waiting = null;
    batch.onDone?.();
  }
}
