/** The payload of a segment, and its FIN (RFC 9293 3.10.7.4): trimmed to the window, put in its place, told to the peer. */
import { DropReason } from "../../../hal/drop-reason.ts";
import type { SkBuff } from "../../../hal/skbuff.ts";
import { Flag, type Segment } from "./segment.ts";
import { after, before } from "./sequence.ts";
import { QUICK_ACKS, State, type Tcb } from "./tcb.ts";

const { NONE } = DropReason;
const { FIN } = Flag;
/** Acknowledgments at once after a hole, or a duplicate (RFC 5681 4.2). */
const QUICK_AFTER_HOLE = 2;

/** Takes payload and FIN of a segment that begins within the window. Returns NONE, or why none of it was of use. */
export function takeData(c: Tcb, skb: SkBuff, segment: Segment): DropReason {
  if (c.finReceived) {
    // Behind its FIN a peer has nothing to say.
    if (before(segment.seq, c.rcvNxt)) duplicate(c, segment.seq, after(segment.end, c.rcvNxt) ? c.rcvNxt : segment.end, true);
    return DropReason.TCP_OLD_DATA;
  }
  let from = segment.seq;
  let at = segment.at;
  let { length } = segment;
  const end = (from + length) | 0;
  let fin = (segment.flags & FIN) !== 0;
  if (c.finHeard && after(end, c.finAt)) return DropReason.TCP_INVALID_SEQUENCE;
  if (before(from, c.rcvNxt)) {
    const known = Math.min((c.rcvNxt - from) | 0, length);
    if (known > 0) duplicate(c, from, (from + known) | 0, true);
    at += known;
    length -= known;
    from = (from + known) | 0;
    if (length === 0 && (!fin || before(from, c.rcvNxt))) return known > 0 ? DropReason.TCP_OLD_DATA : NONE;
  }
  const beyond = (from + length - c.rcvEdge) | 0;
  if (beyond > 0) {
    fin = false;
    length -= beyond;
    c.ackNow = true;
    if (length <= 0) return c.rcvEdge === c.rcvNxt ? DropReason.TCP_ZEROWINDOW : DropReason.TCP_OVERWINDOW;
  }
  if (length > 0) {
    const reason = place(c, skb, at, from, length);
    if (reason !== NONE) return reason;
  }
  if (fin && !c.finHeard) {
    c.finHeard = true;
    c.finAt = (from + length) | 0;
    if (c.finAt !== c.rcvNxt) {
      // It is told as any octet out of order.
      c.arrived.add(c.finAt, (c.finAt + 1) | 0);
      c.ackNow = true;
    }
  }
  return NONE;
}

function place(c: Tcb, skb: SkBuff, at: number, from: number, length: number): DropReason {
  const now = c.tcp.time[0]!;
  const gap = (from - c.rcvNxt) | 0;
  const { arrived, incoming } = c;
  const end = (from + length) | 0;
  if (gap === 0) {
    incoming.place(incoming.length, skb, at, length);
    incoming.commit(length);
    c.rcvNxt = end;
    c.bytesReceived += length;
    if (arrived.count > 0) fillHole(c);
    if (length > c.rcvMss) c.rcvMss = length;
    if (!(now - c.lastReceived <= c.rto)) c.quickAcks = Math.max(c.quickAcks, QUICK_ACKS);
    c.ackPending = true;
    return NONE;
  }
  c.ackNow = true;
  c.pingpong = false;
  c.quickAcks = Math.max(c.quickAcks, QUICK_AFTER_HOLE);
  if (arrived.count > 0 && arrived.has(from, end)) {
    c.tcp.counters.ofoMerge++;
    duplicate(c, from, end, false);
    return DropReason.TCP_OFOMERGE;
  }
  if (!arrived.add(from, end)) {
    c.tcp.counters.ofoDrop++;
    return DropReason.TCP_OFO_DROP;
  }
  incoming.place(incoming.length + gap, skb, at, length);
  c.tcp.counters.ofoQueue++;
  return NONE;
}

/** Data that came early may be in order now. */
function fillHole(c: Tcb): void {
  let reached = c.arrived.advance(c.rcvNxt);
  // A FIN is no byte of the ring.
  if (c.finHeard && after(reached, c.finAt)) reached = c.finAt;
  const more = (reached - c.rcvNxt) | 0;
  if (more > 0) {
    c.incoming.commit(more);
    c.bytesReceived += more;
    c.rcvNxt = reached;
  }
  c.ackNow = true;
}

/** A range came twice: the peer is told, so that it learns of needless retransmissions (RFC 2883). */
function duplicate(c: Tcb, from: number, to: number, old: boolean): void {
  c.ackNow = true;
  c.quickAcks = Math.max(c.quickAcks, QUICK_AFTER_HOLE);
  if (!c.sackOk || c.tcp.settings.dsack === 0) return;
  if (old) c.tcp.counters.dsackOldSent++;
  else c.tcp.counters.dsackOfoSent++;
  c.dsackFrom = from;
  c.dsackTo = to;
}

/** Everything before the peer's FIN is here. */
export function takeFin(c: Tcb): void {
  c.finReceived = true;
  c.rcvNxt = (c.rcvNxt + 1) | 0;
  c.ackPending = true;
  if (c.stateNumber === State.ESTABLISHED) {
    c.become(State.CLOSE_WAIT);
    // The user is likely to end, too: its FIN will carry the acknowledgment.
    c.pingpong = true;
    return;
  }
  c.ackNow = true;
  if (c.stateNumber === State.FIN_WAIT1) c.become(State.CLOSING);
  else if (c.stateNumber === State.FIN_WAIT2) c.become(State.TIME_WAIT);
}
