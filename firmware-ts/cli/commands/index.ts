/**
 * The commands of `whohas`, in the order of its help. A new one is a file here and a line below. The objects of a running instance
 * (`neigh`, `link`, `sysctl`…) are words of `ip` and its kin, and stand in control/iproute.
 */
import type { CliCommand } from "../contract/command.ts";

export const COMMANDS: Readonly<Record<string, () => Promise<CliCommand>>> = {
  run: () => import("./run.ts"),
  exec: () => import("./exec.ts"),
  instances: () => import("./instances.ts"),
  stop: () => import("./stop.ts"),
  sim: () => import("./sim.ts"),
  check: () => import("./check.ts"),
  "bridge-sim": () => import("./bridge-sim.ts"),
  tap: () => import("./tap.ts"),
  gateway: () => import("./gateway.ts"),
  udp: () => import("./udp.ts"),
  ping: () => import("./ping.ts"),
  capture: () => import("./capture.ts"),
};
