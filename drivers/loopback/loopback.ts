/**
 * A controller with a plug in its socket that leads transmit back to receive: every frame it sends comes back, as far as its address
 * filter lets it. For trying a stack or a rig without any wire. (A stack's own `lo` is something else: it has no controller.)
 */

import { DropReason } from "../../hal/drop-reason.ts";
import {
  type ControllerCapabilities,
  ControllerError,
  type ControllerHost,
  ETHERNET_HEADER,
  type EthernetController,
  isStationAddress,
  LinkStatistics,
  MAC_BYTES,
  MAX_TAGGED_FRAME,
  type ReceiveMode,
} from "../../hal/ethernet.ts";
import { SOFTWARE_CAPABILITIES } from "../../hal/kit/capabilities.ts";
import { copyFrame } from "../../hal/kit/copy-frame.ts";
import { ensureChecksum, pad } from "../../hal/kit/outgoing.ts";
import { isMulticast, ReceiveFilter } from "../../hal/kit/receive-filter.ts";
import { ReceivedFrames } from "../../hal/kit/received-frames.ts";
import type { SkBuff } from "../../hal/skbuff.ts";

export interface LoopbackOptions {
  /** Station address. */
  address: Uint8Array;
  /** Frames that wait to be polled; more are lost. Default 256. */
  queue?: number;
}

const DEFAULT_QUEUE = 256;

export class LoopbackPlug implements EthernetController {
  readonly driver = "loopback";
  readonly description = "loopback plug";
  readonly simulated = true;
  readonly address: Uint8Array = new Uint8Array(MAC_BYTES);
  readonly capabilities: ControllerCapabilities = SOFTWARE_CAPABILITIES;
  readonly statistics: LinkStatistics = new LinkStatistics();
  readonly #received: ReceivedFrames;
  readonly #filter: ReceiveFilter = new ReceiveFilter(this.address);
  #plugged = true;

  /** @throws ControllerError LOOPBACK_ADDRESS when the station address is not one */
  constructor(options: LoopbackOptions) {
    if (!isStationAddress(options.address))
      throw new ControllerError(
        "LOOPBACK_ADDRESS",
        "loopback: the station address must be 6 bytes of an individual (not group) address",
      );
    this.address.set(options.address);
    this.#received = new ReceivedFrames(options.queue ?? DEFAULT_QUEUE);
  }

  get plugged(): boolean {
    return this.#plugged;
  }

  /** Pulls the plug, or puts it back in: the link. */
  set plugged(plugged: boolean) {
    this.#plugged = plugged;
    this.#received.host?.carrier(plugged);
  }

  /** @throws ControllerError LOOPBACK_OPEN when it is open already */
  async open(host: ControllerHost): Promise<void> {
    if (this.#received.host) throw new ControllerError("LOOPBACK_OPEN", "loopback: the controller is open already");
    this.#received.open(host);
    host.carrier(this.#plugged);
  }

  async close(): Promise<void> {
    this.#received.close();
  }

  setReceiveMode(mode: ReceiveMode): void {
    this.#filter.set(mode);
  }

  /** Never full: what the receive side has no room for is lost there. */
  transmit(skb: SkBuff): boolean {
    const host = this.#received.host;
    if (!host) {
      skb.drop(DropReason.DEV_READY);
      return true;
    }
    const { length } = skb;
    if (length < ETHERNET_HEADER) return this.#discard(host, skb, DropReason.PKT_TOO_SMALL);
    if (length > MAX_TAGGED_FRAME) return this.#discard(host, skb, DropReason.PKT_TOO_BIG);
    if (!this.#plugged) {
      this.statistics.txCarrierErrors++;
      return this.#discard(host, skb, DropReason.TX_CARRIER);
    }
    if (!ensureChecksum(skb)) {
      this.statistics.txAbortedErrors++;
      return this.#discard(host, skb, DropReason.TX_ABORTED);
    }
    this.statistics.txPackets++;
    this.statistics.txBytes += length;
    this.#loop(host, skb);
    return true;
  }

  poll(budget: number): number {
    return this.#received.poll(budget, this.statistics);
  }

  /** The sender is told that its frame is gone, and a copy comes back: on a wire, too, they are two. */
  #loop(host: ControllerHost, skb: SkBuff): void {
    const { bytes, data } = skb;
    if (!this.#filter.accepts(bytes, data)) {
      skb.consume();
      return;
    }
    if (this.#received.full) {
      this.statistics.rxErrors++;
      this.statistics.rxOverErrors++;
      skb.consume();
      return;
    }
    const copy = host.pool.allocate();
    if (!copy) {
      host.drops.count(DropReason.NOMEM);
      skb.consume();
      return;
    }
    const length = pad(skb);
    copyFrame(copy.bytes, copy.put(length), bytes, skb.data, length);
    if (isMulticast(bytes, skb.data)) this.statistics.rxMulticast++;
    skb.consume();
    // The sender may have closed this controller when it was told.
    if (this.#received.host !== host) {
      host.drops.drop(copy, DropReason.QUEUE_PURGE);
      return;
    }
    this.#received.add(copy);
  }

  #discard(host: ControllerHost, skb: SkBuff, reason: DropReason): boolean {
    this.statistics.txErrors++;
    host.drops.drop(skb, reason);
    return true;
  }
}
