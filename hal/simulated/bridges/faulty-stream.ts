/**
 * A bad cable: wraps a byte stream and does to it what long wires, weak USB ports and hasty hands do. Seeded, so that a run that
 * went wrong can be had again.
 */
import type { Clock, Timer } from "../../clock.ts";
import { ControllerError } from "../../ethernet.ts";
import type { InterruptLine } from "../../interrupt.ts";
import type { Random } from "../../random.ts";
import type { ByteStream } from "../../serial.ts";

/** Probabilities are 0..1; those of `drop`, `flip` and `duplicate` hold for each byte, the others for each burst of bytes. */
export interface Faults {
  /** A byte vanishes. */
  drop: number;
  /** One bit of a byte is turned over. */
  flip: number;
  /** A byte comes twice. */
  duplicate: number;
  /** A burst comes late, by up to `delayMs`; those behind it wait. */
  delay: number;
  delayMs: number;
  /** Nothing passes for `stallMs`; then all of it at once. */
  stall: number;
  stallMs: number;
  /** The cable is pulled, and cannot be opened again for `cutMs`. */
  cut: number;
  cutMs: number;
}

export const NO_FAULTS: Readonly<Faults> = {
  drop: 0,
  flip: 0,
  duplicate: 0,
  delay: 0,
  delayMs: 20,
  stall: 0,
  stallMs: 500,
  cut: 0,
  cutMs: 1000,
};

/** The faults so far, in bytes and bursts. */
export class FaultCounters {
  bytes = 0;
  dropped = 0;
  flipped = 0;
  duplicated = 0;
  delayed = 0;
  stalled = 0;
  cuts = 0;
  /** Clock time of the last of them, in ms. */
  lastAt: number = Number.NEGATIVE_INFINITY;
}

/** One direction: bytes on their way, held back until a time. */
class Way {
  readonly #clock: Clock;
  readonly #timer: Timer;
  readonly #deliver: (bytes: Uint8Array) => void;
  readonly #held: { bytes: Uint8Array; due: number }[] = [];

  constructor(clock: Clock, deliver: (bytes: Uint8Array) => void) {
    this.#clock = clock;
    this.#deliver = deliver;
    this.#timer = clock.timer(() => this.#release());
  }

  put(bytes: Uint8Array, delay: number): void {
    const last = this.#held[this.#held.length - 1];
    const due = Math.max(this.#clock.now() + delay, last?.due ?? 0);
    if (delay === 0 && !last) {
      this.#deliver(bytes);
      return;
    }
    this.#held.push({ bytes, due });
    if (!this.#timer.armed) this.#timer.arm(due - this.#clock.now());
  }

  clear(): void {
    this.#held.length = 0;
    this.#timer.cancel();
  }

  #release(): void {
    for (let first = this.#held[0]; first; first = this.#held[0]) {
      if (first.due > this.#clock.now()) {
        this.#timer.arm(first.due - this.#clock.now());
        return;
      }
      this.#held.shift();
      this.#deliver(first.bytes);
    }
  }
}

export class FaultyStream implements ByteStream {
  /** May be changed at any time. */
  faults: Faults;
  readonly counters: FaultCounters = new FaultCounters();
  onData: ((bytes: Uint8Array) => void) | null = null;
  onLost: ((reason: ControllerError) => void) | null = null;
  readonly #inner: ByteStream;
  readonly #clock: Clock;
  readonly #random: Random;
  readonly #up: Way;
  readonly #down: Way;
  #cutUntil = Number.NEGATIVE_INFINITY;

  constructor(clock: Clock, random: Random, inner: ByteStream, faults: Partial<Faults> = {}) {
    this.#clock = clock;
    this.#random = random;
    this.#inner = inner;
    this.faults = { ...NO_FAULTS, ...faults };
    this.#up = new Way(clock, (bytes) => inner.write(bytes, 0, bytes.length));
    this.#down = new Way(clock, (bytes) => this.onData?.(bytes));
    inner.onData = (bytes) => this.#pass(this.#down, bytes);
    inner.onLost = (reason) => this.#lose(reason);
  }

  get description(): string {
    return `${this.#inner.description} over a bad cable`;
  }

  get simulated(): boolean {
    return true;
  }

  get interrupt(): InterruptLine | null {
    return this.#inner.interrupt;
  }

  async open(): Promise<void> {
    if (this.#clock.now() < this.#cutUntil)
      throw new ControllerError("PORT_MISSING", `${this.description}: unplugged; plug it in again`);
    await this.#inner.open();
  }

  async close(): Promise<void> {
    this.#up.clear();
    this.#down.clear();
    await this.#inner.close();
  }

  write(bytes: Uint8Array, at: number, length: number): void {
    this.#pass(this.#up, bytes.subarray(at, at + length));
  }

  #pass(way: Way, bytes: Uint8Array): void {
    const { faults, counters } = this;
    counters.bytes += bytes.length;
    if (this.#happens(faults.cut)) {
      counters.cuts++;
      this.#cutUntil = this.#clock.now() + faults.cutMs;
      void this.#inner.close();
      this.#lose(new ControllerError("PORT_LOST", `${this.description}: unplugged`));
      return;
    }
    let delay = 0;
    if (this.#happens(faults.stall)) {
      counters.stalled++;
      delay = faults.stallMs;
    } else if (this.#happens(faults.delay)) {
      counters.delayed++;
      delay = this.#random.next() * faults.delayMs;
    }
    const damaged = this.#damage(bytes);
    if (damaged.length > 0) way.put(damaged, delay);
  }

  #damage(bytes: Uint8Array): Uint8Array {
    const { drop, flip, duplicate } = this.faults;
    const out = new Uint8Array(bytes.length * 2);
    let length = 0;
    for (const byte of bytes) {
      if (this.#happens(drop)) {
        this.counters.dropped++;
        continue;
      }
      let value = byte;
      if (this.#happens(flip)) {
        this.counters.flipped++;
        value ^= 1 << Math.floor(this.#random.next() * 8);
      }
      out[length++] = value;
      if (!this.#happens(duplicate)) continue;
      this.counters.duplicated++;
      out[length++] = value;
    }
    return out.subarray(0, length);
  }

  #happens(probability: number): boolean {
    if (probability === 0 || this.#random.next() >= probability) return false;
    this.counters.lastAt = this.#clock.now();
    return true;
  }

  #lose(reason: ControllerError): void {
    this.#up.clear();
    this.#down.clear();
    this.onLost?.(reason);
  }
}
