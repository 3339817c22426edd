/** The rows of the compliance suite: each controller that there is, with the far end of its wire. */

import { existsSync } from "node:fs";
import { Enc28j60 } from "../../drivers/enc28j60/enc28j60.ts";
import { LoopbackPlug } from "../../drivers/loopback/loopback.ts";
import { PacketController } from "../../drivers/packet/packet.ts";
import { TapController } from "../../drivers/tap/tap.ts";
import { SystemClock, VirtualClock } from "../../hal/clock.ts";
import type { EthernetController } from "../../hal/ethernet.ts";
import { completeChecksum } from "../../hal/kit/outgoing.ts";
import { SeededRandom } from "../../hal/random.ts";
import type { Enc28j60Chip } from "../../hal/simulated/enc28j60/chip.ts";
import { EthernetSegment, type SegmentPort } from "../../hal/simulated/segment.ts";
import { WireNic } from "../../hal/simulated/wire-nic.ts";
import { Checksum } from "../../hal/skbuff.ts";
import { FakeHost } from "../support/controller-host.ts";
import { CountingClock } from "../support/counting-clock.ts";
import { CONNECTIONS, Bench as EncBench, FaultyChip, STATION } from "../support/enc28j60-bench.ts";
import { LocalTap, LocalVeth, missingForNetns, run } from "../support/netns.ts";
import { type SerprogBench, serprogBench } from "../support/serprog-bench.ts";
import { pause, settle } from "../support/waiting.ts";
import { type BenchWish, type ControllerBench, type ControllerKind, hostFor } from "./bench.ts";

/** Virtual time that anything may take, in ms, and how finely it is looked at. */
const PATIENCE = 20_000;
const STEP = 1;
/** How long a process stands still, in ms. */
const STALL = 30_000;
const REAL_STALL = 1200;
const QUIET = 60;
/** Real time likewise; a busy machine may take its time. */
const REAL_PATIENCE = 60_000;

/** Grows with everything that arrives. */
function progress({ host, arrived }: ControllerBench): number {
  return host.received + arrived.length + host.settlements.length + host.drops.total;
}

/** Kinds with a virtual clock: time passes when it is told to. */
export abstract class VirtualBench implements ControllerBench {
  abstract readonly controller: EthernetController;
  abstract readonly host: FakeHost;
  abstract readonly arrived: readonly Uint8Array[];
  readonly clock: VirtualClock = new VirtualClock();
  readonly driverClock: CountingClock = new CountingClock(this.clock);

  async open(): Promise<void> {
    // Power, crystal, reset.
    await settle(this.clock, this.host.open(this.controller));
  }

  async close(): Promise<void> {
    await settle(this.clock, this.host.close());
  }

  abstract inject(frame: Uint8Array): void;
  abstract injectNow(frame: Uint8Array): void;
  abstract plug(up: boolean): void;

  async until(done: () => boolean): Promise<boolean> {
    for (let waited = 0; waited < PATIENCE && !done(); waited += STEP) await this.clock.advance(STEP);
    return done();
  }

  async settle(): Promise<void> {
    for (let seen = -1; seen !== progress(this); ) {
      seen = progress(this);
      await this.clock.advance(QUIET);
    }
  }

  stall(): void {
    this.clock.stall(STALL);
  }

  armed(): number {
    return this.driverClock.armed;
  }

  async remove(): Promise<void> {
    await this.close();
  }
}

/** Kinds that the kernel has a hand in: time passes by itself. */
export abstract class RealBench implements ControllerBench {
  abstract readonly controller: EthernetController;
  abstract readonly host: FakeHost;
  abstract readonly arrived: readonly Uint8Array[];
  readonly clock: SystemClock = new SystemClock();
  /** When nothing has arrived for so many ms, nothing will. */
  protected readonly quiet: number = 30;
  readonly driverClock: CountingClock = new CountingClock(this.clock);

  async open(): Promise<void> {
    await this.host.open(this.controller);
  }

  async close(): Promise<void> {
    await this.host.close();
  }

  abstract inject(frame: Uint8Array): void;
  abstract plug(up: boolean): void;
  abstract remove(): Promise<void>;

  injectNow(frame: Uint8Array): void {
    this.inject(frame);
  }

  async until(done: () => boolean, patience: number = REAL_PATIENCE): Promise<boolean> {
    const end = this.clock.now() + patience;
    while (!done() && this.clock.now() < end) await pause(1);
    return done();
  }

  async settle(): Promise<void> {
    let [last, quietSince] = [-1, this.clock.now()];
    await this.until(() => {
      const now = this.clock.now();
      const seen = progress(this);
      if (seen !== last) [last, quietSince] = [seen, now];
      return now - quietSince >= this.quiet;
    });
  }

  stall(): void {
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, REAL_STALL);
  }

  armed(): number {
    return this.driverClock.armed;
  }
}

/** On a Linux interface, with another socket on an interface at the far end. */
class KernelBench extends RealBench {
  readonly controller: EthernetController;
  readonly host: FakeHost;
  readonly far: PacketController;
  readonly farHost: FakeHost;
  readonly #cable: { farEnd: string; remove(): void };

  constructor(make: (clock: CountingClock) => EthernetController, cable: { farEnd: string; remove(): void }, wish: BenchWish) {
    super();
    this.#cable = cable;
    this.controller = make(this.driverClock);
    this.host = hostFor(this.clock, wish);
    this.far = new PacketController(this.clock, { interface: cable.farEnd });
    this.farHost = hostFor(this.clock);
    // A kernel leaves checksums to the hardware, and there is none between two interfaces of one machine.
    this.farHost.onFrame = (skb) => {
      if (skb.checksum !== Checksum.PARTIAL || !completeChecksum(skb)) return;
      this.farHost.frames.splice(-1, 1, skb.contents().slice());
    };
  }

  get arrived(): readonly Uint8Array[] {
    return this.farHost.frames;
  }

  async start(): Promise<this> {
    await this.farHost.open(this.far);
    this.far.setReceiveMode({ promiscuous: true, allMulticast: true, groups: [] });
    return this;
  }

  /** The far end has no link either before the near end is there, and hears of it in its own time. */
  override async open(): Promise<void> {
    await super.open();
    await this.until(() => this.farHost.carriers.at(-1) === true);
  }

  inject(frame: Uint8Array): void {
    this.farHost.send(frame);
  }

  plug(up: boolean): void {
    run("ip", ["link", "set", this.#cable.farEnd, up ? "up" : "down"]);
  }

  async remove(): Promise<void> {
    await this.close();
    await this.farHost.close();
    this.#cable.remove();
  }
}

class Enc28j60Bench extends VirtualBench {
  override readonly clock: VirtualClock;
  override readonly driverClock: CountingClock;
  readonly #bench: EncBench;

  constructor(bench: EncBench) {
    super();
    this.#bench = bench;
    this.clock = bench.clock;
    this.driverClock = bench.driverClock;
  }

  get controller(): EthernetController {
    return this.#bench.driver;
  }

  get host(): FakeHost {
    return this.#bench.host;
  }

  get arrived(): readonly Uint8Array[] {
    return this.#bench.sent;
  }

  inject(frame: Uint8Array): void {
    this.#bench.deliver(frame);
  }

  injectNow(frame: Uint8Array): void {
    this.#bench.chip.wireFrame(frame, frame.length, true);
  }

  plug(up: boolean): void {
    this.#bench.peer.plugged = up;
  }

  resetBehind(): void {
    this.#bench.resetChip();
  }

  lie(ms: number): void {
    lieFor(ms, this.#bench.faults, this.clock);
  }
}

/** The ENC28J60's SRC command. */
const SYSTEM_RESET = Uint8Array.of(0xff);

function lieFor(ms: number, faults: FaultyChip, clock: VirtualClock): void {
  faults.lying = true;
  const end = clock.timer(() => {
    faults.lying = false;
  });
  end.arm(ms);
}

/** The driver over a bridge that behaves as pico-serprog does. */
class PicoBench extends VirtualBench {
  override readonly clock: VirtualClock;
  override readonly driverClock: CountingClock;
  readonly controller: Enc28j60;
  readonly host: FakeHost;
  readonly arrived: Uint8Array[] = [];
  readonly #bridge: SerprogBench;
  readonly #faults: FaultyChip;
  readonly #peer: SegmentPort;

  constructor(bridge: SerprogBench, faults: FaultyChip, wish: BenchWish) {
    super();
    this.#bridge = bridge;
    this.#faults = faults;
    this.clock = bridge.clock;
    this.driverClock = new CountingClock(bridge.clock);
    this.controller = new Enc28j60(bridge.bus, this.driverClock, { address: STATION });
    this.host = hostFor(this.clock, wish);
    this.#peer = bridge.segment.attach("peer", {
      wireFrame: (bytes, length) => this.arrived.push(bytes.slice(0, length)),
      wireLink: () => undefined,
    });
  }

  inject(frame: Uint8Array): void {
    this.#peer.transmit(frame, 0, frame.length);
  }

  injectNow(frame: Uint8Array): void {
    this.#bridge.chip.wireFrame(frame, frame.length, true);
  }

  plug(up: boolean): void {
    this.#peer.plugged = up;
  }

  resetBehind(): void {
    this.#faults.exchange(SYSTEM_RESET, 0, 1, SYSTEM_RESET, 0, 0);
  }

  lie(ms: number): void {
    lieFor(ms, this.#faults, this.clock);
  }

  static async make(wish: BenchWish): Promise<PicoBench> {
    const made: FaultyChip[] = [];
    const device = (chip: Enc28j60Chip): FaultyChip => made[made.push(new FaultyChip(chip)) - 1] as FaultyChip;
    const bridge = await serprogBench("pico-serprog", { device });
    return new PicoBench(bridge, made[0] as FaultyChip, wish);
  }
}

/** An ideal controller and a port at the other end. */
class WireBench extends VirtualBench {
  readonly controller: WireNic;
  readonly host: FakeHost;
  readonly arrived: Uint8Array[] = [];
  readonly #peer: SegmentPort;

  constructor(wish: BenchWish) {
    super();
    const segment = new EthernetSegment(this.clock, new SeededRandom("compliance"));
    this.controller = new WireNic(this.driverClock, segment, "nic", STATION);
    this.host = hostFor(this.clock, wish);
    this.#peer = segment.attach("peer", {
      wireFrame: (bytes, length) => this.arrived.push(bytes.slice(0, length)),
      wireLink: () => undefined,
    });
  }

  inject(frame: Uint8Array): void {
    this.#peer.transmit(frame, 0, frame.length);
  }

  injectNow(frame: Uint8Array): void {
    this.controller.wireFrame(frame, frame.length, true);
  }

  plug(up: boolean): void {
    this.#peer.plugged = up;
  }
}

/** The far end is the near end: whatever is sent is what arrives. */
class LoopbackBench extends VirtualBench {
  readonly controller: LoopbackPlug = new LoopbackPlug({ address: STATION, queue: 1000 });
  readonly host: FakeHost;

  constructor(wish: BenchWish) {
    super();
    this.host = hostFor(this.clock, wish);
  }

  get arrived(): readonly Uint8Array[] {
    return this.host.frames;
  }

  inject(frame: Uint8Array): void {
    this.injectNow(frame);
  }

  injectNow(frame: Uint8Array): void {
    if (this.host.pool.inUse < this.host.pool.limit) this.host.send(frame);
    // The sender has no memory either: for once, from elsewhere.
    else this.controller.transmit(elsewhere(frame));
  }

  plug(up: boolean): void {
    this.controller.plugged = up;
  }
}

function elsewhere(frame: Uint8Array): ReturnType<FakeHost["packet"]> {
  return new FakeHost(new VirtualClock(), { pool: 1 }).packet(frame);
}

const noNetns = missingForNetns();
const NO_CHIP = {
  resetBehind: "has no chip that could forget anything",
  lie: "has no chip to be read",
  suspend: "has no chip to power down",
};
const KERNEL = {
  resetBehind: "the kernel keeps what it was told",
  lie: "the kernel does not lie",
  suspend: "the kernel has the power",
};

export const WIRE: ControllerKind = {
  name: "wire: the ideal controller",
  skip: false,
  holds: 64,
  floods: 400,
  openings: 1000,
  overflow: "each",
  cannot: NO_CHIP,
  make: async (wish = {}) => new WireBench(wish),
};

export const LOOPBACK: ControllerKind = {
  name: "loopback",
  skip: false,
  holds: 64,
  floods: 1400,
  openings: 1000,
  overflow: "each",
  cannot: NO_CHIP,
  make: async (wish = {}) => new LoopbackBench(wish),
};

/** The ways in which the driver may be connected to its chip. */
export const ENC28J60: readonly ControllerKind[] = CONNECTIONS.map(
  (connection): ControllerKind => ({
    name: `enc28j60: chip model, ${connection.name}`,
    skip: false,
    holds: 4,
    floods: 400,
    openings: 1000,
    overflow: "some",
    cannot: {},
    make: async (wish = {}) => {
      const bench = new EncBench({ ...connection, host: wish });
      await bench.clock.advance(1);
      return new Enc28j60Bench(bench);
    },
  }),
);

export const PICO: ControllerKind = {
  name: "enc28j60: chip model behind pico-serprog's way of reading",
  skip: false,
  holds: 4,
  floods: 400,
  openings: 100,
  overflow: "some",
  cannot: { stall: "a process that stands still does not stop its bridge, and this bench's clock would" },
  make: (wish = {}) => PicoBench.make(wish),
};

export const PACKET: ControllerKind = {
  name: "packet: AF_PACKET on one end of a veth pair",
  skip: noNetns,
  holds: 16,
  floods: 400,
  openings: 100,
  overflow: "each",
  cannot: KERNEL,
  make: (wish = {}) => {
    const veth = new LocalVeth();
    const cable = { farEnd: veth.b, remove: () => veth.remove() };
    const make = (clock: CountingClock): EthernetController => new PacketController(clock, { interface: veth.a, ringFrames: 32 });
    return new KernelBench(make, cable, wish).start();
  },
};

export const TAP: ControllerKind = {
  name: "tap: attached to a TAP device, the kernel at the far end",
  skip: noNetns || (existsSync("/dev/net/tun") ? false : "needs /dev/net/tun, from the kernel module tun"),
  holds: 16,
  floods: 3000,
  openings: 300,
  overflow: "each",
  cannot: KERNEL,
  make: (wish = {}) => {
    const tap = new LocalTap();
    const cable = { farEnd: tap.name, remove: () => tap.remove() };
    const options = { interface: tap.name, attach: true, address: STATION };
    const make = (clock: CountingClock): EthernetController => new TapController(clock, options);
    return new KernelBench(make, cable, wish).start();
  },
};
