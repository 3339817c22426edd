/**
 * Telemetry as an app of a rig:
 *
 *     apps: [{ kind: telemetry, to: 192.168.10.1:8094, every: 3s, sensors: [{ kind: thermometer, pin: A0 }] }]
 */
import type { Endpoint } from "../../ip/endpoint.ts";
import { formatMac } from "../../net/ethernet.ts";
import type { AppContext, AppKind, OptionProblem, Row } from "../app.ts";
import { isHostName } from "../host-names.ts";
import type { OptionShape, SensorConfig } from "../options.ts";
import { SLEEP_OPTIONS, type SleepConfig } from "../sleeper.ts";
import { checkTogether } from "./checks.ts";
import type { Tags } from "./contract/encoder.ts";
import type { Format, Settings } from "./contract/format.ts";
import { FORMATS } from "./formats/index.ts";
import { OWN_GROUPS } from "./own.ts";
import { type Sequence, Telemetry, type TelemetryStore, type Timestamp } from "./telemetry.ts";

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
  /** Default: the reading's number; in StatsD a count of readings. */
  readonly sequence?: Sequence;
  readonly tags?: Tags;
  /** Groups of the board's own numbers, of OWN_GROUPS in own.ts. */
  readonly own?: readonly string[];
  /** Keeps readings that cannot leave. */
  readonly store?: StoreConfig;
  /** Ms over which the start and returns after failures are spread. */
  readonly jitter?: number;
  /** Settings of a format, by its name. */
  readonly [format: string]: unknown;
}

export interface StoreConfig {
  readonly readings?: number;
  readonly keep?: "oldest" | "newest";
  /** An absolute path; without it the store ends with the run. */
  readonly file?: string;
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

const STORE = { readings: 1000, keep: "newest" } as const;
const MOST_BATCH = 1000;
const MOST_STORED = 100_000;
const YEAR = 365 * 86_400_000;
const TIMESTAMPS: readonly Timestamp[] = ["none", "wait", "always"];
const SEQUENCES: readonly Sequence[] = ["number", "count", "none"];

const options: Readonly<Record<string, OptionShape>> = {
  to: { is: "endpoint", example: "192.168.10.1:8094", needed: true, names: true },
  every: { is: "duration", example: "3s", min: 1, max: YEAR, otherwise: DEFAULTS.every },
  format: { is: "word", words: FORMATS.map(({ format }) => format), otherwise: DEFAULTS.format },
  batch: { is: "integer", example: "10", min: 1, max: MOST_BATCH, otherwise: DEFAULTS.batch },
  timestamp: { is: "word", words: TIMESTAMPS },
  sequence: { is: "word", words: SEQUENCES },
  sleep: { is: "table", example: "{ controller: down }", keys: SLEEP_OPTIONS },
  sensors: { is: "list", of: { is: "sensor" }, otherwise: DEFAULTS.sensors },
  own: { is: "list", of: { is: "word", words: OWN_GROUPS } },
  tags: { is: "texts", example: "{ site: barn }" },
  store: {
    is: "table",
    example: "{ readings: 1000 }",
    keys: {
      readings: { is: "integer", example: "1000", min: 1, max: MOST_STORED },
      keep: { is: "word", words: ["newest", "oldest"] },
      file: { is: "file", example: "/var/lib/whohas/readings" },
    },
  },
  jitter: { is: "duration", example: "10s", min: 0, max: 86_400_000 },
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

/** Whether the options fit together, as far as none of them was refused by itself. */
function check(given: Readonly<Record<string, unknown>>): readonly OptionProblem[] {
  const { format = DEFAULTS.format } = given;
  const problems = FORMATS.flatMap(({ format: other }): OptionProblem[] =>
    other === format || given[other] === undefined
      ? []
      : [{ at: [other], message: `settings of the format ${other}, and the format is ${format}`, atKey: true }],
  );
  const meant = FORMATS.find((known) => known.format === format);
  return meant ? [...problems, ...checkTogether(meant, given)] : problems;
}

export const telemetry: AppKind<TelemetryConfig> = {
  kind: "telemetry",
  role: "firmware",
  options,
  check,
  describe: (config, say) => {
    const { to, every, batch, sensors, format, store, own = [], tags = {}, jitter = 0, sequence } = config;
    const how = [
      `every ${say.duration(every)}`,
      `format ${format}`,
      formatOf(config).describe(settingsOf(config)),
      batch > 1 && `${batch} readings in a message`,
      config.timestamp !== undefined && `timestamp ${config.timestamp}`,
      config.sleep && `asleep in between, controllers ${config.sleep.controller ?? "down"}`,
      sequence !== undefined && `sequence ${sequence}`,
      own.length > 0 && `own numbers ${own.join(", ")}`,
      ...Object.entries(tags).map(([key, value]) => `${key}=${value}`),
      jitter > 0 && `spread over ${say.duration(jitter)}`,
    ];
    return [
      ["telemetry", `${to.address.includes(":") ? `[${to.address}]` : to.address}:${to.port}`, how.filter(Boolean).join(", ")],
      ...(store ? [storeRow(store)] : []),
      ...sensors.map(({ kind, pin, name }) => ["sensor", name ?? kind, name ? `${kind} on pin ${pin}` : `on pin ${pin}`] as const),
    ];
  },
  make: (config, context) => {
    const { stack, node, io, random, clockIsSet, tell, names, devices, on, joules } = context;
    const { to, every, batch, own, tags, sequence, sleep, jitter } = config;
    const sensors = config.sensors.map(({ kind, pin }) => io.sensor(kind, pin));
    const app = new Telemetry(stack, {
      node,
      ...to,
      ...(isHostName(to.address) && { names }),
      every,
      sensors,
      sensorNames: config.sensors.map(({ name }) => name),
      format: formatOf(config),
      settings: settingsOf(config),
      batch,
      timestamp: timestampOf(config),
      clockIsSet,
      random,
      // Boards of one rig file have one seed: their station addresses differ.
      spread: random.fork(`spread/${formatMac(devices[0].address)}`),
      ...(own && { own, joules, devices: devices.map(({ name }) => on(name)) }),
      ...(tags && { tags }),
      ...(sequence && { sequence }),
      ...(jitter !== undefined && { jitter }),
      ...(config.store && { store: storeOf(config.store, context) }),
      counted: context.sequence,
      ...(sleep && { sleep: (time: number): void => context.sleeper.sleepUntil(time, sleep) }),
    });
    app.onEvent = tell;
    return app;
  },
};

function storeRow(store: StoreConfig): Row {
  const { readings, keep, file } = { ...STORE, file: undefined, ...store };
  return [
    "store",
    `${readings} readings`,
    `the ${keep} are kept, ${file === undefined ? "until the end of the run" : `over restarts in ${file}`}`,
  ];
}

function storeOf(store: StoreConfig, { files }: AppContext): TelemetryStore {
  const { readings, keep, file: path } = { ...STORE, file: undefined, ...store };
  return { readings, keep, ...(path !== undefined && files && { file: { path, files } }) };
}
