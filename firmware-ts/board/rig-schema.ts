/**
 * A rig file's schema, key by key. It checks each value by itself; rig-checks.ts checks what values mean to each other, and rig.ts has
 * the defaults (RIG_DEFAULTS).
 *
 *     name: bench                      of the rig, for reports; the file's name without this
 *     seed: 7                          of everything random and simulated
 *     board:
 *       io: none                       none, simulated, firmata:PORT, or a johnny-five IO plugin's package
 *       leds: { link: "13", activity: "12" }
 *     devices:                         by name, at least one
 *       eth0:
 *         driver: enc28j60             one of DEVICE_KINDS (kinds/index.ts): enc28j60, e1000, packet, tap
 *         bus: { kind: sim }           one of BUS_KINDS that the driver has; the file of each kind has its other keys
 *         fallback: none               none: refuse to start without the hardware; simulated: the model takes its place
 *         when: retry                  it fails while it runs: retry: tried again until it works; exit: given up
 *         mac: 02:00:5e:10:00:01
 *         addresses: [192.168.10.10/24, fd00:10::10/64]     one of IPv6 anywhere in the file brings IPv6 to the rig; dhcp: from a
 *                                      server; link-local: chosen from 169.254/16, behind dhcp while no server answers
 *         netns: blue                  the network namespace it is in; the initial one without
 *         reset: "7"                   enc28j60: the board's pin at the chip's RESET, active low
 *         power: "6"                   enc28j60: the board's pin that switches its supply, high: on
 *     routes: [{ to: default, via: 192.168.10.1, dev: eth0 }]     via, dev or both
 *     neighbours:
 *       profile: linux                 linux, strict, lowpower
 *       lateness: exact                of timers: exact, kernel
 *       hz: 250                        the kernel's that is meant
 *       strategy: dynamic              STRATEGIES (neigh/strategies/index.ts); pinned: { checkEvery: 1h, framesPerDay: 240 },
 *                                      confirmed: { within: 30m }
 *       static: [{ ip: 192.168.10.1, lladdr: 02:00:5e:10:00:fe, dev: eth0 }]
 *     sysctl: { net.ipv4.neigh.eth0.gc_stale_time: 120 }
 *     telemetry: { to: 192.168.10.1:8094, every: 3s, format: line, sensors: [{ kind: thermometer, pin: A0 }] }
 *     snapshot: { file: /var/lib/whohas/node, every: 1h }         neighbours, counters, leases over restarts
 *     apps: [{ kind: link-leds, link: "13" }]                     APP_KINDS (apps/index.ts); the file of each has its other keys
 *     dns: [192.168.10.1]              name servers, before those of a lease
 *     metrics: 127.0.0.1:9610          where on this machine the run's figures are served; not without this
 */

import * as v from "valibot";
import { APP_KINDS } from "../apps/index.ts";
import { type TelemetrySource, telemetry as telemetryApp } from "../apps/telemetry/kind.ts";
import type { Endpoint } from "../ip/endpoint.ts";
import { PROFILE_NAMES } from "../neigh/profile.ts";
import { keysOfApp } from "./apps.ts";
import { BUS_KINDS } from "./kinds/index.ts";
import type { BusSource } from "./kinds/kind.ts";
import { DRIVERS } from "./kinds/lookup.ts";
import { parseBoardIo, parseDeviceName, parseNetnsName, parsePin, parseRigName } from "./rig/names.ts";
import {
  type AppConfig,
  type AutomaticAddress,
  type BoardConfig,
  type DeviceConfig,
  type DriverName,
  isAutomatic,
  type NeighboursConfig,
  RIG_LIMITS,
  type RouteConfig,
  type SnapshotConfig,
} from "./rig/rig.ts";
import { asKey, byKind, type Draft, KNOWN, leaf, MISSING, oneOf, ranged, shaped, table } from "./rig/schema.ts";
import {
  type Cidr,
  formatDuration,
  parseDuration,
  parseHost,
  parseInteger,
  parseInterfaceAddress,
  parseListenPlace,
  parseRouteTarget,
  parseStationMac,
  UnitError,
} from "./rig/units.ts";
import { closest, show } from "./rig/wording.ts";
import { strategyKeys } from "./rig-strategy.ts";

/** `dhcp` and `link-local` stand for addresses that the device gets by itself. */
function parseAddressOrWord(text: string): Cidr | AutomaticAddress {
  return isAutomatic(text) ? text : parseInterfaceAddress(text);
}

/** A kernel's HZ whose jiffy is a whole number of milliseconds. */
function parseHz(text: string): number {
  if (HZ.includes(text)) return Number(text);
  throw new UnitError(`${show(text)}: what may stand here: ${HZ.join(", ")}`);
}

function parsePath(text: string): string {
  if (text.length > 0 && text.length <= 1024 && !text.includes("\0")) return text;
  throw new UnitError(`${show(text)}: not the path of a file; say e.g. /var/lib/whohas/node`);
}

const HZ = ["100", "125", "200", "250", "500", "1000"];

export interface DeviceSource {
  readonly driver: DriverName;
  readonly bus: BusSource;
  readonly fallback?: DeviceConfig["fallback"];
  readonly when?: DeviceConfig["when"];
  readonly mac?: Uint8Array;
  readonly netns?: string;
  readonly addresses?: readonly (Cidr | AutomaticAddress)[];
  readonly reset?: string;
  readonly power?: string;
}

/** A rig as its file has it; each value is good by itself. */
export interface RigSource {
  readonly name?: string;
  readonly seed?: number;
  readonly board?: Readonly<Partial<BoardConfig>>;
  readonly devices: Readonly<Record<string, DeviceSource>>;
  readonly routes?: readonly RouteConfig[];
  readonly neighbours?: Readonly<Partial<NeighboursConfig>>;
  readonly sysctl?: Readonly<Record<string, string>>;
  readonly telemetry?: TelemetrySource;
  readonly apps?: readonly AppConfig[];
  readonly dns?: readonly string[];
  readonly metrics?: Endpoint<string>;
  readonly snapshot?: Readonly<Pick<SnapshotConfig, "file"> & Partial<SnapshotConfig>>;
}

/** One thing that the schema did not accept. `key`: it is about the key at the end of the path, not about its value. */
export interface SchemaProblem {
  readonly path: readonly (string | number)[];
  readonly message: string;
  readonly key: boolean;
  /** There is no such key, and there must be one. */
  readonly missing: boolean;
}

const bus = byKind(BUS_KINDS, "a bus", "sim");
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
    addresses: v.exactOptional(shaped(true, "[192.168.10.10/24]", v.array(leaf("192.168.10.10/24", parseAddressOrWord)))),
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

const { keys, examples } = keysOfApp(telemetryApp);
const options: v.GenericSchema<unknown, object> = table(keys, examples);
/** Its keys are those of TelemetryConfig, which the compiler cannot see through their shapes. */
const telemetry = options as v.GenericSchema<unknown, TelemetrySource>;
const app = byKind(APP_KINDS.map(keysOfApp), "an app", "telemetry");
const SNAPSHOT = "{ file: /var/lib/whohas/node }";
const snapshot = table(
  {
    file: leaf("/var/lib/whohas/node", parsePath),
    every: v.exactOptional(ranged("1h", parseDuration, formatDuration, RIG_LIMITS.snapshot)),
  },
  { file: "/var/lib/whohas/node" },
);
const APP = "{ kind: telemetry, to: 192.168.10.1:8094 }";

const sysctlKey = leaf("net.ipv4.neigh.eth0.gc_stale_time", (text) => {
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
          strategy: v.exactOptional(strategyKeys.strategy),
          pinned: v.exactOptional(strategyKeys.pinned),
          confirmed: v.exactOptional(strategyKeys.confirmed),
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
    snapshot: v.exactOptional(shaped(false, SNAPSHOT, snapshot)),
    apps: v.exactOptional(shaped(true, `[${APP}]`, v.array(shaped(false, APP, app)))),
    dns: v.exactOptional(shaped(true, "[192.168.10.1]", v.array(leaf("192.168.10.1", parseHost)))),
    metrics: v.exactOptional(leaf("127.0.0.1:9610", parseListenPlace)),
  },
  { devices: "{ eth0: { driver: enc28j60, bus: { kind: sim } } }" },
);

/** Checks a file's value against the schema. The result is the rig, whole or in pieces, and all that was refused. */
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
  if (issue.type !== "never") {
    return { path, message: issue.message, key: last?.origin === "key", missing: issue.message.startsWith(MISSING) };
  }
  const meant = closest(String(last?.key), issue.message.slice(KNOWN.length).split(", "));
  if (meant) mistyped.add(JSON.stringify([...path.slice(0, -1), meant]));
  return { path, message: meant ? `unknown key; did you mean ${meant}?` : issue.message, key: true, missing: false };
}
