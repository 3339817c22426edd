/**
 * Makes johnny-five's component for a kind of sensor. It is a plain Sensor with `enabled: false`: johnny-five then runs no timer of its
 * own, and the value is that of the newest sample. The ready-made TMP36 and Light controllers take every converter for a 10-bit
 * one, round to whole degrees, and call the time before the first sample -50 °C.
 */
import type { Board } from "johnny-five";
import { GpioError } from "../gpio.ts";
import type { SensorKind } from "../sensor-kinds.ts";

/** The parts of johnny-five in use. */
export type JohnnyFive = Pick<typeof import("johnny-five"), "Board" | "Led" | "Pin" | "Sensor">;

/** The place at which a sensor is made. */
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

/** @throws GpioError GPIO_BAD_PIN on a board without a converter; what johnny-five and its plugin throw for a pin */
export function sensorProbe({ convert }: SensorKind, site: SensorSite): SensorProbe {
  const { five, board, pin, fullScale, aref } = site;
  if (convert === null) {
    const component = new five.Sensor({ board, pin, type: "digital", enabled: false });
    return { pin: component.pin, read: () => newest(component.raw, Number) };
  }
  if (fullScale === null) {
    const message = `pin ${pin}: this board has no analog inputs; use kind digital, or a board with a converter`;
    throw new GpioError("GPIO_BAD_PIN", message);
  }
  const converter = { fullScale, aref };
  const component = new five.Sensor({ board, pin, enabled: false });
  return { pin: component.pin, read: () => newest(component.raw, (sample) => convert(sample, converter)) };
}

function newest(raw: number | null, convert: (sample: number) => number): number {
  return raw === null ? Number.NaN : convert(raw);
}
