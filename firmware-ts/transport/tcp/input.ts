/** A segment comes in on a connection (RFC 9293 3.10.7, with RFC 5961 against segments of others). */
import { DropReason } from "../../../hal/drop-reason.ts";
import type { SkBuff } from "../../../hal/skbuff.ts";
import type { Received } from "../../ip/layer.ts";
import { WorkTimer } from "../../net/timer-wheel.ts";
import { hasRoomAgain, isFinAcked, Taken, takeAck } from "./acknowledge.ts";
import { takeData, takeFin } from "./data.ts";
import { sendReset } from "./emit.ts";
import { connectionError } from "./errors.ts";
import { output, scaleOf, sendAck, sendSyn, updateMss } from "./output.ts";
import { takeRtt } from "./rtt.ts";
import { Flag, type Segment } from "./segment.ts";
import { after, before } from "./sequence.ts";
import { DEFAULT_MSS, State, type Tcb, Wait } from "./tcb.ts";
import { enterTimeWait } from "./time-wait.ts";
import { delayedAckIsOver, longWaitIsOver } from "./timers.ts";
import { armRto, armWait, cancelWait } from "./wait.ts";

// Constants of this module's own: V8 reads an imported or exported one anew at each use (docs/datapath.md).
const { NONE } = DropReason;
const { FIN, SYN, RST, ACK } = Flag;

/** An acknowledgment waits so long for data that could carry it, in ms (TCP_DELACK_MIN). */
const DELAYED_ACK = 40;
/** A SYN is repeated so long after an answer that was for another one, in ms (TCP_TIMEOUT_MIN: two ticks at 250 Hz). */
const SYN_AGAIN = 8;
/** Time stamps older than this mean nothing any more, in ms: 24 days (RFC 7323 5.5). */
const PAWS_REACH = 24 * 86_400_000;

/** Time stamps may be so many ms older than the last one (the kernel's TCP_PAWS_WINDOW). */
const PAWS_WINDOW = 1;

/** Takes a segment. Returns NONE when it was taken in, else the reason to drop it. */
export function receiveSegment(c: Tcb, skb: SkBuff, segment: Segment, packet: Received): DropReason {
  if (c.stateNumber === State.SYN_SENT) return receiveInSynSent(c, segment, packet);
  const refused = check(c, segment);
  if (refused !== NONE) return refused;
  const taken = takeAck(c, segment);
  if (taken === Taken.IMPOSSIBLE) {
    if (c.stateNumber === State.SYN_RECV) sendReset(c.tcp, segment, packet);
    else challenge(c);
    return DropReason.TCP_INVALID_ACK_SEQUENCE;
  }
  const opened = c.stateNumber === State.SYN_RECV;
  if (opened) {
    if (segment.ack === c.iss) return NONE;
    opens(c, segment);
    if ((segment.flags & SYN) !== 0) tellDuplicate(c, segment);
  }
  c.receiving = true;
  try {
    return takeRest(c, skb, segment, packet, opened);
  } finally {
    c.receiving = false;
  }
}

function takeRest(c: Tcb, skb: SkBuff, segment: Segment, packet: Received, opened: boolean): DropReason {
  const now = c.tcp.time[0]!;
  if (c.finSent && isFinAcked(c) && finAcknowledged(c)) return NONE;
  const availableBefore = c.incoming.length;
  let reason: DropReason = NONE;
  if (segment.length > 0 || (segment.flags & FIN) !== 0) {
    if (c.orphaned && c.stateNumber !== State.LAST_ACK && after((segment.seq + segment.length) | 0, c.rcvNxt)) {
      // Nobody is there to read it (RFC 9293 3.6.1; RFC 1122 4.2.2.13).
      c.tcp.counters.abortOnData++;
      sendReset(c.tcp, segment, packet);
      c.finish(null);
      return DropReason.TCP_CLOSE;
    }
    reason = takeData(c, skb, segment);
  }
  c.lastReceived = now;
  const ended = c.finHeard && !c.finReceived && c.rcvNxt === c.finAt;
  if (ended) takeFin(c);
  tell(c, opened, c.incoming.length > availableBefore, ended);
  if (c.over) return reason;
  if (c.stateNumber === State.TIME_WAIT) {
    sendAck(c);
    enterTimeWait(c);
    c.finish(null);
    return reason;
  }
  if (c.lostOut > 0 || c.dataEnd !== c.sndNxt || c.finQueued) output(c);
  acknowledgeIfNeeded(c, skb.more);
  return reason;
}

/** Calls the user, who may do anything meanwhile. */
function tell(c: Tcb, opened: boolean, grown: boolean, ended: boolean): void {
  if (opened && !c.over) c.user.connected();
  if (grown && !c.over) c.user.readable();
  if (ended && !c.over) c.user.ended();
  if (!c.over && hasRoomAgain(c)) {
    c.wantsRoom = false;
    c.user.writable();
  }
}

/** Checks what makes a segment believable, in the order of RFC 9293 3.10.7.4. Returns NONE when its acknowledgment is next. */
function check(c: Tcb, segment: Segment): DropReason {
  const now = c.tcp.time[0]!;
  const { flags, seq } = segment;
  const reset = (flags & RST) !== 0;
  if (c.timestampsOk && segment.timestamps && !reset && ((c.tsRecent - segment.tsVal) | 0) > PAWS_WINDOW) {
    if (now - c.tsRecentAt < PAWS_REACH) {
      c.tcp.counters.pawsEstab++;
      answerDuplicate(c, segment);
      return DropReason.TCP_RFC7323_PAWS;
    }
  }
  if (before(segment.end, c.rcvWup) || after(seq, latestEdge(c))) {
    if (!reset) {
      if ((flags & SYN) !== 0) challengeSyn(c);
      else answerDuplicate(c, segment);
    }
    return before(segment.end, c.rcvWup) ? DropReason.TCP_OLD_SEQUENCE : DropReason.TCP_INVALID_SEQUENCE;
  }
  if (reset) {
    if (seq === c.rcvNxt) wasReset(c);
    else challenge(c);
    return DropReason.TCP_RESET;
  }
  if ((flags & SYN) !== 0 && !endsOwnHandshake(c, segment)) {
    challengeSyn(c);
    return DropReason.TCP_INVALID_SYN;
  }
  if ((flags & ACK) === 0) return DropReason.TCP_FLAGS;
  if (segment.timestamps && c.timestampsOk && !after(seq, c.rcvWup) && ((segment.tsVal - c.tsRecent) | 0) >= 0) {
    c.tsRecent = segment.tsVal;
    c.tsRecentAt = now;
  }
  return NONE;
}

/** Both have opened at the same time, and this is the peer's answer to our SYN (RFC 9293 3.5, figure 7). */
function endsOwnHandshake(c: Tcb, { flags, seq, ack, length }: Segment): boolean {
  const answers = (flags & (ACK | FIN)) === ACK && length === 0;
  return c.stateNumber === State.SYN_RECV && answers && ((seq + 1) | 0) === c.rcvNxt && ack === c.sndNxt;
}

/** The end of the window; a closed one still takes what asks for its state. */
function latestEdge(c: Tcb): number {
  return after(c.rcvEdge, c.rcvNxt) ? c.rcvEdge : c.rcvNxt;
}

/** The peer has sent again what is here, or what is too far ahead: it is told where we are. */
function answerDuplicate(c: Tcb, segment: Segment): void {
  if (segment.length > 0 && before(segment.seq, c.rcvNxt)) {
    tellDuplicate(c, segment);
  } else if (segment.length === 0 && !mayChallenge(c)) {
    c.tcp.counters.ackSkippedSeq++;
    return;
  }
  sendAck(c);
}

/** The next acknowledgment, which is due now, tells the peer what came twice (RFC 2883). */
function tellDuplicate(c: Tcb, segment: Segment): void {
  c.tcp.counters.delayedAckLost++;
  c.ackNow = true;
  if (!c.sackOk || c.tcp.settings.dsack === 0) return;
  c.tcp.counters.dsackOldSent++;
  c.dsackFrom = segment.seq;
  c.dsackTo = after(segment.end, c.rcvNxt) ? c.rcvNxt : segment.end;
}

function mayChallenge(c: Tcb): boolean {
  const now = c.tcp.time[0]!;
  if (now - c.lastChallenge < c.tcp.settings.invalidRatelimit) return false;
  c.lastChallenge = now;
  return true;
}

/** Asks whether the peer has meant it (RFC 5961 3 to 5): one that has sends what then is exactly right. */
function challenge(c: Tcb): void {
  if (!mayChallenge(c)) return;
  c.tcp.counters.challengeAck++;
  sendAck(c);
}

function challengeSyn(c: Tcb): void {
  c.tcp.counters.synChallenge++;
  challenge(c);
}

function wasReset(c: Tcb): void {
  const { stateNumber } = c;
  const { counters } = c.tcp;
  if (stateNumber === State.SYN_RECV) counters.attemptFails++;
  if (stateNumber === State.ESTABLISHED || stateNumber === State.CLOSE_WAIT) counters.estabResets++;
  c.finish(connectionError("CONNECTION_RESET", c));
}

function receiveInSynSent(c: Tcb, segment: Segment, packet: Received): DropReason {
  const { flags, ack } = segment;
  const answers = (flags & ACK) !== 0;
  if (answers && (!after(ack, c.iss) || after(ack, c.sndNxt))) {
    // The reset ends what is left of an old connection at the peer: the SYN has an answer soon after it.
    if (c.retransmits === 0) armWait(c, Wait.RTO, SYN_AGAIN);
    sendReset(c.tcp, segment, packet);
    return DropReason.TCP_INVALID_ACK_SEQUENCE;
  }
  if ((flags & RST) !== 0) {
    if (!answers) return DropReason.TCP_RESET;
    c.tcp.counters.attemptFails++;
    c.finish(connectionError("CONNECTION_REFUSED", c));
    return DropReason.TCP_RESET;
  }
  if ((flags & SYN) === 0) return DropReason.TCP_FLAGS;
  takeHandshake(c, segment);
  if (!answers) {
    // Both have opened at the same time (RFC 9293 3.5, figure 7).
    c.become(State.SYN_RECV);
    c.retransmits = 0;
    sendSyn(c);
    armRto(c);
    return NONE;
  }
  opens(c, segment);
  c.receiving = true;
  try {
    c.user.connected();
  } finally {
    c.receiving = false;
  }
  if (c.over) return NONE;
  if (c.dataEnd !== c.sndNxt || c.finQueued) output(c);
  // Data that came with it come again: few stacks send any.
  if (c.rcvWup !== c.rcvNxt || c.ackNow) sendAck(c);
  return NONE;
}

/** Takes what the peer's SYN says. */
export function takeHandshake(c: Tcb, segment: Segment): void {
  const now = c.tcp.time[0]!;
  const { settings } = c.tcp;
  c.rcvNxt = (segment.seq + 1) | 0;
  c.rcvWup = segment.seq;
  c.rcvEdge = (c.rcvNxt + Math.min(settings.receiveBuffer, 0xffff)) | 0;
  c.peerMss = segment.mss === 0 ? DEFAULT_MSS : Math.max(segment.mss, 48);
  c.sackOk = segment.sackPermitted && settings.sack !== 0;
  c.timestampsOk = segment.timestamps && settings.timestamps !== 0;
  if (c.timestampsOk) {
    c.tsRecent = segment.tsVal;
    c.tsRecentAt = now;
  }
  c.scalingOk = segment.windowScale >= 0 && settings.windowScaling !== 0;
  c.sndScale = c.scalingOk ? segment.windowScale : 0;
  c.rcvScale = c.scalingOk ? scaleOf(settings.receiveBuffer) : 0;
  c.sndWnd = segment.window;
  c.maxWindow = segment.window;
  c.sndWl1 = segment.seq;
}

/** The handshake is done: our SYN is acknowledged by this segment. */
function opens(c: Tcb, segment: Segment): void {
  const now = c.tcp.time[0]!;
  cancelWait(c);
  if (c.retransmits === 0) takeRtt(c, Math.floor((now - c.lastSent) * 1000));
  else {
    c.rto = 1000;
    // A SYN that was lost is a sign of congestion (RFC 5681 3.1).
    if (c.retransmits > 1) c.cwnd = 1;
  }
  c.retransmits = 0;
  established(c, segment);
}

/** Sets up the numbers of a connection whose handshake is done. */
export function established(c: Tcb, segment: Segment): void {
  c.sndUna = segment.ack;
  c.sndNxt = segment.ack;
  c.dataSeq = segment.ack;
  c.sndSml = segment.ack;
  c.highSacked = segment.ack;
  c.sndWl1 = segment.seq;
  if ((segment.flags & SYN) === 0) c.sndWnd = segment.window << c.sndScale;
  c.maxWindow = Math.max(c.maxWindow, c.sndWnd);
  updateMss(c);
  c.rcvMss = Math.min(c.mss, DEFAULT_MSS);
  c.become(State.ESTABLISHED);
  c.confirmNext = true;
  c.lastReceived = c.tcp.time[0]!;
  if (c.keepAliveIdle > 0) c.tcp.timers.arm(longTimerOf(c), c.keepAliveIdle);
}

/** The peer has everything, our FIN included. Returns true when the connection is over with it. */
function finAcknowledged(c: Tcb): boolean {
  if (c.stateNumber === State.FIN_WAIT1) {
    c.become(State.FIN_WAIT2);
    cancelWait(c);
    if (c.orphaned) c.tcp.timers.arm(longTimerOf(c), c.tcp.settings.finTimeout);
  } else if (c.stateNumber === State.CLOSING) {
    enterTimeWait(c);
    c.finish(null);
    return true;
  } else if (c.stateNumber === State.LAST_ACK) {
    c.finish(null);
    return true;
  }
  return false;
}

/**
 * Acknowledges what came in, at once or a little later (RFC 9293 3.8.6.3, RFC 5681 4.2).
 * @param more segments follow that came in one frame with this one: one acknowledgment tells of all, as in a kernel that takes such a frame
 */
function acknowledgeIfNeeded(c: Tcb, more: boolean): void {
  if (c.ackNow) {
    sendAck(c);
    return;
  }
  if (!c.ackPending) return;
  const unacknowledged = (c.rcvNxt - c.rcvWup) | 0;
  if (more === false && (unacknowledged > c.rcvMss || (c.quickAcks > 0 && !c.pingpong))) {
    sendAck(c);
    return;
  }
  if (c.ackDue > c.tcp.time[0]!) return;
  c.ackDue = c.tcp.time[0]! + DELAYED_ACK;
  const timer = c.delayedAck ?? makeDelayedAck(c);
  // One that is armed for an acknowledgment that went out meanwhile fires for nothing, and is armed anew then.
  if (!timer.timerArmed) c.tcp.timers.arm(timer, DELAYED_ACK);
}

// Apart from its caller: a function that makes a closure allocates each time that it is called.
function makeDelayedAck(c: Tcb): WorkTimer {
  const timer = new WorkTimer(() => delayedAckIsOver(c));
  c.delayedAck = timer;
  return timer;
}

/** The timer of keep-alive and of the wait for a FIN. */
export function longTimerOf(c: Tcb): NonNullable<Tcb["longTimer"]> {
  c.longTimer ??= new WorkTimer(() => longWaitIsOver(c));
  return c.longTimer;
}
