/**
 * Telemetry as an app of a rig:
 *
 *     apps: [{ kind: telemetry, to: 192.168.10.1:8094, every: 3s, sensors: [{ kind: thermometer, pin: A0 }] }]
 */
import { INADDR_BROADCAST, isMulticast, parseIpv4 } from "../../ip/address.ts";
import type { Endpoint } from "../../ip/endpoint.ts";
import type { AppKind, OptionProblem } from "../app.ts";
import type { OptionShape, SensorConfig } from "../options.ts";
import { SLEEP_OPTIONS, type SleepConfig } from "../sleeper.ts";
import type { Format, Settings } from "./contract/format.ts";
import { FORMATS } from "./formats/index.ts";
import { Telemetry, type Timestamp } from "./telemetry.ts";

export interface TelemetryConfig {
  readonly to: Endpoint<string>;
  /** Interval, ms. */
  readonly every: number;
  /** One of FORMATS in formats/index.ts. */
  readonly format: string;
  /** Readings in a message. */
  readonly batch: number;
  /** Without it, messages have times where the format knows them. */
  readonly timestamp?: Timestamp;
  /** The node sleeps between readings. */
  readonly sleep?: SleepConfig;
  readonly sensors: readonly SensorConfig[];
  /** Settings of a format, by its name. */
  readonly [format: string]: unknown;
}

/** The options that were given. */
export interface TelemetrySource {
  readonly to: Endpoint<string>;
  readonly [option: string]: unknown;
}

/** Those options, and defaults for the others. */
export function telemetryWith(given: TelemetrySource): TelemetryConfig {
  return { ...DEFAULTS, ...given };
}

const DEFAULTS: { readonly [Key in "every" | "format" | "batch" | "sensors"]: TelemetryConfig[Key] } = {
  every: 3000,
  format: FORMATS[0].format,
  batch: 1,
  sensors: [],
};

const MOST_BATCH = 1000;
const TIMESTAMPS: readonly Timestamp[] = ["none", "wait", "always"];

const options: Readonly<Record<string, OptionShape>> = {
  to: { is: "endpoint", example: "192.168.10.1:8094", needed: true },
  every: { is: "duration", example: "3s", min: 1, max: 365 * 86_400_000, otherwise: DEFAULTS.every },
  format: { is: "word", words: FORMATS.map(({ format }) => format), otherwise: DEFAULTS.format },
  batch: { is: "integer", example: "10", min: 1, max: MOST_BATCH, otherwise: DEFAULTS.batch },
  timestamp: { is: "word", words: TIMESTAMPS },
  sleep: { is: "table", example: "{ controller: down }", keys: SLEEP_OPTIONS },
  sensors: { is: "list", of: { is: "sensor" }, otherwise: DEFAULTS.sensors },
  ...settingsOfAll(),
};

function settingsOfAll(): Record<string, OptionShape> {
  const all: Record<string, OptionShape> = {};
  for (const { format, settings } of FORMATS) {
    const [key, shape] = Object.entries(settings ?? {})[0] ?? [];
    if (!settings || !shape) continue;
    const value = "example" in shape ? shape.example : shape.is === "word" ? shape.words[0] : "…";
    all[format] = { is: "table", example: `{ ${key}: ${value} }`, keys: settings };
  }
  return all;
}

/** The format of options that were checked. */
function formatOf({ format }: TelemetryConfig): Format {
  return FORMATS.find((known) => known.format === format) as Format;
}

function settingsOf(config: TelemetryConfig): Settings {
  return (config[config.format] ?? {}) as Settings;
}

/** Without a word in the rig: times where the format knows them. */
function timestampOf(config: TelemetryConfig): Timestamp {
  return config.timestamp ?? (formatOf(config).times(settingsOf(config)) === "none" ? "none" : "always");
}

/** The settings of one format beside another; readings that a collector would take for one and the same. */
function check(given: Readonly<Record<string, unknown>>): readonly OptionProblem[] {
  const problems: OptionProblem[] = [];
  const { format = DEFAULTS.format, batch = DEFAULTS.batch, timestamp } = given;
  for (const { format: other } of FORMATS) {
    if (other !== format && given[other] !== undefined)
      problems.push({ at: [other], message: `settings of the format ${other}, and the format is ${format}`, atKey: true });
  }
  const meant = FORMATS.find((known) => known.format === format);
  if (!meant) return problems;
  const settings = (given[meant.format] ?? {}) as Settings;
  const { address = "" } = (given["to"] ?? {}) as Partial<Endpoint<string>>;
  if (meant.converses(settings) && isForMany(address))
    problems.push({ at: ["to"], message: `${address}: an address of many hosts, and ${format} waits for the answers of one` });
  if (given["sleep"] !== undefined && meant.converses(settings))
    problems.push({ at: ["sleep"], message: `${format} waits for answers, and a node that sleeps hears none`, atKey: true });
  const times = meant.times(settings);
  if (times === "none" && timestamp !== undefined && timestamp !== "none")
    problems.push({ at: ["timestamp"], message: `${timestamp}: ${format} has no times; say none, or leave it out` });
  if ((batch as number) < 2) return problems;
  if (times === "none")
    problems.push({ at: ["batch"], message: `${batch}: ${format} has no times, of several readings only the last would be kept` });
  else if (times === "absolute" && timestamp === "none")
    problems.push({
      at: ["batch"],
      message: `${batch}: without times all readings of a message become one; say timestamp: always or wait`,
    });
  return problems;
}

/** A group, or the broadcast address of the own network. */
function isForMany(address: string): boolean {
  const four = parseIpv4(address);
  return four === null ? /^ff/i.test(address) : isMulticast(four) || four === INADDR_BROADCAST;
}

export const telemetry: AppKind<TelemetryConfig> = {
  kind: "telemetry",
  role: "firmware",
  options,
  check,
  describe: (config, say) => {
    const { to, every, format, batch, sensors } = config;
    const timestamp = timestampOf(config);
    const how = [
      `every ${say.duration(every)}`,
      `format ${format}`,
      formatOf(config).describe(settingsOf(config)),
      batch > 1 && `${batch} readings in a message`,
      config.timestamp !== undefined && `timestamp ${timestamp}`,
      config.sleep && `asleep in between, controllers ${config.sleep.controller ?? "down"}`,
    ];
    return [
      ["telemetry", `${to.address.includes(":") ? `[${to.address}]` : to.address}:${to.port}`, how.filter(Boolean).join(", ")],
      ...sensors.map(({ kind, pin }) => ["sensor", kind, `on pin ${pin}`] as const),
    ];
  },
  make: (config, { stack, node, io, random, clockIsSet, sleeper, sequence, tell }) => {
    const { to, every, batch } = config;
    const sensors = config.sensors.map(({ kind, pin }) => io.sensor(kind, pin));
    const format = formatOf(config);
    const settings = settingsOf(config);
    const timestamp = timestampOf(config);
    const { sleep } = config;
    const rest = sleep && { sleep: (time: number): void => sleeper.sleepUntil(time, sleep) };
    const app = new Telemetry(stack, {
      node,
      ...to,
      every,
      sensors,
      format,
      settings,
      batch,
      timestamp,
      clockIsSet,
      random,
      sequence,
      ...rest,
    });
    app.onEvent = tell;
    return app;
  },
};
