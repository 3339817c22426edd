/**
 * The telemetry firmware: reads the board's sensors at an even pace and sends each reading as one UDP datagram, one way. It counts what
 * became of every datagram, because a datagram that needs an address first is what the battery pays for.
 */
import type { Timer } from "../../../hal/clock.ts";
import type { Sensor } from "../../../hal/gpio.ts";
import type { IpAddress } from "../../ip/address.ts";
import type { Destination } from "../../ip/destination.ts";
import type { SendResult } from "../../ip/send-result.ts";
import type { Stack } from "../../stack.ts";
import type { UdpSocket } from "../../transport/udp-socket.ts";
import type { App, DatagramEvent } from "../app.ts";
import { PointSeries } from "./line-protocol.ts";

export interface TelemetryOptions {
  /** Tag `node` of every point. */
  node: string;
  /** The collector's address. */
  address: string | IpAddress;
  port: number;
  /** ms between readings. */
  every: number;
  sensors: readonly Sensor[];
}

/** The fate of one reading's datagram. */
export type TelemetryEvent = DatagramEvent;

/** A type and not an interface, so that it is a record of numbers by name. */
export type TelemetryCounters = {
  readings: number;
  sent: number;
  /** Datagrams that had to wait for an address first, whatever became of them. */
  queued: number;
  failed: number;
};

/** Datagrams remembered until their fate is known; a socket cannot have more under way. */
const REMEMBERED = 256;

const MEASUREMENT = "telemetry";
const SEQ = "seq";

const ENCODER = new TextEncoder();
/** UTF-8 takes no more bytes for each UTF-16 code unit. */
const MOST_BYTES = 3;

export class Telemetry implements App {
  readonly counters: TelemetryCounters = { readings: 0, sent: 0, queued: 0, failed: 0 };
  onEvent: ((event: TelemetryEvent) => void) | null = null;
  readonly #stack: Stack;
  readonly #options: TelemetryOptions;
  readonly #series: PointSeries;
  /** The values of the last reading, one for each sensor, and its number. */
  readonly #values: number[];
  readonly #timer: Timer;
  readonly #waiting = new Map<number, TelemetryEvent>();
  #memory = new Uint8Array(0);
  /** As much of #memory as the last point took: most are as long as the one before. */
  #payload: Uint8Array = this.#memory;
  #socket: UdpSocket | null = null;
  #collector: Destination | null = null;
  #start = 0;
  /** Readings are due at #start + slot * every. */
  #slot = 0;
  #sending = 0;

  /** @throws LineProtocolError for a kind of sensor that can be no field */
  constructor(stack: Stack, options: TelemetryOptions) {
    this.#stack = stack;
    this.#options = options;
    const fields = fieldNames(options.sensors).map((name) => ({ name }));
    // A reading that can never be written is refused now, not in the field at the first one.
    this.#series = new PointSeries(MEASUREMENT, { node: options.node }, [...fields, { name: SEQ, integer: true }]);
    this.#values = [...options.sensors.map(() => Number.NaN), 0];
    this.#timer = stack.clock.timer(() => this.#read());
  }

  /** The first reading leaves at once. */
  start(): void {
    this.#start = this.#stack.clock.now();
    this.#socket = this.#stack.udp.open();
    this.#collector = this.#socket.to(this.#options.address, this.#options.port);
    this.#socket.onFate = (seq, result) => this.#settle(seq, result);
    this.#timer.arm(0);
  }

  stop(): void {
    this.#timer.cancel();
    this.#socket?.close();
  }

  #read(): void {
    const { sensors, every } = this.#options;
    const { clock } = this.#stack;
    const seq = ++this.counters.readings;
    const time = clock.now() - this.#start;
    const values = this.#values;
    for (let at = 0; at < sensors.length; at++) values[at] = (sensors[at] as Sensor).read();
    values[sensors.length] = seq;
    this.#encode(this.#series.point(values, clock.wallTime()));
    this.#sending = seq;
    const result = (this.#socket as UdpSocket).send(this.#payload, this.#collector as Destination, seq);
    this.#sending = 0;
    if (result.status === "queued") {
      this.counters.queued++;
      if (this.#waiting.size < REMEMBERED) this.#waiting.set(seq, this.#event(seq, time));
    } else {
      this.#count(result);
      if (this.onEvent) this.#tell(this.#event(seq, time), result);
    }
    // From the start, not from now: a late timer does not shift the readings after it. What was missed is not made up for.
    this.#slot = Math.max(this.#slot + 1, Math.ceil((clock.now() - this.#start) / every));
    this.#timer.armAt(this.#start + this.#slot * every);
  }

  #encode(point: string): void {
    const most = MOST_BYTES * point.length;
    if (most > this.#memory.length) this.#memory = this.#payload = new Uint8Array(2 * most);
    const { written } = ENCODER.encodeInto(point, this.#memory);
    if (written !== this.#payload.length) this.#payload = this.#memory.subarray(0, written);
  }

  /** The event of the reading just made, its fate not filled in. */
  #event(seq: number, time: number): TelemetryEvent {
    const readings = this.#options.sensors.map(({ kind, unit }, at) => ({ kind, value: this.#values[at]!, unit }));
    return { seq, time, status: "sent", reason: "", waited: null, readings };
  }

  #settle(seq: number, result: SendResult): void {
    if (seq === this.#sending) return;
    const event = this.#waiting.get(seq);
    if (event) {
      this.#waiting.delete(seq);
      event.waited = this.#stack.clock.now() - this.#start - event.time;
      this.#count(result);
      this.#tell(event, result);
    } else if (result.status === "failed") {
      // The device had it and lost it after all.
      this.counters.sent--;
      this.#count(result);
      const time = this.#stack.clock.now() - this.#start;
      this.#tell({ seq, time, status: "failed", reason: "", waited: null, readings: [] }, result);
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

/** A name for each sensor: its kind, with its place behind it where the name is taken already, as a collector keeps one field of a name. */
function fieldNames(sensors: readonly Sensor[]): string[] {
  const taken = new Set([SEQ, "time"]);
  return sensors.map(({ kind }, at) => {
    let name = kind;
    while (taken.has(name)) name += at;
    taken.add(name);
    return name;
  });
}
