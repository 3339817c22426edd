/** The transmission control block (RFC 9293 3.3.1): all that is known of one connection. The functions beside it act on it. */
import type { InetError, SocketErrno } from "../../ip/inet-error.ts";
import type { Way } from "../../ip/layer.ts";
import type { TimerNode } from "../../net/timer-wheel.ts";
import { ArrivedRanges } from "./arrived-ranges.ts";
import { ByteRing } from "./byte-ring.ts";
import type { TcpState, TcpUser } from "./contract.ts";
import { type Endpoints, Flow } from "./flow.ts";
import type { TcpGround } from "./ground.ts";
import { SentSegments } from "./sent-segments.ts";

/** States as numbers, in an order that comparisons use: data may be sent from ESTABLISHED on. */
export const State = {
  CLOSE: 0,
  SYN_SENT: 1,
  SYN_RECV: 2,
  ESTABLISHED: 3,
  CLOSE_WAIT: 4,
  FIN_WAIT1: 5,
  FIN_WAIT2: 6,
  CLOSING: 7,
  LAST_ACK: 8,
  TIME_WAIT: 9,
} as const;
export type State = (typeof State)[keyof typeof State];

export const STATE_NAMES: readonly TcpState[] = Object.keys(State) as TcpState[];

/** The event that the one timer of a connection waits for. */
export const Wait = {
  NOTHING: 0,
  /** A retransmission (RFC 6298). */
  RTO: 1,
  /** A tail loss probe (RFC 8985 7). */
  TLP: 2,
  /** Segments that may only be reordered (RFC 8985 6.2). */
  REORDERING: 3,
  /** A probe of a closed window (RFC 9293 3.8.6.1). */
  PROBE: 4,
} as const;
export type Wait = (typeof Wait)[keyof typeof Wait];

/** The state of loss recovery, by the kernel's names (TCP_CA_*). */
export const Ca = { OPEN: 0, DISORDER: 1, CWR: 2, RECOVERY: 3, LOSS: 4 } as const;
export type Ca = (typeof Ca)[keyof typeof Ca];

/** Segments of the first window (RFC 6928). */
export const INITIAL_WINDOW = 10;
/** Least and most, and the first RTO, in ms (RFC 6298; the kernel's TCP_RTO_MIN). */
export const RTO_MIN = 200;
export const RTO_MAX = 120_000;
export const RTO_FIRST = 1000;
/** Bytes of a full segment where the peer names none (RFC 9293 3.7.1). */
export const DEFAULT_MSS = 536;
/** Segments at the start of a connection that are acknowledged at once (TCP_MAX_QUICKACKS). */
export const QUICK_ACKS = 16;

// NaN is no whole number: V8 expects fractions from the start, and stores later ones in place.
const NEVER = Number.NaN;

export abstract class Tcb extends Flow {
  readonly tcp: TcpGround;
  readonly way: Way;
  user: TcpUser;
  stateNumber: State = State.CLOSE;
  /** Nobody uses it any more. */
  orphaned = false;
  /** The connection is over, and its user knows. */
  over = false;
  noDelay = false;

  // Sending. Sequence numbers are int32.
  iss = 0;
  sndUna = 0;
  sndNxt = 0;
  /** The window of the peer, in bytes, the largest that there was, and the segment by which it came (SND.WL1). */
  sndWnd = 0;
  maxWindow = 0;
  sndWl1 = 0;
  sndScale = 0;
  /** The sequence number of the first byte in the ring. */
  dataSeq = 0;
  readonly outgoing: ByteRing;
  readonly sent: SentSegments = new SentSegments();
  /** The FIN was asked for; it was sent. */
  finQueued = false;
  finSent = false;
  /** The end of the last segment that was not full (the kernel's snd_sml). */
  sndSml = 0;
  /** The peer's limit, and the bytes of payload in a full segment now. */
  peerMss: number = DEFAULT_MSS;
  mss: number = DEFAULT_MSS;
  /** write() has taken less than it was given. */
  wantsRoom = false;
  /** A segment is being taken in: what the user asks for meanwhile goes out at its end. */
  receiving = false;
  /** The peer has acknowledged something new: the next packet confirms the neighbour (the kernel's sk_dst_pending_confirm). */
  confirmNext = false;
  /** The ms in which the last packet did, as an int32. */
  confirmedAt = 0;

  // Receiving.
  rcvNxt = 0;
  /** The acknowledgment that was sent last, and the end of the window that was told (RCV.NXT + RCV.WND). */
  rcvWup = 0;
  rcvEdge = 0;
  rcvScale = 0;
  /** The window that was told last, in the header's form. */
  rcvWindow = 1;
  /** A guess at the peer's full segment, for delayed acknowledgments (RFC 9293 3.8.6.3). */
  rcvMss: number = DEFAULT_MSS;
  readonly incoming: ByteRing;
  readonly arrived: ArrivedRanges = new ArrivedRanges();
  /** The peer's FIN is in order. */
  finReceived = false;
  /** The sequence number of a FIN that came before what is in front of it. */
  finAt = 0;
  finHeard = false;
  /** A segment that came twice, for the next acknowledgment (RFC 2883). */
  dsackFrom = 0;
  dsackTo = 0;

  // Options that both have agreed on.
  timestampsOk = false;
  sackOk = false;
  scalingOk = false;
  tsOffset = 0;
  tsRecent = 0;
  tsRecentAt: number = NEVER;

  // Acknowledgments of ours.
  ackPending = false;
  ackNow = false;
  quickAcks: number = QUICK_ACKS;
  /** The user answers what comes in: its data will carry the acknowledgment. */
  pingpong = false;
  delayedAck: TimerNode | null = null;
  /** When an acknowledgment that waits is due; NaN when none does. */
  ackDue: number = NEVER;
  lastReceived: number = NEVER;
  lastChallenge: number = NEVER;

  // Time.
  wait: Wait = Wait.NOTHING;
  waitUntil: number = NEVER;
  srtt: number = NEVER;
  rttvar: number = NEVER;
  minRtt: number = NEVER;
  rto: number = RTO_FIRST + 0.5 - 0.5;
  backoff = 0;
  retransmits = 0;
  probesOut = 0;
  /** When the first of the retransmissions was sent that brought no progress yet; NaN without any. */
  retransSince: number = NEVER;
  lastSent: number = NEVER;
  keepAliveIdle = 0;
  keepAliveInterval = 0;
  keepAliveProbes = 0;
  keepAliveSent = 0;
  /** Keep-alive, or the wait for the peer's FIN. */
  longTimer: TimerNode | null = null;

  // Congestion control. Windows and counts in segments.
  cwnd: number = NEVER;
  ssthresh: number = Number.POSITIVE_INFINITY;
  ca: Ca = Ca.OPEN;
  sackedOut = 0;
  lostOut = 0;
  retransOut = 0;
  /** Recovery ends when this is acknowledged. */
  highSeq = 0;
  cwndLimited = false;
  maxPacketsOut = 0;
  priorCwnd: number = NEVER;
  priorSsthresh: number = NEVER;
  prrDelivered = 0;
  prrOut = 0;
  /** The time stamp of the first retransmission of a recovery that may have been needless. */
  retransStamp = 0;
  mayUndo = false;
  // Congestion told by marks (RFC 3168 6.1).
  ecnOk = false;
  /** The peer's segments came with marks: it is told until it says that it has heard. */
  owesEce = false;
  /** The next new segment says that the window was reduced. */
  owesCwr = false;
  // CUBIC (RFC 9438).
  wMax: number = NEVER;
  epochStart: number = NEVER;
  cubicK: number = NEVER;
  wEst: number = NEVER;
  // RACK (RFC 8985). Times in us as int32.
  rackTime = 0;
  rackEnd = 0;
  rackRtt = 0;
  rackKnown = false;
  reordering = false;
  reoSteps = 1;
  /** The highest sequence number that was sacked. */
  highSacked = 0;
  tlpHigh = 0;
  tlpOut = false;
  tlpRetrans = false;

  // Counts.
  totalRetrans = 0;
  bytesSent = 0;
  bytesRetrans = 0;
  bytesAcked = 0;
  bytesReceived = 0;
  /** The last word of ICMP, for a connection that times out. */
  softError: SocketErrno | null = null;

  constructor(tcp: TcpGround, endpoints: Endpoints, way: Way, user: TcpUser) {
    super(endpoints);
    this.tcp = tcp;
    this.way = way;
    this.user = user;
    this.outgoing = new ByteRing(tcp.rings);
    this.incoming = new ByteRing(tcp.rings);
    this.cwnd = INITIAL_WINDOW;
  }

  /** The sequence number behind what was written. */
  get dataEnd(): number {
    return (this.dataSeq + this.outgoing.length) | 0;
  }

  /** Segments that are under way as far as is known (RFC 6675's pipe). */
  get inFlight(): number {
    return this.sent.count - this.sackedOut - this.lostOut + this.retransOut;
  }

  /** Time stamps of ours: ms, from a start of their own. */
  timestamp(): number {
    return (this.tcp.ticks[1]! + this.tsOffset) | 0;
  }

  /** Changes the state, and counts those in which data can come (CurrEstab). */
  become(state: State): void {
    const { counters } = this.tcp;
    if (isOpen(this.stateNumber)) counters.currEstab--;
    this.stateNumber = state;
    if (isOpen(state)) counters.currEstab++;
  }

  /** Ends the connection at once and tells its user. */
  abstract finish(error: InetError | null): void;
}

function isOpen(state: State): boolean {
  return state === State.ESTABLISHED || state === State.CLOSE_WAIT;
}
