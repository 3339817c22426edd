/** The controller of `lo`: what is sent comes back. It has no wire, no address and no limits but its queue's. */
import { DropReason } from "../../hal/drop-reason.ts";
import { type ControllerHost, type EthernetController, LinkStatistics, MAC_BYTES, type ReceiveMode } from "../../hal/ethernet.ts";
import { type SkBuff, SkBuffQueue } from "../../hal/skbuff.ts";

/** Frames that may be under way at once (net.core.netdev_max_backlog). */
const QUEUE = 1000;

export class LoopbackController implements EthernetController {
  readonly driver = "loopback";
  readonly description = "loopback";
  readonly simulated = false;
  readonly address: Uint8Array = new Uint8Array(MAC_BYTES);
  readonly statistics: LinkStatistics = new LinkStatistics();
  readonly #queue = new SkBuffQueue();
  #host: ControllerHost | null = null;

  open(host: ControllerHost): Promise<void> {
    this.#host = host;
    host.carrier(true);
    return Promise.resolve();
  }

  close(): Promise<void> {
    for (let skb = this.#queue.dequeue(); skb; skb = this.#queue.dequeue()) this.#host?.drops.drop(skb, DropReason.QUEUE_PURGE);
    this.#host = null;
    return Promise.resolve();
  }

  transmit(skb: SkBuff): boolean {
    const host = this.#host;
    if (!host) return false;
    const { statistics } = this;
    statistics.txPackets++;
    statistics.txBytes += skb.length;
    if (this.#queue.length >= QUEUE) {
      host.drops.drop(skb, DropReason.CPU_BACKLOG);
      return true;
    }
    this.#queue.enqueue(skb);
    host.schedule();
    return true;
  }

  poll(budget: number): number {
    const host = this.#host;
    let work = 0;
    while (work < budget && host) {
      const skb = this.#queue.dequeue();
      if (!skb) break;
      this.statistics.rxPackets++;
      this.statistics.rxBytes += skb.length;
      host.receive(skb);
      work++;
    }
    if (work < budget) host?.complete(work);
    return work;
  }

  setReceiveMode(_mode: ReceiveMode): void {}
}
