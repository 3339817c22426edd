/** Counters of one table; names and meanings are those of /proc/net/stat/arp_cache. */
export class NeighStatistics {
  allocs = 0;
  destroys = 0;
  hashGrows = 0;
  /** Look-ups other than those of the send path. */
  lookups = 0;
  hits = 0;
  /** Resolutions that failed. */
  resFailed = 0;
  /** Multicast and unicast neighbour solicitations taken in (ND only). */
  rcvProbesMcast = 0;
  rcvProbesUcast = 0;
  periodicGcRuns = 0;
  forcedGcRuns = 0;
  /** Packets pushed out of a full waiting queue. */
  unresolvedDiscards = 0;
  /** Entries refused because the table was full. */
  tableFulls = 0;
}
