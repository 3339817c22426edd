/**
 * A board's first controller as an interface of this machine's kernel: a cable from the controller's driver to a TAP device. The
 * kernel's own stack runs over our driver, with the kernel's addresses, routes and neighbours.
 *
 * The interface has the controller's station address and its carrier. Group frames all pass, as the kernel does not tell a TAP
 * device which groups it has joined; promiscuous mode ends at the controller.
 */
import { TapController } from "../../drivers/tap/tap.ts";
import { type Libc, loadLibc } from "../../hal/bridges/linux/libc.ts";
import { LinkSocket } from "../../hal/bridges/linux/link.ts";
import type { Clock } from "../../hal/clock.ts";
import { ControllerError, type LinkStatistics } from "../../hal/ethernet.ts";
import { SeededRandom } from "../../hal/random.ts";
import { DropCounters } from "../../hal/skbuff.ts";
import { dropsOf } from "../control/drops.ts";
import { CableEnd } from "./cable.ts";
import { gatewayFor, type SimulatedGateway } from "./gateway.ts";
import type { Maker, Part } from "./kinds/part.ts";
import { loadDevice } from "./parts.ts";
import type { DeviceConfig, Rig } from "./rig/rig.ts";

export interface TapBridgeListener {
  /** The board's link came up or went away. */
  carrier(up: boolean): void;
  /** Either side stopped working. */
  failed(error: Error): void;
}

export interface TapBridgeSummary {
  /** From the board's wire to the kernel, and the other way. */
  received: { frames: number; bytes: number };
  sent: { frames: number; bytes: number };
  errors: { rx: number; tx: number };
  drops: Record<string, number>;
}

export class TapBridge {
  readonly config: DeviceConfig;
  readonly interface: string;
  readonly #part: Part;
  readonly #rig: Rig;
  readonly #clock: Clock;
  readonly #random: SeededRandom;
  readonly #listener: TapBridgeListener;
  readonly #board: CableEnd;
  readonly #kernel: CableEnd;
  #gateway: SimulatedGateway | null;
  #libc: Libc | null = null;
  #carrier = false;
  #running = false;

  /**
   * Loads the code of the rig's first device, and makes the bridge. Nothing is open yet.
   * @param name of the interface, which must not be there yet
   * @throws ControllerError for a device that cannot be made
   */
  static async make(rig: Rig, name: string, clock: Clock, listener: TapBridgeListener): Promise<TapBridge> {
    const [config] = rig.devices;
    if (!config) throw new ControllerError("TAP_NO_DEVICE", `the rig ${rig.name} has no device`);
    return new TapBridge(rig, config, name, clock, listener, await loadDevice(config));
  }

  private constructor(rig: Rig, config: DeviceConfig, name: string, clock: Clock, listener: TapBridgeListener, make: Maker) {
    this.config = config;
    this.interface = name;
    this.#rig = rig;
    this.#clock = clock;
    this.#listener = listener;
    this.#random = new SeededRandom(rig.seed);
    const failed = (error: Error): void => listener.failed(error);
    const onWire = (trouble: Error | null): void => {
      if (trouble) failed(trouble);
    };
    this.#part = make(config, { clock, random: this.#random, onWire });
    // On the wire from the beginning: a cable with one end has no link.
    this.#gateway = this.#makeGateway();
    const tap = new TapController(clock, { interface: name });
    [this.#board, this.#kernel] = CableEnd.pair(clock, this.#part.controller, tap, [
      { carrier: (up) => this.#linkChanged(up), failed },
      { carrier: () => {}, failed },
    ]);
  }

  get description(): string {
    return this.#part.controller.description;
  }

  /** Station address of the controller, and of the interface. */
  get address(): Uint8Array {
    return this.#part.controller.address;
  }

  get hasCarrier(): boolean {
    return this.#carrier;
  }

  /** The reason for a simulated chip that was not asked for; null otherwise. */
  get fallback(): string | null {
    return this.#part.fallback;
  }

  /** Address of the simulated gateway at the far end, where there is one. */
  get gateway(): string | null {
    return this.#gateway?.address ?? null;
  }

  /**
   * Opens the controller first: where there is none, no interface appears.
   * @throws ControllerError
   */
  async start(): Promise<void> {
    try {
      this.#libc = await loadLibc("tap");
      await this.#part.wire?.open();
      await this.#board.open();
      // The kernel filters by itself; a chip that let everything through would spend a slow bus on frames for others.
      this.#part.controller.setReceiveMode({ promiscuous: false, allMulticast: true, groups: [] });
      this.#gateway ??= this.#makeGateway();
      await this.#gateway?.open();
      await this.#kernel.open();
      this.#kernel.controller.setReceiveMode({ promiscuous: true, allMulticast: true, groups: [] });
      this.#asTheController();
      this.#running = true;
      if (!this.#carrier) this.#setCarrier(false);
    } catch (error) {
      await this.stop();
      throw error;
    }
  }

  async stop(): Promise<void> {
    this.#running = false;
    await this.#kernel.close();
    await this.#board.close();
    await this.#gateway?.close();
    await this.#part.wire?.close();
  }

  summary(): TapBridgeSummary {
    const { statistics } = this.#part.controller;
    const drops = new DropCounters();
    for (const end of [this.#board, this.#kernel]) drops.add(end.drops);
    return { ...traffic(statistics), drops: dropsOf(drops) };
  }

  #makeGateway(): SimulatedGateway | null {
    return gatewayFor(this.#rig, this.config, this.#part, this.#clock, this.#random);
  }

  /** Takes the interface down for a moment: the kernel derives the link-local address of IPv6 from the new station address then. */
  #asTheController(): void {
    this.#withLink((links, index) => {
      links.setUp(index, false);
      const errno = links.setAddress(index, this.address);
      const name = this.#libc?.errorName(errno);
      if (errno !== 0) throw new ControllerError("TAP_SYSTEM", `tap: cannot set the address of ${this.interface}: ${name}`);
      links.setUp(index, true);
    });
  }

  #linkChanged(up: boolean): void {
    this.#carrier = up;
    if (!this.#running) return;
    this.#setCarrier(up);
    this.#listener.carrier(up);
  }

  /** Kernels before 5.0 refuse it; the interface then has a carrier always. */
  #setCarrier(up: boolean): void {
    this.#withLink((links, index) => links.setCarrier(index, up));
  }

  #withLink(use: (links: LinkSocket, index: number) => void): void {
    const links = new LinkSocket(this.#libc as Libc, "tap");
    try {
      const link = links.find(this.interface);
      if (link) use(links, link.index);
    } finally {
      links.close();
    }
  }
}

function traffic(statistics: LinkStatistics): Omit<TapBridgeSummary, "drops"> {
  return {
    received: { frames: statistics.rxPackets, bytes: statistics.rxBytes },
    sent: { frames: statistics.txPackets, bytes: statistics.txBytes },
    errors: { rx: statistics.rxErrors, tx: statistics.txErrors },
  };
}
