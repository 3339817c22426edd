/** Electric quantities as people write them: `120mA`, `3.3V`, `1.2mJ`, `2600mAh`, `10Mbps`, `2%/month`. As in units.ts, each throws a UnitError. */
import { quantity, UnitError } from "./units.ts";
import { show } from "./wording.ts";

const VOLTS = { V: 1, mV: 1e-3 } as const;
const AMPERES = { A: 1, mA: 1e-3, uA: 1e-6 } as const;
const JOULES = { kJ: 1e3, J: 1, mJ: 1e-3, uJ: 1e-6 } as const;
const AMPERE_HOURS = { Ah: 1, mAh: 1e-3 } as const;
const BIT_RATES = { Gbps: 1e9, Mbps: 1e6, kbps: 1e3 } as const;
/** Months of a year. */
const MONTHS = 12;

/** In V. */
export function parseVolts(text: string): number {
  return quantity(text, VOLTS, "a voltage", "3.3V", "V");
}

/** In A. */
export function parseAmperes(text: string): number {
  return quantity(text, AMPERES, "a current", "120mA", "mA");
}

/** In J. */
export function parseJoules(text: string): number {
  return quantity(text, JOULES, "an energy", "5mJ", "mJ");
}

/** In Ah. */
export function parseAmpereHours(text: string): number {
  return quantity(text, AMPERE_HOURS, "a capacity", "2600mAh", "mAh");
}

/** In bit/s. */
export function parseBitRate(text: string): number {
  return quantity(text, BIT_RATES, "a bit rate", "10Mbps", "Mbps");
}

/**
 * A battery's loss by itself, `2%/month` or `10%/year`: that part of what is in it then. The result is the rate of the exponential
 * decay, per year: after t years e^(-rate t) is left.
 */
export function parseSelfDischarge(text: string): number {
  const [, number, span] = /^(\d{1,2}(?:\.\d{1,6})?)%\/(month|year)$/.exec(text) ?? [];
  if (number === undefined) throw new UnitError(`${show(text)}: not a self-discharge; say e.g. 2%/month or 10%/year`);
  return -Math.log(1 - Number(number) / 100) * (span === "month" ? MONTHS : 1);
}

/** The same quantity in the unit in which it is easy to read, three digits: `120 mA`, `1.2 MJ`. @param unit `A`, `J`, `V` */
export function formatQuantity(value: number, unit: string): string {
  if (value === 0) return `0 ${unit}`;
  const [size, prefix] = PREFIXES.find(([least]) => Math.abs(value) >= least * ALMOST) ?? [1e-9, "n"];
  return `${threeDigits(value / size)} ${prefix}${unit}`;
}

/** 999.6 m is 1.00: it is shown in the next unit. */
const ALMOST = 0.9995;
const PREFIXES: readonly (readonly [number, string])[] = [
  [1e9, "G"],
  [1e6, "M"],
  [1e3, "k"],
  [1, ""],
  [1e-3, "m"],
  [1e-6, "µ"],
];

/** A number with three digits, or all of those before its point. */
export function threeDigits(value: number): string {
  const whole = Math.max(1, Math.floor(Math.log10(Math.abs(value) * 1.0005 || 1)) + 1);
  return value.toFixed(Math.max(0, 3 - whole));
}
