/** Takes the acknowledgment and the window of a segment (RFC 9293 3.10.7.4, RFC 5961 5), and what they mean for recovery. */
import { grow, proportional, reduce, restore } from "./congestion.ts";
import { detectLosses, forgetDuplicates, markLost, noteDelivered, takeDuplicate, takeSack } from "./recovery.ts";
import { takeRtt } from "./rtt.ts";
import { Flag, type Segment } from "./segment.ts";
import { Sent } from "./sent-segments.ts";
import { after, before } from "./sequence.ts";
import { Ca, State, type Tcb, Wait } from "./tcb.ts";
import { cancelWait, rearmRto, scheduleLossProbe } from "./wait.ts";

// Constants of this module's own: V8 reads an imported or exported one anew at each use (docs/datapath.md).
const { SACKED, LOST, RETRANS, EVER_RETRANS } = Sent;

/** The fate of an acknowledgment. */
export const Taken = {
  /** It is of no use, and the segment goes on. */
  OLD: 0,
  /** It is taken. */
  GOOD: 1,
  /** It cannot be: the segment is dropped, and challenged. */
  IMPOSSIBLE: 2,
} as const;
export type Taken = (typeof Taken)[keyof typeof Taken];

export function takeAck(c: Tcb, segment: Segment): Taken {
  const { ack } = segment;
  if (before(ack, (c.sndUna - Math.max(c.maxWindow, 1)) | 0) || after(ack, c.sndNxt)) return Taken.IMPOSSIBLE;
  c.probesOut = 0;
  const old = before(ack, c.sndUna);
  const packetsBefore = c.sent.count;
  const lostBefore = c.lostOut;
  const windowBefore = c.sndWnd;
  if (!old) takeWindow(c, segment);
  const progress = !old && ack !== c.sndUna;
  let acked = 0;
  let delivered = 0;
  if (progress) {
    const sackedBefore = c.sackedOut;
    acked = takeProgress(c, segment);
    delivered = c.sackOk ? acked - (sackedBefore - c.sackedOut) : acked;
    c.confirmNext = true;
  }
  if (segment.sackCount > 0 && c.sackOk) {
    const sacked = takeSack(c, segment);
    delivered += sacked;
  }
  if (!c.sackOk && packetsBefore > 0) {
    if (progress) forgetDuplicates(c, acked);
    else if (!old && segment.length === 0 && c.sndWnd === windowBefore && (segment.flags & (Flag.SYN | Flag.FIN)) === 0) {
      takeDuplicate(c);
      delivered++;
    }
  }
  if (packetsBefore === 0) {
    windowMayHaveOpened(c);
    return old ? Taken.OLD : Taken.GOOD;
  }
  if (c.tlpOut && !before(ack, c.tlpHigh)) endLossProbe(c);
  if (progress && c.mayUndo) undoIfNeedless(c, segment);
  if (c.sackOk && (c.sackedOut > 0 || c.ca !== Ca.OPEN || c.wait === Wait.REORDERING)) detectLosses(c);
  const marked = c.ecnOk && (segment.flags & (Flag.ECE | Flag.SYN)) === Flag.ECE;
  recover(c, delivered, acked, progress, c.lostOut > lostBefore, marked);
  if (progress) {
    if (c.wait !== Wait.REORDERING || c.sent.count === 0) rearmRto(c);
    scheduleLossProbe(c);
  }
  windowMayHaveOpened(c);
  return old ? Taken.OLD : Taken.GOOD;
}

/** Takes the window of a segment, unless a later one has told of it already (RFC 9293 3.10.7.4). */
function takeWindow(c: Tcb, segment: Segment): void {
  const window = (segment.flags & Flag.SYN) !== 0 ? segment.window : segment.window << c.sndScale;
  const { seq, ack } = segment;
  if (!after(ack, c.sndUna) && !after(seq, c.sndWl1) && !(seq === c.sndWl1 && (window > c.sndWnd || window === 0))) return;
  c.sndWl1 = seq;
  c.sndWnd = window;
  if (window > c.maxWindow) c.maxWindow = window;
}

/** Probing ends when there is room for a segment; the caller sends it. */
function windowMayHaveOpened(c: Tcb): void {
  if (c.wait !== Wait.PROBE) return;
  const left = (c.dataEnd - c.sndNxt) | 0;
  if (left === 0 && (!c.finQueued || c.finSent)) cancelWait(c);
  else if (((c.sndUna + c.sndWnd - c.sndNxt) | 0) >= Math.max(1, Math.min(left, c.mss))) {
    c.backoff = 0;
    cancelWait(c);
  }
}

/** Takes what is acknowledged for the first time out of the queue and the ring. Returns the number of segments. */
function takeProgress(c: Tcb, segment: Segment): number {
  const { sent } = c;
  const { ack } = segment;
  const now = c.tcp.ticks[0]!;
  let acked = 0;
  let rtt = -1;
  while (sent.count > 0) {
    const end = sent.end(0);
    if (after(end, ack)) break;
    const flags = sent.flags(0);
    const time = sent.time(0);
    if ((flags & SACKED) !== 0) c.sackedOut--;
    if ((flags & LOST) !== 0) c.lostOut--;
    if ((flags & RETRANS) !== 0) c.retransOut--;
    if ((flags & SACKED) === 0) {
      noteDelivered(c, time, end, (flags & EVER_RETRANS) !== 0);
      if ((flags & EVER_RETRANS) === 0) rtt = (now - time) | 0;
    }
    sent.shift();
    acked++;
  }
  const bytes = Math.min((ack - c.dataSeq) | 0, c.outgoing.length);
  if (bytes > 0) {
    c.outgoing.drop(bytes);
    c.dataSeq = (c.dataSeq + bytes) | 0;
    c.bytesAcked += bytes;
  }
  c.sndUna = ack;
  if (!c.sackOk && c.sackedOut > sent.count) c.sackedOut = sent.count;
  c.retransmits = 0;
  c.backoff = 0;
  c.retransSince = Number.NaN;
  c.softError = null;
  // Karn: a segment that was sent twice tells nothing by itself; the echoed time stamp does (RFC 7323 4).
  if (rtt >= 0) takeRtt(c, rtt);
  else if (c.timestampsOk && segment.timestamps && segment.tsEcr !== 0) {
    const age = (c.timestamp() - segment.tsEcr) | 0;
    if (age >= 0 && age < 600_000) takeRtt(c, 1000 * age);
  }
  return acked;
}

/** The FIN of ours is acknowledged. */
export function isFinAcked(c: Tcb): boolean {
  return c.finSent && c.sndUna === c.sndNxt && c.sent.count === 0;
}

/** A loss probe is answered: if it was a copy of a lost segment, that loss counts as one (RFC 8985 7.4). */
function endLossProbe(c: Tcb): void {
  c.tlpOut = false;
  if (!c.tlpRetrans || c.ca !== Ca.OPEN) return;
  c.tlpRetrans = false;
  c.tcp.counters.lossProbeRecovery++;
  reduce(c);
  c.cwnd = c.ssthresh;
}

/** The time stamp echoed is older than the first retransmission: nothing was lost (Eifel, RFC 3522). */
function undoIfNeedless(c: Tcb, segment: Segment): void {
  if (!c.timestampsOk || !segment.timestamps || segment.tsEcr === 0 || c.retransStamp === 0) return;
  c.mayUndo = false;
  if (!before(segment.tsEcr, c.retransStamp)) return;
  if (c.ca === Ca.LOSS) c.tcp.counters.lossUndo++;
  else c.tcp.counters.fullUndo++;
  restore(c);
  const { sent } = c;
  for (let place = 0; place < sent.count; place++) sent.setFlags(place, sent.flags(place) & ~LOST);
  c.lostOut = 0;
  c.ca = c.sackedOut > 0 ? Ca.DISORDER : Ca.OPEN;
  c.retransStamp = 0;
}

/** @param marked the peer says that segments of ours were marked on the way (ECE) */
function recover(c: Tcb, delivered: number, acked: number, progress: boolean, newLoss: boolean, marked: boolean): void {
  // One reduction for a window: it lasts until something beyond it is acknowledged (RFC 3168 6.1.2).
  if (c.ca === Ca.CWR && after(c.sndUna, c.highSeq)) endRecovery(c);
  if (c.ca >= Ca.RECOVERY && !before(c.sndUna, c.highSeq)) endRecovery(c);
  if (c.ca === Ca.RECOVERY || c.ca === Ca.LOSS) {
    // Without SACK a partial acknowledgment means that the next segment is lost, too (RFC 6582 3.2).
    if (!c.sackOk && progress && c.sent.count > 0 && (c.sent.flags(0) & LOST) === 0) markLost(c, 0);
    proportional(c, delivered, progress, newLoss);
  } else if (c.lostOut > 0) {
    enterRecovery(c);
    proportional(c, Math.max(delivered, 1), progress, true);
  } else if (marked || c.ca === Ca.CWR) {
    if (c.ca !== Ca.CWR) beginReduction(c, Ca.CWR);
    proportional(c, delivered, progress, newLoss);
  } else {
    c.ca = c.sackedOut > 0 ? Ca.DISORDER : Ca.OPEN;
  }
  if (progress && c.ca !== Ca.RECOVERY && c.ca !== Ca.CWR) grow(c, acked);
}

/** The time is over in which segments might still have come that only seemed lost. */
export function recoverFromReordering(c: Tcb): void {
  detectLosses(c);
  if (c.lostOut > 0 && c.ca < Ca.RECOVERY) {
    enterRecovery(c);
    proportional(c, 1, false, true);
  }
}

function enterRecovery(c: Tcb): void {
  if (c.sackOk) c.tcp.counters.sackRecovery++;
  else c.tcp.counters.renoRecovery++;
  // A mark has reduced the window already, and it was right: the network is full.
  const reduced = c.ca === Ca.CWR;
  if (reduced) c.ca = Ca.RECOVERY;
  else beginReduction(c, Ca.RECOVERY);
  c.highSeq = c.sndNxt;
  c.retransStamp = 0;
  c.mayUndo = !reduced;
  c.tlpOut = false;
}

function beginReduction(c: Tcb, state: Ca): void {
  reduce(c);
  c.ca = state;
  c.highSeq = c.sndNxt;
  c.prrDelivered = 0;
  c.prrOut = 0;
  c.mayUndo = false;
}

function endRecovery(c: Tcb): void {
  if (c.ca !== Ca.LOSS) c.cwnd = Math.max(c.ssthresh, 2);
  if (!c.sackOk) c.sackedOut = 0;
  c.ca = Ca.OPEN;
  c.retransStamp = 0;
  c.mayUndo = false;
}

/** A time-out: begins anew from one segment (RFC 5681 3.1). */
export function enterLoss(c: Tcb): void {
  if (c.ca !== Ca.LOSS) {
    reduce(c);
    c.retransStamp = 0;
    c.mayUndo = true;
  }
  c.ca = Ca.LOSS;
  c.cwnd = 1;
  c.highSeq = c.sndNxt;
  c.tlpOut = false;
  c.epochStart = Number.NaN;
}

/** A connection whose data were taken may take more from its user. */
export function hasRoomAgain(c: Tcb): boolean {
  return c.wantsRoom && c.stateNumber <= State.CLOSE_WAIT && 3 * c.outgoing.length < 2 * c.tcp.settings.sendBuffer;
}
