/**
 * The messages of an app: each leaves by the link, and its fate is counted and told once, because a message that needs an address first is
 * what the battery pays for.
 */
import type { Clock } from "../../../hal/clock.ts";
import type { SendResult } from "../../ip/send-result.ts";
import type { DatagramEvent } from "../app.ts";
import { failure, type Link, type Settled } from "./contract/link.ts";
import type { TakenReading } from "./store/reading.ts";

/** A type and not an interface, so that it is a record of numbers by name. */
export type TelemetryCounters = {
  readings: number;
  /** Messages that the controller, or where a format has acknowledgements the collector, has taken. */
  sent: number;
  /** Messages that had to wait for an address first, whatever became of them. */
  queued: number;
  failed: number;
};

export interface MessagesUser {
  /** The readings of an event, as people read them. */
  shown(reading: TakenReading): DatagramEvent["readings"];
  tell(event: DatagramEvent): void;
  /** A message with these readings, or parts of them, is sent or lost. @param revoked it was sent, and is lost after all */
  fate(readings: readonly TakenReading[], result: SendResult, revoked: boolean): void;
  /** The last message whose fate was open has it. */
  idle(): void;
}

/** Messages that were sent and may still be lost, which are remembered: as many as a controller holds. */
const MOST_REMEMBERED = 64;

interface Waiting {
  readonly event: DatagramEvent;
  /** Clock time at which it was handed to the link, in ms. */
  readonly since: number;
  readonly readings: readonly TakenReading[];
}

export class Messages {
  readonly counters: TelemetryCounters = { readings: 0, sent: 0, queued: 0, failed: 0 };
  /** The longest that a message has waited for an address, in ms, since this was last set to 0. */
  longestWait = 0;
  /** Clock time at the app's start, in ms. */
  start = 0;
  readonly #clock: Clock;
  readonly #user: MessagesUser;
  readonly #waiting = new Map<number, Waiting>();
  readonly #sent = new Map<number, readonly TakenReading[]>();
  #count = 0;
  #sending = 0;

  constructor(clock: Clock, user: MessagesUser) {
    this.#clock = clock;
    this.#user = user;
  }

  /** No message waits for its fate. */
  get idle(): boolean {
    return this.#waiting.size === 0;
  }

  /** Hears of fates from the link. */
  readonly settled: Settled = (id, result) => {
    if (id === this.#sending) return;
    const waiting = this.#waiting.get(id);
    const now = this.#clock.now() - this.start;
    if (waiting) {
      const { event, since, readings } = waiting;
      this.#waiting.delete(id);
      if (event.waited !== null) {
        event.waited = this.#clock.now() - since;
        this.longestWait = Math.max(this.longestWait, event.waited);
      }
      this.#end(id, readings, result);
      this.#tell(event, result);
      if (this.idle) this.#user.idle();
    } else if (result.status === "failed") {
      // The device had it and lost it after all, or the collector's host has refused it.
      const readings = this.#sent.get(id) ?? [];
      this.#sent.delete(id);
      this.counters.sent--;
      this.counters.failed++;
      this.#user.fate(readings, result, true);
      this.#tell({ seq: id, time: now, status: "failed", reason: "", waited: null, count: 0, readings: [] }, result);
    }
  };

  /** Sends a message; null is one for which not even a single value fits into what the way there lets through. */
  send(link: Link, message: Uint8Array | null, readings: readonly TakenReading[]): void {
    const id = ++this.#count;
    this.#sending = id;
    const result = message === null ? failure("PKT_TOO_BIG") : link.send(message, id);
    this.#sending = 0;
    if (result !== null && result.status !== "queued") {
      this.#end(id, readings, result);
      this.#user.tell(this.#told(id, readings, result));
      return;
    }
    const event = this.#event(id, readings);
    if (result !== null) {
      this.counters.queued++;
      event.waited = 0;
    }
    // A link bounds the number of those.
    this.#waiting.set(id, { event, since: this.#clock.now(), readings });
  }

  /** Readings that are lost before they had a message. */
  giveUp(readings: readonly TakenReading[], reason: string): void {
    const id = ++this.#count;
    const result = failure(reason);
    this.#end(id, readings, result);
    this.#user.tell(this.#told(id, readings, result));
  }

  #end(id: number, readings: readonly TakenReading[], result: SendResult): void {
    if (result.status === "sent") {
      this.counters.sent++;
      const [oldest] = this.#sent.keys();
      if (this.#sent.size >= MOST_REMEMBERED && oldest !== undefined) this.#sent.delete(oldest);
      this.#sent.set(id, readings);
    } else this.counters.failed++;
    this.#user.fate(readings, result, false);
  }

  /** The event of a message, its fate not filled in: with the newest of its readings. */
  #event(seq: number, readings: readonly TakenReading[]): DatagramEvent {
    const newest = readings.at(-1) as TakenReading;
    const time = newest.at - this.start;
    return { seq, time, status: "sent", reason: "", waited: null, count: readings.length, readings: this.#user.shown(newest) };
  }

  #told(id: number, readings: readonly TakenReading[], { status, reason }: SendResult): DatagramEvent {
    return Object.assign(this.#event(id, readings), { status, reason });
  }

  #tell(event: DatagramEvent, { status, reason }: SendResult): void {
    event.status = status;
    event.reason = reason;
    this.#user.tell(event);
  }
}
