/** A handshake that a peer has begun, before it is a connection (the kernel's request sock). */
import { DropReason } from "../../../hal/drop-reason.ts";
import type { SkBuff } from "../../../hal/skbuff.ts";
import type { IcmpError, Received, Way } from "../../ip/layer.ts";
import { Connection, type Settled } from "./connection.ts";
import { emit, HANDSHAKE_MOST, sendReset, writeHandshake } from "./emit.ts";
import { type Endpoints, Flow } from "./flow.ts";
import { NOBODY, type TcpGround } from "./ground.ts";
import { scaleOf } from "./output.ts";
import { Flag, type Segment, TCP_HEADER } from "./segment.ts";
import { after, before } from "./sequence.ts";
import { DEFAULT_MSS, RTO_FIRST } from "./tcb.ts";

const { NONE } = DropReason;
const { SYN, RST, ACK } = Flag;

/** A listener as a request sees it. */
export interface RequestUser {
  /** A request has ended, one way or the other. */
  requestEnded(): void;
  /** Gives a new connection its user; false when nobody wants it. */
  adopt(connection: Connection): boolean;
}

export class Request extends Flow {
  readonly #tcp: TcpGround;
  readonly #listener: RequestUser;
  readonly #way: Way;
  readonly #settled: Settled;
  /** When the SYN came that was answered first. */
  readonly #since: number;
  #retransmits = 0;
  #lastRepeat = Number.NaN;

  /** @param iss our first sequence number, where it is to be a certain one */
  constructor(
    tcp: TcpGround,
    listener: RequestUser,
    endpoints: Endpoints,
    segment: Segment,
    packet: Received,
    iss: number | null = null,
  ) {
    super(endpoints);
    this.#tcp = tcp;
    this.#listener = listener;
    this.#way = packet.layer.way(packet.source, packet.destination, endpoints.device);
    this.#settled = settle(tcp, segment, iss ?? tcp.initialSequence(endpoints));
    this.#since = tcp.now();
    tcp.flows.add(this);
    this.#answer();
    tcp.timers.arm(this, RTO_FIRST);
  }

  isOf(listener: RequestUser): boolean {
    return this.#listener === listener;
  }

  receive(skb: SkBuff, segment: Segment, packet: Received): DropReason {
    const { flags, seq, ack } = segment;
    const { irs, iss } = this.#settled;
    const next = (irs + 1) | 0;
    if ((flags & (SYN | ACK | RST)) === SYN && seq === irs) {
      // Our answer was lost, or is on its way.
      const now = this.#tcp.now();
      if (now - this.#lastRepeat < this.#tcp.settings.invalidRatelimit) return NONE;
      this.#lastRepeat = now;
      this.#repeat();
      return NONE;
    }
    const old = segment.timestamps && this.#settled.timestamps && ((segment.tsVal - this.#settled.tsRecent) | 0) < 0;
    if (old || before(seq, next) || after(seq, (next + 0xffff) | 0)) {
      if ((flags & RST) === 0) this.#answer();
      return old ? DropReason.TCP_RFC7323_PAWS : DropReason.TCP_INVALID_SEQUENCE;
    }
    if ((flags & (RST | SYN)) !== 0) {
      this.#tcp.counters.embryonicRsts++;
      this.#tcp.counters.attemptFails++;
      if ((flags & RST) === 0) sendReset(this.#tcp, segment, packet);
      this.forget();
      return DropReason.TCP_RESET;
    }
    if ((flags & ACK) === 0) return DropReason.TCP_FLAGS;
    if (ack !== ((iss + 1) | 0)) {
      sendReset(this.#tcp, segment, packet);
      return DropReason.TCP_INVALID_ACK_SEQUENCE;
    }
    this.forget();
    const rtt = this.#retransmits === 0 ? Math.floor((this.#tcp.now() - this.#since) * 1000) : -1;
    return accept(this.#tcp, this.#listener, this, this.#way, { ...this.#settled, rtt }, skb, segment, packet);
  }

  icmp(error: IcmpError, seq: number): boolean {
    if (seq !== this.#settled.iss) {
      this.#tcp.counters.outOfWindowIcmps++;
      return false;
    }
    if (error.errno !== null && error.errno !== "EMSGSIZE") {
      this.#tcp.counters.attemptFails++;
      this.#tcp.counters.listenDrops++;
      this.forget();
    }
    return true;
  }

  timerFired(): void {
    if (this.#retransmits >= this.#tcp.settings.synackRetries) {
      this.#tcp.counters.attemptFails++;
      this.forget();
      return;
    }
    this.#repeat();
    this.#tcp.timers.arm(this, RTO_FIRST * 2 ** this.#retransmits);
  }

  forget(): void {
    this.#tcp.timers.cancel(this);
    this.#tcp.flows.remove(this);
    this.#listener.requestEnded();
  }

  #repeat(): void {
    this.#retransmits++;
    this.#tcp.counters.retransSegs++;
    this.#tcp.counters.synRetrans++;
    this.#answer();
  }

  #answer(): void {
    this.layer.refresh(this.#way);
    sendSynAck(this.#tcp, this, this.#way, this.#settled, null);
  }
}

/** Notes what a SYN offers, as far as we take it. */
export function settle(tcp: TcpGround, segment: Segment, iss: number): Settled {
  const { settings } = tcp;
  return {
    iss,
    irs: segment.seq,
    mss: segment.mss || DEFAULT_MSS,
    windowScale: settings.windowScaling !== 0 ? segment.windowScale : -1,
    sack: segment.sackPermitted && settings.sack !== 0,
    timestamps: segment.timestamps && settings.timestamps !== 0,
    tsRecent: segment.tsVal,
    rtt: -1,
  };
}

/**
 * Answers a SYN.
 * @param way refreshed just now
 * @param stamp the time stamp to send; null for that of now
 */
export function sendSynAck(tcp: TcpGround, endpoints: Endpoints, way: Way, settled: Settled, stamp: number | null): void {
  const skb = tcp.allocate(HANDSHAKE_MOST);
  if (skb === null) return;
  const { receiveBuffer } = tcp.settings;
  const room = Math.min(way.room < 0 ? settled.mss : way.room, tcp.room);
  const headerBytes = writeHandshake(skb.view, skb.data, {
    mss: Math.min(room - TCP_HEADER, 0xffff),
    sack: settled.sack,
    timestamps: settled.timestamps,
    tsVal: stamp ?? (Math.floor(tcp.now()) + tcp.timestampOffset(endpoints)) | 0,
    tsEcr: settled.tsRecent,
    windowScale: settled.windowScale < 0 ? -1 : scaleOf(receiveBuffer),
  });
  skb.tail = skb.data + headerBytes;
  const { layer, localPort, remotePort } = endpoints;
  const ports = (localPort << 16) | remotePort;
  const window = Math.min(receiveBuffer, 0xffff);
  tcp.counters.outSegs++;
  emit(tcp, skb, layer, way, ports, settled.iss, (settled.irs + 1) | 0, SYN | ACK, headerBytes, window);
}

/** Makes the connection of a handshake that is done, and gives it the segment that has ended it. */
export function accept(
  tcp: TcpGround,
  listener: RequestUser,
  endpoints: Endpoints,
  way: Way,
  settled: Settled,
  skb: SkBuff,
  segment: Segment,
  packet: Received,
): DropReason {
  const connection = new Connection(tcp, endpoints, way, NOBODY);
  connection.begin(settled, segment);
  let wanted = false;
  try {
    wanted = listener.adopt(connection);
  } finally {
    if (!wanted) connection.abort();
  }
  if (!wanted) return NONE;
  return connection.over ? NONE : connection.receive(skb, segment, packet);
}
