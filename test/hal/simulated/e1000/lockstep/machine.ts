/** The two that go in lock-step, each with a wire of its own: our model in virtual time, and QEMU's in real time. */
import { QemuBus } from "../../../../../hal/bridges/qemu/bus.ts";
import { QemuWire } from "../../../../../hal/bridges/qemu/wire.ts";
import { SystemClock, VirtualClock } from "../../../../../hal/clock.ts";
import { MIN_FRAME } from "../../../../../hal/ethernet.ts";
import { SeededRandom } from "../../../../../hal/random.ts";
import { E1000Chip } from "../../../../../hal/simulated/e1000/chip.ts";
import { EthernetSegment } from "../../../../../hal/simulated/segment.ts";

export const MAC: Uint8Array = Uint8Array.of(0x02, 0x00, 0x5e, 0x10, 0x00, 0x01);
export const MEMORY = 0x10_0000;
export const BASE = 0x10_0000;
/** QEMU receives nothing for 1000 ms after a write to RCTL; and some for its timer to run. */
const HOLD_MS = 1100;
/** Time for QEMU to take a frame from its socket, in ms; it needs some µs. */
const PATIENCE_MS = 2000;

export interface Machine {
  readonly name: string;
  readonly memory: Uint8Array;
  readonly words: Uint32Array;
  /** Frames it has sent since this was emptied, padded as on a wire. */
  readonly sent: Uint8Array[];
  /** Its interrupt line is up. */
  readonly asserted: boolean;
  /** Descriptors that it found changed while they were the hardware's. The driver here changes none; QEMU does not look. */
  readonly changed: number;
  read(offset: number): number;
  write(offset: number, value: number): void;
  /** A frame arrives; done when it has been looked at. */
  receive(frame: Uint8Array): void;
  /** Waits until it receives again after a write to RCTL. */
  hold(): Promise<void>;
  close(): Promise<void>;
}

/** A station that gives a wire its link and does not listen. */
const DEAF = { wireFrame(): void {}, wireLink(): void {} };

function tapped(segment: EthernetSegment): Uint8Array[] {
  const sent: Uint8Array[] = [];
  segment.tap((bytes, length) => {
    const frame = new Uint8Array(Math.max(length, MIN_FRAME));
    frame.set(bytes.subarray(0, length));
    sent.push(frame);
  });
  return sent;
}

export async function openModel(): Promise<Machine> {
  const clock = new VirtualClock();
  const segment = new EthernetSegment(clock, new SeededRandom(1));
  segment.attach("far", DEAF);
  const sent = tapped(segment);
  const chip = new E1000Chip(clock, segment, "model", { mac: MAC, quirks: "qemu", memoryBytes: MEMORY, memoryBase: BASE });
  await chip.open();
  // The link comes up as slowly as QEMU's does when it is plugged in; QEMU starts with it.
  clock.advanceSync(HOLD_MS);
  chip.read32(0x00c0);
  return {
    name: "model",
    memory: chip.dma.bytes,
    words: chip.dma.words,
    sent,
    get asserted() {
      return chip.interrupt.asserted;
    },
    get changed() {
      return chip.violations.count("descriptor-changed");
    },
    read: (offset) => chip.read32(offset),
    write: (offset, value) => chip.write32(offset, value),
    receive: (frame) => chip.wireFrame(frame, frame.length, true),
    async hold() {
      clock.advanceSync(HOLD_MS);
    },
    close: () => chip.close(),
  };
}

export async function openQemu(): Promise<Machine> {
  const clock = new SystemClock();
  const segment = new EthernetSegment(clock, new SeededRandom(1));
  segment.attach("far", DEAF);
  const sent = tapped(segment);
  const wire = new QemuWire(segment, "qemu");
  const bus = new QemuBus(clock, { wire, address: MAC, memory: MEMORY });
  await bus.open();
  bus.read32(0x00c0);
  return {
    name: "QEMU",
    memory: bus.dma.bytes,
    words: bus.dma.words,
    sent,
    get asserted() {
      return bus.interrupt.asserted;
    },
    changed: 0,
    read: (offset) => bus.read32(offset),
    write(offset, value) {
      bus.write32(offset, value);
      // Any read: until then the write may be under way. Afterwards the sent frames are in the socket.
      bus.read32(0x0008);
      wire.take(100);
    },
    receive(frame) {
      wire.wireFrame(frame, frame.length, true);
      const limit = clock.now() + PATIENCE_MS;
      while (!wire.settled) if (clock.now() > limit) throw new Error("QEMU does not take the frame");
      bus.read32(0x0008);
      wire.take(100);
    },
    async hold() {
      await new Promise((resolve) => setTimeout(resolve, HOLD_MS));
      // Causes that came meanwhile.
      bus.read32(0x0008);
    },
    async close() {
      await bus.close();
      clock.stop();
    },
  };
}
