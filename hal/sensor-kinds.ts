/**
 * The kinds of sensor a rig file may name, and what a sample of each means: real and simulated boards convert alike. To add one,
 * add a line to the table.
 */
import { GpioError } from "./gpio.ts";
import type { SignalShape } from "./signal-shape.ts";

/** A board's analog-to-digital converter. */
export interface Converter {
  /** Its largest sample. */
  readonly fullScale: number;
  /** The voltage of that sample. */
  readonly aref: number;
}

export interface SensorKind {
  readonly unit: string;
  /** A simulated board shows this on the pin of such a sensor; null: its default signal. */
  readonly shape: SignalShape | null;
  /** The reading that a sample of an analog input stands for; null: a digital input, whose level is the reading. */
  readonly convert: ((sample: number, converter: Converter) => number) | null;
}

const KINDS: Readonly<Record<string, SensorKind>> = {
  /** TMP36: 10 mV a degree, 500 mV at 0 °C (Analog Devices TMP35/36/37, table 4). Simulated: a room at 21.5 °C. */
  thermometer: {
    unit: "°C",
    shape: { mean: 0.715, swing: 0.02, noise: 0.003 },
    convert: (sample, { fullScale, aref }) => round((sample * (aref / fullScale) - 0.5) * 100, 2),
  },
  /** A photoresistor's divider, as a part of full scale, 0..1. */
  light: {
    unit: "",
    shape: { mean: 1.5, swing: 1.3, noise: 0.15 },
    convert: (sample, { fullScale }) => round(sample / fullScale, 4),
  },
  /** Volts at the pin. */
  voltage: { unit: "V", shape: null, convert: (sample, { fullScale, aref }) => round((sample / fullScale) * aref, 4) },
  /** The converter's sample as it is: 0..1023 on an Uno. */
  analog: { unit: "", shape: null, convert: (sample) => sample },
  /** Level of a digital input, 0 or 1. */
  digital: { unit: "", shape: null, convert: null },
};

/** Every kind that sensor() knows. */
export const SENSOR_KINDS: readonly string[] = Object.keys(KINDS);

/** @throws GpioError GPIO_BAD_KIND */
export function sensorKind(name: string): SensorKind {
  const kind = Object.hasOwn(KINDS, name) ? KINDS[name] : undefined;
  if (kind) return kind;
  throw new GpioError("GPIO_BAD_KIND", `sensor kind "${name}" is not known; known are ${SENSOR_KINDS.join(", ")}`);
}

function round(value: number, digits: number): number {
  const scale = 10 ** digits;
  return Math.round(value * scale) / scale;
}
