/**
 * The store's file. Flash memory wears with every write: the file is written at most once in ten minutes, only while readings wait that
 * it does not have, and at the end of the run; it is removed when they have left.
 */
import type { Clock, Timer } from "../../../../hal/clock.ts";
import type { TextFiles } from "../../text-files.ts";
import type { TakenReading } from "./reading.ts";
import { mostBytes, readReadings, writeReadings } from "./text.ts";

/** Between two writes, in ms. */
export const SAVE_EVERY = 600_000;

export interface StoreFileOptions {
  readonly path: string;
  readonly files: TextFiles;
  readonly clock: Clock;
  readonly names: readonly string[];
  /** Readings that are kept at most. */
  readonly most: number;
  /** Those that wait or are under way, the oldest first; null while their times are not known. */
  waiting(): readonly TakenReading[] | null;
}

export class StoreFile {
  readonly #options: StoreFileOptions;
  readonly #timer: Timer;
  /** There is a file of ours. */
  #written = false;

  constructor(options: StoreFileOptions) {
    this.#options = options;
    this.#timer = options.clock.timer(() => this.save());
  }

  /** The readings that the run before has left. */
  load(): readonly TakenReading[] {
    const { path, files, names, most } = this.#options;
    // Another rig may have written it, with more readings and more values.
    const text = files.load(path, 64 * mostBytes(most, names.length));
    if (text === null) return [];
    const found = readReadings(text, names, most);
    if (typeof found === "string") {
      files.setAside(path, found);
      return [];
    }
    this.#written = true;
    return found;
  }

  /** A reading has to wait: the file follows in time. */
  grown(): void {
    if (!this.#timer.armed) this.#timer.arm(SAVE_EVERY);
  }

  /** Nothing waits any more. */
  emptied(): void {
    this.#timer.cancel();
    if (!this.#written) return;
    const { path, files } = this.#options;
    files.save(path, null);
    this.#written = false;
  }

  /** Writes what waits now. True when the file has it. */
  save(): boolean {
    const { path, files, names, clock, waiting } = this.#options;
    const readings = waiting();
    if (readings === null) return false;
    if (readings.length === 0) {
      this.emptied();
      return true;
    }
    this.#timer.cancel();
    const saved = files.save(path, writeReadings(names, readings, clock.wallTime() - clock.now()));
    this.#written ||= saved;
    return saved;
  }
}
