/**
 * QEMU's controller on a simulated wire, and just enough of a driver to see frames go both ways: eight descriptors in each
 * direction, one buffer each.
 */
import { readFileSync } from "node:fs";
import type { Test } from "tap";
import { QemuBus, type QemuOptions } from "../../../../hal/bridges/qemu/bus.ts";
import { QemuWire } from "../../../../hal/bridges/qemu/wire.ts";
import { SystemClock } from "../../../../hal/clock.ts";
import { SeededRandom } from "../../../../hal/random.ts";
import { EthernetSegment, type SegmentPort } from "../../../../hal/simulated/segment.ts";
import type { WireStation } from "../../../../hal/wire.ts";
import { missingPrograms } from "../../../support/netns.ts";

export const skip: string | false = missingPrograms("qemu-system-x86_64", "setpriv");
export const clock: SystemClock = new SystemClock();
export const ADDRESS: Uint8Array = Uint8Array.of(0x02, 0, 0, 0, 0, 0x51);

export const CTRL = 0x0000;
export const STATUS = 0x0008;
export const EERD = 0x0014;
export const ICR = 0x00c0;
export const ICS = 0x00c8;
export const IMS = 0x00d0;
export const IMC = 0x00d8;
export const TDT = 0x3818;
export const LSC: number = 1 << 2;
export const RXT0: number = 1 << 7;

const RCTL = 0x0100;
const TCTL = 0x0400;
const RDBAL = 0x2800;
const TDBAL = 0x3800;
const RING = 8;
const RX_RING = 0x1000;
const TX_RING = 0x2000;
const RX_BUFFERS = 0x1_0000;
const TX_BUFFERS = 0x2_0000;
const BUFFER = 2048;

/** The station at the other end of the cable. */
export class Listener implements WireStation {
  readonly frames: Uint8Array[] = [];
  readonly address: Uint8Array = Uint8Array.of(0x02, 0, 0, 0, 0, 0x99);
  readonly port: SegmentPort;

  constructor(segment: EthernetSegment) {
    this.port = segment.attach("far", this);
  }

  wireFrame(bytes: Uint8Array, length: number): void {
    this.frames.push(bytes.slice(0, length));
  }

  wireLink(): void {}
}

export class Bench {
  readonly segment: EthernetSegment = new EthernetSegment(clock, new SeededRandom(1));
  readonly far: Listener = new Listener(this.segment);
  readonly wire: QemuWire = new QemuWire(this.segment, "qemu");
  readonly bus: QemuBus;
  #sent = 0;
  #received = 0;

  constructor(t: Test, options: Partial<QemuOptions> = {}) {
    this.bus = new QemuBus(clock, { wire: this.wire, address: ADDRESS, ...options });
    t.teardown(() => this.bus.close());
  }

  /** Both rings on. Received are frames for ADDRESS and broadcasts, a second later. */
  start(): void {
    const { bus } = this;
    const { base, bytes } = bus.dma;
    this.#sent = 0;
    this.#received = 0;
    bytes.fill(0, RX_RING, RX_RING + RING * 16);
    bytes.fill(0, TX_RING, TX_RING + RING * 16);
    const view = new DataView(bytes.buffer);
    for (let i = 0; i < RING; i++) {
      view.setUint32(RX_RING + 16 * i, base + RX_BUFFERS + BUFFER * i, true);
      view.setUint32(TX_RING + 16 * i, base + TX_BUFFERS + BUFFER * i, true);
    }
    for (const [registers, ring] of [
      [RDBAL, RX_RING],
      [TDBAL, TX_RING],
    ] as const) {
      bus.write32(registers, base + ring);
      bus.write32(registers + 4, 0);
      bus.write32(registers + 8, RING * 16);
      bus.write32(registers + 0x10, 0);
    }
    bus.write32(TDT, 0);
    bus.write32(RDBAL + 0x18, RING - 1);
    bus.write32(TCTL, 0x0004_00fa);
    // EN, BAM, SECRC.
    bus.write32(RCTL, 0x0400_8002);
  }

  /** One frame through the transmit ring. Done when this returns. */
  send(frame: Uint8Array): void {
    const { bytes } = this.bus.dma;
    const slot = this.#sent++ % RING;
    bytes.set(frame, TX_BUFFERS + BUFFER * slot);
    const view = new DataView(bytes.buffer, TX_RING + 16 * slot, 16);
    view.setUint16(8, frame.length, true);
    // EOP, IFCS, RS.
    view.setUint32(8, frame.length | (0x0b << 24), true);
    view.setUint32(12, 0, true);
    this.bus.write32(TDT, this.#sent % RING);
    this.bus.read32(STATUS);
  }

  /** The next frame off the receive ring, or null. */
  receive(): Uint8Array | null {
    const { bytes } = this.bus.dma;
    const slot = this.#received % RING;
    const view = new DataView(bytes.buffer, RX_RING + 16 * slot, 16);
    if ((view.getUint8(12) & 1) === 0) return null;
    const length = view.getUint16(8, true);
    view.setUint32(12, 0, true);
    this.bus.write32(RDBAL + 0x18, slot);
    // Not to be overtaken by the next frame, which comes by another way.
    this.bus.read32(STATUS);
    this.#received++;
    return bytes.slice(RX_BUFFERS + BUFFER * slot, RX_BUFFERS + BUFFER * slot + length);
  }

  /** A word of the EEPROM. */
  eeprom(word: number): number {
    this.bus.write32(EERD, (word << 8) | 1);
    for (let tries = 0; tries < 100; tries++) {
      const value = this.bus.read32(EERD);
      if ((value & 0x10) !== 0) return value >>> 16;
    }
    throw new Error("EERD does not finish");
  }
}

export function frame(to: Uint8Array, length: number, number = 0): Uint8Array {
  const bytes = new Uint8Array(length);
  for (let at = 0; at < length; at++) bytes[at] = (at * 7 + length + number) & 0xff;
  bytes.set(to, 0);
  bytes.set([0x02, 0, 0, 0, 0, 0x99, 0x88, 0xb5], 6);
  return bytes;
}

/** Waits for something that events bring about, at most 5 s. */
export async function until(done: () => boolean, what: string): Promise<void> {
  const limit = clock.now() + 5000;
  while (!done()) {
    if (clock.now() > limit) throw new Error(`waited 5 s for ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 2));
  }
}

/** Still there, and not just waiting for its parent to notice its end. */
export function lives(pid: number | undefined): boolean {
  try {
    return !/^State:\s+[ZX]/m.test(readFileSync(`/proc/${pid}/status`, "utf8"));
  } catch {
    return false;
  }
}
