/** The settings of TCP: files tcp_… in /proc/sys/net/ipv4 (Documentation/networking/ip-sysctl), with the kernel's start values. Times in ms. */
export class TcpSettings {
  timestamps = 1;
  sack = 1;
  dsack = 1;
  windowScaling = 1;
  /** 0: never; 1: when too many handshakes are under way; 2: always. */
  syncookies = 1;
  synRetries = 6;
  /** Requests that are repeated after a second each, before the intervals grow. */
  synLinearTimeouts = 4;
  synackRetries = 5;
  /** Retransmissions after which a connection ends, as the time that they take at the least RTO. */
  retries2 = 15;
  /** The same for a connection that nobody uses any more; 0 stands for 8. */
  orphanRetries = 0;
  /** Connections that nobody uses any more; beyond that they end with RST. */
  maxOrphans = 4096;
  /** Most connections in TIME_WAIT; beyond that they are forgotten at once. */
  maxTwBuckets = 16_384;
  /** Congestion told by marks (RFC 3168): 0: never; 1: asked for, and taken; 2: taken where the peer asks. */
  ecn = 2;
  finTimeout = 60_000;
  keepaliveTime = 7_200_000;
  keepaliveInterval = 75_000;
  keepaliveProbes = 9;
  slowStartAfterIdle = 1;
  /** Least interval between two answers to segments that cannot be right, on one connection (tcp_invalid_ratelimit). */
  invalidRatelimit = 500;
  /** Most bytes that a connection keeps of each direction: what was written and not acknowledged, what came in and was not read. */
  sendBuffer = 262_144;
  receiveBuffer = 262_144;
}

const INT_MAX = 0x7fffffff;
const SECOND = 1000;

/** A file, and the least and the most that it takes. */
interface TcpFile {
  readonly field: keyof TcpSettings;
  readonly least: number;
  readonly most: number;
  /** The file's unit, in the setting's; default 1. */
  readonly unit?: number;
}

/** The files, by their names. */
export const TCP_FILES: ReadonlyMap<string, TcpFile> = new Map<string, TcpFile>([
  ["tcp_dsack", { field: "dsack", least: 0, most: 1 }],
  ["tcp_ecn", { field: "ecn", least: 0, most: 2 }],
  ["tcp_fin_timeout", { field: "finTimeout", least: 0, most: Math.trunc(INT_MAX / SECOND), unit: SECOND }],
  ["tcp_invalid_ratelimit", { field: "invalidRatelimit", least: 0, most: 2_000_000_000 }],
  ["tcp_keepalive_intvl", { field: "keepaliveInterval", least: 1, most: 32_767, unit: SECOND }],
  ["tcp_keepalive_probes", { field: "keepaliveProbes", least: 1, most: 255 }],
  ["tcp_keepalive_time", { field: "keepaliveTime", least: 1, most: 32_767, unit: SECOND }],
  ["tcp_max_orphans", { field: "maxOrphans", least: 0, most: INT_MAX }],
  ["tcp_max_tw_buckets", { field: "maxTwBuckets", least: 0, most: INT_MAX }],
  ["tcp_orphan_retries", { field: "orphanRetries", least: 0, most: 255 }],
  ["tcp_retries2", { field: "retries2", least: 0, most: 255 }],
  ["tcp_sack", { field: "sack", least: 0, most: 1 }],
  ["tcp_slow_start_after_idle", { field: "slowStartAfterIdle", least: 0, most: 1 }],
  ["tcp_syn_linear_timeouts", { field: "synLinearTimeouts", least: 0, most: 127 }],
  ["tcp_syn_retries", { field: "synRetries", least: 1, most: 127 }],
  ["tcp_synack_retries", { field: "synackRetries", least: 0, most: 255 }],
  ["tcp_syncookies", { field: "syncookies", least: 0, most: 2 }],
  ["tcp_timestamps", { field: "timestamps", least: 0, most: 1 }],
  ["tcp_window_scaling", { field: "windowScaling", least: 0, most: 1 }],
]);
