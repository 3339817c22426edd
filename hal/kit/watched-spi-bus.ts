/** An SPI bus with somebody who looks on: of each batch its transactions and bytes are told, before the bus has it. */
import type { InterruptLine } from "../interrupt.ts";
import type { SpiBatch, SpiBus } from "../spi.ts";

/** @param bytes clocked, both ways */
export type SpiWatcher = (transactions: number, bytes: number) => void;

export class WatchedSpiBus implements SpiBus {
  readonly #bus: SpiBus;
  readonly #watcher: SpiWatcher;

  constructor(bus: SpiBus, watcher: SpiWatcher) {
    this.#bus = bus;
    this.#watcher = watcher;
  }

  get description(): string {
    return this.#bus.description;
  }

  get simulated(): boolean {
    return this.#bus.simulated;
  }

  get interrupt(): InterruptLine | null {
    return this.#bus.interrupt;
  }

  get hertz(): number | null {
    return this.#bus.hertz ?? null;
  }

  get longest(): number {
    return this.#bus.longest ?? Number.POSITIVE_INFINITY;
  }

  get lossy(): boolean {
    return this.#bus.lossy;
  }

  open(): Promise<void> {
    return this.#bus.open();
  }

  close(): Promise<void> {
    return this.#bus.close();
  }

  transfer(batch: SpiBatch): boolean {
    this.#watcher(batch.length, batch.bytes);
    return this.#bus.transfer(batch);
  }
}
