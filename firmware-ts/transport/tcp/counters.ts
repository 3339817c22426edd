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
  // Counters of TcpExt, in its order.
  syncookiesSent = 0;
  syncookiesRecv = 0;
  syncookiesFailed = 0;
  embryonicRsts = 0;
  outOfWindowIcmps = 0;
  tw = 0;
  pawsEstab = 0;
  delayedAcks = 0;
  delayedAckLost = 0;
  listenDrops = 0;
  renoRecovery = 0;
  sackRecovery = 0;
  sackReneging = 0;
  sackReorder = 0;
  fullUndo = 0;
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
  timeWaitOverflow = 0;
  reqQFullDoCookies = 0;
  reqQFullDrop = 0;
  ofoQueue = 0;
  ofoDrop = 0;
  ofoMerge = 0;
  challengeAck = 0;
  synChallenge = 0;
  fromZeroWindow = 0;
  toZeroWindow = 0;
  synRetrans = 0;
  ackSkippedSeq = 0;
  winProbe = 0;
  keepAlive = 0;

  /** Those of /proc/net/snmp, in its order, as nstat prints them: without the four constants in front. */
  basic(): [name: string, value: number][] {
    return [
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

  /** Those of TcpExt, in the order of /proc/net/netstat, with two rows among them that IPv4 keeps. */
  extensions(arpFilter: [string, number], reversePath: [string, number]): [name: string, value: number][] {
    return [
      ["TcpExtSyncookiesSent", this.syncookiesSent],
      ["TcpExtSyncookiesRecv", this.syncookiesRecv],
      ["TcpExtSyncookiesFailed", this.syncookiesFailed],
      ["TcpExtEmbryonicRsts", this.embryonicRsts],
      ["TcpExtOutOfWindowIcmps", this.outOfWindowIcmps],
      arpFilter,
      ["TcpExtTW", this.tw],
      ["TcpExtPAWSEstab", this.pawsEstab],
      ["TcpExtDelayedACKs", this.delayedAcks],
      ["TcpExtDelayedACKLost", this.delayedAckLost],
      ["TcpExtListenDrops", this.listenDrops],
      ["TcpExtTCPRenoRecovery", this.renoRecovery],
      ["TcpExtTCPSackRecovery", this.sackRecovery],
      ["TcpExtTCPSACKReneging", this.sackReneging],
      ["TcpExtTCPSACKReorder", this.sackReorder],
      ["TcpExtTCPFullUndo", this.fullUndo],
      ["TcpExtTCPLossUndo", this.lossUndo],
      ["TcpExtTCPFastRetrans", this.fastRetrans],
      ["TcpExtTCPSlowStartRetrans", this.slowStartRetrans],
      ["TcpExtTCPTimeouts", this.timeouts],
      ["TcpExtTCPLossProbes", this.lossProbes],
      ["TcpExtTCPLossProbeRecovery", this.lossProbeRecovery],
      ["TcpExtTCPDSACKOldSent", this.dsackOldSent],
      ["TcpExtTCPDSACKOfoSent", this.dsackOfoSent],
      ["TcpExtTCPDSACKRecv", this.dsackRecv],
      ["TcpExtTCPAbortOnData", this.abortOnData],
      ["TcpExtTCPAbortOnClose", this.abortOnClose],
      ["TcpExtTCPAbortOnMemory", this.abortOnMemory],
      ["TcpExtTCPAbortOnTimeout", this.abortOnTimeout],
      reversePath,
      ["TcpExtTCPTimeWaitOverflow", this.timeWaitOverflow],
      ["TcpExtTCPReqQFullDoCookies", this.reqQFullDoCookies],
      ["TcpExtTCPReqQFullDrop", this.reqQFullDrop],
      ["TcpExtTCPOFOQueue", this.ofoQueue],
      ["TcpExtTCPOFODrop", this.ofoDrop],
      ["TcpExtTCPOFOMerge", this.ofoMerge],
      ["TcpExtTCPChallengeACK", this.challengeAck],
      ["TcpExtTCPSYNChallenge", this.synChallenge],
      ["TcpExtTCPFromZeroWindowAdv", this.fromZeroWindow],
      ["TcpExtTCPToZeroWindowAdv", this.toZeroWindow],
      ["TcpExtTCPSynRetrans", this.synRetrans],
      ["TcpExtTCPACKSkippedSeq", this.ackSkippedSeq],
      ["TcpExtTCPWinProbe", this.winProbe],
      ["TcpExtTCPKeepAlive", this.keepAlive],
    ];
  }
}
