/**
 * `energy:` of a rig file: a rig's words about its board's currents, voltages and times. Every value is one of the model's parameters; the word `unknown` takes a
 * value back that would be known otherwise. A parameter that nobody knows is left out of the result, which says so.
 *
 *     energy:
 *       board: { kind: pi-zero-2w, volts: 5V, awake: 120mA, asleep: 1mA }
 *       controller: { volts: 3.3V, transmit: 180mA, receive: 120mA, idle: 120mA, asleep: 1mA, rate: 10Mbps }
 *       bus: { rate: 10MHz, transaction: 0.04ms }
 *       wake: { time: 50ms, energy: 5mJ }
 *       battery: { capacity: 2600mAh, volts: 3.6V, usable: 0.85, selfDischarge: 2%/month }
 */
import * as v from "valibot";
import { parseAmpereHours, parseAmperes, parseBitRate, parseJoules, parseSelfDischarge, parseVolts } from "./electric.ts";
import { leaf, oneOf, shaped, table } from "./schema.ts";
import { parseDuration, parseNumber, parseRate } from "./units.ts";

/** Boards whose current is known from a measurement (energy/known.ts). */
export const KNOWN_BOARDS = ["pi-zero", "pi-zero-2w", "pi-zero-2w-tuned"] as const;
export type KnownBoard = (typeof KNOWN_BOARDS)[number];

/** The parameters of the energy model, in groups, as a rig has them: how each is read, and an example. */
export const ENERGY_GROUPS: {
  readonly [group in "board" | "controller" | "bus" | "wake" | "battery"]: Readonly<
    Record<string, readonly [read: (text: string) => number, example: string]>
  >;
} = {
  board: { volts: [parseVolts, "5V"], awake: [parseAmperes, "120mA"], asleep: [parseAmperes, "1mA"] },
  controller: {
    volts: [parseVolts, "3.3V"],
    transmit: [parseAmperes, "180mA"],
    receive: [parseAmperes, "120mA"],
    idle: [parseAmperes, "120mA"],
    asleep: [parseAmperes, "1mA"],
    rate: [parseBitRate, "10Mbps"],
  },
  bus: { rate: [parseRate, "10MHz"], transaction: [parseDuration, "0.04ms"] },
  wake: { time: [parseDuration, "50ms"], energy: [parseJoules, "5mJ"] },
  battery: {
    capacity: [parseAmpereHours, "2600mAh"],
    volts: [parseVolts, "3.6V"],
    usable: [parsePart, "0.85"],
    selfDischarge: [parseSelfDischarge, "2%/month"],
  },
};

export type EnergyGroup = keyof typeof ENERGY_GROUPS;
/** Values by their key; null: said to be unknown. */
type Values = Readonly<Record<string, number | null>>;

/** The values that a rig gives: volts, amperes, joules, ampere-hours, bit/s, Hz, ms, parts of 1. */
export type EnergyConfig = { readonly [group in Exclude<EnergyGroup, "board">]?: Values } & {
  readonly board?: Readonly<Record<string, number | null | KnownBoard>> & { readonly kind?: KnownBoard };
};

function parsePart(text: string): number {
  return parseNumber(text, 0, 1);
}

/** A parameter's schema: its value, or `unknown`. */
function parameter([read, example]: readonly [(text: string) => number, string]): v.GenericSchema<unknown, number | null> {
  return leaf(example, (text) => (text === "unknown" ? null : read(text)));
}

function group(name: EnergyGroup, more: v.ObjectEntries = {}): v.GenericSchema<unknown, object> {
  const entries = Object.entries(ENERGY_GROUPS[name]);
  const [[key, [, example]] = ["", [parsePart, ""] as const]] = entries;
  const keys = Object.fromEntries(entries.map(([key, shape]) => [key, v.exactOptional(parameter(shape))]));
  return shaped(false, `{ ${key}: ${example} }`, table({ ...more, ...keys }));
}

const energy: v.GenericSchema<unknown, object> = table({
  board: v.exactOptional(group("board", { kind: v.exactOptional(oneOf(KNOWN_BOARDS)) })),
  controller: v.exactOptional(group("controller")),
  bus: v.exactOptional(group("bus")),
  wake: v.exactOptional(group("wake")),
  battery: v.exactOptional(group("battery")),
});

/** The schema of the key. Its keys are those of ENERGY_GROUPS, which the compiler cannot see. */
export const energySchema: v.GenericSchema<unknown, EnergyConfig> = shaped(
  false,
  "{ board: { kind: pi-zero-2w } }",
  energy,
) as v.GenericSchema<unknown, EnergyConfig>;
