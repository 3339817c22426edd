/**
 * The telemetry firmware: reads the board's sensors at an even pace and sends the readings to a collector, one or several in a message.
 * The fate of every message and of every reading is counted once.
 */
import type { Timer } from "../../../hal/clock.ts";
import type { Sensor } from "../../../hal/gpio.ts";
import { type Random, SeededRandom } from "../../../hal/random.ts";
import type { ReadingFates } from "../../control/metrics/ground.ts";
import type { IpAddress } from "../../ip/address.ts";
import type { Stack } from "../../stack.ts";
import type { App, AppDevice, DatagramEvent } from "../app.ts";
import { type HostNames, isHostName } from "../host-names.ts";
import type { TextFiles } from "../text-files.ts";
import type { Channel, Tags } from "./contract/encoder.ts";
import type { Format, Settings } from "./contract/format.ts";
import type { Link, LinkContext } from "./contract/link.ts";
import { distinct } from "./encoders/distinct.ts";
import { FORMATS } from "./formats/index.ts";
import { NamedLink } from "./links/named.ts";
import { Messages, type TelemetryCounters } from "./messages.ts";
import { Outbox, type StoreOptions } from "./outbox.ts";
import { type OwnNumber, ownNumbers } from "./own.ts";
import { StoreFile } from "./store/file.ts";
import { TakenReading } from "./store/reading.ts";

export type { TelemetryCounters } from "./messages.ts";

/** `none`: messages have no times; `always`: readings have the clock's; `wait`: they wait until that is known to be set. */
export type Timestamp = "none" | "wait" | "always";

/** `number`: each reading has its number; `count`: the collector counts readings, in StatsD; `none`: neither. */
export type Sequence = "number" | "count" | "none";

/** The store of readings that cannot leave, with a file where it outlives the run. */
export interface TelemetryStore extends StoreOptions {
  readonly file?: { readonly path: string; readonly files: TextFiles };
}

export interface TelemetryOptions {
  /** The sender's name in its messages. */
  node: string;
  /** The collector's address, or its name where there are `names`. */
  address: string | IpAddress;
  /** Finds the address of a name. */
  names?: HostNames;
  port: number;
  /** ms between readings. */
  every: number;
  sensors: readonly Sensor[];
  /** Names of the sensors, in their order; default: each one's kind. */
  sensorNames?: readonly (string | undefined)[];
  /** Groups of the board's own numbers, of OWN_GROUPS. Default: none. */
  own?: readonly string[];
  /** The devices that those are about. Default: the stack's. */
  devices?: readonly AppDevice[];
  /** Tells the joules of the node since the run began, for the group `joules`. Default: nobody counts them. */
  joules?: (() => number) | null;
  tags?: Tags;
  /** Default: the number; of StatsD the count. */
  sequence?: Sequence;
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
  /** Keeps what cannot leave now. Default: it is lost. */
  store?: TelemetryStore;
  /** The start and the return after a failure are spread over so many ms. Default 0. */
  jitter?: number;
  /** Randomness of protocols that need some, and of the spread. Default: of a fixed seed. */
  random?: Random;
  /** Randomness of the spread, another one for each node of a fleet. Default: `random`. */
  spread?: Random;
  /** The number of the reading before the first one. Default 0. */
  counted?: number;
  /** Is called when every message's fate is known, with the time of the next reading: nothing is to be done until then. */
  sleep?: (time: number) => void;
}

/** The fate of one message. */
export type TelemetryEvent = DatagramEvent;

const SEQ = "seq";

export class Telemetry implements App {
  onEvent: ((event: TelemetryEvent) => void) | null = null;
  readonly #stack: Stack;
  readonly #options: TelemetryOptions;
  readonly #messages: Messages;
  readonly #outbox: Outbox;
  readonly #file: StoreFile | null;
  readonly #link: Link;
  readonly #own: readonly OwnNumber[];
  readonly #spread: Random;
  readonly #timer: Timer;
  #running = false;
  #unwatch: () => void = () => {};
  #start = 0;
  /** Readings are due at #start + slot * every. */
  #slot = 0;

  /** @throws LineProtocolError for a name that can be no field */
  constructor(stack: Stack, options: TelemetryOptions) {
    const { node, every, format = FORMATS[0], settings = {}, random = new SeededRandom(1), tags = {}, batch = 1, store } = options;
    this.#stack = stack;
    this.#options = options;
    this.#spread = options.spread ?? random;
    const { timestamp = "always", clockIsSet = () => true, jitter = 0 } = options;
    this.#messages = new Messages(stack.clock, {
      shown: (reading) => this.#shown(reading),
      tell: (event) => this.onEvent?.(event),
      fate: (readings, result, revoked) => this.#outbox.fate(readings, result, revoked),
      idle: () => this.#rest(),
    });
    this.#own = this.#ownNumbers();
    const channels = this.#channels();
    const encoder = format.encoder({ node, channels, tags, every }, settings);
    this.#link = this.#makeLink(format, settings, random);
    const clockObstacle = (): string => (timestamp === "wait" && !clockIsSet() ? "CLOCK_NOT_SET" : "");
    const names = channels.map(({ name }) => name);
    this.#file = store?.file
      ? new StoreFile({
          ...store.file,
          clock: stack.clock,
          names,
          most: store.readings,
          waiting: () => this.#outbox.waiting(),
        })
      : null;
    this.#outbox = new Outbox({
      clock: stack.clock,
      random: this.#spread,
      encoder,
      link: this.#link,
      messages: this.#messages,
      batch,
      timeless: timestamp === "none",
      clockObstacle,
      store: store ?? null,
      file: this.#file,
      jitter,
      turned: () => this.#rest(),
      hasCarrier: () => stack.devices.some((device) => !device.loopback && device.hasCarrier),
    });
    this.#timer = stack.clock.timer(() => this.#read());
  }

  get counters(): TelemetryCounters {
    return this.#messages.counters;
  }

  get sequence(): number {
    return (this.#options.counted ?? 0) + this.counters.readings;
  }

  /** The fate of the readings. */
  get readings(): ReadingFates {
    return this.#outbox.fates;
  }

  /** The first reading is taken at once, or within the jitter. */
  start(): void {
    const { jitter = 0, store } = this.#options;
    this.#start = this.#messages.start = this.#stack.clock.now();
    this.#link.start();
    this.#running = true;
    if (store) {
      this.#unwatch = this.#stack.network.onDeviceEvent((_device, event) => {
        if (event === "carrier-up") this.#outbox.ready();
      });
      this.#outbox.restore(this.#file?.load() ?? []);
    }
    if (jitter > 0) this.#start += this.#spread.next() * jitter;
    this.#timer.armAt(this.#start);
  }

  /** Sends what it holds; what may not leave is kept in the store's file, or has failed. */
  stop(): void {
    this.#timer.cancel();
    this.#unwatch();
    if (this.#running) {
      this.#running = false;
      this.#outbox.stop();
    } else this.#link.stop();
  }

  #read(): void {
    const { sensors, every, sequence } = this.#options;
    const { clock } = this.#stack;
    this.counters.readings++;
    const seq = this.sequence;
    const values: number[] = [];
    for (const sensor of sensors) values.push(sensor.read());
    for (const number of this.#own) values.push(number.read());
    if (sequence !== "none") values.push(seq);
    this.#outbox.add(new TakenReading(seq, clock.now(), values));
    // From the start, not from now: a late timer does not shift the readings after it. What was missed is not made up for.
    this.#slot = Math.max(this.#slot + 1, Math.ceil((clock.now() - this.#start) / every));
    this.#timer.armAt(this.#start + this.#slot * every);
    this.#rest();
  }

  /** Nothing is to be done until the next reading. */
  #rest(): void {
    if (this.#running && this.#messages.idle && !this.#outbox.draining)
      this.#options.sleep?.(this.#start + this.#slot * this.#options.every);
  }

  #makeLink(format: Format, settings: Settings, random: Random): Link {
    const { node, address, names, port, store } = this.#options;
    const { settled } = this.#messages;
    const context = { stack: this.#stack, random, node, address, port, settled, refusals: store !== undefined };
    const make = (one: LinkContext): Link => format.link(one, settings);
    if (typeof address !== "string" || !names || !isHostName(address)) return make(context);
    return new NamedLink(context, { name: address, names, make, found: () => this.#outbox.ready() });
  }

  #ownNumbers(): readonly OwnNumber[] {
    const { own = [], devices, joules = null } = this.#options;
    const stack = this.#stack;
    const messages = this.#messages;
    return ownNumbers(own, {
      get devices() {
        return devices ?? stack.devices.filter(({ loopback }) => !loopback).map((device) => ({ device, stack }));
      },
      queued: () => messages.counters.queued,
      longestWait: () => {
        const longest = messages.longestWait;
        messages.longestWait = 0;
        return longest;
      },
      uptime: () => stack.clock.now() - messages.start,
      joules,
    });
  }

  /** A channel for each sensor, for each number of the board's own, and for the reading's number. */
  #channels(): Channel[] {
    const { sensors, sensorNames = [], sequence } = this.#options;
    const named = sensors.map(({ kind }, at) => sensorNames[at] ?? kind);
    const reserved = [SEQ, "time", ...this.#own.map(({ name }) => name)];
    const names = distinct(named, reserved);
    const channels: Channel[] = sensors.map(({ unit }, at) => ({ name: names[at]!, unit, integer: false }));
    channels.push(...this.#own.map(({ name, unit, integer }) => ({ name, unit, integer })));
    const { format } = this.#options;
    const counts = sequence === "count" || (sequence === undefined && format?.times(this.#options.settings ?? {}) === "none");
    if (sequence !== "none") channels.push({ name: SEQ, unit: "", integer: true, ...(counts && { counts }) });
    return channels;
  }

  #shown(reading: TakenReading): DatagramEvent["readings"] {
    const { sensors, sensorNames = [] } = this.#options;
    return sensors.map(({ kind, unit }, at) => {
      const name = sensorNames[at];
      return { kind, value: reading.values[at]!, unit, ...(name !== undefined && { name }) };
    });
  }
}
