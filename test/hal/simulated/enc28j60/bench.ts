/** A chip on a wire with one listener, and the SPI commands as a host's port would clock them. */
import { VirtualClock } from "../../../../hal/clock.ts";
import { SeededRandom } from "../../../../hal/random.ts";
import { Enc28j60Chip, type Enc28j60Options } from "../../../../hal/simulated/enc28j60/chip.ts";
import type { ErrataOptions } from "../../../../hal/simulated/enc28j60/errata.ts";
import { EthernetSegment, type SegmentPort } from "../../../../hal/simulated/segment.ts";
import type { WireStation } from "../../../../hal/wire.ts";

export const STATION: readonly number[] = [0x02, 0x00, 0x5e, 0x10, 0x00, 0x01];
export const BROADCAST: readonly number[] = [0xff, 0xff, 0xff, 0xff, 0xff, 0xff];

/** None of the errata that strike by chance: a test that is about one of them switches it on. */
export const CALM: ErrataOptions = {
  5: false,
  6: false,
  9: false,
  10: false,
  12: false,
  13: false,
  14: false,
  15: false,
  16: false,
  18: false,
};

/** The other end of the cable: keeps what it hears. */
export class Listener implements WireStation {
  readonly frames: Uint8Array[] = [];
  link = false;

  wireFrame(bytes: Uint8Array, length: number): void {
    this.frames.push(bytes.slice(0, length));
  }

  wireLink(up: boolean): void {
    this.link = up;
  }
}

export class Bench {
  readonly clock: VirtualClock = new VirtualClock();
  readonly segment: EthernetSegment = new EthernetSegment(this.clock, new SeededRandom(7));
  readonly listener: Listener = new Listener();
  readonly chip: Enc28j60Chip;
  readonly peer: SegmentPort;
  /** Falling edges of the INT pin. */
  edges = 0;
  #bank = 0;

  constructor(options: Enc28j60Options = {}) {
    this.chip = new Enc28j60Chip(this.clock, this.segment, "chip", { ...options, errata: { ...CALM, ...options.errata } });
    this.peer = this.segment.attach("peer", this.listener);
    this.chip.interrupt.onAssert = () => {
      this.edges++;
    };
  }

  spi(write: readonly number[] | Uint8Array, readLength = 0): Uint8Array {
    // Odd places in larger memory, as a batch has them.
    const out = new Uint8Array(write.length + 3);
    out.set(write, 3);
    const back = new Uint8Array(readLength + 5).fill(0xee);
    this.chip.exchange(out, 3, write.length, back, 5, readLength);
    return back.slice(5);
  }

  /** Selects the bank of a register named as bank * 32 + address; the common ones need none. */
  bank(register: number): void {
    const bank = register >> 5;
    if ((register & 0x1f) >= 0x1b || bank === this.#bank) return;
    this.spi([0xbf, 0x03]);
    this.spi([0x9f, bank]);
    this.#bank = bank;
  }

  /** WCR */
  put(register: number, value: number): void {
    this.bank(register);
    this.spi([0x40 | (register & 0x1f), value]);
  }

  /** WCR of both bytes, low first. */
  put16(low: number, value: number): void {
    this.put(low, value & 0xff);
    this.put(low + 1, value >> 8);
  }

  bitSet(register: number, bits: number): void {
    this.bank(register);
    this.spi([0x80 | (register & 0x1f), bits]);
  }

  bitClear(register: number, bits: number): void {
    this.bank(register);
    this.spi([0xa0 | (register & 0x1f), bits]);
  }

  /** RCR, with the dummy byte where MAC and MII registers need one. */
  get(register: number): number {
    this.bank(register);
    const address = register & 0x1f;
    const late = address < 0x1b && (register >> 5 === 2 || (register >> 5 === 3 && (address < 6 || address === 0x0a)));
    return this.spi([address], late ? 2 : 1)[late ? 1 : 0]!;
  }

  get16(low: number): number {
    return this.get(low) | (this.get(low + 1) << 8);
  }

  readMemory(at: number, length: number): Uint8Array {
    this.put16(0x00, at);
    return this.spi([0x3a], length);
  }

  writeMemory(at: number, bytes: readonly number[] | Uint8Array): void {
    this.put16(0x02, at);
    this.spi([0x7a, ...bytes]);
  }

  wait(ms: number): void {
    this.clock.advanceSync(ms);
  }

  reset(): void {
    this.spi([0xff]);
    this.#bank = 0;
    this.wait(1);
  }

  phyRead(register: number): number {
    this.put(0x54, register);
    this.put(0x52, 0x01);
    this.wait(0.011);
    this.put(0x52, 0x00);
    return this.get16(0x58);
  }

  phyWrite(register: number, value: number): void {
    this.put(0x54, register);
    this.put16(0x56, value);
    this.wait(0.011);
  }

  /** The usual start: ring 0..ringEnd, full duplex, padding to 60, CRC, length check, reception on. */
  start({ ringEnd = 0x19ff, filters = 0xa1 }: { ringEnd?: number; filters?: number } = {}): this {
    this.wait(0.3);
    this.reset();
    this.put16(0x08, 0);
    this.put16(0x0a, ringEnd);
    this.put16(0x0c, ringEnd);
    this.put(0x38, filters);
    this.put(0x40, 0x01);
    this.put(0x42, 0x33);
    this.put(0x44, 0x15);
    this.put16(0x4a, 1518);
    [0x64, 0x65, 0x62, 0x63, 0x60, 0x61].forEach((register, octet) => {
      this.put(register, STATION[octet]!);
    });
    this.phyWrite(0x00, 0x0100);
    this.phyWrite(0x10, 0x0000);
    this.bitSet(0x1f, 0x04);
    return this;
  }

  /** A frame comes over the cable. */
  arrive(frame: Uint8Array): void {
    this.peer.transmit(frame, 0, frame.length);
    this.wait(0);
  }

  /** Takes the packet at `at` out of the ring as a driver does: header, frame with FCS, free, count down. */
  take(at: number, ringEnd = 0x19ff): { next: number; status: number; bytes: Uint8Array } {
    const header = this.readMemory(at, 6);
    const view = new DataView(header.buffer);
    const next = view.getUint16(0, true);
    const status = view.getUint32(2, true);
    const bytes = this.spi([0x3a], status & 0xffff);
    this.put16(0x0c, next === 0 ? ringEnd : next - 1);
    this.bitSet(0x1e, 0x40);
    return { next, status, bytes };
  }

  /** Writes a frame at 1A00h behind a control byte, sends it, and returns its status vector once it is through. */
  send(frame: Uint8Array, control = 0, ms = 20): DataView {
    this.load(frame, control);
    this.bitSet(0x1f, 0x08);
    this.wait(ms);
    return new DataView(this.readMemory(0x1a00 + frame.length + 1, 7).buffer);
  }

  load(frame: Uint8Array, control = 0): void {
    this.writeMemory(0x1a00, [control, ...frame]);
    this.put16(0x04, 0x1a00);
    this.put16(0x06, 0x1a00 + frame.length);
  }
}

/** A frame of `length` bytes without FCS, its payload counting up. */
export function frame(length: number, destination: readonly number[] = STATION, type = 0x0800): Uint8Array {
  const bytes = new Uint8Array(length);
  bytes.set([...destination, 0x02, 0, 0, 0, 0, 0x99, type >> 8, type & 0xff].slice(0, length));
  for (let at = 14; at < length; at++) bytes[at] = at * 7 + length;
  return bytes;
}
