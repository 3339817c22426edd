/** A chip on a wire with one listener, and registers and descriptors as a driver's writes would leave them. */
import { VirtualClock } from "../../../../hal/clock.ts";
import { SeededRandom } from "../../../../hal/random.ts";
import { E1000Chip, type E1000ChipOptions } from "../../../../hal/simulated/e1000/chip.ts";
import { EthernetSegment, type SegmentPort } from "../../../../hal/simulated/segment.ts";
import type { WireStation } from "../../../../hal/wire.ts";

export const STATION: readonly number[] = [0x02, 0x00, 0x5e, 0x10, 0x00, 0x01];
export const BROADCAST: readonly number[] = [0xff, 0xff, 0xff, 0xff, 0xff, 0xff];

/** The registers again, from the manual and not from the model's table. */
export const CTRL = 0x0000;
export const STATUS = 0x0008;
export const ICR = 0x00c0;
export const ITR = 0x00c4;
export const ICS = 0x00c8;
export const IMS = 0x00d0;
export const IMC = 0x00d8;
export const RCTL = 0x0100;
export const TCTL = 0x0400;
export const RDBAL = 0x2800;
export const RDLEN = 0x2808;
export const RDH = 0x2810;
export const RDT = 0x2818;
export const TDBAL = 0x3800;
export const TDLEN = 0x3808;
export const TDH = 0x3810;
export const TDT = 0x3818;

/** Causes */
export const TXDW = 0x01;
export const TXQE = 0x02;
export const LSC = 0x04;
export const RXDMT0 = 0x10;
export const RXO = 0x40;
export const RXT0 = 0x80;
export const TXD_LOW = 0x8000;

/** RCTL as a driver would start with: EN, BAM, SECRC. */
export const RECEIVE = 0x04008002;
/** TCTL: EN, PSP, CT 15, COLD 64. */
export const TRANSMIT = 0x000400fa;

/** Command byte of transmit descriptors. */
export const EOP = 0x01;
export const IFCS = 0x02;
export const RS = 0x08;
export const LEGACY: number = EOP | IFCS | RS;

/** Where things are in shared memory. */
const RX_RING = 0x01000;
const TX_RING = 0x11000;
const RX_BUFFERS = 0x40000;
const TX_BUFFERS = 0x400000;
/** Enough for 64 descriptors on each side; less than the chip's default, for a bench is made for almost every case. */
const MEMORY = 0x600000;
/** Room for one buffer. */
const STRIDE = 0x4000;

/** The other end of the cable: keeps what it hears. */
export class Listener implements WireStation {
  readonly frames: Uint8Array[] = [];

  wireFrame(bytes: Uint8Array, length: number): void {
    this.frames.push(bytes.slice(0, length));
  }

  wireLink(): void {}
}

export interface ReceivedPiece {
  bytes: Uint8Array;
  length: number;
  checksum: number;
  status: number;
  errors: number;
  special: number;
}

export class Bench {
  readonly clock: VirtualClock = new VirtualClock();
  readonly segment: EthernetSegment = new EthernetSegment(this.clock, new SeededRandom(7));
  readonly listener: Listener = new Listener();
  readonly chip: E1000Chip;
  readonly peer: SegmentPort;
  readonly base: number;
  readonly view: DataView;
  /** Times the interrupt line went up. */
  edges = 0;
  rxCount = 0;
  txCount = 0;
  /** Descriptors not yet looked at, not yet filled. */
  rxNext = 0;
  txNext = 0;

  constructor(options: Partial<E1000ChipOptions> = {}) {
    this.chip = new E1000Chip(this.clock, this.segment, "chip", {
      mac: Uint8Array.from(STATION),
      memoryBytes: MEMORY,
      ...options,
    });
    this.peer = this.segment.attach("peer", this.listener);
    this.chip.interrupt.onAssert = () => {
      this.edges++;
    };
    this.base = this.chip.dma.base;
    this.view = new DataView(this.chip.dma.bytes.buffer, 0, this.chip.dma.bytes.length);
    void this.chip.open();
  }

  get(register: number): number {
    return this.chip.read32(register);
  }

  put(register: number, value: number): void {
    this.chip.write32(register, value >>> 0);
  }

  wait(ms: number): void {
    this.clock.advanceSync(ms);
  }

  /** Link up, tables cleared, nothing enabled. */
  up(): this {
    this.put(CTRL, 0x40);
    for (let at = 0; at < 512; at += 4) {
      this.put(0x5200 + at, 0);
      this.put(0x5600 + at, 0);
    }
    this.get(ICR);
    return this;
  }

  /** The usual start of both rings: `rx` descriptors of which all but one are given, `tx` to be filled. */
  start(settings: { rx?: number; tx?: number; rctl?: number; tctl?: number; given?: number } = {}): this {
    const { rx = 16, tx = 16, rctl = RECEIVE, tctl = TRANSMIT, given = rx - 1 } = settings;
    this.up();
    this.rxRing(rx);
    this.txRing(tx);
    this.put(TCTL, tctl);
    this.put(RCTL, rctl);
    this.put(RDT, given);
    return this;
  }

  rxRing(count: number): void {
    this.rxCount = count;
    for (let at = 0; at < count; at++) this.rxClear(at);
    this.put(RDBAL, this.base + RX_RING);
    this.put(RDLEN, 16 * count);
  }

  txRing(count: number): void {
    this.txCount = count;
    this.put(TDBAL, this.base + TX_RING);
    this.put(TDLEN, 16 * count);
  }

  /** Descriptor `at` as it is given to the chip. */
  rxClear(at: number): void {
    const where = RX_RING + 16 * at;
    this.view.setUint32(where, this.base + RX_BUFFERS + STRIDE * at, true);
    for (const word of [4, 8, 12]) this.view.setUint32(where + word, 0, true);
  }

  rxWord(at: number, word: number): number {
    return this.view.getUint32(RX_RING + 16 * at + 4 * word, true);
  }

  rxPoke(at: number, word: number, value: number): void {
    this.view.setUint32(RX_RING + 16 * at + 4 * word, value, true);
  }

  /** Descriptor `at`, with its buffer's content. */
  piece(at: number): ReceivedPiece {
    const where = RX_RING + 16 * at;
    const length = this.view.getUint16(where + 8, true);
    return {
      bytes: this.chip.dma.bytes.slice(RX_BUFFERS + STRIDE * at, RX_BUFFERS + STRIDE * at + length),
      length,
      checksum: this.view.getUint16(where + 10, true),
      status: this.view.getUint8(where + 12),
      errors: this.view.getUint8(where + 13),
      special: this.view.getUint16(where + 14, true),
    };
  }

  /** Takes the next descriptor that is done, as a driver does, and gives it back behind the others. Null: none is done. */
  take(): ReceivedPiece | null {
    const at = this.rxNext;
    const piece = this.piece(at);
    if ((piece.status & 1) === 0) return null;
    this.rxClear(at);
    this.rxNext = (at + 1) % this.rxCount;
    this.put(RDT, at);
    return piece;
  }

  /** A frame comes over the cable. */
  arrive(frame: Uint8Array): void {
    this.peer.transmit(frame, 0, frame.length);
    this.wait(0);
  }

  /** Fills the next transmit descriptor; its four words. Does not ring. */
  describe(word0: number, word1: number, word2: number, word3: number): number {
    const at = this.txNext;
    const where = TX_RING + 16 * at;
    [word0, word1, word2, word3].forEach((word, index) => {
      this.view.setUint32(where + 4 * index, word >>> 0, true);
    });
    this.txNext = (at + 1) % this.txCount;
    return at;
  }

  /** Puts bytes into the buffer of the next descriptor; returns their bus address. */
  buffer(bytes: Uint8Array): number {
    const at = TX_BUFFERS + STRIDE * this.txNext;
    this.chip.dma.bytes.set(bytes, at);
    return this.base + at;
  }

  /** A legacy descriptor. */
  legacy(bytes: Uint8Array, command: number = LEGACY, word3 = 0, cso = 0): number {
    return this.describe(this.buffer(bytes), 0, bytes.length | (cso << 16) | (command << 24), word3);
  }

  /** A data descriptor. @param options POPTS */
  data(bytes: Uint8Array, command: number, options = 0, special = 0): number {
    return this.describe(
      this.buffer(bytes),
      0,
      bytes.length | 0x100000 | ((command | 0x20) << 24),
      (options << 8) | (special << 16),
    );
  }

  ring(): void {
    this.put(TDT, this.txNext);
  }

  /** Sends one frame from a legacy descriptor; returns what the listener heard. */
  send(bytes: Uint8Array, command: number = LEGACY, word3 = 0, cso = 0): Uint8Array | undefined {
    const before = this.listener.frames.length;
    this.legacy(bytes, command, word3, cso);
    this.ring();
    this.wait(0);
    return this.listener.frames[before];
  }

  txStatus(at: number): number {
    return this.view.getUint8(TX_RING + 16 * at + 12);
  }

  txPoke(at: number, word: number, value: number): void {
    this.view.setUint32(TX_RING + 16 * at + 4 * word, value, true);
  }
}

/** A frame of `length` bytes without FCS, its payload counting up. */
export function frame(length: number, destination: readonly number[] = STATION, type = 0x0800): Uint8Array {
  const bytes = new Uint8Array(length);
  bytes.set([...destination, 0x02, 0, 0, 0, 0, 0x99, type >> 8, type & 0xff].slice(0, length));
  for (let at = 14; at < length; at++) bytes[at] = at * 7 + length;
  return bytes;
}

/** An IPv4 packet with right checksums in a frame: UDP, or TCP without options. */
export function packet(protocol: 6 | 17, payload: number, tag = -1): Uint8Array {
  const transport = protocol === 6 ? 20 : 8;
  const start = tag < 0 ? 14 : 18;
  const bytes = frame(start + 20 + transport + payload);
  const view = new DataView(bytes.buffer);
  if (tag >= 0) {
    view.setUint16(12, 0x8100);
    view.setUint16(14, tag);
    view.setUint16(16, 0x0800);
  }
  view.setUint16(start, 0x4500);
  view.setUint16(start + 2, 20 + transport + payload);
  view.setUint32(start + 4, 0x12340000);
  view.setUint16(start + 8, 0x4000 | protocol);
  view.setUint16(start + 10, 0);
  view.setUint32(start + 12, 0x0a000001);
  view.setUint32(start + 16, 0x0a000002);
  view.setUint16(start + 10, ~reference(bytes, start, start + 20) & 0xffff);
  const at = start + 20;
  if (protocol === 17) {
    view.setUint16(at + 4, 8 + payload);
  } else {
    view.setUint32(at + 4, 0xfffffc00);
    view.setUint16(at + 12, 0x5019);
  }
  const field = at + (protocol === 6 ? 16 : 6);
  view.setUint16(field, 0);
  view.setUint16(field, ~transportSum(bytes, start, bytes.length) & 0xffff);
  return bytes;
}

/** RFC 1071, the slow and sure way. */
export function reference(bytes: Uint8Array, at: number, end: number, sum = 0): number {
  let total = sum;
  for (let index = at; index < end; index++) {
    total += bytes[index]! * ((index - at) % 2 === 0 ? 256 : 1);
    if (total > 0xffff) total -= 0xffff;
  }
  return total;
}

/** Sum of pseudo header and transport of the IPv4 packet at `start`: FFFFh when its checksum is right. */
export function transportSum(bytes: Uint8Array, start: number, end: number): number {
  const at = start + 20;
  return reference(bytes, at, end, reference(bytes, start + 12, start + 20, bytes[start + 9]! + (end - at)));
}
