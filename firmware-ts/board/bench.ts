/** The built-in bench: nothing attached, no privileges, everything simulated. */
import { telemetryWith } from "../apps/telemetry/kind.ts";
import { RIG_DEFAULTS, type Rig } from "./rig/rig.ts";

/** The bench as a rig file would come to it, without YAML and a schema. */
export function benchRig(): Rig {
  return {
    name: "bench",
    seed: RIG_DEFAULTS.seed,
    board: { io: "simulated", leds: { link: "13", activity: "12" } },
    devices: [
      {
        name: "eth0",
        driver: "enc28j60",
        bus: { kind: "sim", segment: RIG_DEFAULTS.segment },
        fallback: RIG_DEFAULTS.fallback,
        when: RIG_DEFAULTS.when,
        addresses: [{ address: "192.168.10.10", prefix: 24 }],
      },
    ],
    routes: [{ to: "default", via: "192.168.10.1" }],
    neighbours: RIG_DEFAULTS.neighbours,
    sysctl: {},
    telemetry: telemetryWith({
      to: { address: "192.168.10.1", port: 8094 },
      sensors: [{ kind: "thermometer", pin: "A0" }],
    }),
  };
}
