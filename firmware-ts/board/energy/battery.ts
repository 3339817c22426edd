/** A battery's life under an even load. */
import type { EnergyParameters, ParameterName } from "./parameters.ts";

export interface BatteryLife {
  /** Null: the battery's capacity or voltage is unknown. */
  readonly days: number | null;
  /** Unknown parameters, without which the figure is a longest life. */
  readonly leftOut: readonly ParameterName[];
}

const HOUR_SECONDS = 3600;
const YEAR_DAYS = 365.25;

/**
 * Life in days until the usable energy is gone. A battery that loses the part s of its charge in a year by itself, and joules J a day to
 * the node, has E(t) = (E0 + J/s) e^(-s t) - J/s in it, which is 0 after ln(1 + s E0 / J) / s.
 * @param perDay the node's joules a day
 */
export function batteryLife(perDay: number, parameters: EnergyParameters): BatteryLife {
  const { "battery.capacity": capacity, "battery.volts": volts } = parameters;
  const { "battery.usable": usable, "battery.selfDischarge": selfDischarge } = parameters;
  if (capacity === null || volts === null) return { days: null, leftOut: [] };
  const leftOut: ParameterName[] = [];
  if (usable === null) leftOut.push("battery.usable");
  if (selfDischarge === null) leftOut.push("battery.selfDischarge");
  const energy = capacity * volts * HOUR_SECONDS * (usable ?? 1);
  const rate = (selfDischarge ?? 0) / YEAR_DAYS;
  if (perDay <= 0) return { days: null, leftOut };
  return { days: rate > 0 ? Math.log1p((rate * energy) / perDay) / rate : energy / perDay, leftOut };
}
