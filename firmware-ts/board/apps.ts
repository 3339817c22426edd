/** The apps of a rig: from the shapes of their options to a rig file's schema, and which pins and destinations they have. */
import * as v from "valibot";
import { ControllerError } from "../../hal/ethernet.ts";
import { SENSOR_KINDS } from "../../hal/sensor-kinds.ts";
import type { AppKind } from "../apps/app.ts";
import { isHostName } from "../apps/host-names.ts";
import { APP_KINDS } from "../apps/index.ts";
import type { OptionShape, ValueShape } from "../apps/options.ts";
import type { Endpoint } from "../ip/endpoint.ts";
import { parseDeviceName, parseFilePath, parseLabel, parseOwnName, parsePin, parseTagKey } from "./rig/names.ts";
import type { AppConfig, DeviceConfig, Rig } from "./rig/rig.ts";
import { asKey, type Keys, leaf, oneOf, ranged, shaped, table } from "./rig/schema.ts";
import {
  type Cidr,
  formatCidr,
  formatDuration,
  isOfIpv6,
  parseDuration,
  parseEndpoint,
  parseHostEndpoint,
  parseInteger,
  parseInterfaceAddress4,
  UnitError,
} from "./rig/units.ts";
import { show } from "./rig/wording.ts";

const SENSOR = "{ kind: thermometer, pin: A0 }";
const sensor = shaped(
  false,
  SENSOR,
  table(
    { kind: oneOf(SENSOR_KINDS), pin: leaf("A0", parsePin), name: v.exactOptional(leaf("cellar", parseLabel)) },
    { kind: "thermometer", pin: "A0" },
  ),
);

/** The schema of a value of one shape. */
function schemaOf(shape: ValueShape): v.GenericSchema<unknown, unknown> {
  switch (shape.is) {
    case "endpoint":
      return leaf(shape.example, shape.names ? parseHostEndpoint : parseEndpoint);
    case "duration":
      return ranged(shape.example, parseDuration, formatDuration, [shape.min, shape.max]);
    case "integer":
      return leaf(shape.example, (text) => parseInteger(text, shape.min, shape.max));
    case "text":
      return leaf(shape.example, (text) => {
        if (shape.form.test(text)) return text;
        throw new UnitError(`${show(text)}: ${shape.rule}; say e.g. ${shape.example}`);
      });
    case "file":
      return leaf(shape.example, parseFilePath);
    case "texts":
      return shaped(false, shape.example, v.record(asKey(leaf("site", parseTagKey)), leaf("barn", parseLabel)));
    case "table": {
      const { keys, examples } = keysOfOptions(shape.keys);
      return shaped(false, shape.example, table(keys, examples));
    }
    case "word":
      return oneOf(shape.words);
    case "device":
      return leaf(shape.example, parseDeviceName);
    case "address":
      return leaf(shape.example, parseInterfaceAddress4);
    case "name":
      return leaf(shape.example, parseOwnName);
    case "pin":
      return leaf(shape.example, parsePin);
    case "sensor":
      return sensor;
    case "list":
      return shaped(true, `[${exampleOf(shape.of)}]`, v.array(schemaOf(shape.of)));
  }
}

function exampleOf(shape: ValueShape): string {
  if (shape.is === "sensor") return SENSOR;
  if (shape.is === "list") return `[${exampleOf(shape.of)}]`;
  return shape.is === "word" ? (shape.words[0] ?? "") : shape.example;
}

/** The keys of one kind of app in a rig file, without `kind`, and examples of those that must be there. */
export interface AppKeys {
  readonly kind: string;
  readonly keys: Keys;
  readonly examples: Readonly<Record<string, string>>;
}

export function keysOfApp({ kind, options }: AppKind): AppKeys {
  return { kind, ...keysOfOptions(options) };
}

function keysOfOptions(options: Readonly<Record<string, OptionShape>>): Omit<AppKeys, "kind"> {
  const keys: v.ObjectEntries = {};
  const examples: Record<string, string> = {};
  for (const [key, shape] of Object.entries(options)) {
    keys[key] = shape.needed ? schemaOf(shape) : v.exactOptional(schemaOf(shape));
    if (shape.needed) examples[key] = exampleOf(shape);
  }
  return { keys, examples };
}

/** Undefined for no app of ours. */
export function findApp(kind: unknown): AppKind | undefined {
  return APP_KINDS.find((known) => known.kind === kind);
}

/** @throws ControllerError APP_KIND: of a Rig that no rig file can come to */
export function appKind({ kind }: AppConfig): AppKind {
  const known = findApp(kind);
  if (known) return known;
  throw new ControllerError("APP_KIND", `${kind} is not an app; kinds are ${APP_KINDS.map(({ kind }) => kind).join(", ")}`);
}

/** The options that stand in for those that a rig does not have. */
export function appDefaults({ options }: AppKind): Record<string, unknown> {
  const having = Object.entries(options).filter(([, { otherwise }]) => otherwise !== undefined);
  return Object.fromEntries(having.map(([key, { otherwise }]) => [key, otherwise]));
}

/** All apps of a rig: its addresses, its lamps and its telemetry, for which it has keys of their own, then `apps`. */
export function appsOf(rig: Rig): readonly AppConfig[] {
  const { board, telemetry, apps = [] } = rig;
  const { leds } = board;
  return [
    ...rig.devices.flatMap((device) => addressApps(rig, device)),
    ...(leds.link === undefined && leds.activity === undefined ? [] : [{ kind: "link-leds", ...leds }]),
    ...(telemetry ? [{ kind: "telemetry", ...telemetry }] : []),
    ...apps,
  ];
}

/** An app, and its name in events: its kind, with its place among those of the kind behind it where there are several (`telemetry-2`). */
export interface NamedApp {
  readonly name: string;
  readonly config: AppConfig;
}

/** All apps of a rig, with their names. */
export function namedApps(rig: Rig): readonly NamedApp[] {
  const all = appsOf(rig);
  return all.map((config, at) => {
    const { kind } = config;
    const ofKind = all.filter((other) => other.kind === kind).length;
    const place = all.slice(0, at + 1).filter((other) => other.kind === kind).length;
    return { name: ofKind > 1 ? `${kind}-${place}` : kind, config };
  });
}

/** Addresses of IPv4 are asked for before they are used (RFC 5227 2.1). */
export function asksFirst({ neighbours }: Rig): boolean {
  return neighbours.profile === "strict";
}

/** The apps that give a device its addresses; other addresses are there from the start. */
function addressApps(rig: Rig, device: DeviceConfig): AppConfig[] {
  const given = device.addresses.filter(({ address }) => asksFirst(rig) && !isOfIpv6(address));
  return [...given.map((address) => appWith("address", { device: device.name, address })), ...automaticApps(device)];
}

/** The apps that `dhcp` and `link-local` stand for. */
export function automaticApps({ name: device, automatic = [] }: DeviceConfig): AppConfig[] {
  const fallback = automatic.includes("link-local") ? "link-local" : "none";
  if (automatic.includes("dhcp")) return [appWith("dhcp", { device, fallback })];
  return fallback === "none" ? [] : [appWith("link-local", { device })];
}

/** An app with some options, and defaults for the others. */
function appWith(kind: string, options: Readonly<Record<string, unknown>>): AppConfig {
  return { ...appDefaults(appKind({ kind })), ...options, kind };
}

/** The addresses that apps give a device, in words: an address, or the app's kind. */
export function awaitedOf(rig: Rig, device: string): string[] {
  return appsOf(rig).flatMap((app) => {
    if (deviceAddressedBy(app) !== device) return [];
    const address = app["address"] as Cidr | undefined;
    return [address ? formatCidr(address) : app.kind];
  });
}

/** The endpoints that a rig's apps send to, as far as they have an address and no name. */
export function endpointsOf(rig: Rig): readonly Endpoint<string>[] {
  const endpoints = valuesOf(rig, "endpoint") as Endpoint<string>[];
  return endpoints.filter(({ address }) => !isHostName(address));
}

/** The hosts that a rig's apps send to by their names. */
export function namesOf(rig: Rig): readonly string[] {
  const endpoints = valuesOf(rig, "endpoint") as Endpoint<string>[];
  return endpoints.flatMap(({ address }) => (isHostName(address) ? [address] : []));
}

/** The files that a rig's apps write. */
export function filesOf(rig: Rig): readonly string[] {
  return valuesOf(rig, "file") as string[];
}

function valuesOf(rig: Rig, is: ValueShape["is"]): unknown[] {
  return appsOf(rig).flatMap((app) => {
    const values = Object.entries(appKind(app).options).flatMap(([key, shape]) => spread(shape, app[key], []));
    return values.flatMap(({ shape, value }) => (shape.is === is ? [value] : []));
  });
}

/** The files that one app writes, some of whose values may have been refused, with their places below it. */
export function appFiles({ options }: AppKind, values: Readonly<Record<string, unknown>>): readonly AppFile[] {
  const found = Object.entries(options).flatMap(([key, shape]) => spread(shape, values[key], [key]));
  return found.flatMap(({ shape, value, at }) => (shape.is === "file" && typeof value === "string" ? [{ path: value, at }] : []));
}

/** A file that an app writes. */
export interface AppFile {
  readonly path: string;
  /** Its place below the app. */
  readonly at: readonly (string | number)[];
}

/** The device that an app is for, as its option names it; undefined for an app of no device. */
export function deviceOfApp(app: Readonly<Record<string, unknown>>): string | undefined {
  const device = findApp(app["kind"])?.options["device"]?.is === "device" ? app["device"] : undefined;
  return typeof device === "string" ? device : undefined;
}

/** The device to which an app gives an address; undefined for any other app. */
export function deviceAddressedBy(app: Readonly<Record<string, unknown>>): string | undefined {
  return findApp(app["kind"])?.role === "addresses" ? deviceOfApp(app) : undefined;
}

/** A pin that an app takes. */
export interface AppPin {
  readonly pin: string;
  /** The part on it, as a path below the app: `sensors[0]`. */
  readonly part: readonly (string | number)[];
  /** The place of the pin's name in the rig file. */
  readonly at: readonly (string | number)[];
}

/** The pins of one app, some of whose values may have been refused. */
export function pinsOf({ options }: AppKind, values: Readonly<Record<string, unknown>>): readonly AppPin[] {
  const found = Object.entries(options).flatMap(([key, shape]) => spread(shape, values[key], [key]));
  return found.flatMap(({ shape, value, at }): AppPin[] => {
    if (shape.is === "pin" && typeof value === "string") return [{ pin: value, part: at, at }];
    if (shape.is !== "sensor" || typeof value !== "object" || value === null) return [];
    const { pin } = value as { readonly pin?: string };
    return pin === undefined ? [] : [{ pin, part: at, at: [...at, "pin"] }];
  });
}

interface Placed {
  readonly shape: ValueShape;
  readonly value: unknown;
  readonly at: readonly (string | number)[];
}

/** A value, or each value of a list, with its shape and place. */
function spread(shape: OptionShape | ValueShape, value: unknown, at: readonly (string | number)[]): readonly Placed[] {
  if (value === undefined) return [];
  if (shape.is === "table") {
    const values = value as Readonly<Record<string, unknown>>;
    return Object.entries(shape.keys).flatMap(([key, below]) => spread(below, values[key], [...at, key]));
  }
  if (shape.is !== "list") return [{ shape, value, at }];
  return Array.isArray(value) ? value.flatMap((item, index) => spread(shape.of, item, [...at, index])) : [];
}
