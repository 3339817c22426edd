/** The start values of the ARP table and of the devices on it, as Linux has them (Documentation/networking/ip-sysctl, neigh/). */
import type { NeighDefaults } from "../../neigh/defaults.ts";

export const ARP_DEFAULTS: NeighDefaults = {
  name: "arp_cache",
  limits: { thresh1: 128, thresh2: 512, thresh3: 1024, interval: 30_000 },
  parameters: {
    mcastProbes: 3,
    ucastProbes: 3,
    appProbes: 0,
    mcastReprobes: 0,
    retransTime: 1000,
    baseReachableTime: 30_000,
    delayProbeTime: 5000,
    intervalProbeTime: 5000,
    gcStaleTime: 60_000,
    queueLengthBytes: 212_992,
    proxyQueueLength: 64,
    anycastDelay: 1000,
    proxyDelay: 800,
    // Within a second the first answer holds: of two answers to one broadcast the slower one does not win (RFC 826 has no such rule).
    lockTime: 1000,
  },
};
