/** `ethtool.*`: what a controller's driver counts, beyond what every device counts. */
import type { Stack } from "../stack.ts";
import { deviceOf, text } from "./params.ts";
import type { Json, Method } from "./rpc.ts";

export function ethtoolMethods(stack: Stack): Map<string, Method> {
  return new Map<string, Method>([
    // Pairs of name and value in the driver's order; empty where it counts nothing of its own.
    [
      "ethtool.statistics",
      (params): Json =>
        (deviceOf(stack, text(params, "dev")).controller.driverStatistics?.() ?? []).map(([name, value]) => [name, value]),
    ],
  ]);
}
