/** A controller that faults are done to, with the far end of its wire. */
import type { Clock, VirtualClock } from "../../hal/clock.ts";
import type { EthernetController } from "../../hal/ethernet.ts";
import { settle } from "../support/waiting.ts";

/** How long a process stands still, in ms. */
export const STALL = 30_000;

/** Between two datagrams of most subjects, in ms. */
export const EVERY = 100;

export interface Subject {
  readonly clock: Clock;
  readonly controller: EthernetController;
  /** Between two datagrams, in ms. */
  readonly every: number;
  /** Called with each frame that comes out at the far end. */
  onArrived: (frame: Uint8Array) => void;
  /** The far end sends a frame. */
  inject(frame: Uint8Array): void;
  /** Lets so many ms pass. */
  pass(ms: number): Promise<void>;
  /** Lets time pass until the promise is settled. */
  wait<T>(promise: Promise<T>): Promise<T>;
  /** The process stands still for {@link STALL} ms. */
  stall(): Promise<void>;
  /** Everything is closed; nothing is left behind. */
  remove(): void;
}

export interface Fault<S extends Subject> {
  /** As the table has it. */
  readonly name: string;
  /** How long it lasts, in ms; 0: it is done once, and stays until the driver mends it. */
  readonly lasts: number;
  begin(subject: S): void | Promise<void>;
  end?(subject: S): void | Promise<void>;
}

/** A subject in virtual time. */
export abstract class VirtualSubject implements Subject {
  abstract readonly controller: EthernetController;
  abstract inject(frame: Uint8Array): void;
  readonly clock: VirtualClock;
  every: number = EVERY;
  onArrived: (frame: Uint8Array) => void = () => undefined;

  constructor(clock: VirtualClock) {
    this.clock = clock;
  }

  pass(ms: number): Promise<void> {
    return this.clock.advance(ms);
  }

  wait<T>(promise: Promise<T>): Promise<T> {
    return settle(this.clock, promise);
  }

  async stall(): Promise<void> {
    this.clock.stall(STALL);
  }

  remove(): void {}
}

/** The process stands still: the same for every kind. */
export const STANDS_STILL: Fault<Subject> = {
  name: "the process stands still for 30 s",
  lasts: 0,
  begin: (subject) => subject.stall(),
};

/** One fault for each duration, `NAME for 10 s`. */
export function lasting<S extends Subject>(
  name: string,
  seconds: readonly number[],
  begin: (subject: S) => void | Promise<void>,
  end: (subject: S) => void | Promise<void>,
): Fault<S>[] {
  return seconds.map((each) => ({ name: `${name} for ${words(each)}`, lasts: each * 1000, begin, end }));
}

function words(seconds: number): string {
  return seconds < 120 ? `${seconds} s` : `${seconds / 60} min`;
}
