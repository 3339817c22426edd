/** A chip's registers with somebody in between: what is read can be damaged, and the chip be spoken to behind the driver's back. */
import type { ControllerError } from "../../hal/ethernet.ts";
import type { InterruptLine } from "../../hal/interrupt.ts";
import { type DmaMemory, type MmioBus, NO_ANSWER } from "../../hal/mmio.ts";
import type { Random } from "../../hal/random.ts";

export class MeddledBus implements MmioBus {
  /** The driver reads this instead of `value`; null: the truth. */
  damage: ((offset: number, value: number) => number) | null = null;
  /** Thrown by open(): the device is not there. */
  absent: ControllerError | null = null;
  /** Readings that were damaged. */
  damaged = 0;
  readonly #bus: MmioBus;

  constructor(bus: MmioBus) {
    this.#bus = bus;
  }

  get description(): string {
    return this.#bus.description;
  }

  get simulated(): boolean {
    return this.#bus.simulated;
  }

  get interrupt(): InterruptLine {
    return this.#bus.interrupt;
  }

  get dma(): DmaMemory {
    return this.#bus.dma;
  }

  get onFailed(): ((error: ControllerError) => void) | null {
    return this.#bus.onFailed;
  }

  set onFailed(handler: ((error: ControllerError) => void) | null) {
    this.#bus.onFailed = handler;
  }

  open(): Promise<void> {
    return this.absent ? Promise.reject(this.absent) : this.#bus.open();
  }

  close(): Promise<void> {
    return this.#bus.close();
  }

  read32(offset: number): number {
    const value = this.#bus.read32(offset);
    const read = this.damage ? this.damage(offset, value) >>> 0 : value;
    if (read !== value) this.damaged++;
    return read;
  }

  write32(offset: number, value: number): void {
    this.#bus.write32(offset, value);
  }

  /** Another master of the chip writes a register. */
  meddle(offset: number, value: number): void {
    this.#bus.write32(offset, value);
  }

  /** The register as it is. */
  truth(offset: number): number {
    return this.#bus.read32(offset);
  }
}

/** One reading in `often` is all ones, all zeros, or has a bit turned. */
export function oneIn(often: number, random: Random): (offset: number, value: number) => number {
  return (_offset, value) => {
    if (random.below(often) !== 0) return value;
    const way = random.below(3);
    return way === 0 ? NO_ANSWER : way === 1 ? 0 : value ^ (1 << random.below(32));
  };
}

/** No reading is true: each is all ones or all zeros. */
export function nothingTrue(random: Random): () => number {
  return () => (random.below(2) === 0 ? NO_ANSWER : 0);
}
