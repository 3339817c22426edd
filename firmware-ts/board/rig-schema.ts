/**
 * What may stand in a rig file, key by key. This page knows each value by itself; what values mean to each other is in
 * rig-checks.ts, and what stands in for a value that is not there in rig.ts (RIG_DEFAULTS).
 *
 *     name: bench                      of the rig, for reports; the file's name without this
 *     seed: 7                          of everything random and simulated
 *     board:
 *       io: none                       none, simulated, firmata:PORT, or a johnny-five IO plugin's package
 *       leds: { link: "13", activity: "12" }
 *     devices:                         by name, at least one
 *       eth0:
 *         driver: enc28j60             enc28j60, e1000, packet, tap
 *         bus: { kind: sim }           enc28j60, e1000: chip model on a simulated wire; more keys:
 *                                        wire: eth1 (its wire is this Linux interface instead)
 *                                        segment: { latency: 2ms, loss: 0.01, duplication: 0, corruption: 0 }
 *                                        chip: { revision: B5, errata: [13, 14], strict: true }   enc28j60
 *              { kind: serprog, port: /dev/ttyACM0, baud: 115200, spiHz: 10MHz }     enc28j60; more keys:
 *                                        port: tcp:HOST:PORT; interrupt: cts (dsr, dcd: where the chip's INT is wired to one);
 *                                        pipelining: auto (on, off: whether it is sent an operation while it is at another)
 *                                        answerTimeout: 250ms
 *              { kind: spidev, path: /dev/spidev0.0, spiHz: 10MHz, interrupt: gpiochip0:25 }   enc28j60; the interrupt's
 *                                        line also pinctrl-rp1:25 (chip by label), GPIO25 (line by name)
 *              { kind: bus-pirate, port: /dev/ttyUSB0, baud: 115200, spiHz: 8MHz }  enc28j60
 *              { kind: qemu, wire: eth1 }                                            e1000
 *              { kind: interface, name: veth0 }                                      packet, tap
 *         fallback: none               none: refuse to start without the hardware; simulated: the model takes its place
 *         when: retry                  it fails while it runs: retry: tried again until it works; exit: given up
 *         mac: 02:00:5e:10:00:01
 *         addresses: [192.168.10.10/24]
 *         netns: blue                  the network namespace it is in; the initial one without
 *         reset: "7"                   enc28j60: the board's pin at the chip's RESET, active low
 *         power: "6"                   enc28j60: the board's pin that switches its supply, high: on
 *     routes: [{ to: default, via: 192.168.10.1, dev: eth0 }]     via, dev or both
 *     neighbours:
 *       profile: linux                 linux, strict, lowpower
 *       lateness: exact                of timers: exact, kernel
 *       hz: 250                        the kernel's that is meant
 *       static: [{ ip: 192.168.10.1, lladdr: 02:00:5e:10:00:fe, dev: eth0 }]
 *     sysctl: { net.ipv4.neigh.eth0.gc_stale_time: 120 }
 *     telemetry: { to: 192.168.10.1:8094, every: 3s, format: line, sensors: [{ kind: thermometer, pin: A0 }] }
 */

import * as v from "valibot";
import type { GpioLineAddress } from "../../hal/bridges/linux/gpio-chip.ts";
import { SENSOR_KINDS } from "../../hal/bridges/sensor-kinds.ts";
import { MODEM_INPUTS, type ModemInput } from "../../hal/bridges/serial-port.ts";
import { PIPELINING, type Pipelining } from "../../hal/bridges/serprog/serprog.ts";
import type { SegmentOptions } from "../../hal/simulated/segment.ts";
import { PROFILE_NAMES } from "../neigh/profile.ts";
import { type ChipConfig, parseErratum, parseRevision } from "./chip-config.ts";
import {
  parseBoardIo,
  parseBridgePort,
  parseDeviceName,
  parseDevicePath,
  parseGpioLine,
  parseInterfaceName,
  parseNetnsName,
  parsePin,
  parseRigName,
} from "./names.ts";
import {
  type BoardConfig,
  type DeviceConfig,
  DRIVERS,
  type DriverName,
  type NeighboursConfig,
  RIG_LIMITS,
  type RouteConfig,
  type TelemetryConfig,
} from "./rig.ts";
import type { RigProblem } from "./rig-yaml.ts";
import {
  type Cidr,
  formatDuration,
  formatRate,
  parseDuration,
  parseEndpoint,
  parseHost,
  parseInteger,
  parseInterfaceAddress,
  parseNumber,
  parseRate,
  parseRouteTarget,
  parseStationMac,
  UnitError,
} from "./units.ts";
import { closest, didYouMean, show } from "./wording.ts";

/** One that a jiffy of whole milliseconds can be had from. */
function parseHz(text: string): number {
  if (HZ.includes(text)) return Number(text);
  throw new UnitError(`${show(text)}: what may stand here: ${HZ.join(", ")}`);
}

function parseTruth(text: string): boolean {
  if (text === "true" || text === "false") return text === "true";
  throw new UnitError(`${show(text)}: say true or false`);
}

const HZ = ["100", "125", "200", "250", "500", "1000"];

export type BusSource =
  | { readonly kind: "sim"; readonly wire?: string; readonly segment?: Readonly<SegmentOptions>; readonly chip?: ChipConfig }
  | {
      readonly kind: "serprog";
      readonly port: string;
      readonly baud?: number;
      readonly spiHz?: number;
      readonly pipelining?: Pipelining;
      readonly answerTimeout?: number;
      readonly interrupt?: ModemInput;
    }
  | { readonly kind: "spidev"; readonly path: string; readonly spiHz?: number; readonly interrupt?: GpioLineAddress }
  | { readonly kind: "bus-pirate"; readonly port: string; readonly baud?: number; readonly spiHz?: number }
  | { readonly kind: "qemu"; readonly wire: string }
  | { readonly kind: "interface"; readonly name: string };

export interface DeviceSource {
  readonly driver: DriverName;
  readonly bus: BusSource;
  readonly fallback?: DeviceConfig["fallback"];
  readonly when?: DeviceConfig["when"];
  readonly mac?: Uint8Array;
  readonly netns?: string;
  readonly addresses?: readonly Cidr[];
  readonly reset?: string;
  readonly power?: string;
}

/** A rig as its file says it, each value by itself good. */
export interface RigSource {
  readonly name?: string;
  readonly seed?: number;
  readonly board?: Readonly<Partial<BoardConfig>>;
  readonly devices: Readonly<Record<string, DeviceSource>>;
  readonly routes?: readonly RouteConfig[];
  readonly neighbours?: Readonly<Partial<NeighboursConfig>>;
  readonly sysctl?: Readonly<Record<string, string>>;
  readonly telemetry?: Pick<TelemetryConfig, "to"> & Readonly<Partial<TelemetryConfig>>;
}

/** One thing that the schema did not accept. `key`: it is about the key at the end of the path, not about its value. */
export interface SchemaProblem {
  readonly path: readonly (string | number)[];
  readonly message: string;
  readonly key: boolean;
  /** There is no such key, and there must be one. */
  readonly missing: boolean;
  readonly code: RigProblem["code"];
}

/** A single value: text, which `parse` turns into what it means or refuses with a UnitError. A refused value becomes undefined. */
function leaf<T>(example: string, parse: (text: string) => T): v.GenericSchema<unknown, T> {
  return v.pipe(
    v.unknown(),
    v.rawTransform<unknown, T>(({ dataset, addIssue, NEVER }) => {
      const text = dataset.value;
      try {
        if (typeof text !== "string") throw new UnitError(`one value belongs here, not several; say e.g. ${example}`);
        if (text === "") throw new UnitError(`empty; say e.g. ${example}`);
        return parse(text);
      } catch (error) {
        if (!(error instanceof UnitError)) throw error;
        // Valibot hands through what was expected untouched: it carries the code.
        addIssue({ message: error.message, expected: error.code });
        dataset.value = undefined;
        return NEVER;
      }
    }),
  );
}

/** A leaf takes anything; for a mapping's keys valibot wants to be told that they are text. */
function asKey(schema: v.GenericSchema<unknown, string>): v.GenericSchema<string, string> {
  return schema as v.GenericSchema<string, string>;
}

function oneOf<const T extends string>(words: readonly T[]): v.GenericSchema<unknown, T> {
  return leaf(words[0]!, (text) => {
    const word = words.find((known) => known === text);
    if (word) return word;
    const near = closest(text, words);
    throw new UnitError(`${show(text)}: ${near ? `did you mean ${near}?` : `what may stand here: ${words.join(", ")}`}`);
  });
}

function ranged(example: string, parse: (text: string) => number, format: (n: number) => string, range: readonly [number, number]) {
  const [min, max] = range;
  return leaf(example, (text) => {
    const value = parse(text);
    if (value < min || value > max) throw new UnitError(`${show(text)}: not from ${format(min)} to ${format(max)}`);
    return value;
  });
}

/** Refuses what is not of the right shape before the schema behind it looks inside; valibot takes a list for an object. */
function shaped<T>(list: boolean, example: string, schema: v.GenericSchema<unknown, T>): v.GenericSchema<unknown, T> {
  return v.pipe(
    v.unknown(),
    v.rawTransform<unknown, unknown>(({ dataset, addIssue, NEVER }) => {
      const value = dataset.value;
      if (typeof value === "object" && Array.isArray(value) === list) return value;
      const found =
        value === ""
          ? "empty"
          : typeof value === "string"
            ? `${show(value)}: one value`
            : Array.isArray(value)
              ? "a list"
              : "a mapping";
      addIssue({
        message: `${found}, where ${list ? "a list" : "a mapping"} belongs; say e.g. ${example}`,
        expected: "UNIT_INVALID",
      });
      dataset.value = undefined;
      return NEVER;
    }),
    schema,
  );
}

const MISSING = "missing; say e.g. ";
const KNOWN = "unknown key; what may stand here: ";

/** A mapping of known keys. `examples` are for the message that one is missing. */
function table<const E extends v.ObjectEntries>(entries: E, examples: Readonly<Record<string, string>> = {}) {
  return v.objectWithRest(entries, v.never(KNOWN + Object.keys(entries).join(", ")), (issue) => {
    const key = String(issue.path?.[0]?.key);
    return `${MISSING}${key}: ${examples[key] ?? "…"}`;
  });
}

const baud = leaf("115200", (text) => parseInteger(text, ...RIG_LIMITS.baud));
const spiHz = ranged("10MHz", parseRate, formatRate, RIG_LIMITS.spiHz);
const wire = leaf("eth1", parseInterfaceName);
const probability = leaf("0.01", (text) => parseNumber(text, 0, 1));
const segment = table({
  latency: v.exactOptional(ranged("2ms", parseDuration, formatDuration, RIG_LIMITS.latency)),
  loss: v.exactOptional(probability),
  duplication: v.exactOptional(probability),
  corruption: v.exactOptional(probability),
});

const chip = table({
  revision: v.exactOptional(leaf("B5", parseRevision)),
  errata: v.exactOptional(shaped(true, "[13, 14]", v.array(leaf("13", parseErratum)))),
  strict: v.exactOptional(leaf("true", parseTruth)),
});

const BUS_KINDS = ["sim", "serprog", "spidev", "bus-pirate", "qemu", "interface"] as const;
const bus = v.variant(
  "kind",
  [
    table({
      kind: v.literal("sim"),
      wire: v.exactOptional(wire),
      segment: v.exactOptional(shaped(false, "{ loss: 0.01 }", segment)),
      chip: v.exactOptional(shaped(false, "{ revision: B5 }", chip)),
    }),
    table(
      {
        kind: v.literal("serprog"),
        port: leaf("/dev/ttyACM0", parseBridgePort),
        baud: v.exactOptional(baud),
        spiHz: v.exactOptional(spiHz),
        pipelining: v.exactOptional(oneOf(PIPELINING)),
        answerTimeout: v.exactOptional(ranged("250ms", parseDuration, formatDuration, RIG_LIMITS.answerTimeout)),
        interrupt: v.exactOptional(oneOf(MODEM_INPUTS)),
      },
      { port: "/dev/ttyACM0" },
    ),
    table(
      {
        kind: v.literal("spidev"),
        path: leaf("/dev/spidev0.0", (text) => parseDevicePath(text, "spidev")),
        spiHz: v.exactOptional(spiHz),
        interrupt: v.exactOptional(leaf("gpiochip0:25", parseGpioLine)),
      },
      { path: "/dev/spidev0.0" },
    ),
    table(
      {
        kind: v.literal("bus-pirate"),
        port: leaf("/dev/ttyUSB0", (text) => parseDevicePath(text, "bus-pirate")),
        baud: v.exactOptional(baud),
        spiHz: v.exactOptional(spiHz),
      },
      { port: "/dev/ttyUSB0" },
    ),
    table({ kind: v.literal("qemu"), wire }, { wire: "eth1" }),
    table({ kind: v.literal("interface"), name: wire }, { name: "eth1" }),
  ],
  (issue) => {
    const kinds = BUS_KINDS.join(", ");
    if (issue.input === undefined) return `${MISSING}kind: sim (kinds are ${kinds})`;
    if (typeof issue.input !== "string") return `one value belongs here, not several; say e.g. sim`;
    return `${show(issue.input)}: not a bus${didYouMean(issue.input, BUS_KINDS) || `; kinds are ${kinds}`}`;
  },
);

const device = table(
  {
    driver: oneOf(DRIVERS),
    bus: shaped(false, "{ kind: sim }", bus),
    fallback: v.exactOptional(oneOf(["none", "simulated"])),
    when: v.exactOptional(oneOf(["retry", "exit"])),
    mac: v.exactOptional(leaf("02:00:5e:10:00:01", parseStationMac)),
    netns: v.exactOptional(leaf("blue", parseNetnsName)),
    reset: v.exactOptional(leaf("7", parsePin)),
    power: v.exactOptional(leaf("6", parsePin)),
    addresses: v.exactOptional(shaped(true, "[192.168.10.10/24]", v.array(leaf("192.168.10.10/24", parseInterfaceAddress)))),
  },
  { driver: "enc28j60", bus: "{ kind: sim }" },
);

const deviceName = leaf("eth0", (text) => text);
const route = table(
  {
    to: leaf("default", (text) => (text === "default" ? text : parseRouteTarget(text))),
    via: v.exactOptional(leaf("192.168.10.1", parseHost)),
    dev: v.exactOptional(deviceName),
  },
  { to: "default" },
);

const neighbour = table(
  { ip: leaf("192.168.10.1", parseHost), lladdr: leaf("02:00:5e:10:00:fe", parseStationMac), dev: deviceName },
  { ip: "192.168.10.1", lladdr: "02:00:5e:10:00:fe", dev: "eth0" },
);

const sensor = table({ kind: oneOf(SENSOR_KINDS), pin: leaf("A0", parsePin) }, { kind: "thermometer", pin: "A0" });
const telemetry = table(
  {
    to: leaf("192.168.10.1:8094", parseEndpoint),
    every: v.exactOptional(ranged("3s", parseDuration, formatDuration, RIG_LIMITS.every)),
    format: v.exactOptional(oneOf(["line"])),
    sensors: v.exactOptional(
      shaped(true, "[{ kind: thermometer, pin: A0 }]", v.array(shaped(false, "{ kind: thermometer, pin: A0 }", sensor))),
    ),
  },
  { to: "192.168.10.1:8094" },
);

const sysctlKey = leaf("net.ipv4.neigh.eth0.gc_stale_time", (text) => {
  if (text.startsWith("net.ipv6.")) throw new UnitError(`IPv6 is not there yet; leave it out`, "IPV6_NOT_YET");
  if (/^net(\.[A-Za-z0-9_-]{1,40}){2,6}$/.test(text)) return text;
  throw new UnitError("not a sysctl key; say e.g. net.ipv4.neigh.eth0.gc_stale_time");
});
const sysctlValue = leaf("120", (text) => {
  if (/^-?[0-9A-Za-z]+([ ,.:-][0-9A-Za-z]+)*$/.test(text) && text.length <= 64) return text;
  throw new UnitError(`${show(text)}: not a sysctl value; say e.g. 120`);
});

const rig: v.GenericSchema<unknown, RigSource> = table(
  {
    name: v.exactOptional(leaf("bench-pico", parseRigName)),
    seed: v.exactOptional(leaf("7", (text) => parseInteger(text, 0, Number.MAX_SAFE_INTEGER))),
    board: v.exactOptional(
      shaped(
        false,
        "{ io: simulated }",
        table({
          io: v.exactOptional(leaf("simulated", parseBoardIo)),
          leds: v.exactOptional(
            shaped(
              false,
              '{ link: "13" }',
              table({ link: v.exactOptional(leaf("13", parsePin)), activity: v.exactOptional(leaf("12", parsePin)) }),
            ),
          ),
        }),
      ),
    ),
    devices: shaped(
      false,
      "{ eth0: { driver: enc28j60, bus: { kind: sim } } }",
      v.record(asKey(leaf("eth0", parseDeviceName)), shaped(false, "{ driver: enc28j60, bus: { kind: sim } }", device)),
    ),
    routes: v.exactOptional(
      shaped(true, "[{ to: default, via: 192.168.10.1 }]", v.array(shaped(false, "{ to: default, via: 192.168.10.1 }", route))),
    ),
    neighbours: v.exactOptional(
      shaped(
        false,
        "{ static: [{ ip: 192.168.10.1, lladdr: 02:00:5e:10:00:fe, dev: eth0 }] }",
        table({
          profile: v.exactOptional(oneOf(PROFILE_NAMES)),
          lateness: v.exactOptional(oneOf(["exact", "kernel"])),
          hz: v.exactOptional(leaf("250", parseHz)),
          static: v.exactOptional(
            shaped(
              true,
              "[{ ip: 192.168.10.1, lladdr: 02:00:5e:10:00:fe, dev: eth0 }]",
              v.array(shaped(false, "{ ip: 192.168.10.1, lladdr: 02:00:5e:10:00:fe, dev: eth0 }", neighbour)),
            ),
          ),
        }),
      ),
    ),
    sysctl: v.exactOptional(shaped(false, "{ net.ipv4.neigh.eth0.gc_stale_time: 120 }", v.record(asKey(sysctlKey), sysctlValue))),
    telemetry: v.exactOptional(shaped(false, "{ to: 192.168.10.1:8094 }", telemetry)),
  },
  { devices: "{ eth0: { driver: enc28j60, bus: { kind: sim } } }" },
);

/** What is left of a T when every value in it that was refused is undefined. */
export type Draft<T> = T extends Uint8Array | string | number
  ? T | undefined
  : T extends readonly (infer Item)[]
    ? readonly Draft<Item>[] | undefined
    : { readonly [Key in keyof T]?: Draft<T[Key]> } | undefined;

/** Holds a file's value against the schema: what it means, whole or in pieces, and everything that was refused. */
export function checkSchema(value: unknown): { whole: RigSource | null; draft: Draft<RigSource>; problems: SchemaProblem[] } {
  const result = v.safeParse(rig, value);
  const problems: SchemaProblem[] = [];
  const mistyped = new Set<string>();
  for (const issue of result.issues ?? []) problems.push(explain(issue, mistyped));
  // `prot: COM3` is one mistake, not an unknown prot and a missing port.
  const told = problems.filter((problem) => !(problem.missing && mistyped.has(JSON.stringify(problem.path))));
  return { whole: result.success ? result.output : null, draft: result.output as Draft<RigSource>, problems: told };
}

function explain(issue: v.BaseIssue<unknown>, mistyped: Set<string>): SchemaProblem {
  const steps = issue.path ?? [];
  const path = steps.map((step) => (typeof step.key === "number" ? step.key : String(step.key)));
  const last = steps.at(-1);
  const code = issue.expected === "IPV6_NOT_YET" ? "RIG_IPV6_NOT_YET" : "RIG_INVALID";
  if (issue.type !== "never") {
    return { path, message: issue.message, key: last?.origin === "key", missing: issue.message.startsWith(MISSING), code };
  }
  const meant = closest(String(last?.key), issue.message.slice(KNOWN.length).split(", "));
  if (meant) mistyped.add(JSON.stringify([...path.slice(0, -1), meant]));
  return { path, message: meant ? `unknown key; did you mean ${meant}?` : issue.message, key: true, missing: false, code };
}
