/** Sending on a connection: new data within windows, retransmissions, acknowledgments, probes (RFC 9293 3.8, RFC 5681). */

import type { SkBuff } from "../../../hal/skbuff.ts";
import { idleRestart } from "./congestion.ts";
import { emit, HANDSHAKE_MOST, SACK_HEAD, TIMESTAMPS_BYTES, writeHandshake, writeSackHead, writeTimestamps } from "./emit.ts";
import { Flag, SACK_BLOCKS, TCP_HEADER, TCP_HEADER_MOST } from "./segment.ts";
import { Sent } from "./sent-segments.ts";
import { after, before, latest } from "./sequence.ts";
import { Ca, RTO_MAX, State, type Tcb, Wait } from "./tcb.ts";
import { armRto, armWait, cancelWait, scheduleLossProbe } from "./wait.ts";

// Constants of this module's own: V8 reads an imported or exported one anew at each use (docs/datapath.md).
const { FIN, SYN, RST, PSH, ACK, ECE, CWR } = Flag;
/** The codepoint of a packet that may be marked, ECT(0) (RFC 3168 5). */
const ECT = 2;
const { SACKED, LOST, RETRANS, EVER_RETRANS, FIN: HAS_FIN } = Sent;
const [HEADER, STAMPS, BLOCKS_HEAD, BLOCKS_MOST] = [TCP_HEADER, TIMESTAMPS_BYTES, SACK_HEAD, SACK_BLOCKS];

/** The largest window that a header can say, before scaling. */
const WINDOW_MOST = 0xffff;

/** Returns the shift that lets a window of so many bytes be told (RFC 7323 2.2). */
export function scaleOf(bytes: number): number {
  let scale = 0;
  while (bytes >> scale > WINDOW_MOST) scale++;
  return scale;
}

/** Brings the size of a full segment up to date with the way, which may have changed. */
export function updateMss(c: Tcb): void {
  const { way } = c;
  c.layer.refresh(way);
  const room = Math.min(way.room < 0 ? c.peerMss + HEADER : way.room, c.tcp.room);
  const most = Math.min(c.peerMss, Math.max(room - HEADER, 48));
  c.mss = Math.max(most - (c.timestampsOk ? STAMPS : 0), 16);
}

/** Sends what may be sent now: segments that are held lost first, then new data. */
export function output(c: Tcb): void {
  const state = c.stateNumber;
  if (state < State.ESTABLISHED || state === State.FIN_WAIT2 || state === State.TIME_WAIT) return;
  if (c.lostOut > 0) retransmitLost(c);
  const left = (c.dataEnd - c.sndNxt) | 0;
  if (left > 0 || (c.finQueued && !c.finSent)) sendNew(c);
}

function sendNew(c: Tcb): void {
  updateMss(c);
  const now = c.tcp.time[0]!;
  idleRestart(c);
  c.cwndLimited = false;
  const sentBefore = c.sent.count;
  const windowEnd = (c.sndUna + c.sndWnd) | 0;
  const { dataEnd } = c;
  let blocked = false;
  for (;;) {
    const left = (dataEnd - c.sndNxt) | 0;
    if (left <= 0 && (!c.finQueued || c.finSent)) break;
    if (c.inFlight >= Math.max(1, Math.floor(c.cwnd))) {
      c.cwndLimited = true;
      break;
    }
    const usable = (windowEnd - c.sndNxt) | 0;
    const size = sizeOfNext(c, left, usable);
    if (size < 0) {
      blocked = usable < Math.min(left, c.mss) || usable <= 0;
      break;
    }
    const last = size === left;
    const fin = last && c.finQueued && usable > size;
    if (!fin && size === 0) {
      blocked = true;
      break;
    }
    if (!sendData(c, c.sndNxt, size, (last && size > 0 ? PSH : 0) | (fin ? FIN : 0))) {
      blocked = true;
      break;
    }
    const end = (c.sndNxt + size + (fin ? 1 : 0)) | 0;
    c.sent.push(end, c.tcp.ticks[0]!, fin ? HAS_FIN : 0);
    c.bytesSent += size;
    c.tcp.counters.outSegs++;
    if (size < c.mss) c.sndSml = end;
    if (c.ca === Ca.RECOVERY || c.ca === Ca.CWR) c.prrOut++;
    c.sndNxt = end;
    if (fin) finWasSent(c);
  }
  if (c.sent.count > c.maxPacketsOut || c.cwndLimited) c.maxPacketsOut = c.sent.count;
  if (c.sent.count > sentBefore) {
    // Data that follow what came in at once are an answer; its acknowledgment needs no segment of its own.
    if (now - c.lastReceived < 40) c.pingpong = true;
    if (sentBefore === 0 || c.wait === Wait.NOTHING || c.wait === Wait.PROBE) armRto(c);
    scheduleLossProbe(c);
  } else if (blocked && c.sent.count === 0 && c.wait === Wait.NOTHING) {
    armWait(c, Wait.PROBE, Math.min(c.rto * 2 ** c.backoff, RTO_MAX));
  }
}

/** Returns the bytes of the next segment; -1 when it has to wait: for the window, or for more to fill it (RFC 9293 3.7.4, 3.8.6.2.1). */
function sizeOfNext(c: Tcb, left: number, usable: number): number {
  const size = Math.min(left, c.mss - sackBytes(c));
  if (usable < size) {
    // A part of what is there, into a small window: only if it is much for this peer.
    return usable > 0 && 2 * usable >= c.maxWindow ? Math.min(usable, size) : -1;
  }
  if (size === left && size < c.mss && !c.noDelay && !c.finQueued && isSmallUnderWay(c)) return -1;
  return size;
}

/** A segment that was not full is not acknowledged yet: Nagle's algorithm as G. Minshall has it. */
function isSmallUnderWay(c: Tcb): boolean {
  return c.sent.count > 0 && after(c.sndSml, c.sndUna) && !after(c.sndSml, c.sndNxt);
}

function finWasSent(c: Tcb): void {
  c.finSent = true;
  if (c.stateNumber === State.ESTABLISHED) c.become(State.FIN_WAIT1);
  else if (c.stateNumber === State.CLOSE_WAIT) c.become(State.LAST_ACK);
}

/** Sends segments again that are held lost, as far as the congestion window allows. */
export function retransmitLost(c: Tcb): void {
  updateMss(c);
  const { sent } = c;
  for (let place = 0; place < sent.count && c.lostOut > 0; place++) {
    const flags = sent.flags(place);
    if ((flags & LOST) === 0 || (flags & (SACKED | RETRANS)) !== 0) continue;
    if (c.inFlight >= Math.max(1, Math.floor(c.cwnd))) return;
    if (!retransmit(c, place)) return;
  }
}

/** Sends one segment again. Returns false when there is no memory, or the peer has taken its window back. */
export function retransmit(c: Tcb, place: number): boolean {
  const { sent } = c;
  const start = place === 0 ? c.sndUna : sent.end(place - 1);
  if (place > 0 && !before(start, (c.sndUna + c.sndWnd) | 0)) return false;
  const fin = (sent.flags(place) & HAS_FIN) !== 0;
  let size = (sent.end(place) - start - (fin ? 1 : 0)) | 0;
  const most = Math.max(c.mss - sackBytes(c), 16);
  if (size > most) {
    splitSent(c, place, (start + most) | 0);
    size = most;
  }
  const flags = sent.flags(place);
  const now = c.tcp.time[0]!;
  const isLast = sent.end(place) === c.dataEnd || (flags & HAS_FIN) !== 0;
  if (!sendData(c, start, size, (isLast && size > 0 ? PSH : 0) | ((flags & HAS_FIN) !== 0 ? FIN : 0))) return false;
  if ((flags & RETRANS) === 0) c.retransOut++;
  sent.setFlags(place, flags | RETRANS | EVER_RETRANS);
  sent.setTime(place, c.tcp.ticks[0]!);
  c.tcp.counters.retransSegs++;
  if (c.ca === Ca.LOSS) c.tcp.counters.slowStartRetrans++;
  else c.tcp.counters.fastRetrans++;
  c.totalRetrans++;
  c.bytesRetrans += size;
  if (Number.isNaN(c.retransSince)) c.retransSince = now;
  if (c.retransStamp === 0) c.retransStamp = c.timestamp() || 1;
  if (c.ca === Ca.RECOVERY) c.prrOut++;
  if (c.wait === Wait.NOTHING) armRto(c);
  return true;
}

/** Cuts a segment that was sent in two, and keeps the counts right. */
export function splitSent(c: Tcb, place: number, end: number): void {
  const flags = c.sent.flags(place);
  c.sent.split(place, end);
  if ((flags & SACKED) !== 0) c.sackedOut++;
  if ((flags & LOST) !== 0) c.lostOut++;
  if ((flags & RETRANS) !== 0) c.retransOut++;
}

/** Bytes that SACK blocks take in a header now. */
function sackBytes(c: Tcb): number {
  const blocks = blocksToTell(c);
  return blocks === 0 ? 0 : BLOCKS_HEAD + 8 * blocks;
}

function blocksToTell(c: Tcb): number {
  if (!c.sackOk) return 0;
  const most = c.timestampsOk ? BLOCKS_MOST - 1 : BLOCKS_MOST;
  return Math.min(c.arrived.blockCount + (c.dsackFrom === c.dsackTo ? 0 : 1), most);
}

/** Writes the options of a segment of an open connection at `at`. Returns the offset behind them. */
function writeOptions(c: Tcb, view: DataView, at: number): number {
  let next = at;
  if (c.timestampsOk) next = writeTimestamps(view, next, c.timestamp(), c.tsRecent);
  const blocks = blocksToTell(c);
  if (blocks === 0) return next;
  next = writeSackHead(view, next, blocks);
  let told = 0;
  if (c.dsackFrom !== c.dsackTo) {
    view.setInt32(next, c.dsackFrom);
    view.setInt32(next + 4, c.dsackTo);
    next += 8;
    told++;
    c.dsackTo = c.dsackFrom;
  }
  for (let block = 0; told < blocks; block++, told++, next += 8) {
    view.setInt32(next, c.arrived.blocks[2 * block]!);
    view.setInt32(next + 4, c.arrived.blocks[2 * block + 1]!);
  }
  return next;
}

/** Sends a segment with data from the ring; false when there is no memory, or the way out has no room. */
function sendData(c: Tcb, seq: number, size: number, flags: number): boolean {
  const now = c.tcp.time[0]!;
  const skb = c.tcp.allocate(TCP_HEADER_MOST + size);
  if (skb === null) return false;
  const at = skb.data;
  const headerEnd = writeOptions(c, skb.view, at + HEADER);
  skb.tail = headerEnd + size;
  if (size > 0) c.outgoing.copyTo(skb, headerEnd, (seq - c.dataSeq) | 0, size);
  // Only new data may be marked on the way (RFC 3168 6.1.2, 6.1.5).
  const markable = c.ecnOk && size > 0 && seq === c.sndNxt;
  let bits = flags | ACK;
  if (markable && c.owesCwr) {
    bits |= CWR;
    c.owesCwr = false;
  }
  sendSegment(c, skb, seq, bits, headerEnd - at, markable ? ECT : 0);
  c.lastSent = now;
  return true;
}

/** Sends a segment that acknowledges; options and data are there already. */
function sendSegment(c: Tcb, skb: SkBuff, seq: number, flags: number, headerBytes: number, tos = 0): void {
  const window = selectWindow(c);
  // Once in a ms is enough for an entry, and leaves the rest the short way out.
  if (c.confirmNext && c.confirmedAt !== c.tcp.ticks[1]) {
    skb.confirm = true;
    c.confirmNext = false;
    c.confirmedAt = c.tcp.ticks[1]!;
  }
  acknowledged(c);
  const bits = c.owesEce ? flags | ECE : flags;
  emit(c.tcp, skb, c.layer, c.way, c.ports, seq, c.rcvNxt, bits, headerBytes, window, tos);
}

function acknowledged(c: Tcb): void {
  c.rcvWup = c.rcvNxt;
  c.ackPending = false;
  c.ackNow = false;
  c.ackDue = Number.NaN;
  if (c.quickAcks > 0) c.quickAcks--;
}

/** Chooses the window that is told next, in the header's form. It never shrinks, and grows in steps worth telling (RFC 9293 3.8.6.2.2). */
function selectWindow(c: Tcb): number {
  const limit = c.tcp.settings.receiveBuffer;
  const told = Math.max(0, (c.rcvEdge - c.rcvNxt) | 0);
  const free = Math.max(0, limit - c.incoming.length);
  let window = told;
  if (free - told >= Math.min(2 * c.rcvMss, limit >> 1)) window = free;
  const scale = c.rcvScale;
  window = Math.min(window, WINDOW_MOST << scale);
  // Downwards in whole units, unless that takes back what was told.
  let units = window >>> scale;
  if (units << scale < told) units = Math.min(WINDOW_MOST, units + 1);
  if (units === 0 && c.rcvWindow > 0) c.tcp.counters.toZeroWindow++;
  else if (units > 0 && c.rcvWindow === 0) c.tcp.counters.fromZeroWindow++;
  c.rcvWindow = units;
  c.rcvEdge = latest(c.rcvEdge, (c.rcvNxt + (units << scale)) | 0);
  return units;
}

/** Sends an acknowledgment now, with the windows and blocks of now. */
export function sendAck(c: Tcb): void {
  sendControl(c, c.sndNxt, ACK);
}

/** Sends an octet's number that the peer has already: it has to acknowledge (keep-alive, a probe of a closed window). */
export function sendProbe(c: Tcb): void {
  sendControl(c, (c.sndUna - 1) | 0, ACK);
}

/** Sends RST with the next number, so that the peer believes it (RFC 5961 3). */
export function sendAbort(c: Tcb): void {
  sendControl(c, c.sndNxt, RST | ACK);
}

function sendControl(c: Tcb, seq: number, flags: number): void {
  const { tcp } = c;
  c.layer.refresh(c.way);
  const skb = tcp.allocate(TCP_HEADER_MOST);
  if (skb === null) return;
  const at = skb.data;
  const headerEnd = writeOptions(c, skb.view, at + HEADER);
  skb.tail = headerEnd;
  tcp.counters.outSegs++;
  sendSegment(c, skb, seq, flags, headerEnd - at);
}

/** The room that our handshake tells the peer of, in bytes of payload without options. */
export function ownMss(c: Tcb): number {
  c.layer.refresh(c.way);
  return Math.min(c.way.room < 0 ? c.peerMss : c.way.room - HEADER, c.tcp.room - HEADER, 0xffff);
}

/** Sends SYN, or SYN and ACK where both have opened at the same time. */
export function sendSyn(c: Tcb): void {
  const { tcp } = c;
  const { settings } = tcp;
  c.layer.refresh(c.way);
  const skb = tcp.allocate(HANDSHAKE_MOST);
  const now = tcp.time[0]!;
  c.lastSent = now;
  if (skb === null) return;
  const answers = c.stateNumber === State.SYN_RECV;
  // A path on which the first one was lost may be one that does not like it (RFC 3168 6.1.1.1).
  const asking = settings.ecn === 1 && c.retransmits === 0 ? SYN | ECE | CWR : SYN;
  const headerBytes = writeHandshake(skb.view, skb.data, {
    mss: ownMss(c),
    sack: answers ? c.sackOk : settings.sack !== 0,
    timestamps: answers ? c.timestampsOk : settings.timestamps !== 0,
    tsVal: c.timestamp(),
    tsEcr: c.tsRecent,
    windowScale: answers && !c.scalingOk ? -1 : settings.windowScaling !== 0 ? scaleOf(settings.receiveBuffer) : -1,
  });
  skb.tail = skb.data + headerBytes;
  const window = Math.min(settings.receiveBuffer, WINDOW_MOST);
  c.rcvEdge = (c.rcvNxt + window) | 0;
  c.rcvWup = c.rcvNxt;
  if (c.retransmits === 0) tcp.counters.outSegs++;
  emit(tcp, skb, c.layer, c.way, c.ports, c.iss, c.rcvNxt, answers ? SYN | ACK : asking, headerBytes, window);
}

/** Sends one segment beyond what the congestion window allows: new data if there is some, else the last one again (RFC 8985 7.3). */
export function sendLossProbe(c: Tcb): void {
  updateMss(c);
  const usable = (c.sndUna + c.sndWnd - c.sndNxt) | 0;
  const left = (c.dataEnd - c.sndNxt) | 0;
  const size = Math.min(left, c.mss - sackBytes(c));
  c.tlpRetrans = false;
  if (size > 0 && size <= usable && sendData(c, c.sndNxt, size, size === left ? PSH : 0)) {
    c.sndNxt = (c.sndNxt + size) | 0;
    c.sent.push(c.sndNxt, c.tcp.ticks[0]!, 0);
    c.bytesSent += size;
    c.tcp.counters.outSegs++;
    if (size < c.mss) c.sndSml = c.sndNxt;
  } else {
    let last = c.sent.count - 1;
    const start = last === 0 ? c.sndUna : c.sent.end(last - 1);
    const payload = (c.sent.end(last) - start) | 0;
    if (payload > c.mss + 1) {
      splitSent(c, last, (c.sent.end(last) - c.mss) | 0);
      last++;
    }
    if (!retransmit(c, last)) return;
    c.tlpRetrans = true;
  }
  c.tlpOut = true;
  c.tlpHigh = c.sndNxt;
  c.tcp.counters.lossProbes++;
}

/** Probes a window that is closed, or too small for a segment: with data where any fit, else without. */
export function sendWindowProbe(c: Tcb): void {
  updateMss(c);
  const usable = (c.sndUna + c.sndWnd - c.sndNxt) | 0;
  const left = (c.dataEnd - c.sndNxt) | 0;
  c.tcp.counters.winProbe++;
  const size = Math.min(left, usable, c.mss);
  if (size <= 0 || !sendData(c, c.sndNxt, size, PSH)) {
    sendProbe(c);
    return;
  }
  c.sndNxt = (c.sndNxt + size) | 0;
  c.sent.push(c.sndNxt, c.tcp.ticks[0]!, 0);
  c.bytesSent += size;
  c.tcp.counters.outSegs++;
  cancelWait(c);
  armRto(c);
}
