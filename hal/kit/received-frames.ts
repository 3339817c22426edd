/**
 * The receive queue of a controller in software: bounded, with an interrupt that asks the host for a poll and is masked while one is
 * due.
 */
import { DropReason } from "../drop-reason.ts";
import type { ControllerHost, LinkStatistics } from "../ethernet.ts";
import { type SkBuff, SkBuffQueue } from "../skbuff.ts";

export class ReceivedFrames {
  readonly #queue = new SkBuffQueue();
  readonly #limit: number;
  #host: ControllerHost | null = null;
  #masked = false;

  constructor(limit: number) {
    this.#limit = limit;
  }

  /** The host that opened the controller; null when it is closed. */
  get host(): ControllerHost | null {
    return this.#host;
  }

  get full(): boolean {
    return this.#queue.length >= this.#limit;
  }

  open(host: ControllerHost): void {
    this.#host = host;
    this.#masked = false;
  }

  /** Drops the frames that wait. */
  close(): void {
    const host = this.#host;
    this.#host = null;
    for (let skb = this.#queue.dequeue(); skb; skb = this.#queue.dequeue()) host?.drops.drop(skb, DropReason.QUEUE_PURGE);
  }

  add(skb: SkBuff): void {
    this.#queue.enqueue(skb);
    this.#interrupt();
  }

  /** As EthernetController.poll(). @param statistics of who counts a frame when it is handed up and not when it came */
  poll(budget: number, statistics: LinkStatistics | null): number {
    const host = this.#host;
    if (!host) return 0;
    let work = 0;
    while (work < budget) {
      const skb = this.#queue.dequeue();
      if (!skb) break;
      work++;
      if (statistics) {
        statistics.rxPackets++;
        statistics.rxBytes += skb.length;
      }
      host.receive(skb);
    }
    if (work < budget && host.complete(work)) {
      this.#masked = false;
      // The line is level triggered: what came in while complete() ran asks at once.
      if (this.#queue.length > 0) this.#interrupt();
    }
    return work;
  }

  #interrupt(): void {
    if (this.#masked) return;
    this.#masked = true;
    this.#host?.schedule();
  }
}
