/**
 * A controller with a plug in its socket that leads transmit back to receive: every frame it sends comes back, as far as its address
 * filter lets it. For trying a stack or a rig without any wire. (A stack's own `lo` is something else: it has no controller.)
 */
import { DropReason } from "../../hal/drop-reason.ts";
import {
  ControllerError,
  type ControllerHost,
  ETHERNET_HEADER,
  type EthernetController,
  LinkStatistics,
  MAC_BYTES,
  MAX_FRAME,
  MIN_FRAME,
  type ReceiveMode,
} from "../../hal/ethernet.ts";
import { isMulticast, ReceiveFilter } from "../../hal/receive-filter.ts";
import { copyFrame } from "../../hal/simulated/copy-frame.ts";
import { completeChecksum } from "../../hal/simulated/wire-frame.ts";
import { Checksum, HEADROOM, type SkBuff, SkBuffQueue } from "../../hal/skbuff.ts";

export interface LoopbackOptions {
  /** Station address. */
  address: Uint8Array;
  /** Frames that wait to be polled; more are lost. Default 256. */
  queue?: number;
}

const DEFAULT_QUEUE = 256;
/** A frame with an IEEE 802.1Q tag may be this much longer. */
const VLAN_TAG = 4;

export class LoopbackPlug implements EthernetController {
  readonly driver = "loopback";
  readonly description = "loopback plug";
  readonly simulated = true;
  readonly address: Uint8Array = new Uint8Array(MAC_BYTES);
  readonly statistics: LinkStatistics = new LinkStatistics();
  readonly #limit: number;
  readonly #received = new SkBuffQueue();
  readonly #filter: ReceiveFilter = new ReceiveFilter(this.address);
  #host: ControllerHost | null = null;
  #plugged = true;
  #masked = false;

  /** @throws ControllerError LOOPBACK_ADDRESS when the station address is not one */
  constructor(options: LoopbackOptions) {
    if (options.address.length !== MAC_BYTES || (options.address[0]! & 1) === 1)
      throw new ControllerError(
        "LOOPBACK_ADDRESS",
        "loopback: the station address must be 6 bytes of an individual (not group) address",
      );
    this.address.set(options.address);
    this.#limit = options.queue ?? DEFAULT_QUEUE;
  }

  get plugged(): boolean {
    return this.#plugged;
  }

  /** Pulls the plug, or puts it back in: the link. */
  set plugged(plugged: boolean) {
    this.#plugged = plugged;
    this.#host?.carrier(plugged);
  }

  /** @throws ControllerError LOOPBACK_OPEN when it is open already */
  async open(host: ControllerHost): Promise<void> {
    if (this.#host) throw new ControllerError("LOOPBACK_OPEN", "loopback: the controller is open already");
    this.#host = host;
    this.#masked = false;
    host.carrier(this.#plugged);
  }

  async close(): Promise<void> {
    const host = this.#host;
    this.#host = null;
    for (let skb = this.#received.dequeue(); skb; skb = this.#received.dequeue()) host?.drops.drop(skb, DropReason.QUEUE_PURGE);
  }

  setReceiveMode(mode: ReceiveMode): void {
    this.#filter.set(mode);
  }

  /** Never full: what the receive side has no room for is lost there. */
  transmit(skb: SkBuff): boolean {
    const host = this.#host;
    if (!host) {
      skb.drop(DropReason.DEV_READY);
      return true;
    }
    const { length } = skb;
    if (length < ETHERNET_HEADER) return this.#discard(host, skb, DropReason.PKT_TOO_SMALL);
    if (length > MAX_FRAME + VLAN_TAG) return this.#discard(host, skb, DropReason.PKT_TOO_BIG);
    if (!this.#plugged) {
      this.statistics.txCarrierErrors++;
      return this.#discard(host, skb, DropReason.TX_CARRIER);
    }
    if (skb.checksum === Checksum.PARTIAL && !completeChecksum(skb)) {
      this.statistics.txAbortedErrors++;
      return this.#discard(host, skb, DropReason.TX_ABORTED);
    }
    this.statistics.txPackets++;
    this.statistics.txBytes += length;
    this.#loop(host, skb);
    return true;
  }

  poll(budget: number): number {
    const host = this.#host;
    if (!host) return 0;
    let work = 0;
    while (work < budget) {
      const skb = this.#received.dequeue();
      if (!skb) break;
      work++;
      this.statistics.rxPackets++;
      this.statistics.rxBytes += skb.length;
      host.receive(skb);
    }
    if (work < budget && host.complete(work)) {
      this.#masked = false;
      // The line is level triggered: what came in while complete() ran asks at once.
      if (this.#received.length > 0) this.#interrupt();
    }
    return work;
  }

  /** The sender is told that its frame is gone, and a copy comes back: on a wire, too, they are two. */
  #loop(host: ControllerHost, skb: SkBuff): void {
    const { bytes, data } = skb;
    if (!this.#filter.accepts(bytes, data)) {
      skb.consume();
      return;
    }
    if (this.#received.length >= this.#limit) {
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
    const { length } = skb;
    const at = copy.put(Math.max(length, MIN_FRAME));
    copyFrame(copy.bytes, at, bytes, data, length);
    if (length < MIN_FRAME) copy.bytes.fill(0, HEADROOM + length, HEADROOM + MIN_FRAME);
    if (isMulticast(bytes, data)) this.statistics.rxMulticast++;
    skb.consume();
    // Whom consume() told of it may have closed this controller.
    if (this.#host !== host) {
      host.drops.drop(copy, DropReason.QUEUE_PURGE);
      return;
    }
    this.#received.enqueue(copy);
    this.#interrupt();
  }

  #interrupt(): void {
    if (this.#masked) return;
    this.#masked = true;
    this.#host?.schedule();
  }

  #discard(host: ControllerHost, skb: SkBuff, reason: DropReason): boolean {
    this.statistics.txErrors++;
    host.drops.drop(skb, reason);
    return true;
  }
}
