/** The counters of TCP, for both families: names and meanings of /proc/net/snmp (RFC 4022) and of TcpExt in /proc/net/netstat. */
export class TcpCounters {
  activeOpens = 0;
  passiveOpens = 0;
  attemptFails = 0;
  estabResets = 0;
  currEstab = 0;
  inSegs = 0;
  outSegs = 0;
  retransSegs = 0;
  inErrs = 0;
  outRsts = 0;
  inCsumErrors = 0;
  // Counters of TcpExt.
  syncookiesSent = 0;
  syncookiesRecv = 0;
  syncookiesFailed = 0;
  embryonicRsts = 0;
  ofoPruned = 0;
  outOfWindowIcmps = 0;
  tw = 0;
  pawsActive = 0;
  pawsEstab = 0;
  delayedAcks = 0;
  delayedAckLost = 0;
  listenOverflows = 0;
  listenDrops = 0;
  sackRecovery = 0;
  renoRecovery = 0;
  sackReneging = 0;
  sackReorder = 0;
  tsUndo = 0;
  lossUndo = 0;
  fastRetrans = 0;
  slowStartRetrans = 0;
  timeouts = 0;
  lossProbes = 0;
  lossProbeRecovery = 0;
  dsackOldSent = 0;
  dsackOfoSent = 0;
  dsackRecv = 0;
  abortOnData = 0;
  abortOnClose = 0;
  abortOnMemory = 0;
  abortOnTimeout = 0;
  abortOnLinger = 0;
  timeWaitOverflow = 0;
  reqQFullDoCookies = 0;
  reqQFullDrop = 0;
  ofoQueue = 0;
  ofoDrop = 0;
  challengeAck = 0;
  synChallenge = 0;
  autoCorking = 0;
  fromZeroWindow = 0;
  toZeroWindow = 0;
  synRetrans = 0;
  keepAlive = 0;
  winProbe = 0;
  ackSkippedSeq = 0;
  ackSkippedPaws = 0;

  /** Those of /proc/net/snmp, in its order. */
  snmp(): [name: string, value: number][] {
    return [
      // The algorithm is none of those that RFC 4022 numbers; its bounds are in ms; connections have no limit.
      ["TcpRtoAlgorithm", 1],
      ["TcpRtoMin", 200],
      ["TcpRtoMax", 120_000],
      ["TcpMaxConn", -1],
      ["TcpActiveOpens", this.activeOpens],
      ["TcpPassiveOpens", this.passiveOpens],
      ["TcpAttemptFails", this.attemptFails],
      ["TcpEstabResets", this.estabResets],
      ["TcpCurrEstab", this.currEstab],
      ["TcpInSegs", this.inSegs],
      ["TcpOutSegs", this.outSegs],
      ["TcpRetransSegs", this.retransSegs],
      ["TcpInErrs", this.inErrs],
      ["TcpOutRsts", this.outRsts],
      ["TcpInCsumErrors", this.inCsumErrors],
    ];
  }
}
