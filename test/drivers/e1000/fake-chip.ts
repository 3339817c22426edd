/**
 * As little of an 82540EM as its driver needs, with everything a test may want to get at: each register write is kept, transmission
 * can be held up, descriptors can be written by hand. Independent of the chip model on purpose.
 */
import type { ControllerError } from "../../../hal/ethernet.ts";
import { SimulatedInterrupt } from "../../../hal/interrupt.ts";
import { type DmaMemory, type MmioBus, NO_ANSWER } from "../../../hal/mmio.ts";

export const MAC: Uint8Array = Uint8Array.of(0x52, 0x54, 0x00, 0x12, 0x34, 0x56);
export const Offset = {
  CTRL: 0x0000,
  STATUS: 0x0008,
  EERD: 0x0014,
  MDIC: 0x0020,
  ICR: 0x00c0,
  ITR: 0x00c4,
  IMS: 0x00d0,
  IMC: 0x00d8,
  RCTL: 0x0100,
  TCTL: 0x0400,
  RDBAL: 0x2800,
  RDLEN: 0x2808,
  RDH: 0x2810,
  RDT: 0x2818,
  TDBAL: 0x3800,
  TDLEN: 0x3808,
  TDH: 0x3810,
  TDT: 0x3818,
  CRCERRS: 0x4000,
  MPC: 0x4010,
  GPRC: 0x4074,
  GPTC: 0x4080,
  GORC: 0x4088,
  GOTC: 0x4090,
  TPT: 0x40d4,
  RXCSUM: 0x5000,
  MTA: 0x5200,
  RAL: 0x5400,
} as const;
const STATISTICS = 0x4000;
const STATISTICS_END = 0x4100;

/** A transmit descriptor as it was found, with the frame it ended. */
export interface Sent {
  words: [number, number, number, number];
  frame: Uint8Array | null;
}

export class FakeChip implements MmioBus {
  readonly description = "fake";
  readonly simulated = true;
  readonly interrupt: SimulatedInterrupt = new SimulatedInterrupt();
  readonly dma: DmaMemory;
  onFailed: ((error: ControllerError) => void) | null = null;
  readonly words: Uint16Array = new Uint16Array(64);
  /** Descriptors that were sent, in order. */
  readonly sent: Sent[] = [];
  /** Every write since this was emptied. */
  readonly writes: [offset: number, value: number][] = [];
  reads = 0;
  /** TDT is taken note of and nothing is sent until step(). */
  holdsTransmit = false;
  /** Nothing is written back, not even later. */
  dead = false;
  mute = false;
  linkUp = true;
  opened = 0;
  phyControl = 0x1140;
  eepromBusy = false;
  resetStuck = false;
  refuses: ControllerError | null = null;
  readonly #registers = new Uint32Array(0x8000);
  #context = 0;

  constructor(bytes: number = 4 << 20) {
    const memory = new ArrayBuffer(bytes);
    this.dma = { bytes: new Uint8Array(memory), words: new Uint32Array(memory), base: 0x9000_0000 };
    this.words.set([0x5452, 0x1200, 0x5634]);
    this.words[63] = 0xbaba - this.words.reduce((sum, word) => sum + word, 0);
  }

  open(): Promise<void> {
    if (this.refuses) return Promise.reject(this.refuses);
    this.opened++;
    return Promise.resolve();
  }

  close(): Promise<void> {
    this.opened--;
    return Promise.resolve();
  }

  /** Frames written by hand or received so far are told of. */
  raise(causes: number): void {
    this.set(Offset.ICR, this.get(Offset.ICR) | causes);
    this.#updateLine();
  }

  get(offset: number): number {
    return this.#registers[offset >> 2]!;
  }

  set(offset: number, value: number): void {
    this.#registers[offset >> 2] = value;
  }

  /** Writes of one register since the list was emptied. */
  written(offset: number): number[] {
    return this.writes.filter(([at]) => at === offset).map(([, value]) => value);
  }

  get mask(): number {
    return this.get(Offset.IMS);
  }

  read32(offset: number): number {
    this.reads++;
    if (this.mute) return NO_ANSWER;
    if (offset === Offset.STATUS) return 0x80 | (this.linkUp ? 3 : 1);
    const value = this.get(offset);
    if (offset === Offset.ICR) {
      this.set(offset, 0);
      this.#updateLine();
    }
    if (offset >= STATISTICS && offset < STATISTICS_END) this.set(offset, 0);
    return value;
  }

  write32(offset: number, value: number): void {
    if (this.mute) return;
    this.writes.push([offset, value]);
    switch (offset) {
      case Offset.CTRL:
        this.set(offset, this.resetStuck ? value : value & ~0x0400_0000);
        return;
      case Offset.EERD:
        if (!this.eepromBusy) this.set(offset, (this.words[(value >> 8) & 63]! << 16) | 0x10);
        return;
      case Offset.MDIC: {
        const register = (value >> 16) & 31;
        if ((value & 0x0400_0000) !== 0 && register === 0) this.phyControl = value & 0xffff;
        this.set(offset, 0x1000_0000 | (register === 0 ? this.phyControl : 0x0141));
        return;
      }
      case Offset.IMS:
        this.set(offset, this.mask | value);
        this.#updateLine();
        return;
      case Offset.IMC:
        this.set(Offset.IMS, this.mask & ~value);
        this.#updateLine();
        return;
      default:
        this.set(offset, value);
        if (offset === Offset.TDT && !this.holdsTransmit) this.step();
    }
  }

  /** Sends what is in the transmit ring, at most so many descriptors; returns how many. */
  step(most: number = Number.POSITIVE_INFINITY): number {
    let done = 0;
    const size = this.get(Offset.TDLEN) / 16;
    while (!this.dead && done < most && (this.get(Offset.TCTL) & 2) !== 0 && this.get(Offset.TDH) !== this.get(Offset.TDT)) {
      const head = this.get(Offset.TDH);
      const at = (this.get(Offset.TDBAL) - this.dma.base) / 4 + 4 * head;
      const [a, b, c, d] = this.dma.words.subarray(at, at + 4) as unknown as [number, number, number, number];
      const context = (c & 0x2010_0000) === 0x2000_0000;
      const from = a - this.dma.base;
      const frame = context ? null : this.dma.bytes.slice(from, from + (c & 0xffff));
      if (context) this.#context = b;
      if (frame && (d & 0x200) !== 0) insertChecksum(frame, this.#context & 0xff, (this.#context >> 8) & 0xff);
      this.sent.push({ words: [a, b, c, d], frame });
      if (frame) {
        for (const counter of [Offset.GPTC, Offset.TPT]) this.set(counter, this.get(counter) + 1);
        this.set(Offset.GOTC, this.get(Offset.GOTC) + frame.length + 4);
      }
      if ((c & 0x0800_0000) !== 0) this.dma.words[at + 3] = d | 1;
      this.set(Offset.TDH, head + 1 === size ? 0 : head + 1);
      done++;
    }
    if (done > 0) this.raise(0x03);
    return done;
  }

  get frames(): Uint8Array[] {
    return this.sent.flatMap(({ frame }) => (frame ? [frame] : []));
  }

  /** Receive descriptors that are the chip's. */
  get free(): number {
    const size = this.get(Offset.RDLEN) / 16;
    return (this.get(Offset.RDT) - this.get(Offset.RDH) + size) % size;
  }

  /**
   * Puts a frame into the receive ring, or counts it as missed.
   * @param status word 3 of the descriptor: DD, EOP, IXSM unless said otherwise
   */
  receive(frame: Uint8Array, status = 0x07, length: number = frame.length): boolean {
    if ((this.get(Offset.RCTL) & 2) === 0 || this.free === 0 || this.dead) {
      this.set(Offset.MPC, this.get(Offset.MPC) + 1);
      return false;
    }
    const head = this.get(Offset.RDH);
    const at = (this.get(Offset.RDBAL) - this.dma.base) / 4 + 4 * head;
    this.dma.bytes.set(frame, this.dma.words[at]! - this.dma.base);
    this.dma.words[at + 2] = length;
    this.dma.words[at + 3] = status;
    const size = this.get(Offset.RDLEN) / 16;
    this.set(Offset.RDH, head + 1 === size ? 0 : head + 1);
    this.raise(0x80);
    return true;
  }

  setLink(up: boolean): void {
    this.linkUp = up;
    this.raise(0x04);
  }

  #updateLine(): void {
    this.interrupt.set((this.get(Offset.ICR) & this.mask) !== 0);
  }
}

/** RFC 1071. */
function insertChecksum(frame: Uint8Array, start: number, field: number): void {
  let sum = 0;
  for (let at = start; at < frame.length; at += 2) sum += (frame[at]! << 8) | (frame[at + 1] ?? 0);
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >>> 16);
  frame[field] = (~sum >> 8) & 0xff;
  frame[field + 1] = ~sum & 0xff;
}
