/** Every group of figures for Prometheus: to add one, write its file and add its line here. */
import { appMetrics } from "./apps.ts";
import { deviceMetrics } from "./devices.ts";
import { dropMetrics } from "./drops.ts";
import { exposition, type MetricsStyle } from "./exposition.ts";
import type { Metrics, MetricsGround } from "./ground.ts";
import { neighbourHealthMetrics } from "./neighbour-health.ts";
import { neighbourMetrics } from "./neighbours.ts";
import { runMetrics } from "./run.ts";
import { transportMetrics } from "./transports.ts";

const METRICS: readonly Metrics[] = [
  runMetrics,
  deviceMetrics,
  neighbourMetrics,
  neighbourHealthMetrics,
  dropMetrics,
  transportMetrics,
  appMetrics,
];

/** All figures as they are now. */
export function metricsText(ground: MetricsGround, style: MetricsStyle): string {
  return exposition(
    METRICS.flatMap((metrics) => metrics(ground)),
    style,
  );
}
