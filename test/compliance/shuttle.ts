/** The driver that stands at the head of hal/ethernet.ts, to the letter (shuttle.test.ts). */
import { DropReason } from "../../hal/drop-reason.ts";
import {
  type ControllerCapabilities,
  ControllerError,
  type ControllerHost,
  type EthernetController,
  LinkStatistics,
  type ReceiveMode,
} from "../../hal/ethernet.ts";
import { SOFTWARE_CAPABILITIES } from "../../hal/kit/capabilities.ts";
import { pad, unsendable } from "../../hal/kit/outgoing.ts";
import { isMulticast, ReceiveFilter } from "../../hal/kit/receive-filter.ts";
import { ReceivedFrames } from "../../hal/kit/received-frames.ts";
import type { SkBuff } from "../../hal/skbuff.ts";

/** Hands frames to a function, and is handed those that arrive. */
export class Shuttle implements EthernetController {
  readonly driver = "shuttle";
  readonly description = "frames to and from a function";
  readonly simulated = true;
  readonly capabilities: ControllerCapabilities = SOFTWARE_CAPABILITIES;
  readonly statistics: LinkStatistics = new LinkStatistics();
  readonly address: Uint8Array;
  readonly #filter: ReceiveFilter;
  /** Received frames until the host polls them: at most 256. */
  readonly #received = new ReceivedFrames(256);
  readonly #out: (frame: Uint8Array) => void;
  #link = false;

  constructor(address: Uint8Array, out: (frame: Uint8Array) => void) {
    this.address = address;
    this.#filter = new ReceiveFilter(address);
    this.#out = out;
  }

  async open(host: ControllerHost): Promise<void> {
    if (this.#received.host) throw new ControllerError("SHUTTLE_OPEN", "shuttle: it is open already");
    this.#received.open(host);
    host.carrier(this.#link);
  }

  async close(): Promise<void> {
    this.#received.close();
  }

  transmit(skb: SkBuff): boolean {
    const { host } = this.#received;
    if (!host) skb.drop(DropReason.DEV_READY);
    else if (!this.#link) this.#refuse(host, skb, DropReason.TX_CARRIER);
    else {
      const reason = unsendable(skb);
      if (reason === DropReason.NONE) this.#send(skb);
      else this.#refuse(host, skb, reason);
    }
    // The frame was sent or dropped; false would mean "not now, and wake() follows".
    return true;
  }

  poll(budget: number): number {
    return this.#received.poll(budget, this.statistics);
  }

  setReceiveMode(mode: ReceiveMode): void {
    this.#filter.set(mode);
  }

  /** The far end plugs in or goes away. */
  plug(link: boolean): void {
    this.#link = link;
    this.#received.host?.carrier(link);
  }

  /** A frame arrives, its FCS checked and taken off. */
  arrive(frame: Uint8Array): void {
    const { host } = this.#received;
    if (!host || !this.#filter.accepts(frame, 0)) return;
    const skb = this.#received.full ? null : host.pool.allocate();
    if (!skb) {
      this.statistics.rxErrors++;
      this.statistics.rxOverErrors++;
      return;
    }
    skb.bytes.set(frame, skb.put(frame.length));
    if (isMulticast(frame, 0)) this.statistics.rxMulticast++;
    this.#received.add(skb);
  }

  #send(skb: SkBuff): void {
    this.statistics.txPackets++;
    this.statistics.txBytes += skb.length;
    const length = pad(skb);
    this.#out(skb.bytes.subarray(skb.data, skb.data + length));
    skb.consume();
  }

  #refuse(host: ControllerHost, skb: SkBuff, reason: DropReason): void {
    this.statistics.txErrors++;
    if (reason === DropReason.TX_CARRIER) this.statistics.txCarrierErrors++;
    if (reason === DropReason.TX_ABORTED) this.statistics.txAbortedErrors++;
    host.drops.drop(skb, reason);
  }
}
