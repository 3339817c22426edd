/** The TCP header (RFC 9293 3.1) and its options: where everything stands, and the reading of what came in. */
import type { SkBuff } from "../../../hal/skbuff.ts";

/** TCP's number in an IP header. */
export const IPPROTO_TCP = 6;
/** Bytes of a header without options, and with as many as fit. */
export const TCP_HEADER = 20;
export const TCP_HEADER_MOST = 60;

/** Offsets in the header: both ports, the numbers. */
export const TCP_SOURCE = 0;
export const TCP_SEQUENCE = 4;
export const TCP_ACKNOWLEDGMENT = 8;
/** Data offset in the upper four bits, control bits in the lower eight; then the window. */
export const TCP_OFFSET_AND_FLAGS = 12;
const TCP_WINDOW = 14;
export const TCP_CHECKSUM = 16;

/** Control bits. */
export const Flag = { FIN: 1, SYN: 2, RST: 4, PSH: 8, ACK: 16, URG: 32, ECE: 64, CWR: 128 } as const;

/** Kinds of options (RFC 9293 3.2, RFC 7323, RFC 2018) and their lengths. */
export const Option = { END: 0, NOP: 1, MSS: 2, WINDOW_SCALE: 3, SACK_PERMITTED: 4, SACK: 5, TIMESTAMPS: 8 } as const;
export const OptionLength = { MSS: 4, WINDOW_SCALE: 3, SACK_PERMITTED: 2, TIMESTAMPS: 10 } as const;

/** Larger shifts count as this one (RFC 7323 2.3). */
export const WINDOW_SCALE_MOST = 14;
/** Blocks of a SACK option that fit into a header. */
export const SACK_BLOCKS = 4;

const { SYN, FIN } = Flag;
const [HEADER] = [TCP_HEADER];

/** A segment that came in. One for each TCP, used again for the next one. */
export class Segment {
  sourcePort = 0;
  destinationPort = 0;
  seq = 0;
  ack = 0;
  flags = 0;
  /** As it stands in the header, before scaling. */
  window = 0;
  /** Offset of the payload in skb.bytes, and its length. */
  at = 0;
  length = 0;
  /** 0 when there is no such option. */
  mss = 0;
  /** -1 when there is no such option. */
  windowScale = -1;
  sackPermitted = false;
  timestamps = false;
  tsVal = 0;
  tsEcr = 0;
  /** Blocks of SACK, two numbers each: begin and end. */
  sackCount = 0;
  readonly sack: Int32Array = new Int32Array(2 * SACK_BLOCKS);

  /** The sequence number behind the segment: SYN and FIN count as one each. */
  get end(): number {
    return (this.seq + this.length + ((this.flags & SYN) >>> 1) + (this.flags & FIN)) | 0;
  }

  /** Reads the header at skb.data; false when it is broken. */
  read(skb: SkBuff): boolean {
    const { view, data: at } = skb;
    const held = skb.tail - at;
    if (held < HEADER) return false;
    const offsetAndFlags = view.getUint16(at + TCP_OFFSET_AND_FLAGS);
    const headerBytes = (offsetAndFlags >>> 12) * 4;
    if (headerBytes < HEADER || headerBytes > held) return false;
    const ports = view.getInt32(at + TCP_SOURCE);
    this.sourcePort = ports >>> 16;
    this.destinationPort = ports & 0xffff;
    this.seq = view.getInt32(at + TCP_SEQUENCE);
    this.ack = view.getInt32(at + TCP_ACKNOWLEDGMENT);
    this.flags = offsetAndFlags & 0xff;
    this.window = view.getUint16(at + TCP_WINDOW);
    this.at = at + headerBytes;
    this.length = held - headerBytes;
    this.timestamps = false;
    this.sackCount = 0;
    if (headerBytes > HEADER) this.#readOptions(view, at + HEADER, at + headerBytes);
    else if ((this.flags & SYN) !== 0) this.#forget();
    return true;
  }

  #forget(): void {
    this.mss = 0;
    this.windowScale = -1;
    this.sackPermitted = false;
  }

  /** Reads options up to the first that is broken. Those of a handshake count in SYN alone. */
  #readOptions(view: DataView, from: number, end: number): void {
    // Nearly every segment has these, in the order in which nearly everybody sends it: NOP, NOP, time stamps.
    if (end - from === 12 && view.getInt32(from) === 0x0101080a) {
      this.#readTimestamps(view, from + 4);
      if ((this.flags & SYN) !== 0) this.#forget();
      return;
    }
    const handshake = (this.flags & SYN) !== 0;
    if (handshake) this.#forget();
    for (let at = from; at < end; ) {
      const kind = view.getUint8(at);
      if (kind === Option.END) return;
      if (kind === Option.NOP) {
        at++;
        continue;
      }
      const length = at + 1 < end ? view.getUint8(at + 1) : 0;
      if (length < 2 || at + length > end) return;
      if (kind === Option.TIMESTAMPS && length === OptionLength.TIMESTAMPS) this.#readTimestamps(view, at + 2);
      else if (kind === Option.SACK) this.#readSack(view, at + 2, length - 2);
      else if (handshake) this.#readHandshake(view, kind, at, length);
      at += length;
    }
  }

  #readHandshake(view: DataView, kind: number, at: number, length: number): void {
    if (kind === Option.MSS && length === OptionLength.MSS) this.mss = view.getUint16(at + 2);
    else if (kind === Option.SACK_PERMITTED && length === OptionLength.SACK_PERMITTED) this.sackPermitted = true;
    else if (kind === Option.WINDOW_SCALE && length === OptionLength.WINDOW_SCALE) {
      this.windowScale = Math.min(view.getUint8(at + 2), WINDOW_SCALE_MOST);
    }
  }

  #readTimestamps(view: DataView, at: number): void {
    this.timestamps = true;
    this.tsVal = view.getInt32(at);
    this.tsEcr = view.getInt32(at + 4);
  }

  #readSack(view: DataView, at: number, bytes: number): void {
    if (bytes === 0 || bytes % 8 !== 0 || bytes > 8 * SACK_BLOCKS) return;
    this.sackCount = bytes / 8;
    for (let word = 0; word < bytes / 4; word++) this.sack[word] = view.getInt32(at + 4 * word);
  }
}
