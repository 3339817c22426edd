/**
 * Telemetry as an app of a rig:
 *
 *     apps: [{ kind: telemetry, to: 192.168.10.1:8094, every: 3s, sensors: [{ kind: thermometer, pin: A0 }] }]
 */
import type { Endpoint } from "../../ip/endpoint.ts";
import type { AppKind } from "../app.ts";
import type { OptionShapes, SensorConfig } from "../options.ts";
import { Telemetry } from "./telemetry.ts";

export interface TelemetryConfig {
  readonly to: Endpoint<string>;
  /** Interval, ms. */
  readonly every: number;
  /** InfluxDB line protocol. */
  readonly format: "line";
  readonly sensors: readonly SensorConfig[];
}

/** The options that were given. */
export type TelemetrySource = Pick<TelemetryConfig, "to"> & Readonly<Partial<TelemetryConfig>>;

/** Those options, and defaults for the others. */
export function telemetryWith(given: TelemetrySource): TelemetryConfig {
  return { ...DEFAULTS, ...given };
}

const DEFAULTS: Omit<TelemetryConfig, "to"> = { every: 3000, format: "line", sensors: [] };

const options: OptionShapes<TelemetryConfig> = {
  to: { is: "endpoint", example: "192.168.10.1:8094", needed: true },
  every: { is: "duration", example: "3s", min: 1, max: 365 * 86_400_000, otherwise: DEFAULTS.every },
  format: { is: "word", words: ["line"], otherwise: DEFAULTS.format },
  sensors: { is: "list", of: { is: "sensor" }, otherwise: DEFAULTS.sensors },
};

export const telemetry: AppKind<TelemetryConfig> = {
  kind: "telemetry",
  role: "firmware",
  options,
  describe: ({ to, every, format, sensors }, say) => [
    [
      "telemetry",
      `${to.address.includes(":") ? `[${to.address}]` : to.address}:${to.port}`,
      `every ${say.duration(every)}, format ${format}`,
    ],
    ...sensors.map(({ kind, pin }) => ["sensor", kind, `on pin ${pin}`] as const),
  ],
  make: ({ to, every, sensors }, { stack, node, io, tell }) => {
    const made = sensors.map(({ kind, pin }) => io.sensor(kind, pin));
    const app = new Telemetry(stack, { node, ...to, every, sensors: made });
    app.onEvent = tell;
    return app;
  },
};
