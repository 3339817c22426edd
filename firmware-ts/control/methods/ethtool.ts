/** `ethtool.*`: what a controller's driver counts beyond what every device counts, and the health of the device. */
import * as v from "valibot";
import type { NeighStrategy } from "../../neigh/entry.ts";
import type { NetDevice } from "../../net/device.ts";
import { needed, TEXT } from "./forms.ts";
import { method } from "./method.ts";

export const ethtoolMethods = {
  "ethtool.statistics": method({
    about:
      "The counters of a device's driver in the driver's order, then those of its health and of the neighbours' strategy, where there is " +
      "one; empty for `lo`, which has none.",
    params: { dev: needed(TEXT, "device") },
    result: v.array(v.tuple([v.string(), v.number()])),
    errors: ["NO_DEVICE"],
    run(context, { dev }) {
      const device = context.device(dev);
      return device.loopback ? [] : [...statistics(device), ...neighbours(device, context.stack.neighbours(4).table.strategy)];
    },
  }),
};

/** The strategy's counters are those of all devices; the age is that of the device's neighbour that was silent for longest. */
function neighbours(device: NetDevice, strategy: NeighStrategy | null): [name: string, value: number][] {
  if (strategy === null) return [];
  const { counters, budgetLeft, neighbours } = strategy.report(device);
  const ages = neighbours.flatMap(({ proofAge }) => proofAge ?? []);
  return [
    ...counters.map(([name, value]): [string, number] => [`neigh_${name}`, value]),
    ...(budgetLeft === null ? [] : [["neigh_budget_left", budgetLeft] satisfies [string, number]]),
    ...(ages.length === 0 ? [] : [["neigh_proof_age_ms", Math.round(Math.max(...ages))] satisfies [string, number]]),
  ];
}

/** Times are whole ms. */
function statistics(device: NetDevice): [name: string, value: number][] {
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
