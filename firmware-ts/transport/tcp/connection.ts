/** A connection as its user has it: what is asked of it, and how it ends. */
import type { DropReason } from "../../../hal/drop-reason.ts";
import type { SkBuff } from "../../../hal/skbuff.ts";
import type { InetError } from "../../ip/inet-error.ts";
import type { IcmpError, Received, Way } from "../../ip/layer.ts";
import type { TcpConnection, TcpInfo, TcpState, TcpUser } from "./contract.ts";
import { icmpError } from "./errors.ts";
import type { Endpoints } from "./flow.ts";
import { NOBODY, type PathUser, type TcpGround } from "./ground.ts";
import { established, longTimerOf, receiveSegment, takeHandshake } from "./input.ts";
import { output, sendAbort, sendAck, sendSyn, updateMss } from "./output.ts";
import { markLost } from "./recovery.ts";
import { takeRtt } from "./rtt.ts";
import type { Segment } from "./segment.ts";
import { Sent } from "./sent-segments.ts";
import { after, before } from "./sequence.ts";
import { Ca, STATE_NAMES, State, Tcb, Wait } from "./tcb.ts";
import { waitIsOver } from "./timers.ts";
import { armRto } from "./wait.ts";

/** Most that the header's field says of a window, before it is scaled. */
const FIELD_MOST = 0xffff;

/** The outcome of a handshake, for a connection that begins with its end. */
export interface Settled {
  readonly iss: number;
  readonly irs: number;
  readonly mss: number;
  /** -1 for none. */
  readonly windowScale: number;
  readonly sack: boolean;
  readonly timestamps: boolean;
  readonly tsRecent: number;
  /** Round trip of our SYN, in us; -1 where it is not known, or the SYN went out twice (Karn). */
  readonly rtt: number;
}

export class Connection extends Tcb implements TcpConnection, PathUser {
  constructor(tcp: TcpGround, endpoints: Endpoints, way: Way, user: TcpUser) {
    super(tcp, endpoints, way, user);
    this.tsOffset = tcp.timestampOffset(endpoints);
  }

  /** Sends SYN. */
  open(): void {
    this.tcp.now();
    this.iss = this.tcp.initialSequence(this);
    this.sndUna = this.iss;
    this.sndNxt = (this.iss + 1) | 0;
    this.dataSeq = this.sndNxt;
    this.become(State.SYN_SENT);
    this.tcp.flows.add(this);
    this.tcp.counters.activeOpens++;
    sendSyn(this);
    if (!this.over) armRto(this);
  }

  /** Begins where a handshake has ended, with the segment that has ended it. */
  begin(settled: Settled, segment: Segment): void {
    this.iss = settled.iss;
    segment.windowScale = settled.windowScale;
    segment.sackPermitted = settled.sack;
    segment.mss = settled.mss;
    takeHandshake(this, segment);
    this.rcvNxt = (settled.irs + 1) | 0;
    this.rcvWup = this.rcvNxt;
    this.rcvEdge = (this.rcvNxt + Math.min(this.tcp.settings.receiveBuffer, 0xffff)) | 0;
    this.timestampsOk = settled.timestamps;
    this.tsRecent = settled.tsRecent;
    if (settled.rtt >= 0) takeRtt(this, settled.rtt);
    established(this, segment);
    this.tcp.flows.add(this);
    this.tcp.counters.passiveOpens++;
  }

  receive(skb: SkBuff, segment: Segment, packet: Received): DropReason {
    return receiveSegment(this, skb, segment, packet);
  }

  timerFired(): void {
    waitIsOver(this);
  }

  get state(): TcpState {
    return STATE_NAMES[this.stateNumber] as TcpState;
  }

  get available(): number {
    return this.incoming.length;
  }

  get free(): number {
    if (this.finQueued || (this.stateNumber !== State.ESTABLISHED && this.stateNumber !== State.CLOSE_WAIT)) return 0;
    return Math.max(0, this.tcp.settings.sendBuffer - this.outgoing.length);
  }

  get unacknowledged(): number {
    return this.outgoing.length;
  }

  get ended(): boolean {
    return this.finReceived;
  }

  write(bytes: Uint8Array): number {
    this.tcp.now();
    const count = Math.min(bytes.length, this.free);
    if (count < bytes.length) this.wantsRoom = true;
    if (count === 0) return 0;
    this.outgoing.append(bytes, count);
    if (!this.receiving) output(this);
    return count;
  }

  read(into: Uint8Array): number {
    const count = this.incoming.take(into);
    if (count > 0 && !this.over) this.#tellWindow();
    return count;
  }

  /** Tells the peer of a window that has become much larger (RFC 9293 3.8.6.2.2). */
  #tellWindow(): void {
    // No more than the header's field can say: without a scale every read would look like much more room.
    const limit = Math.min(this.tcp.settings.receiveBuffer, FIELD_MOST << this.rcvScale);
    const told = Math.max(0, (this.rcvEdge - this.rcvNxt) | 0);
    if (2 * told > limit || this.finReceived) return;
    const free = limit - this.incoming.length;
    if (free < 2 * told || free - told < Math.min(2 * this.rcvMss, limit >> 1)) return;
    this.tcp.now();
    if (this.receiving) this.ackNow = true;
    else sendAck(this);
  }

  end(): void {
    if (this.over || this.finQueued) return;
    this.tcp.now();
    this.finQueued = true;
    if (!this.receiving) output(this);
  }

  close(): void {
    this.tcp.now();
    this.user = NOBODY;
    const unread = this.incoming.length;
    this.incoming.clear();
    if (this.over || this.orphaned) return;
    if (this.stateNumber < State.ESTABLISHED) {
      this.finish(null);
      return;
    }
    const { counters, settings } = this.tcp;
    if (unread > 0) counters.abortOnClose++;
    if (this.tcp.orphans >= settings.maxOrphans) counters.abortOnMemory++;
    if (unread > 0 || this.tcp.orphans >= settings.maxOrphans) {
      sendAbort(this);
      this.finish(null);
      return;
    }
    this.orphaned = true;
    this.tcp.orphans++;
    if (this.stateNumber === State.FIN_WAIT2) this.tcp.timers.arm(longTimerOf(this), settings.finTimeout);
    this.end();
  }

  abort(): void {
    this.tcp.now();
    this.user = NOBODY;
    if (this.over) return;
    if (this.stateNumber >= State.SYN_RECV) sendAbort(this);
    this.finish(null);
  }

  keepAlive(idle: number, interval: number = this.tcp.settings.keepaliveInterval, probes?: number): void {
    this.keepAliveIdle = idle;
    this.keepAliveInterval = interval;
    this.keepAliveProbes = probes ?? this.tcp.settings.keepaliveProbes;
    this.keepAliveSent = 0;
    if (idle > 0 && this.stateNumber >= State.ESTABLISHED) this.tcp.timers.arm(longTimerOf(this), idle);
    else if (idle === 0 && !this.orphaned && this.longTimer) this.tcp.timers.cancel(this.longTimer);
  }

  finish(error: InetError | null): void {
    if (this.over) return;
    this.over = true;
    const { tcp } = this;
    if (this.orphaned) tcp.orphans--;
    tcp.flows.remove(this);
    for (const timer of [this, this.delayedAck, this.longTimer]) if (timer) tcp.timers.cancel(timer);
    this.wait = Wait.NOTHING;
    this.become(State.CLOSE);
    this.outgoing.clear();
    this.sent.clear();
    this.arrived.clear();
    this.incoming.detach();
    this.sackedOut = 0;
    this.lostOut = 0;
    this.retransOut = 0;
    this.user.closed(error);
    this.user = NOBODY;
  }

  icmp(error: IcmpError, seq: number): boolean {
    const begins = this.stateNumber === State.SYN_SENT || this.stateNumber === State.SYN_RECV;
    if (before(seq, this.sndUna) || after(seq, this.sndNxt)) {
      this.tcp.counters.outOfWindowIcmps++;
      return false;
    }
    const { errno } = error;
    if (errno === null) return true;
    if (errno === "EMSGSIZE") this.tcp.lookAnew(this);
    else if (begins) {
      this.tcp.counters.attemptFails++;
      this.finish(icmpError(errno, this));
    } else this.softError = errno;
    return true;
  }

  /** A router has told of a shorter path: what is under way and too long for it is lost (RFC 9293 3.7.5). */
  pathChanged(): void {
    if (this.over || this.stateNumber < State.ESTABLISHED) return;
    this.tcp.now();
    const { sent } = this;
    updateMss(this);
    let start = this.sndUna;
    for (let place = 0; place < sent.count; place++) {
      const end = sent.end(place);
      const length = (end - start - ((sent.flags(place) & Sent.FIN) !== 0 ? 1 : 0)) | 0;
      if (length > this.mss && (sent.flags(place) & Sent.SACKED) === 0) markLost(this, place);
      start = end;
    }
    if (this.lostOut > 0 && this.ca < Ca.RECOVERY) {
      // No congestion: the window stays.
      this.ca = Ca.LOSS;
      this.highSeq = this.sndNxt;
      this.ssthresh = this.cwnd;
    }
    output(this);
  }

  info(): TcpInfo {
    const orZero = (value: number): number => (Number.isNaN(value) ? 0 : value);
    return {
      state: this.state,
      rtt: orZero(this.srtt),
      rttvar: orZero(this.rttvar),
      minRtt: orZero(this.minRtt),
      rto: this.rto,
      cwnd: this.cwnd,
      ssthresh: this.ssthresh,
      mss: this.mss,
      unacked: this.sent.count,
      sacked: this.sackedOut,
      lost: this.lostOut,
      totalRetrans: this.totalRetrans,
      retransmits: this.retransmits,
      bytesSent: this.bytesSent,
      bytesAcked: this.bytesAcked,
      bytesReceived: this.bytesReceived,
      bytesRetrans: this.bytesRetrans,
      sendWindow: this.sndWnd,
      receiveWindow: Math.max(0, (this.rcvEdge - this.rcvNxt) | 0),
      timestamps: this.timestampsOk,
      sack: this.sackOk,
      windowScaling: this.scalingOk,
    };
  }
}
