/** `ethtool.*`: what a controller's driver counts beyond what every device counts, and the health of the device. */
import * as v from "valibot";
import type { NetDevice } from "../../net/device.ts";
import { needed, TEXT } from "./forms.ts";
import { method } from "./method.ts";

export const ethtoolMethods = {
  "ethtool.statistics": method({
    about: "The counters of a device's driver in the driver's order, then those of its health; empty for `lo`, which has neither.",
    params: { dev: needed(TEXT, "device") },
    result: v.array(v.tuple([v.string(), v.number()])),
    errors: ["NO_DEVICE"],
    run: (context, { dev }) => statistics(context.device(dev)),
  }),
};

/** Times are whole ms. */
function statistics(device: NetDevice): [name: string, value: number][] {
  if (device.loopback) return [];
  const { failures, recoveries, attempts, failedFor, suspicions, repairs, sinceProof } = device.health.report();
  const health: [name: string, value: number | null][] = [
    ["health_failures", failures],
    ["health_recoveries", recoveries],
    ["health_attempts", attempts],
    ["health_failed_ms", failedFor],
    ["health_suspicions", suspicions],
    ["health_repairs", repairs],
    ["health_proof_age_ms", sinceProof],
  ];
  const own = device.controller.driverStatistics?.() ?? [];
  const known = health.flatMap(([name, value]): [string, number][] => (value === null ? [] : [[name, Math.round(value)]]));
  return [...own.map(([name, value]): [string, number] => [name, value]), ...known];
}
