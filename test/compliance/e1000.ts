/** The e1000's rows: on the chip model, by the manual and as QEMU has it, and on QEMU's own chip. */
import { E1000 } from "../../drivers/e1000/e1000.ts";
import { QemuBus } from "../../hal/bridges/qemu/bus.ts";
import { QemuWire } from "../../hal/bridges/qemu/wire.ts";
import type { Clock } from "../../hal/clock.ts";
import type { MmioBus } from "../../hal/mmio.ts";
import { SeededRandom } from "../../hal/random.ts";
import { Revival } from "../../hal/revival.ts";
import { E1000Chip, type E1000ChipOptions } from "../../hal/simulated/e1000/chip.ts";
import { EthernetSegment, type SegmentPort } from "../../hal/simulated/segment.ts";
import type { WireStation } from "../../hal/wire.ts";
import type { FakeHost } from "../support/controller-host.ts";
import { frameOf, STATION } from "../support/enc28j60-bench.ts";
import { MeddledBus, nothingTrue } from "../support/meddled-bus.ts";
import { missingPrograms } from "../support/netns.ts";
import { type BenchWish, type ControllerKind, hostFor } from "./bench.ts";
import { RealBench, VirtualBench } from "./kinds.ts";

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

/** Everything that the driver has told the chip, and CTRL.RST, which on QEMU's forgets nothing. */
const FORGET: readonly (readonly [register: number, value: number])[] = [
  [0x00d8, 0xffff_ffff],
  ...[0x0100, 0x0400, 0x2800, 0x2808, 0x2810, 0x2818, 0x3800, 0x3808, 0x3810, 0x3818].map((register) => [register, 0] as const),
  [0x0000, 0x0400_0000],
];

/** The chip's registers, and what can be done to them behind the driver's back. */
class Tampered extends MeddledBus {
  readonly #clock: Clock;
  readonly #random = new SeededRandom("lies");

  constructor(clock: Clock, bus: MmioBus) {
    super(bus);
    this.#clock = clock;
  }

  resetBehind(): void {
    for (const [register, value] of FORGET) this.meddle(register, value);
  }

  lie(ms: number): void {
    this.damage = nothingTrue(this.#random);
    this.#clock
      .timer(() => {
        this.damage = null;
      })
      .arm(ms);
  }
}

class ModelBench extends VirtualBench {
  readonly #peer = new Peer(this.clock);
  readonly arrived: readonly Uint8Array[] = this.#peer.frames;
  readonly #chip: E1000Chip;
  readonly #bus: Tampered;
  readonly controller: E1000;
  readonly host: FakeHost;

  constructor(options: Partial<E1000ChipOptions>, wish: BenchWish) {
    super();
    this.#chip = new E1000Chip(this.clock, this.#peer.segment, "chip", { mac: STATION, ...options });
    this.#bus = new Tampered(this.clock, this.#chip);
    this.controller = new E1000(this.driverClock, this.#bus, RINGS);
    this.host = hostFor(this.clock, wish);
    revive(this.clock, this.controller, this.host);
  }

  resetBehind(): void {
    this.#bus.resetBehind();
  }

  lie(ms: number): void {
    this.#bus.lie(ms);
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
  readonly #bus: Tampered;
  readonly controller: E1000;
  readonly host: FakeHost;

  constructor(wish: BenchWish) {
    super();
    const wire = new QemuWire(this.#peer.segment, "qemu");
    this.#bus = new Tampered(this.clock, new QemuBus(this.clock, { wire, address: STATION }));
    this.controller = new E1000(this.driverClock, this.#bus, RINGS);
    this.host = hostFor(this.clock, wish);
    revive(this.clock, this.controller, this.host);
  }

  resetBehind(): void {
    this.#bus.resetBehind();
  }

  lie(ms: number): void {
    this.#bus.lie(ms);
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

/** As every host does for a controller that does not heal by itself. */
function revive(clock: Clock, controller: E1000, host: FakeHost): void {
  const reopen = async (): Promise<void> => {
    await host.close();
    await host.open(controller);
  };
  const revival = new Revival(clock, reopen, () => undefined);
  const failed = host.failed.bind(host);
  host.failed = (error) => {
    failed(error);
    revival.begin();
  };
}

const CHIPS: readonly [name: string, options: Partial<E1000ChipOptions>][] = [
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
  cannot: {},
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
  cannot: {},
  make: async (wish = {}) => new QemuBench(wish),
};
