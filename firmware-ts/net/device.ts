/**
 * A network device: an Ethernet controller as the stack sees it. It is the controller's host (polls, link, queue wake-ups), keeps the
 * transmit queue for a controller that is busy, and counts what it drops.
 */
import { DropReason } from "../../hal/drop-reason.ts";
import {
  type ControllerHost,
  ETHERNET_HEADER,
  type EthernetController,
  type LinkStatistics,
  MAC_BYTES,
  MAX_FRAME,
} from "../../hal/ethernet.ts";
import { DropCounters, type SkBuff, type SkBuffPool, SkBuffQueue } from "../../hal/skbuff.ts";
import { BROADCAST_MAC } from "./ethernet.ts";
import { Napi, type NapiScheduler } from "./napi.ts";

/** What happened to a device, for those that keep state about it (the kernel's NETDEV_* events). */
export type DeviceEvent = "up" | "down" | "carrier-up" | "carrier-down" | "failed";

/** What a device needs of the stack around it. */
export interface DeviceUser {
  readonly pool: SkBuffPool;
  readonly napi: NapiScheduler;
  /** A received frame, its Ethernet header still on. */
  receive(device: NetDevice, skb: SkBuff): void;
  /** A frame on its way to the controller, its Ethernet header on. */
  transmitted(device: NetDevice, skb: SkBuff): void;
  deviceEvent(device: NetDevice, event: DeviceEvent): void;
}

/** Frames that may wait for a busy controller (`qlen` of `ip link`). */
const TX_QUEUE_LENGTH = 1000;

export class NetDevice implements ControllerHost {
  readonly name: string;
  readonly ifindex: number;
  readonly controller: EthernetController;
  /** Station address; the controller's, copied when the device came up. */
  readonly address: Uint8Array = new Uint8Array(MAC_BYTES);
  readonly broadcast: Uint8Array = BROADCAST_MAC;
  readonly mtu: number = MAX_FRAME - ETHERNET_HEADER;
  readonly txQueueLength: number = TX_QUEUE_LENGTH;
  readonly drops: DropCounters = new DropCounters();
  /** Why the controller stopped working, if it did. */
  error: Error | null = null;
  readonly #user: DeviceUser;
  readonly #napi: Napi;
  readonly #queue = new SkBuffQueue();
  #up = false;
  #carrier = false;

  constructor(name: string, ifindex: number, controller: EthernetController, user: DeviceUser) {
    this.name = name;
    this.ifindex = ifindex;
    this.controller = controller;
    this.address.set(controller.address);
    this.#user = user;
    this.#napi = new Napi(user.napi, controller);
  }

  get pool(): SkBuffPool {
    return this.#user.pool;
  }

  /** Administratively up: IFF_UP. */
  get up(): boolean {
    return this.#up;
  }

  /** The link is there: IFF_LOWER_UP. */
  get hasCarrier(): boolean {
    return this.#carrier;
  }

  get statistics(): LinkStatistics {
    return this.controller.statistics;
  }

  /** Frames waiting for the controller. */
  get queued(): number {
    return this.#queue.length;
  }

  /**
   * Opens the controller.
   * @throws ControllerError
   */
  async open(): Promise<void> {
    if (this.#up) return;
    this.error = null;
    this.#up = true;
    this.#napi.enable();
    try {
      await this.controller.open(this);
    } catch (error) {
      this.#up = false;
      this.#carrier = false;
      this.#napi.disable();
      this.#purge();
      throw error;
    }
    // Closed while it opened: it stays down.
    if (!this.#up) return;
    this.address.set(this.controller.address);
    this.#user.deviceEvent(this, "up");
  }

  async close(): Promise<void> {
    if (!this.#up) return;
    this.#up = false;
    this.#carrier = false;
    this.#napi.disable();
    this.#purge();
    this.#user.deviceEvent(this, "down");
    await this.controller.close();
  }

  /** Sends a complete frame, or keeps it for the controller. Returns NONE or why it was dropped; the buffer is gone either way. */
  transmit(skb: SkBuff): DropReason {
    if (!this.#up) return this.#refuse(skb, DropReason.DEV_READY);
    if (!this.#carrier) return this.#refuse(skb, DropReason.TX_CARRIER);
    if (skb.length > this.mtu + ETHERNET_HEADER) return this.#refuse(skb, DropReason.PKT_TOO_BIG);
    if (this.#queue.length >= this.txQueueLength) return this.#refuse(skb, DropReason.QDISC_DROP);
    this.#user.transmitted(this, skb);
    if (this.#queue.length === 0 && this.controller.transmit(skb)) return DropReason.NONE;
    this.#queue.enqueue(skb);
    return DropReason.NONE;
  }

  // What the controller calls.

  schedule(): boolean {
    return this.#napi.schedule();
  }

  receive(skb: SkBuff): void {
    if (this.#up) this.#user.receive(this, skb);
    else this.drops.drop(skb, DropReason.DEV_READY);
  }

  complete(_work: number): boolean {
    return this.#napi.complete();
  }

  polled(work: number): void {
    this.#napi.polled(work);
  }

  wake(): void {
    for (let skb = this.#queue.dequeue(); skb; skb = this.#queue.dequeue()) {
      if (!this.controller.transmit(skb)) {
        this.#queue.requeue(skb);
        return;
      }
    }
  }

  carrier(up: boolean): void {
    if (up === this.#carrier || !this.#up) return;
    this.#carrier = up;
    if (!up) this.#purge();
    this.#user.deviceEvent(this, up ? "carrier-up" : "carrier-down");
  }

  failed(error: Error): void {
    this.error = error;
    this.carrier(false);
    this.#user.deviceEvent(this, "failed");
  }

  #refuse(skb: SkBuff, reason: DropReason): DropReason {
    this.drops.drop(skb, reason);
    return reason;
  }

  #purge(): void {
    for (let skb = this.#queue.dequeue(); skb; skb = this.#queue.dequeue()) this.drops.drop(skb, DropReason.QUEUE_PURGE);
  }
}
