/** The run itself. */
import type { Metrics } from "./ground.ts";

export const runMetrics: Metrics = ({ version, instance, startedAt }) => [
  {
    name: "whohas_build_info",
    type: "gauge",
    help: "1, with the version that runs.",
    samples: [{ labels: { version, name: instance }, value: 1 }],
  },
  {
    name: "whohas_start_time_seconds",
    type: "gauge",
    help: "When the run began, since 1970-01-01 UTC.",
    samples: [{ value: startedAt / 1000 }],
  },
];
