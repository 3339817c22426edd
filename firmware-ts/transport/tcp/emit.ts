/** Writes headers and options of segments that go out, and hands them to IP. Those without a connection are made here whole. */
import { Checksum, type SkBuff } from "../../../hal/skbuff.ts";
import { finish, partial, sumPacket } from "../../ip/checksum.ts";
import type { IpLayer, Received, Way } from "../../ip/layer.ts";
import { truesizeOf } from "../../ip/truesize.ts";
import type { Fate } from "../../neigh/machine.ts";
import type { TcpGround } from "./ground.ts";
import {
  Flag,
  IPPROTO_TCP,
  Option,
  OptionLength,
  type Segment,
  TCP_ACKNOWLEDGMENT,
  TCP_CHECKSUM,
  TCP_HEADER,
  TCP_OFFSET_AND_FLAGS,
  TCP_SEQUENCE,
  TCP_SOURCE,
} from "./segment.ts";

// Constants of this module's own: V8 reads an imported or exported one anew at each use (docs/datapath.md).
const { PARTIAL } = Checksum;
const [HEADER, PROTOCOL, CHECKSUM] = [TCP_HEADER, IPPROTO_TCP, TCP_CHECKSUM];

/** Bytes of the time stamps option with its padding, and of the head of SACK blocks with theirs. */
export const TIMESTAMPS_BYTES = 12;
export const SACK_HEAD = 4;

/** NOP, NOP, and the first two octets of the option. */
const TIMESTAMPS_WORD = (Option.NOP << 24) | (Option.NOP << 16) | (Option.TIMESTAMPS << 8) | OptionLength.TIMESTAMPS;
const SACK_WORD = (Option.NOP << 24) | (Option.NOP << 16) | (Option.SACK << 8);

/** Writes time stamps behind two NOP. Returns the offset behind them. */
export function writeTimestamps(view: DataView, at: number, value: number, echo: number): number {
  view.setInt32(at, TIMESTAMPS_WORD);
  view.setInt32(at + 4, value);
  view.setInt32(at + 8, echo);
  return at + TIMESTAMPS_BYTES;
}

/** Writes the head of an option with so many SACK blocks. Returns the offset of the first block. */
export function writeSackHead(view: DataView, at: number, blocks: number): number {
  view.setInt32(at, SACK_WORD | (2 + 8 * blocks));
  return at + SACK_HEAD;
}

/** The options of SYN and of its answer, besides the numbers (RFC 9293 3.2, RFC 7323, RFC 2018). */
export interface Handshake {
  mss: number;
  sack: boolean;
  timestamps: boolean;
  tsVal: number;
  tsEcr: number;
  /** -1 for none. */
  windowScale: number;
}

/** Writes the options of a SYN, in the order and with the padding of Linux. Returns the bytes of the whole header. */
export function writeHandshake(view: DataView, at: number, options: Handshake): number {
  let next = at + HEADER;
  view.setInt32(next, (Option.MSS << 24) | (OptionLength.MSS << 16) | options.mss);
  next += 4;
  if (options.timestamps) {
    const permitted = options.sack ? (Option.SACK_PERMITTED << 24) | (OptionLength.SACK_PERMITTED << 16) : 0x01010000;
    view.setInt32(next, permitted | (Option.TIMESTAMPS << 8) | OptionLength.TIMESTAMPS);
    view.setInt32(next + 4, options.tsVal);
    view.setInt32(next + 8, options.tsEcr);
    next += TIMESTAMPS_BYTES;
  } else if (options.sack) {
    view.setInt32(next, 0x01010000 | (Option.SACK_PERMITTED << 8) | OptionLength.SACK_PERMITTED);
    next += 4;
  }
  if (options.windowScale >= 0) {
    view.setInt32(next, (Option.NOP << 24) | (Option.WINDOW_SCALE << 16) | (OptionLength.WINDOW_SCALE << 8) | options.windowScale);
    next += 4;
  }
  return next - at;
}

/** Bytes of a header that writeHandshake() may write. */
export const HANDSHAKE_MOST: number = HEADER + 4 + TIMESTAMPS_BYTES + 4;

/**
 * Writes the fixed part of the header at skb.data, in front of options and payload that stand there already, and sends the segment.
 * The caller counts it, unless it was sent before.
 * @param way refreshed just now
 * @param ports ours in the upper half
 * @param window as it goes into the header, scaled
 */
export function emit(
  tcp: TcpGround,
  skb: SkBuff,
  layer: IpLayer,
  way: Way,
  ports: number,
  seq: number,
  ack: number,
  flags: number,
  headerBytes: number,
  window: number,
  tos = 0,
): Fate {
  const { view, data: at, length } = skb;
  view.setInt32(at + TCP_SOURCE, ports);
  view.setInt32(at + TCP_SEQUENCE, seq);
  view.setInt32(at + TCP_ACKNOWLEDGMENT, ack);
  view.setInt32(at + TCP_OFFSET_AND_FLAGS, (headerBytes << 26) | (flags << 16) | window);
  const pseudo = layer.pseudoHeader(way.source, way.destination, PROTOCOL, length);
  if (way.offloadsChecksum) {
    // With the urgent pointer, which is never used.
    view.setInt32(at + CHECKSUM, partial(pseudo) << 16);
    skb.checksum = PARTIAL;
    skb.csumStart = at;
    skb.csumOffset = CHECKSUM;
  } else {
    view.setInt32(at + CHECKSUM, 0);
    view.setInt32(at + CHECKSUM, finish(sumPacket(skb, at, length, pseudo)) << 16);
  }
  skb.transport = at;
  skb.truesize = truesizeOf(layer.headerBytes + length);
  if ((flags & Flag.RST) !== 0) tcp.counters.outRsts++;
  return layer.send(skb, way, PROTOCOL, 0, tos);
}

/** Answers a segment that belongs to no connection (RFC 9293 3.10.7.1). RST is never answered. */
export function sendReset(tcp: TcpGround, segment: Segment, packet: Received): void {
  if ((segment.flags & Flag.RST) !== 0 || !packet.toUsAlone) return;
  const hasAck = (segment.flags & Flag.ACK) !== 0;
  sendAnswer(
    tcp,
    packet,
    (segment.destinationPort << 16) | segment.sourcePort,
    hasAck ? segment.ack : 0,
    hasAck ? 0 : segment.end,
    hasAck ? Flag.RST : Flag.RST | Flag.ACK,
  );
}

/** Sends a segment without payload or options to the sender of a packet. */
function sendAnswer(tcp: TcpGround, packet: Received, ports: number, seq: number, ack: number, flags: number): void {
  const { layer } = packet;
  const skb = tcp.allocate(HEADER);
  if (skb === null) return;
  skb.put(HEADER);
  tcp.counters.outSegs++;
  emit(tcp, skb, layer, layer.wayBack(packet), ports, seq, ack, flags, HEADER, 0);
}
