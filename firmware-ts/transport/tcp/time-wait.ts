/** The rest of a connection that has ended, for as long as its segments may still be under way (RFC 9293 3.6.1, RFC 6191). */
import { DropReason } from "../../../hal/drop-reason.ts";
import type { SkBuff } from "../../../hal/skbuff.ts";
import type { IcmpError, Received } from "../../ip/layer.ts";
import { emit, TIMESTAMPS_BYTES, writeTimestamps } from "./emit.ts";
import { Flow } from "./flow.ts";
import type { TcpGround } from "./ground.ts";
import { Flag, type Segment, TCP_HEADER, TCP_HEADER_MOST } from "./segment.ts";
import { after, before } from "./sequence.ts";
import type { Tcb } from "./tcb.ts";

const { NONE } = DropReason;
const { SYN, RST, ACK } = Flag;

/** TIME_WAIT lasts so long, in ms (TCP_TIMEWAIT_LEN). */
const TIME_WAIT = 60_000;

/** A connection that takes the place of this one begins so far beyond its last number: no segment of before fits (RFC 9293 3.6.1). */
const BEYOND = 0x10001;

export class TimeWait extends Flow {
  readonly #tcp: TcpGround;
  readonly #sndNxt: number;
  readonly #rcvNxt: number;
  readonly #window: number;
  readonly #timestamps: boolean;
  readonly #tsOffset: number;
  #tsRecent: number;
  #lastAnswer = Number.NaN;

  constructor(c: Tcb) {
    super(c);
    this.#tcp = c.tcp;
    this.#sndNxt = c.sndNxt;
    this.#rcvNxt = c.rcvNxt;
    this.#window = Math.min(((c.rcvEdge - c.rcvNxt) | 0) >>> c.rcvScale, 0xffff);
    this.#timestamps = c.timestampsOk;
    this.#tsOffset = c.tsOffset;
    this.#tsRecent = c.tsRecent;
    this.#tcp.timeWaits++;
    this.#tcp.flows.add(this);
    this.#tcp.timers.arm(this, TIME_WAIT);
  }

  receive(skb: SkBuff, segment: Segment, packet: Received): DropReason {
    const { flags, seq } = segment;
    const old = this.#timestamps && segment.timestamps && ((segment.tsVal - this.#tsRecent) | 0) < 0;
    if (!old && (flags & (RST | SYN)) === 0 && seq === this.#rcvNxt && segment.end === seq) {
      if (segment.timestamps) this.#tsRecent = segment.tsVal;
      return NONE;
    }
    if ((flags & RST) !== 0) {
      if (!old && seq === this.#rcvNxt) this.forget();
      return DropReason.TCP_RESET;
    }
    const newer =
      after(seq, this.#rcvNxt) || (this.#timestamps && segment.timestamps && ((segment.tsVal - this.#tsRecent) | 0) > 0);
    if ((flags & SYN) !== 0 && (flags & ACK) === 0 && !old && newer) {
      this.forget();
      return this.#tcp.receiveWithoutFlow(skb, segment, packet, (this.#sndNxt + BEYOND) | 0);
    }
    if (old) this.#tcp.counters.pawsEstab++;
    if ((old || (flags & ACK) !== 0) && !before(seq, this.#rcvNxt - 1)) this.#tcp.timers.arm(this, TIME_WAIT);
    // An old SYN is answered too: a peer that began anew ends our rest of the old connection by its RST (RFC 9293 3.10.7.4).
    this.#answer(packet);
    return DropReason.TCP_OLD_SEQUENCE;
  }

  icmp(_error: IcmpError, _seq: number): boolean {
    return true;
  }

  timerFired(): void {
    this.#tcp.counters.tw++;
    this.forget();
  }

  forget(): void {
    this.#tcp.timers.cancel(this);
    this.#tcp.flows.remove(this);
    this.#tcp.timeWaits--;
  }

  /** The peer has not heard our last acknowledgment. */
  #answer(packet: Received): void {
    const now = this.#tcp.now();
    if (now - this.#lastAnswer < this.#tcp.settings.invalidRatelimit) return;
    this.#lastAnswer = now;
    const skb = this.#tcp.allocate(TCP_HEADER_MOST);
    if (skb === null) return;
    let headerBytes = TCP_HEADER;
    if (this.#timestamps) {
      writeTimestamps(skb.view, skb.data + TCP_HEADER, (Math.floor(now) + this.#tsOffset) | 0, this.#tsRecent);
      headerBytes += TIMESTAMPS_BYTES;
    }
    skb.tail = skb.data + headerBytes;
    const way = this.layer.wayBack(packet);
    this.#tcp.counters.outSegs++;
    emit(this.#tcp, skb, this.layer, way, this.ports, this.#sndNxt, this.#rcvNxt, ACK, headerBytes, this.#window);
  }
}

/** The connection leaves its place to what is left of it. */
export function enterTimeWait(c: Tcb): void {
  const { tcp } = c;
  tcp.flows.remove(c);
  if (tcp.timeWaits >= tcp.settings.maxTwBuckets) tcp.counters.timeWaitOverflow++;
  else new TimeWait(c);
}
