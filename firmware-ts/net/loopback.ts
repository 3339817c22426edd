/** The controller of `lo`: what is sent comes back through the backlog. It has no wire, no address and no limits of its own. */
import { DropReason } from "../../hal/drop-reason.ts";
import {
  type ControllerCapabilities,
  type ControllerHost,
  ETHERNET_HEADER,
  type EthernetController,
  LinkStatistics,
  MAC_BYTES,
  type ReceiveMode,
} from "../../hal/ethernet.ts";
import { SOFTWARE_CAPABILITIES } from "../../hal/kit/capabilities.ts";
import type { SkBuff } from "../../hal/skbuff.ts";
import type { Backlog, BacklogTarget } from "./backlog.ts";

/** The longest packet to ourselves, as in Linux. */
export const LOOPBACK_MTU = 65_536;

export class LoopbackController implements EthernetController, BacklogTarget {
  readonly driver = "loopback";
  readonly description = "loopback";
  readonly simulated = false;
  readonly address: Uint8Array = new Uint8Array(MAC_BYTES);
  readonly capabilities: ControllerCapabilities = { ...SOFTWARE_CAPABILITIES, maxFrame: ETHERNET_HEADER + LOOPBACK_MTU };
  readonly statistics: LinkStatistics = new LinkStatistics();
  readonly #backlog: Backlog;
  #host: ControllerHost | null = null;

  constructor(backlog: Backlog) {
    this.#backlog = backlog;
  }

  open(host: ControllerHost): Promise<void> {
    this.#host = host;
    host.carrier(true);
    return Promise.resolve();
  }

  close(): Promise<void> {
    if (this.#host) this.#backlog.purge(this, this.#host.drops);
    this.#host = null;
    return Promise.resolve();
  }

  /** Sends to ourselves. A packet for which the backlog has no room was neither sent nor received, and counts as dropped. */
  transmit(skb: SkBuff): boolean {
    const host = this.#host;
    if (!host) return false;
    const { length } = skb;
    if (!this.#backlog.enqueue(skb, this)) {
      host.drops.drop(skb, DropReason.CPU_BACKLOG);
      return true;
    }
    const { statistics } = this;
    statistics.txPackets++;
    statistics.txBytes += length;
    statistics.rxPackets++;
    statistics.rxBytes += length;
    return true;
  }

  backlogged(skb: SkBuff): void {
    if (this.#host) this.#host.receive(skb);
    else skb.drop(DropReason.DEV_READY);
  }

  /** Takes in nothing and is never called: the backlog is polled in its stead. */
  poll(_budget: number): number {
    return 0;
  }

  setReceiveMode(_mode: ReceiveMode): void {}
}
