/** The twin of a rig whose node sleeps between readings, and the one whose node does not. */
import type { TelemetryConfig } from "../apps/telemetry/kind.ts";
import { appKind } from "./apps.ts";
import type { AppConfig, Rig } from "./rig/rig.ts";

/** As the rig says, else with the controller down. Null where the telemetry waits for answers, so that its node cannot sleep. */
export function withSleep(rig: Rig): Rig | null {
  let allowed = true;
  const asleep = (config: TelemetryConfig): TelemetryConfig => {
    const changed = { ...config, sleep: config.sleep ?? { controller: "down" as const } };
    if (
      appKind({ kind: "telemetry" })
        .check?.(changed)
        ?.some(({ at }) => at[0] === "sleep")
    )
      allowed = false;
    return changed;
  };
  const changed = withTelemetry(rig, asleep);
  return allowed ? changed : null;
}

export function withoutSleep(rig: Rig): Rig {
  return withTelemetry(rig, ({ sleep: _sleep, ...config }) => config);
}

function withTelemetry(rig: Rig, change: (config: TelemetryConfig) => TelemetryConfig): Rig {
  const { telemetry, apps } = rig;
  const changed = apps?.map((app) =>
    app.kind === "telemetry" ? (change(app as AppConfig & TelemetryConfig) as TelemetryConfig & AppConfig) : app,
  );
  return { ...rig, ...(telemetry && { telemetry: change(telemetry) }), ...(changed && { apps: changed }) };
}
