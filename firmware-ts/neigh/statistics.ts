/** Counters of one table. Names and meanings are those of the kernel's file for it in /proc/net/stat/. */
export class NeighStatistics {
  allocs = 0;
  destroys = 0;
  hashGrows = 0;
  /** Look-ups, those of the send path not counted. */
  lookups = 0;
  hits = 0;
  /** Resolutions that failed. */
  resFailed = 0;
  /** Requests that came in to a group and to us alone, counted by those families that tell them apart. */
  rcvProbesMcast = 0;
  rcvProbesUcast = 0;
  periodicGcRuns = 0;
  forcedGcRuns = 0;
  /** Packets pushed out of a full waiting queue. */
  unresolvedDiscards = 0;
  /** Entries refused because the table was full. */
  tableFulls = 0;
}
