/**
 * The queue of requests for proxied addresses. They wait before they are answered, so that the owner, if it is there after all, is heard
 * first (RFC 4861 7.2.8). Each waits a random part of proxy_delay and is then received once more. The whole table has one queue.
 */
import { DropReason } from "../../hal/drop-reason.ts";
import type { DropCounters, SkBuff } from "../../hal/skbuff.ts";
import type { NetDevice } from "../net/device.ts";
import { type TimerWheel, WorkTimer } from "../net/timer-wheel.ts";
import type { DeviceNeighbours } from "./entry.ts";
import type { NeighNamespace } from "./namespace.ts";

/** Receives a request once more, and consumes or drops the packet. */
export type DeliverProxied = (packet: SkBuff, device: NetDevice) => void;

interface Waiting {
  readonly packet: SkBuff;
  readonly on: DeviceNeighbours;
  /** Time at which it is delivered, in the table's ms. */
  readonly due: number;
  readonly deliver: DeliverProxied;
}

/** The table, as the queue sees it. */
export interface ProxyQueueHost {
  readonly timers: TimerWheel;
  readonly drops: DropCounters;
  now(): number;
  on(device: NetDevice): DeviceNeighbours;
}

export class ProxyQueue {
  readonly #host: ProxyQueueHost;
  /** In the order of arrival. */
  #waiting: Waiting[] = [];
  readonly #timer: WorkTimer = new WorkTimer(() => this.#expired());
  #wakeAt = Number.POSITIVE_INFINITY;

  constructor(host: ProxyQueueHost) {
    this.#host = host;
  }

  get length(): number {
    return this.#waiting.length;
  }

  /**
   * Keeps a request. Returns false when it was dropped because more than proxy_qlen of its device wait already (one more than the limit
   * fits, as in the kernel). The packet is not the caller's any more.
   */
  enqueue(packet: SkBuff, device: NetDevice, deliver: DeliverProxied): boolean {
    const on = this.#host.on(device);
    if (on.proxied > on.parameters.proxyQueueLength) {
      this.#host.drops.drop(packet, DropReason.NOT_SPECIFIED);
      return false;
    }
    const now = this.#host.now();
    const due = now + on.parameters.drawProxyDelay();
    on.proxied++;
    this.#waiting.push({ packet, on, due, deliver });
    if (due < this.#wakeAt) this.#sleep(due, now);
    return true;
  }

  /** Drops the requests of all devices of a namespace; without a namespace, all requests. */
  purge(namespace?: NeighNamespace): void {
    const goes = ({ on }: Waiting): boolean => !namespace || on.namespace === namespace;
    const gone = this.#waiting.filter(goes);
    this.#waiting = this.#waiting.filter((waiting) => !goes(waiting));
    if (this.#waiting.length === 0) {
      this.#host.timers.cancel(this.#timer);
      this.#wakeAt = Number.POSITIVE_INFINITY;
    }
    for (const { packet, on } of gone) {
      on.proxied--;
      this.#host.drops.drop(packet, DropReason.NOT_SPECIFIED);
    }
  }

  #sleep(due: number, now: number): void {
    this.#wakeAt = due;
    this.#host.timers.arm(this.#timer, due - now);
  }

  /** Delivers the requests that are due, in the order of their arrival. */
  #expired(): void {
    const now = this.#host.now();
    const due = this.#waiting.filter((waiting) => waiting.due <= now);
    this.#waiting = this.#waiting.filter((waiting) => waiting.due > now);
    this.#wakeAt = Number.POSITIVE_INFINITY;
    let next = Number.POSITIVE_INFINITY;
    for (const waiting of this.#waiting) next = Math.min(next, waiting.due);
    if (next < Number.POSITIVE_INFINITY) this.#sleep(next, now);
    for (const { packet, on, deliver } of due) {
      on.proxied--;
      if (on.device.up) deliver(packet, on.device);
      else this.#host.drops.drop(packet, DropReason.NOT_SPECIFIED);
    }
  }
}
