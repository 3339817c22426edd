/**
 * An ideal Ethernet controller on a simulated wire: no bus, no rings, no errata, no time. For the simulated gateway, tests and
 * benches, where the controller is not what is looked at.
 */

import type { Clock } from "../clock.ts";
import { DropReason } from "../drop-reason.ts";
import {
  type ControllerCapabilities,
  ControllerError,
  type ControllerHost,
  ETHERNET_HEADER,
  type EthernetController,
  LinkStatistics,
  MAC_BYTES,
  MAX_TAGGED_FRAME,
  type ReceiveMode,
} from "../ethernet.ts";
import { SOFTWARE_CAPABILITIES } from "../kit/capabilities.ts";
import { ensureChecksum } from "../kit/outgoing.ts";
import { isMulticast, ReceiveFilter } from "../kit/receive-filter.ts";
import { ReceivedFrames } from "../kit/received-frames.ts";
import type { SkBuff } from "../skbuff.ts";
import type { WirePort, WireStation } from "../wire.ts";
import type { SimulatedWire } from "./simulated-wire.ts";
import { copyFromWire, transmitPadded } from "./wire-frame.ts";

export interface WireNicOptions {
  /** Frames that wait to be polled; more are lost. Default 256. */
  queue?: number;
}

const DEFAULT_QUEUE = 256;

export class WireNic implements EthernetController, WireStation {
  readonly driver = "wire";
  readonly simulated = true;
  readonly address: Uint8Array = new Uint8Array(MAC_BYTES);
  readonly capabilities: ControllerCapabilities = SOFTWARE_CAPABILITIES;
  readonly statistics: LinkStatistics = new LinkStatistics();
  readonly #name: string;
  readonly #received: ReceivedFrames;
  readonly #filter: ReceiveFilter = new ReceiveFilter(this.address);
  #linkUp = false;
  /** Its end of the cable; pull it with `port.plugged = false`. */
  readonly port: WirePort;

  /** @param _clock as every simulated part takes one; this one has no delays of its own */
  constructor(_clock: Clock, segment: SimulatedWire, name: string, address: Uint8Array, options: WireNicOptions = {}) {
    this.#name = name;
    this.#received = new ReceivedFrames(options.queue ?? DEFAULT_QUEUE);
    this.address.set(address);
    // Last: the segment may call wireLink() before it returns.
    this.port = segment.attach(name, this);
  }

  get description(): string {
    return `ideal controller ${this.#name} on a simulated wire`;
  }

  /** @throws ControllerError WIRE_OPEN when it is open already */
  async open(host: ControllerHost): Promise<void> {
    if (this.#received.host) throw new ControllerError("WIRE_OPEN", `${this.description} is open already; close it first`);
    this.#received.open(host);
    host.carrier(this.#linkUp);
  }

  async close(): Promise<void> {
    this.#received.close();
  }

  setReceiveMode(mode: ReceiveMode): void {
    this.#filter.set(mode);
  }

  /** Never full: a frame is on the wire when this returns. */
  transmit(skb: SkBuff): boolean {
    const host = this.#received.host;
    if (!host) {
      skb.drop(DropReason.DEV_READY);
      return true;
    }
    if (skb.length > MAX_TAGGED_FRAME) {
      this.statistics.txErrors++;
      host.drops.drop(skb, DropReason.PKT_TOO_BIG);
      return true;
    }
    if (!this.#linkUp) {
      this.statistics.txErrors++;
      this.statistics.txCarrierErrors++;
      host.drops.drop(skb, DropReason.TX_CARRIER);
      return true;
    }
    if (!ensureChecksum(skb)) {
      this.statistics.txErrors++;
      this.statistics.txAbortedErrors++;
      host.drops.drop(skb, DropReason.TX_ABORTED);
      return true;
    }
    this.statistics.txPackets++;
    this.statistics.txBytes += skb.length;
    transmitPadded(this.port, skb);
    skb.consume();
    return true;
  }

  poll(budget: number): number {
    return this.#received.poll(budget, null);
  }

  wireFrame(bytes: Uint8Array, length: number, fcsOk: boolean, view: DataView | null = null): void {
    const host = this.#received.host;
    if (!host) return;
    const statistics = this.statistics;
    if (!fcsOk) {
      statistics.rxErrors++;
      statistics.rxCrcErrors++;
      return;
    }
    if (length < ETHERNET_HEADER || length > MAX_TAGGED_FRAME) {
      statistics.rxErrors++;
      statistics.rxLengthErrors++;
      return;
    }
    if (!this.#filter.accepts(bytes, 0)) return;
    if (this.#received.full) {
      statistics.rxErrors++;
      statistics.rxOverErrors++;
      return;
    }
    const skb = host.pool.allocate();
    if (!skb) {
      host.drops.count(DropReason.NOMEM);
      return;
    }
    copyFromWire(skb, bytes, length, view);
    statistics.rxPackets++;
    statistics.rxBytes += length;
    if (isMulticast(bytes, 0)) statistics.rxMulticast++;
    this.#received.add(skb);
  }

  wireLink(up: boolean): void {
    this.#linkUp = up;
    this.#received.host?.carrier(up);
  }
}
