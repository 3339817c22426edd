/**
 * The kinds of sensor a rig file may name, and how johnny-five makes each. To add one, add a line to the table.
 *
 * Each is made with `enabled: false`: johnny-five then runs no timer of its own, and its value is simply that of the newest sample.
 * Its ready-made TMP36 and Light controllers are passed over on purpose: they take every converter for a 10-bit one, round to whole
 * degrees, and call the time before the first sample -50 °C.
 */
import type { Board } from "johnny-five";
import { GpioError } from "../gpio.ts";
import type { SignalShape } from "../signal-shape.ts";

/** The parts of johnny-five in use. */
export type JohnnyFive = Pick<typeof import("johnny-five"), "Board" | "Led" | "Pin" | "Sensor" | "Thermometer">;

/** Where a sensor is to be made. */
export interface SensorSite {
  readonly five: JohnnyFive;
  readonly board: Board;
  readonly pin: string | number;
  /** Largest sample of the board's converter; null when it has none. */
  readonly fullScale: number | null;
  /** The converter's full scale, in volts. */
  readonly aref: number;
}

/** The part of a johnny-five component that we use. */
export interface SensorProbe {
  /** The pin as the IO plugin numbers it. */
  readonly pin: string | number;
  /** NaN before the first sample. */
  read(): number;
}

export interface SensorKind {
  readonly unit: string;
  /** A simulated board shows this on the pin of such a sensor; null: its default signal. */
  readonly shape: SignalShape | null;
  make(site: SensorSite): SensorProbe;
}

const KINDS: Readonly<Record<string, SensorKind>> = {
  /** TMP36: 10 mV a degree, 500 mV at 0 °C (Analog Devices TMP35/36/37, table 4). Simulated: a room at 21.5 °C. */
  thermometer: { unit: "°C", shape: { mean: 0.715, swing: 0.02, noise: 0.003 }, make: thermometer },
  /** A photoresistor's divider, as a part of full scale, 0..1. */
  light: { unit: "", shape: { mean: 1.5, swing: 1.3, noise: 0.15 }, make: (site) => analog(site, (part) => round(part, 4)) },
  /** Volts at the pin. */
  voltage: { unit: "V", shape: null, make: (site) => analog(site, (part) => round(part * site.aref, 4)) },
  /** The converter's sample as it is: 0..1023 on an Uno. */
  analog: { unit: "", shape: null, make: (site) => analog(site, (_part, raw) => raw) },
  /** Level of a digital input, 0 or 1. */
  digital: { unit: "", shape: null, make: digital },
};

/** Every kind that sensor() knows. */
export const SENSOR_KINDS: readonly string[] = Object.keys(KINDS);

/** @throws GpioError GPIO_BAD_KIND */
export function sensorKind(name: string): SensorKind {
  const kind = Object.hasOwn(KINDS, name) ? KINDS[name] : undefined;
  if (kind) return kind;
  throw new GpioError("GPIO_BAD_KIND", `sensor kind "${name}" is not known; known are ${SENSOR_KINDS.join(", ")}`);
}

function thermometer(site: SensorSite): SensorProbe {
  const scale = site.aref / converter(site);
  const toCelsius = (raw: number | null): number => (raw === null ? Number.NaN : round((raw * scale - 0.5) * 100, 2));
  const options = { board: site.board, pin: site.pin, controller: "ANALOG", enabled: false, toCelsius };
  const component = new site.five.Thermometer(options);
  return { pin: component.pin, read: () => component.celsius };
}

function analog(site: SensorSite, convert: (part: number, raw: number) => number): SensorProbe {
  const fullScale = converter(site);
  const component = new site.five.Sensor({ board: site.board, pin: site.pin, enabled: false });
  const read = (): number => {
    const raw: number | null = component.raw;
    return raw === null ? Number.NaN : convert(raw / fullScale, raw);
  };
  return { pin: component.pin, read };
}

function digital(site: SensorSite): SensorProbe {
  const component = new site.five.Sensor({ board: site.board, pin: site.pin, type: "digital", enabled: false });
  const read = (): number => {
    const raw: number | null = component.raw;
    return raw === null ? Number.NaN : Number(raw);
  };
  return { pin: component.pin, read };
}

function converter(site: SensorSite): number {
  if (site.fullScale !== null) return site.fullScale;
  throw new GpioError(
    "GPIO_BAD_PIN",
    `pin ${site.pin}: this board has no analog inputs; use kind digital, or a board with a converter`,
  );
}

function round(value: number, digits: number): number {
  const scale = 10 ** digits;
  return Math.round(value * scale) / scale;
}
