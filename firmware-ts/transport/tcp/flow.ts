/** Flows: whatever has the segments of one pair of endpoints, and the table in which the flow of a segment is found. */
import type { DropReason } from "../../../hal/drop-reason.ts";
import type { SkBuff } from "../../../hal/skbuff.ts";
import type { IpAddress } from "../../ip/address.ts";
import type { IcmpError, IpLayer, Received } from "../../ip/layer.ts";
import type { NetDevice } from "../../net/device.ts";
import { TimerNode } from "../../net/timer-wheel.ts";
import type { Segment } from "./segment.ts";

/** The endpoints of a flow, ours and the peer's. */
export interface Endpoints {
  readonly layer: IpLayer;
  readonly localAddress: IpAddress;
  readonly localPort: number;
  readonly remoteAddress: IpAddress;
  readonly remotePort: number;
  /** The only device by which the peer is reached and heard; null for any. */
  readonly device: NetDevice | null;
}

/** A connection, a handshake under way, or what is left of a connection. Its timer is the one that it needs most. */
export abstract class Flow extends TimerNode implements Endpoints {
  readonly layer: IpLayer;
  readonly localAddress: IpAddress;
  readonly remoteAddress: IpAddress;
  readonly device: NetDevice | null;
  /** Both ports in one number, ours first. */
  readonly ports: number;
  // NaN is no whole number: V8 expects fractions from the start.
  timerDue: number = Number.NaN;
  /** The next one in the same bucket. Kept by FlowTable. */
  nextFlow: Flow | null = null;

  constructor({ layer, localAddress, localPort, remoteAddress, remotePort, device }: Endpoints) {
    super();
    this.layer = layer;
    this.localAddress = localAddress;
    this.remoteAddress = remoteAddress;
    this.device = device;
    this.ports = (localPort << 16) | remotePort;
  }

  get localPort(): number {
    return this.ports >>> 16;
  }

  get remotePort(): number {
    return this.ports & 0xffff;
  }

  /** Takes a segment. Returns NONE when the buffer was consumed, else why it is to be dropped. */
  abstract receive(skb: SkBuff, segment: Segment, packet: Received): DropReason;

  /** Takes what ICMP says of a segment of ours that began at this sequence number. Returns false when none can have. */
  abstract icmp(error: IcmpError, seq: number): boolean;
}

/** Buckets of a table from the start; a power of two. */
const FIRST = 64;
/** 2^32 divided by the golden ratio: spreads neighbouring numbers. */
const MIX = 0x9e3779b1;

/** Flows by their endpoints. Nothing is allocated to find one. */
export class FlowTable {
  readonly #seed: number;
  #buckets: (Flow | null)[] = [];
  size = 0;

  /** @param seed any int32, unknown to others: nobody can choose endpoints that meet in one bucket */
  constructor(seed: number) {
    this.#seed = seed | 1;
  }

  /** @param device the one by which a segment came; null to find the first flow of any */
  find(localAddress: IpAddress, remoteAddress: IpAddress, ports: number, device: NetDevice | null): Flow | null {
    if (this.size === 0) return null;
    let flow = this.#buckets[this.#place(localAddress, remoteAddress, ports)] as Flow | null;
    while (flow !== null) {
      const same = flow.ports === ports && flow.remoteAddress === remoteAddress && flow.localAddress === localAddress;
      if (same && (flow.device === null || isHeardBy(flow.device, device))) return flow;
      flow = flow.nextFlow;
    }
    return null;
  }

  /** The endpoints are those of no other flow of the device. */
  add(flow: Flow): void {
    if (this.size === this.#buckets.length) this.#grow();
    this.size++;
    this.#link(flow);
  }

  /** Takes a flow out, if it is in. */
  remove(flow: Flow): void {
    if (this.size === 0) return;
    const place = this.#place(flow.localAddress, flow.remoteAddress, flow.ports);
    let before: Flow | null = null;
    for (let other = this.#buckets[place] as Flow | null; other !== null; other = other.nextFlow) {
      if (other === flow) {
        if (before === null) this.#buckets[place] = flow.nextFlow;
        else before.nextFlow = flow.nextFlow;
        flow.nextFlow = null;
        this.size--;
        return;
      }
      before = other;
    }
  }

  /** All flows, in no particular order. Allocates. */
  list(): Flow[] {
    const flows: Flow[] = [];
    for (const first of this.#buckets) for (let flow = first; flow !== null; flow = flow.nextFlow) flows.push(flow);
    return flows;
  }

  #link(flow: Flow): void {
    const place = this.#place(flow.localAddress, flow.remoteAddress, flow.ports);
    flow.nextFlow = this.#buckets[place] as Flow | null;
    this.#buckets[place] = flow;
  }

  #grow(): void {
    const flows = this.list();
    this.#buckets = new Array<Flow | null>(Math.max(FIRST, 2 * this.#buckets.length)).fill(null);
    for (const flow of flows) this.#link(flow);
  }

  #place(localAddress: IpAddress, remoteAddress: IpAddress, ports: number): number {
    let hash = Math.imul(wordOf(remoteAddress) ^ this.#seed, MIX);
    hash = Math.imul(hash ^ (hash >>> 15) ^ ports, this.#seed);
    hash = Math.imul(hash ^ (hash >>> 15) ^ wordOf(localAddress), MIX);
    return (hash ^ (hash >>> 16)) & (this.#buckets.length - 1);
  }
}

/**
 * Tells whether what came by a device is for somebody who hears one alone. Packets to ourselves come by the loopback device, whoever has the
 * address.
 * @param device null for any
 */
export function isHeardBy(only: NetDevice, device: NetDevice | null): boolean {
  return device === null || device === only || device.loopback;
}

/**
 * Returns the only device by which a flow of these addresses has its segments, where one of them means another station on each link
 * (RFC 4007); null for any.
 * @param device the one by which the peer was heard, or is to be reached
 */
export function linkOf(layer: IpLayer, remote: IpAddress, local: IpAddress, device: NetDevice | null): NetDevice | null {
  return layer.deviceOf(remote, device) ?? layer.deviceOf(local, device);
}

/** A word that stands for an address in hashes. */
export function wordOf(address: IpAddress): number {
  return typeof address === "number" ? address : address.hash;
}
