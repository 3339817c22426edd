/** The e1000's rows: on the chip model, by the manual and as QEMU has it, and on QEMU's own chip. */
import { E1000 } from "../../drivers/e1000/e1000.ts";
import { QemuBus } from "../../hal/bridges/qemu/bus.ts";
import { QemuWire } from "../../hal/bridges/qemu/wire.ts";
import type { Clock } from "../../hal/clock.ts";
import { SeededRandom } from "../../hal/random.ts";
import { type E1000Options as ChipOptions, E1000Chip } from "../../hal/simulated/e1000/chip.ts";
import { EthernetSegment, type SegmentPort, type WireStation } from "../../hal/simulated/segment.ts";
import type { FakeHost } from "../support/controller-host.ts";
import { frameOf, STATION } from "../support/enc28j60-bench.ts";
import { missingPrograms } from "../support/netns.ts";
import { type BenchWish, type ControllerKind, hostFor } from "./bench.ts";
import { RealBench, VirtualBench } from "./kinds.ts";

/** Until the benches have a hand in the chip. */
const NOT_YET = { resetBehind: "this bench has no way to its chip yet", lie: "this bench has no way to its bus yet" };

const RINGS = { rxRing: 64, txRing: 32 };

/** The far end: what comes off the wire there. */
class Peer implements WireStation {
  readonly frames: Uint8Array[] = [];
  readonly port: SegmentPort;
  readonly segment: EthernetSegment;

  constructor(clock: Clock) {
    this.segment = new EthernetSegment(clock, new SeededRandom("compliance"));
    this.port = this.segment.attach("peer", this);
  }

  wireFrame(bytes: Uint8Array, length: number): void {
    this.frames.push(bytes.slice(0, length));
  }

  wireLink(): void {}

  send(frame: Uint8Array): void {
    this.port.transmit(frame, 0, frame.length);
  }
}

class ModelBench extends VirtualBench {
  readonly #peer = new Peer(this.clock);
  readonly arrived: readonly Uint8Array[] = this.#peer.frames;
  readonly #chip: E1000Chip;
  readonly controller: E1000;
  readonly host: FakeHost;

  constructor(options: Partial<ChipOptions>, wish: BenchWish) {
    super();
    this.#chip = new E1000Chip(this.clock, this.#peer.segment, "chip", { mac: STATION, ...options });
    this.controller = new E1000(this.driverClock, this.#chip, RINGS);
    this.host = hostFor(this.clock, wish);
  }

  inject(frame: Uint8Array): void {
    this.#peer.send(frame);
  }

  injectNow(frame: Uint8Array): void {
    this.#chip.wireFrame(frame, frame.length, true);
  }

  plug(up: boolean): void {
    this.#peer.port.plugged = up;
  }

  /** As QEMU has it, a chip that was opened hears nothing for a second. */
  override async open(): Promise<void> {
    await super.open();
    await this.clock.advance(1600);
  }
}

class QemuBench extends RealBench {
  /** Its queue in front of the controller is looked at by a timer. */
  protected override readonly quiet: number = 400;
  readonly #peer = new Peer(this.clock);
  readonly arrived: readonly Uint8Array[] = this.#peer.frames;
  readonly controller: E1000;
  readonly host: FakeHost;

  constructor(wish: BenchWish) {
    super();
    const wire = new QemuWire(this.#peer.segment, "qemu");
    const bus = new QemuBus(this.clock, { wire, address: STATION });
    this.controller = new E1000(this.driverClock, bus, RINGS);
    this.host = hostFor(this.clock, wish);
  }

  inject(frame: Uint8Array): void {
    this.#peer.send(frame);
  }

  plug(up: boolean): void {
    this.#peer.port.plugged = up;
  }

  /** It hears nothing for a second. */
  override async open(): Promise<void> {
    await super.open();
    const { frames } = this.host;
    const before = frames.length;
    this.inject(frameOf(1000));
    await this.until(() => frames.length > before);
    frames.length = before;
  }

  async remove(): Promise<void> {
    await this.close();
    this.clock.stop();
  }
}

const CHIPS: readonly [name: string, options: Partial<ChipOptions>][] = [
  ["by the manual", {}],
  ["on a wire of 1 Gbit/s", { lineRate: 1e9 }],
  ["as QEMU", { quirks: "qemu" }],
];

export const E1000_MODEL: readonly ControllerKind[] = CHIPS.map(([name, options]) => ({
  name: `e1000: chip model, ${name}`,
  skip: false,
  holds: 24,
  floods: 3000,
  openings: 1000,
  overflow: options.quirks === "qemu" ? "outside" : "each",
  cannot: NOT_YET,
  make: async (wish = {}) => {
    const bench = new ModelBench(options, wish);
    await bench.clock.advance(600);
    return bench;
  },
}));

export const E1000_QEMU: ControllerKind = {
  name: "e1000: QEMU's",
  skip: missingPrograms("qemu-system-x86_64", "setpriv"),
  holds: 24,
  floods: 3000,
  openings: 3,
  overflow: "outside",
  cannot: NOT_YET,
  make: async (wish = {}) => new QemuBench(wish),
};
