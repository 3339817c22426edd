/** The deeds of a connection whose time has come (RFC 6298 5, RFC 8985, RFC 9293 3.8). */
import { enterLoss, recoverFromReordering } from "./acknowledge.ts";
import { connectionError, icmpError } from "./errors.ts";
import { output, retransmit, sendAbort, sendAck, sendLossProbe, sendProbe, sendSyn, sendWindowProbe } from "./output.ts";
import { markAllLost } from "./recovery.ts";
import { Sent } from "./sent-segments.ts";
import { RTO_MAX, RTO_MIN, State, type Tcb, Wait } from "./tcb.ts";
import { armRto, armWait, rearmRto } from "./wait.ts";

/** Doublings of the least RTO until the largest. */
const DOUBLINGS = Math.floor(Math.log2(RTO_MAX / RTO_MIN));
/** Retries of an orphan where nobody has set them (tcp_orphan_retries). */
const ORPHAN_RETRIES = 8;

/** Timeouts in a row after which the next hop is in doubt, too. */
const DOUBTFUL = 3;

/** The timer of the connection has fired. */
export function waitIsOver(c: Tcb): void {
  const { wait } = c;
  if (wait === Wait.NOTHING) return;
  const left = c.waitUntil - c.tcp.now();
  if (left > 0.001) {
    c.tcp.timers.arm(c, left);
    return;
  }
  c.wait = Wait.NOTHING;
  if (wait === Wait.RTO) retransmissionTimeout(c);
  else if (wait === Wait.PROBE) probeTimeout(c);
  else if (wait === Wait.TLP) {
    sendLossProbe(c);
    armRto(c);
  } else {
    recoverFromReordering(c);
    output(c);
    if (c.wait === Wait.NOTHING) rearmRto(c);
  }
}

function retransmissionTimeout(c: Tcb): void {
  if (c.stateNumber === State.SYN_SENT || c.stateNumber === State.SYN_RECV) {
    synTimeout(c);
    return;
  }
  if (c.sent.count === 0) return;
  if (isExpired(c, c.retransSince)) {
    timedOut(c);
    return;
  }
  const { counters } = c.tcp;
  counters.timeouts++;
  // The peer has thrown away what it told of as received (RFC 2018 8).
  const reneged = (c.sent.flags(0) & Sent.SACKED) !== 0;
  if (reneged) counters.sackReneging++;
  enterLoss(c);
  markAllLost(c, reneged || !c.sackOk);
  c.retransmits++;
  if (c.retransmits === DOUBTFUL) c.layer.doubt(c.way, "silence");
  retransmit(c, 0);
  c.backoff++;
  c.rto = Math.min(2 * c.rto, RTO_MAX);
  armRto(c);
}

function synTimeout(c: Tcb): void {
  const { settings, counters } = c.tcp;
  const opens = c.stateNumber === State.SYN_SENT;
  const most = opens ? settings.synRetries + settings.synLinearTimeouts : settings.synackRetries;
  if (c.retransmits >= most) {
    timedOut(c);
    return;
  }
  c.retransmits++;
  if (c.retransmits === DOUBTFUL) c.layer.doubt(c.way, "silence");
  c.totalRetrans++;
  counters.retransSegs++;
  counters.synRetrans++;
  counters.timeouts++;
  sendSyn(c);
  if (!opens || c.retransmits > settings.synLinearTimeouts) c.rto = Math.min(2 * c.rto, RTO_MAX);
  armRto(c);
}

/** As the kernel's retransmits_timed_out(): retries count as the time that they take from the least RTO on. */
function isExpired(c: Tcb, since: number): boolean {
  if (Number.isNaN(since)) return false;
  const { settings } = c.tcp;
  const retries = c.orphaned ? settings.orphanRetries || ORPHAN_RETRIES : settings.retries2;
  const doublings = Math.min(retries, DOUBLINGS);
  const limit = (2 ** (doublings + 1) - 1) * RTO_MIN + (retries - doublings) * RTO_MAX;
  return c.tcp.time[0]! - since >= limit;
}

function timedOut(c: Tcb): void {
  const { counters } = c.tcp;
  if (c.stateNumber >= State.ESTABLISHED) counters.abortOnTimeout++;
  else counters.attemptFails++;
  c.finish(c.softError === null ? connectionError("CONNECTION_TIMED_OUT", c) : icmpError(c.softError, c));
}

function probeTimeout(c: Tcb): void {
  const { settings } = c.tcp;
  const most = c.orphaned ? settings.orphanRetries || ORPHAN_RETRIES : settings.retries2;
  if (c.probesOut >= most) {
    timedOut(c);
    return;
  }
  c.probesOut++;
  sendWindowProbe(c);
  if (c.backoff < settings.retries2) c.backoff = Math.min(c.backoff + 1, DOUBLINGS + 1);
  if (c.wait === Wait.NOTHING) armWait(c, Wait.PROBE, Math.min(c.rto * 2 ** c.backoff, RTO_MAX));
}

/** Nothing of ours has carried the acknowledgment meanwhile. */
export function delayedAckIsOver(c: Tcb): void {
  c.tcp.now();
  if (!c.ackPending || c.over || c.delayedAck === null) return;
  const left = c.ackDue - c.tcp.time[0]!;
  if (left > 0.001) {
    c.tcp.timers.arm(c.delayedAck, left);
    return;
  }
  c.pingpong = false;
  c.tcp.counters.delayedAcks++;
  sendAck(c);
}

/** The long timer: the peer was silent for the time of keep-alive, or an orphan has waited for its FIN. */
export function longWaitIsOver(c: Tcb): void {
  if (c.over) return;
  if (c.orphaned && c.stateNumber === State.FIN_WAIT2) {
    c.finish(null);
    return;
  }
  if (c.keepAliveIdle === 0 || c.stateNumber < State.ESTABLISHED) return;
  const silence = c.tcp.now() - c.lastReceived;
  // Segments under way have a timer of their own.
  if (c.sent.count > 0 || c.dataEnd !== c.sndNxt) armKeepAlive(c, c.keepAliveIdle);
  else if (silence < c.keepAliveIdle) {
    c.keepAliveSent = 0;
    armKeepAlive(c, c.keepAliveIdle - silence);
  } else if (c.keepAliveSent >= c.keepAliveProbes) {
    sendAbort(c);
    timedOut(c);
  } else {
    c.keepAliveSent++;
    c.tcp.counters.keepAlive++;
    sendProbe(c);
    armKeepAlive(c, c.keepAliveInterval);
  }
}

function armKeepAlive(c: Tcb, delay: number): void {
  if (c.longTimer) c.tcp.timers.arm(c.longTimer, delay);
}
