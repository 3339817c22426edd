/** The settings of TCP, by the kernel's names without `tcp_`, with its start values (ip-sysctl). Times in ms. */
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
