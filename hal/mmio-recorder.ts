/**
 * Records every register access of a driver and every change of its interrupt line, on any bus: to see what a driver does, and to
 * compare two runs. It wraps the bus; without a recorder it costs nothing.
 *
 *     const lines: string[] = [];
 *     const bus = new MmioRecorder(clock, inner, (entry) => lines.push(formatMmio(entry, registerName)));
 *     const controller = new E1000(clock, bus);
 */
import type { Clock } from "./clock.ts";
import type { ControllerError } from "./ethernet.ts";
import type { InterruptLine } from "./interrupt.ts";
import type { DmaMemory, MmioBus } from "./mmio.ts";

export interface MmioEntry {
  /** Time of the clock handed in, in ms. */
  time: number;
  /** `raise` and `lower`: the interrupt line. A release is seen at the next access, for nobody is told of it before. */
  kind: "read" | "write" | "raise" | "lower";
  /** Register's offset; 0 for the interrupt line. */
  offset: number;
  /** The value read or written; 0 for the interrupt line. */
  value: number;
}

/** Called after the access, in the order in which accesses were made. The entry is the recorder's and good during the call only. */
export type MmioSink = (entry: Readonly<MmioEntry>) => void;

export class MmioRecorder implements MmioBus {
  readonly interrupt: InterruptLine;
  readonly #clock: Clock;
  readonly #bus: MmioBus;
  readonly #sink: MmioSink;
  readonly #entry: MmioEntry = { time: 0, kind: "read", offset: 0, value: 0 };
  #asserted: boolean;

  /** From now on `bus` is the recorder's: its onFailed and its interrupt's onAssert are taken. */
  constructor(clock: Clock, bus: MmioBus, sink: MmioSink) {
    this.#clock = clock;
    this.#bus = bus;
    this.#sink = sink;
    this.#asserted = bus.interrupt.asserted;
    const line: InterruptLine = {
      get asserted() {
        return bus.interrupt.asserted;
      },
      onAssert: null,
    };
    this.interrupt = line;
    bus.interrupt.onAssert = () => {
      // Released and raised again since anybody looked.
      if (this.#asserted) this.#note("lower", 0, 0);
      this.#asserted = true;
      this.#note("raise", 0, 0);
      line.onAssert?.();
    };
  }

  get description(): string {
    return `${this.#bus.description}, recorded`;
  }

  get simulated(): boolean {
    return this.#bus.simulated;
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
    return this.#bus.open();
  }

  close(): Promise<void> {
    return this.#bus.close();
  }

  read32(offset: number): number {
    const value = this.#bus.read32(offset);
    this.#note("read", offset, value);
    this.#look();
    return value;
  }

  write32(offset: number, value: number): void {
    this.#bus.write32(offset, value);
    this.#note("write", offset, value);
    this.#look();
  }

  #look(): void {
    if (!this.#asserted || this.#bus.interrupt.asserted) return;
    this.#asserted = false;
    this.#note("lower", 0, 0);
  }

  #note(kind: MmioEntry["kind"], offset: number, value: number): void {
    const entry = this.#entry;
    entry.time = this.#clock.now();
    entry.kind = kind;
    entry.offset = offset;
    entry.value = value >>> 0;
    this.#sink(entry);
  }
}

/**
 * An entry as a line: `12.345 R ICR 00000004`, `12.345 W IMC ffffffff`, `12.345 interrupt raised`.
 * @param name of the register at an offset; without it the offset in hexadecimal
 */
export function formatMmio(entry: Readonly<MmioEntry>, name?: (offset: number) => string): string {
  const time = entry.time.toFixed(3);
  if (entry.kind === "raise" || entry.kind === "lower")
    return `${time} interrupt ${entry.kind === "raise" ? "raised" : "released"}`;
  const register = name ? name(entry.offset) : hex(entry.offset, 5);
  return `${time} ${entry.kind === "read" ? "R" : "W"} ${register} ${hex(entry.value, 8)}`;
}

function hex(value: number, digits: number): string {
  return value.toString(16).padStart(digits, "0");
}
