/**
 * The telemetry firmware: reads the board's sensors at an even pace and sends the readings to a collector, one or several in a message.
 * It counts what became of every message, because a message that needs an address first is what the battery pays for.
 */
import type { Timer } from "../../../hal/clock.ts";
import type { Sensor } from "../../../hal/gpio.ts";
import { type Random, SeededRandom } from "../../../hal/random.ts";
import type { IpAddress } from "../../ip/address.ts";
import type { SendResult } from "../../ip/send-result.ts";
import type { Stack } from "../../stack.ts";
import type { App, DatagramEvent } from "../app.ts";
import type { Channel, Cursor, Encoder, Reading } from "./contract/encoder.ts";
import type { Format, Settings } from "./contract/format.ts";
import { failure, type Link, MOST_UNDER_WAY } from "./contract/link.ts";
import { FORMATS } from "./formats/index.ts";

/** `none`: messages have no times; `always`: readings have the clock's; `wait`: they wait until that is known to be set. */
export type Timestamp = "none" | "wait" | "always";

export interface TelemetryOptions {
  /** The sender's name in its messages. */
  node: string;
  /** The collector's address. */
  address: string | IpAddress;
  port: number;
  /** ms between readings. */
  every: number;
  sensors: readonly Sensor[];
  /** Default: line protocol. */
  format?: Format;
  /** The format's own settings. */
  settings?: Settings;
  /** Readings in a message. Default 1. */
  batch?: number;
  /** Default `always`. */
  timestamp?: Timestamp;
  /** The wall clock is known to be set: asked before readings with `timestamp: wait` leave. Default: it is. */
  clockIsSet?: () => boolean;
  /** Randomness of protocols that need some. Default: of a fixed seed. */
  random?: Random;
  /** The number of the reading before the first one. Default 0. */
  sequence?: number;
  /** Is called when every message's fate is known, with the time of the next reading: nothing is to be done until then. */
  sleep?: (time: number) => void;
}

/** The fate of one message. */
export type TelemetryEvent = DatagramEvent;

/** A type and not an interface, so that it is a record of numbers by name. */
export type TelemetryCounters = {
  readings: number;
  /** Messages that the controller, or where a format has acknowledgements the collector, has taken. */
  sent: number;
  /** Messages that had to wait for an address first, whatever became of them. */
  queued: number;
  failed: number;
};

/** Messages of readings that wait for the clock; the oldest gives way. */
const MOST_HELD = 256;
/** Bytes of the longest message. */
const LONGEST = 4096;

const SEQ = "seq";

export class Telemetry implements App {
  readonly counters: TelemetryCounters = { readings: 0, sent: 0, queued: 0, failed: 0 };
  onEvent: ((event: TelemetryEvent) => void) | null = null;
  readonly #stack: Stack;
  readonly #options: TelemetryOptions;
  readonly #timestamp: Timestamp;
  readonly #batch: number;
  readonly #clockIsSet: () => boolean;
  readonly #encoder: Encoder;
  readonly #link: Link;
  readonly #timer: Timer;
  /** Readings that have not left. */
  #held: Reading[] = [];
  readonly #cursor: Cursor = { reading: 0, channel: 0 };
  readonly #waiting = new Map<number, TelemetryEvent>();
  #memory = new Uint8Array(0);
  /** As much of #memory as the last message took: most are as long as the one before. */
  #message: Uint8Array = this.#memory;
  #running = false;
  #start = 0;
  /** Readings are due at #start + slot * every. */
  #slot = 0;
  #messages = 0;
  #sending = 0;

  /** @throws LineProtocolError for a kind of sensor that can be no field */
  constructor(stack: Stack, options: TelemetryOptions) {
    const { node, address, port, every, format = FORMATS[0], settings = {}, random = new SeededRandom(1) } = options;
    this.#stack = stack;
    this.#options = options;
    this.#batch = options.batch ?? 1;
    this.#timestamp = options.timestamp ?? "always";
    this.#clockIsSet = options.clockIsSet ?? (() => true);
    this.#encoder = format.encoder({ node, channels: channelsOf(options.sensors), every }, settings);
    const settled = (id: number, result: SendResult): void => this.#settle(id, result);
    this.#link = format.link({ stack, random, node, address, port, settled }, settings);
    this.#timer = stack.clock.timer(() => this.#read());
  }

  get sequence(): number {
    return (this.#options.sequence ?? 0) + this.counters.readings;
  }

  /** The first reading is taken at once. */
  start(): void {
    this.#start = this.#stack.clock.now();
    this.#link.start();
    this.#running = true;
    this.#timer.arm(0);
  }

  /** Sends what it holds, unless that waits for the clock: those readings have failed. */
  stop(): void {
    this.#timer.cancel();
    if (this.#running) {
      this.#running = false;
      if (this.#mayLeave()) this.#flush();
      while (this.#held.length > 0) this.#giveUp("CLOCK_NOT_SET");
    }
    this.#link.stop();
  }

  #read(): void {
    const { sensors, every } = this.#options;
    const { clock } = this.#stack;
    this.counters.readings++;
    const seq = this.sequence;
    const values: number[] = [];
    for (const sensor of sensors) values.push(sensor.read());
    values.push(seq);
    this.#held.push({ seq, at: clock.now(), values });
    if (this.#held.length >= this.#batch) {
      if (this.#mayLeave()) this.#flush();
      else if (this.#held.length > MOST_HELD * this.#batch) this.#giveUp("CLOCK_NOT_SET");
    }
    // From the start, not from now: a late timer does not shift the readings after it. What was missed is not made up for.
    this.#slot = Math.max(this.#slot + 1, Math.ceil((clock.now() - this.#start) / every));
    this.#timer.armAt(this.#start + this.#slot * every);
    this.#rest();
  }

  #rest(): void {
    if (this.#running && this.#waiting.size === 0) this.#options.sleep?.(this.#start + this.#slot * this.#options.every);
  }

  /** The oldest readings, a message of them, are lost before they had a message. */
  #giveUp(reason: string): void {
    const lost = this.#held.splice(0, this.#batch);
    this.#count(failure(reason));
    if (this.onEvent) this.#tell(this.#event(++this.#messages, lost), failure(reason));
  }

  #mayLeave(): boolean {
    return this.#timestamp !== "wait" || this.#clockIsSet();
  }

  /** Sends all readings held, in as many messages as they need. */
  #flush(): void {
    const { clock } = this.#stack;
    const now = clock.now();
    const scale = { epoch: this.#timestamp === "none" ? Number.NaN : clock.wallTime() - now, now };
    const cursor = this.#cursor;
    cursor.reading = cursor.channel = 0;
    while (cursor.reading < this.#held.length) {
      const from = cursor.reading;
      const length = this.#encoder.encode(this.#held, cursor, this.#space(), scale);
      if (length === 0) {
        // Not even a single value fits into what the way there lets through.
        cursor.reading++;
        cursor.channel = 0;
      }
      const readings = this.#held.slice(from, cursor.channel > 0 ? cursor.reading + 1 : cursor.reading);
      this.#send(++this.#messages, length, readings);
    }
    this.#held = [];
  }

  #send(id: number, length: number, readings: readonly Reading[]): void {
    if (length !== this.#message.length) this.#message = this.#memory.subarray(0, length);
    this.#sending = id;
    const result = length === 0 ? failure("PKT_TOO_BIG") : this.#link.send(this.#message, id);
    this.#sending = 0;
    if (result === null || result.status === "queued") {
      const event = this.#event(id, readings);
      if (result !== null) {
        this.counters.queued++;
        event.waited = 0;
      }
      if (this.#waiting.size < MOST_UNDER_WAY) this.#waiting.set(id, event);
      return;
    }
    this.#count(result);
    if (this.onEvent) this.#tell(this.#event(id, readings), result);
  }

  /** Memory for a message, as long as one may be now. */
  #space(): Uint8Array {
    const room = Math.max(0, Math.min(LONGEST, this.#link.room));
    if (this.#memory.length !== room) this.#memory = this.#message = new Uint8Array(room);
    return this.#memory;
  }

  /** The event of a message, its fate not filled in: with the newest of its readings. */
  #event(seq: number, readings: readonly Reading[]): TelemetryEvent {
    const newest = readings.at(-1) as Reading;
    const shown = this.#options.sensors.map(({ kind, unit }, at) => ({ kind, value: newest.values[at]!, unit }));
    const time = newest.at - this.#start;
    return { seq, time, status: "sent", reason: "", waited: null, count: readings.length, readings: shown };
  }

  #settle(id: number, result: SendResult): void {
    if (id === this.#sending) return;
    const event = this.#waiting.get(id);
    const now = this.#stack.clock.now() - this.#start;
    if (event) {
      this.#waiting.delete(id);
      if (event.waited !== null) event.waited = now - event.time;
      this.#count(result);
      this.#tell(event, result);
      this.#rest();
    } else if (result.status === "failed") {
      // The device had it and lost it after all.
      this.counters.sent--;
      this.#count(result);
      this.#tell({ seq: id, time: now, status: "failed", reason: "", waited: null, count: 0, readings: [] }, result);
    }
  }

  #count({ status }: SendResult): void {
    if (status === "sent") this.counters.sent++;
    else this.counters.failed++;
  }

  #tell(event: TelemetryEvent, { status, reason }: SendResult): void {
    event.status = status;
    event.reason = reason;
    this.onEvent?.(event);
  }
}

/** A channel for each sensor, named by its kind, with its place behind it where the name is taken already; the last one is `seq`. */
function channelsOf(sensors: readonly Sensor[]): Channel[] {
  const taken = new Set([SEQ, "time"]);
  const channels: Channel[] = sensors.map(({ kind, unit }, at) => {
    let name = kind;
    while (taken.has(name)) name += at;
    taken.add(name);
    return { name, unit, integer: false };
  });
  channels.push({ name: SEQ, unit: "", integer: true });
  return channels;
}
