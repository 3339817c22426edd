/** The start values of the ND table and of the devices on it, as Linux has them (Documentation/networking/ip-sysctl, neigh/). */
import type { NeighDefaults } from "../../neigh/defaults.ts";

export const NDISC_DEFAULTS: NeighDefaults = {
  name: "ndisc_cache",
  limits: { thresh1: 128, thresh2: 512, thresh3: 1024, interval: 30_000 },
  parameters: {
    mcastProbes: 3,
    ucastProbes: 3,
    appProbes: 0,
    mcastReprobes: 0,
    // RETRANS_TIMER, REACHABLE_TIME and DELAY_FIRST_PROBE_TIME of RFC 4861 10.
    retransTime: 1000,
    baseReachableTime: 30_000,
    delayProbeTime: 5000,
    intervalProbeTime: 5000,
    gcStaleTime: 60_000,
    queueLengthBytes: 212_992,
    proxyQueueLength: 64,
    anycastDelay: 1000,
    proxyDelay: 800,
    // The override flag of an advertisement says whether it replaces a known address (RFC 4861 7.2.5).
    lockTime: 0,
  },
};
