/** `ethtool.*`: what a controller's driver counts, beyond what every device counts, and how the device fares. */

import type { NetDevice } from "../net/device.ts";
import type { Stack } from "../stack.ts";
import { deviceOf, text } from "./params.ts";
import type { Json, Method } from "./rpc/protocol.ts";

export function ethtoolMethods(stack: Stack): Map<string, Method> {
  return new Map<string, Method>([
    // Pairs of name and value in the driver's order, then those of its health; empty for `lo`, which has neither.
    ["ethtool.statistics", (params): Json => statistics(deviceOf(stack, text(params, "dev")))],
  ]);
}

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
