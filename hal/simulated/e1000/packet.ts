/** Puts frames together from the 82540EM's transmit descriptors: checksums, segmentation, tags. */
import { sumOf } from "./checksum.ts";
import type { ChipContext } from "./context.ts";
import type { ChipMemory } from "./memory.ts";
import type { Violations } from "./violations.ts";

/** Most bytes of one frame, and of one descriptor outside segmentation (section 3.3.3). */
const LONGEST = 16288;
const MOST_HEADER = 256;
const ADDRESSES = 12;

/** TUCMD (section 3.3.6.1), POPTS (section 3.3.7.3). */
const TUCMD_TCP = 0x01;
const TUCMD_IP = 0x02;
export const POPTS_IXSM = 0x01;
export const POPTS_TXSM = 0x02;

/** TCP flags that only the last segment may have. */
const FIN_PSH = 0x09;

/** Takes a finished frame: memory.transmit[0..length). */
export interface FrameSink {
  /** @param appendFcs the chip adds the check sequence; else the last four bytes are one */
  send(length: number, appendFcs: boolean): void;
}

/** The fields of a context descriptor (figure 3-7). */
class Context {
  ipStart = 0;
  ipField = 0;
  ipEnd = 0;
  start = 0;
  field = 0;
  end = 0;
  command = 0;
  header = 0;
  segment = 0;

  load(word0: number, word1: number, word2: number, word3: number): void {
    this.ipStart = word0 & 0xff;
    this.ipField = (word0 >>> 8) & 0xff;
    this.ipEnd = word0 >>> 16;
    this.start = word1 & 0xff;
    this.field = (word1 >>> 8) & 0xff;
    this.end = word1 >>> 16;
    this.command = word2 >>> 24;
    this.header = (word3 >>> 8) & 0xff;
    this.segment = word3 >>> 16;
  }
}

/** Puts a frame together from descriptors, in `memory.transmit`, and finishes it as the chip does before it goes out. */
export class FrameBuilder {
  /** Segments that may still be made. A frame that needs more is cut there; the chip does not send its rest. */
  segmentsLeft = 0;
  readonly #memory: ChipMemory;
  readonly #violations: Violations;
  readonly #sink: FrameSink;
  /** The chip remembers two contexts: of checksums alone, and of segmentation. */
  readonly #plain = new Context();
  readonly #large = new Context();
  readonly #header = new Uint8Array(MOST_HEADER);
  #context: Context = this.#plain;
  /** Bytes so far. */
  #length = 0;
  /** Bytes the frame may have before it is a segment of its own; 0: it is not segmented. */
  #limit = 0;
  /** Segments, and bytes of payload in them, that are out. */
  #segments = 0;
  #sent = 0;
  #options = 0;
  /** Legacy descriptors: where the sum starts and where it belongs. */
  #sumStart = 0;
  #sumField = 0;
  /** There is a first descriptor. */
  #begun = false;
  #spoiled = false;

  constructor({ memory, violations }: ChipContext, sink: FrameSink) {
    this.#memory = memory;
    this.#violations = violations;
    this.#sink = sink;
  }

  /** The chip has taken descriptors of a frame, but not its last. */
  get begun(): boolean {
    return this.#begun;
  }

  reset(): void {
    this.#length = 0;
    this.#limit = 0;
    this.#begun = false;
  }

  /** A context descriptor. True: of segmentation. */
  context(word0: number, word1: number, word2: number, word3: number, segmentation: boolean): void {
    (segmentation ? this.#large : this.#plain).load(word0, word1, word2, word3);
  }

  /** Before the first piece of a frame. @param options POPTS of a data descriptor */
  begin(segmentation: boolean, options: number, sumStart: number, sumField: number): void {
    this.#begun = true;
    this.#spoiled = false;
    this.#length = 0;
    this.#limit = 0;
    this.#segments = 0;
    this.#sent = 0;
    this.#options = options;
    this.#sumStart = sumStart;
    this.#sumField = sumField;
    this.#context = segmentation ? this.#large : this.#plain;
    if (!segmentation) return;
    const { header, segment } = this.#context;
    if (header === 0 || segment === 0) {
      this.#violations.note("segmentation-setup", header === 0 ? header : segment);
      this.#spoiled = true;
    } else {
      this.#limit = header + segment;
    }
  }

  /** A piece of the frame, from host memory. @param tag as in finish(), for the segments that end within this piece */
  append(low: number, high: number, length: number, tag: number): void {
    // Null addresses and lengths of 0 are allowed, and transfer nothing (section 3.3.3).
    if (length === 0 || (low === 0 && high === 0)) return;
    const memory = this.#memory;
    let from = memory.offset(low, high, length);
    if (from < 0) {
      this.#violations.note("dma-outside-memory", low);
      this.#spoiled = true;
    }
    if (this.#spoiled) return;
    const most = this.#limit > 0 ? Math.min(this.#limit, LONGEST) : LONGEST;
    let left = length;
    while (left > 0) {
      if (this.#length === most) {
        if (this.#limit === 0 || this.#limit > LONGEST) {
          this.#violations.note("transmit-too-long", this.#length + left);
          this.#spoiled = true;
          return;
        }
        if (!this.#segment(false, true, tag)) return;
      }
      const room = most - this.#length;
      const chunk = left < room ? left : room;
      memory.all.copyWithin(memory.transmitAt + this.#length, from, from + chunk);
      this.#length += chunk;
      from += chunk;
      left -= chunk;
    }
  }

  /**
   * After the last piece. False: the frame cannot be sent.
   * @param tag what to insert behind the addresses, a VLAN tag's type and value, or -1
   */
  finish(appendFcs: boolean, insertSum: boolean, tag: number): boolean {
    this.#begun = false;
    if (this.#spoiled) return false;
    if (this.#length === 0) return true;
    if (this.#limit > 0) return this.#segment(true, appendFcs, tag);
    const context = this.#context;
    if (insertSum) this.#legacySum();
    if ((this.#options & POPTS_IXSM) !== 0) this.#insert(context.ipStart, context.ipEnd, context.ipField, 0);
    if ((this.#options & POPTS_TXSM) !== 0) this.#insert(context.start, context.end, context.field, 0);
    this.#out(appendFcs, tag);
    return true;
  }

  /** IC is ignored where its places are not in the frame (section 3.3.3.1). */
  #legacySum(): void {
    if (this.#sumStart < this.#length && this.#sumField < this.#length - 1) this.#insert(this.#sumStart, 0, this.#sumField, 0);
  }

  /** Ones' complement sum of [start..end], end 0 for the whole frame, on top of `sum`; its complement goes to `field`. */
  #insert(start: number, end: number, field: number, sum: number): void {
    const frame = this.#memory.transmit;
    const stop = end === 0 || end >= this.#length ? this.#length : end + 1;
    if (field + 2 > this.#length || start > stop) {
      this.#violations.note("checksum-outside-frame", field);
      return;
    }
    const result = ~sumOf(this.#memory.outgoing, start, stop, sum) & 0xffff;
    // 0 means "no checksum" to UDP, and FFFFh is the same number (RFC 768).
    const written = result === 0 ? 0xffff : result;
    frame[field] = written >> 8;
    frame[field + 1] = written;
  }

  /** One segment out (section 3.5.9); its header is kept for the next. False: there have been too many. */
  #segment(last: boolean, appendFcs: boolean, tag: number): boolean {
    if (this.segmentsLeft === 0) {
      this.#violations.note("transmit-too-many", this.#segments);
      this.#spoiled = true;
      return false;
    }
    this.segmentsLeft--;
    const frame = this.#memory.transmit;
    const header = this.#header;
    const context = this.#context;
    const { header: size, ipStart, start, command } = context;
    if (this.#segments === 0) for (let at = 0; at < size; at++) header[at] = frame[at]!;
    const payload = this.#length - size;
    if ((command & TUCMD_IP) !== 0) {
      put16(frame, ipStart + 2, this.#length - ipStart);
      put16(frame, ipStart + 4, get16(header, ipStart + 4) + this.#segments);
    } else {
      put16(frame, ipStart + 4, this.#length - ipStart - 40);
    }
    if ((command & TUCMD_TCP) !== 0) {
      const sequence = get16(header, start + 4) * 0x10000 + get16(header, start + 6) + this.#sent;
      put16(frame, start + 4, Math.floor(sequence / 0x10000));
      put16(frame, start + 6, sequence);
      if (!last) frame[start + 13] = header[start + 13]! & ~FIN_PSH;
    } else {
      put16(frame, start + 4, this.#length - start);
    }
    if ((this.#options & POPTS_IXSM) !== 0) this.#insert(ipStart, context.ipEnd, context.ipField, 0);
    // The driver left the length out of the pseudo header's sum, for it could not know it.
    if ((this.#options & POPTS_TXSM) !== 0) this.#insert(start, context.end, context.field, this.#length - start);
    this.#out(appendFcs, tag);
    this.#segments++;
    this.#sent += payload;
    for (let at = 0; at < size; at++) frame[at] = header[at]!;
    this.#length = size;
    return true;
  }

  #out(appendFcs: boolean, tag: number): void {
    const frame = this.#memory.transmit;
    let length = this.#length;
    if (tag !== -1) {
      frame.copyWithin(ADDRESSES + 4, ADDRESSES, length);
      put16(frame, ADDRESSES, tag >>> 16);
      put16(frame, ADDRESSES + 2, tag);
      length += 4;
    }
    this.#sink.send(length, appendFcs);
  }
}

function get16(bytes: Uint8Array, at: number): number {
  return (bytes[at]! << 8) | bytes[at + 1]!;
}

function put16(bytes: Uint8Array, at: number, value: number): void {
  bytes[at] = value >>> 8;
  bytes[at + 1] = value;
}
