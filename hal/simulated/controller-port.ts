/**
 * Plugs any Ethernet controller into a simulated wire: frames that the controller receives go on the wire, the controller sends
 * frames that come off the wire. With a packet or tap controller the simulated wire ends at a real interface; with a second
 * simulated chip two segments become one link. A controller that fails is opened again, as a device's is.
 *
 *     const port = new ControllerPort(clock, segment, "eth0", new PacketController(clock, { interface: "eth0" }));
 *     await port.open();
 */
import type { Clock } from "../clock.ts";
import { DropReason } from "../drop-reason.ts";
import type { ControllerHost, EthernetController } from "../ethernet.ts";
import { ensureChecksum } from "../kit/outgoing.ts";
import { PollLoop } from "../kit/poll-loop.ts";
import { Revival } from "../revival.ts";
import { DropCounters, type SkBuff, SkBuffPool, SkBuffQueue } from "../skbuff.ts";
import type { WirePort, WireStation } from "../wire.ts";
import type { SimulatedWire } from "./simulated-wire.ts";
import { copyFromWire, transmitPadded } from "./wire-frame.ts";

export interface ControllerPortOptions {
  /** Packet memory. Default: a pool of its own of 1024 slots. */
  pool?: SkBuffPool;
  /** Frames off the wire that wait while the controller is busy; more are dropped as QDISC_DROP. Default 256. */
  queue?: number;
  /** The controller stopped working, told once; the port is unplugged by then, and the controller is tried again until it works. */
  onFailed?: (error: Error) => void;
  /** It works again. */
  onBack?: () => void;
}

const DEFAULT_QUEUE = 256;
const DEFAULT_POOL = 1024;
/** Frames taken from the controller before the rest of the process has its turn. */
const BUDGET = 64;

export class ControllerPort implements WireStation {
  readonly name: string;
  readonly controller: EthernetController;
  /** Frames lost here, by reason. */
  readonly drops: DropCounters = new DropCounters();
  /** Frames off the wire whose check sequence was wrong: not passed on. */
  fcsErrors = 0;
  readonly #clock: Clock;
  readonly #segment: SimulatedWire;
  readonly #options: ControllerPortOptions;
  readonly #pool: SkBuffPool;
  readonly #waiting = new SkBuffQueue();
  readonly #limit: number;
  #host: PortHost | null = null;
  #port: WirePort | null = null;
  #failed: Error | null = null;
  readonly #revival: Revival;

  constructor(
    clock: Clock,
    segment: SimulatedWire,
    name: string,
    controller: EthernetController,
    options: ControllerPortOptions = {},
  ) {
    this.#clock = clock;
    this.#segment = segment;
    this.name = name;
    this.controller = controller;
    this.#options = options;
    this.#pool = options.pool ?? new SkBuffPool({ limit: DEFAULT_POOL });
    this.#limit = options.queue ?? DEFAULT_QUEUE;
    this.#revival = new Revival(
      clock,
      () => this.#reopen(),
      () => this.#back(),
    );
  }

  /** Its end of the wire; null until the controller's link came up for the first time. */
  get port(): WirePort | null {
    return this.#port;
  }

  /** Why the controller does not work; null while it does. */
  get failed(): Error | null {
    return this.#failed;
  }

  /**
   * Opens the controller and, as soon as it has a link, plugs in.
   * @throws ControllerError whatever the controller's open() throws
   */
  async open(): Promise<void> {
    if (this.#host) throw new Error(`${this.name} is open already`);
    this.#failed = null;
    try {
      await this.#open();
    } catch (error) {
      await this.close();
      throw error;
    }
  }

  /** Unplugs, drops what waits, and closes the controller. */
  async close(): Promise<void> {
    const open = this.#host !== null;
    this.#host?.stop();
    this.#host = null;
    if (this.#port) this.#segment.detach(this.#port);
    this.#port = null;
    for (let skb = this.#waiting.dequeue(); skb; skb = this.#waiting.dequeue()) this.drops.drop(skb, DropReason.QUEUE_PURGE);
    const stopped = this.#revival.stop();
    if (open) await this.controller.close();
    await stopped;
  }

  async #open(): Promise<void> {
    this.#host = new PortHost(this, this.#clock, this.#pool);
    await this.controller.open(this.#host);
    // Group frames and those to stations on the wire, whatever their addresses, all have to come through.
    this.controller.setReceiveMode({ promiscuous: true, allMulticast: true, groups: [] });
  }

  async #reopen(): Promise<void> {
    this.#host?.stop();
    await this.controller.close();
    // Closed meanwhile: there is nothing to bring back.
    if (this.#host) await this.#open();
  }

  #back(): void {
    if (this.#failed === null) return;
    this.#failed = null;
    this.#options.onBack?.();
  }

  wireFrame(bytes: Uint8Array, length: number, fcsOk: boolean, view: DataView | null = null): void {
    if (!fcsOk) {
      this.fcsErrors++;
      return;
    }
    if (this.#waiting.length >= this.#limit) {
      this.drops.count(DropReason.QDISC_DROP);
      return;
    }
    const skb = this.#pool.allocate();
    if (!skb) {
      this.drops.count(DropReason.NOMEM);
      return;
    }
    if (length > skb.bytes.length - skb.data) {
      this.drops.drop(skb, DropReason.PKT_TOO_BIG);
      return;
    }
    copyFromWire(skb, bytes, length, view);
    // In order: behind what waits already.
    if (this.#waiting.length > 0 || !this.controller.transmit(skb)) this.#waiting.enqueue(skb);
  }

  /** The other end of the wire has no say in the controller's link. */
  wireLink(_up: boolean): void {}

  /** The controller accepts frames again. Called by the host. */
  drain(): void {
    for (let skb = this.#waiting.dequeue(); skb; skb = this.#waiting.dequeue()) {
      if (this.controller.transmit(skb)) continue;
      this.#waiting.requeue(skb);
      return;
    }
  }

  /** A frame from the controller. Called by the host. */
  forward(skb: SkBuff): void {
    const port = this.#port;
    if (!port?.linkUp) {
      this.drops.drop(skb, DropReason.TX_CARRIER);
      return;
    }
    if (!ensureChecksum(skb)) {
      this.drops.drop(skb, DropReason.TX_ABORTED);
      return;
    }
    transmitPadded(port, skb);
    skb.consume();
  }

  /** The controller's link. Called by the host. Attached only when there is a link, or the others would see one for a moment. */
  plug(up: boolean): void {
    if (up && this.controller.heals) this.#back();
    if (this.#port) this.#port.plugged = up;
    else if (up) this.#port = this.#segment.attach(this.name, this);
  }

  /** The controller healed, with or without a link. Called by the host. */
  mended(): void {
    this.#back();
  }

  /** The controller failed. Called by the host. */
  fail(error: Error): void {
    const news = this.#failed === null;
    this.#failed = error;
    if (this.#port) this.#port.plugged = false;
    if (news) this.#options.onFailed?.(error);
    if (!this.controller.heals) this.#revival.begin();
  }
}

/** The controller's view of the port: NAPI with one device. */
class PortHost implements ControllerHost {
  readonly pool: SkBuffPool;
  readonly drops: DropCounters;
  readonly #port: ControllerPort;
  readonly #loop: PollLoop;
  #stopped = false;

  constructor(port: ControllerPort, clock: Clock, pool: SkBuffPool) {
    this.#port = port;
    this.pool = pool;
    this.drops = port.drops;
    this.#loop = new PollLoop(clock, () => port.controller.poll(BUDGET));
  }

  schedule(): boolean {
    return this.#loop.schedule();
  }

  receive(skb: SkBuff): void {
    if (this.#stopped) this.drops.drop(skb, DropReason.QUEUE_PURGE);
    else this.#port.forward(skb);
  }

  complete(_work: number): boolean {
    return this.#loop.complete();
  }

  polled(_work: number): void {
    this.#loop.again();
  }

  wake(): void {
    if (!this.#stopped) this.#port.drain();
  }

  carrier(up: boolean): void {
    if (!this.#stopped) this.#port.plug(up);
  }

  failed(error: Error): void {
    if (!this.#stopped) this.#port.fail(error);
  }

  repaired(): void {
    if (!this.#stopped) this.#port.mended();
  }

  stop(): void {
    this.#stopped = true;
    this.#loop.stop();
  }
}
