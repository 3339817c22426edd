/**
 * The parameters of the energy model by name, `controller.transmit`, with the value and where it comes from: the rig, a published figure
 * (known.ts), or nowhere. An unknown parameter is null and is never guessed: what it would add is left out, and the ledger says so.
 */
import { ENERGY_GROUPS, type EnergyConfig, type EnergyGroup } from "../rig/energy-config.ts";
import { KNOWN_CONTROLLERS, type Known, knownBoard } from "./known.ts";

/** Every parameter, in the order in which they are shown; its unit. */
export const PARAMETER_UNITS = {
  "board.volts": "V",
  "board.awake": "A",
  "board.asleep": "A",
  "controller.volts": "V",
  "controller.transmit": "A",
  "controller.receive": "A",
  "controller.idle": "A",
  "controller.asleep": "A",
  "controller.rate": "bit/s",
  "bus.rate": "Hz",
  "bus.transaction": "ms",
  "wake.time": "ms",
  "wake.energy": "J",
  "battery.capacity": "Ah",
  "battery.volts": "V",
  "battery.usable": "",
  "battery.selfDischarge": "/year",
} as const;

export type ParameterName = keyof typeof PARAMETER_UNITS;
export const PARAMETER_NAMES = Object.keys(PARAMETER_UNITS) as readonly ParameterName[];

/** Values in the units of PARAMETER_UNITS; null: unknown. */
export type EnergyParameters = Readonly<Record<ParameterName, number | null>>;

/** One parameter, and who says so: `rig`, a source; null for an unknown one. */
export interface Provenance {
  readonly name: ParameterName;
  readonly value: number | null;
  readonly source: string | null;
}

/** No parameter is known. */
export const UNKNOWN_PARAMETERS: EnergyParameters = Object.freeze(
  Object.fromEntries(PARAMETER_NAMES.map((name) => [name, null])),
) as EnergyParameters;

/**
 * All parameters of a rig: its own words first, then what is published of its board and its controller.
 * @param driver the controller's, as a rig names it
 * @param busRate the clock of the SPI bus in Hz, null where there is none
 */
export function parametersOf(config: EnergyConfig, driver: string, busRate: number | null): readonly Provenance[] {
  const known: readonly Known[] = [knownBoard(config.board?.kind), KNOWN_CONTROLLERS[driver] ?? {}];
  return PARAMETER_NAMES.map((name) => {
    const given = givenIn(config, name);
    if (given !== undefined) return { name, value: given, source: given === null ? null : "rig" };
    if (name === "bus.rate" && busRate !== null) return { name, value: busRate, source: "rig" };
    for (const figures of known) {
      const figure = figures[name];
      if (figure) return { name, value: figure[0], source: figure[1] };
    }
    return { name, value: null, source: null };
  });
}

/** The values alone, as the ledger takes them. */
export function valuesOf(parameters: readonly Provenance[]): EnergyParameters {
  return Object.fromEntries(parameters.map(({ name, value }) => [name, value])) as EnergyParameters;
}

function givenIn(config: EnergyConfig, name: ParameterName): number | null | undefined {
  const [group, key] = name.split(".") as [EnergyGroup, string];
  if (!Object.hasOwn(ENERGY_GROUPS[group], key)) return undefined;
  return (config[group] as Readonly<Record<string, number | null>> | undefined)?.[key];
}
