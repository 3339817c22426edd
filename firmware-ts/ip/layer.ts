/**
 * IpLayer: what UDP, TCP and ping know of an IP family, and what an IP layer knows of them. Packets that come in are described by one
 * record for each layer, which is used again for the next packet.
 */
import type { DropReason } from "../../hal/drop-reason.ts";
import type { SkBuff } from "../../hal/skbuff.ts";
import type { Fate } from "../neigh/machine.ts";
import type { NetDevice } from "../net/device.ts";
import { INADDR_ANY, type IpAddress, type IpFamily } from "./address.ts";
import type { InetCounters } from "./counters.ts";

/**
 * The way of packets to one destination: route, source address, next hop and its neighbour entry. It belongs to whoever asked for it, is
 * valid for as long as he likes, and is brought up to date by IpLayer.refresh().
 */
export interface Way {
  readonly destination: IpAddress;
  /** The source address of what is sent by it; the unspecified address where there is none. */
  readonly source: IpAddress;
  /** Bytes behind the IP header that go out in one packet; -1 without a route. */
  readonly room: number;
}

/** What the IP header said of a packet that came in. Valid during the call that it is passed to. */
export class Received {
  readonly layer: IpLayer;
  source: IpAddress = INADDR_ANY;
  destination: IpAddress = INADDR_ANY;
  /** Time to live, or hop limit, as it arrived. */
  ttl = 0;
  /** To one of our addresses: neither broadcast nor multicast. */
  toUsAlone = false;
  /** By which it came in. */
  device!: NetDevice;

  constructor(layer: IpLayer) {
    this.layer = layer;
  }
}

/** A "destination unreachable" came for a packet of ours. Valid during the call that it is passed to. */
export class Unreachable {
  readonly layer: IpLayer;
  /** As the family's ICMP numbers them. */
  code = 0;
  /** Who reports it. */
  reporter: IpAddress = INADDR_ANY;
  /** Source and destination of our packet. */
  source: IpAddress = INADDR_ANY;
  destination: IpAddress = INADDR_ANY;
  /** Offset of our packet's transport header in skb.bytes; eight bytes of it are there. */
  transport = 0;

  constructor(layer: IpLayer) {
    this.layer = layer;
  }
}

/** A protocol above IP. */
export interface IpProtocol {
  /**
   * Takes a packet that begins behind the IP header; skb.network is the IP header's offset.
   * @returns NONE when the buffer was consumed or is used again; else why the packet is to be dropped
   */
  receive(skb: SkBuff, packet: Received): DropReason;
  /** Hears that a packet of this protocol did not arrive. The buffer with the message stays the caller's. */
  unreachable?(skb: SkBuff, error: Unreachable): void;
}

export interface IpLayer {
  readonly family: IpFamily;
  readonly counters: InetCounters;
  /** Gives a protocol its packets, by the number in the IP header. */
  handle(protocol: number, handler: IpProtocol): void;
  /** The address is one of ours. */
  isLocal(address: IpAddress): boolean;
  /** Makes a way from `source` (null: from the best address) to the destination. Nothing is looked up yet. */
  way(destination: IpAddress, source: IpAddress | null): Way;
  /** Looks up what has changed since the way was used last. To be called before the way is read or used. */
  refresh(way: Way): void;
  /**
   * Sends what begins at skb.data as the payload of one packet, by a way just refreshed. The buffer is not the caller's any more.
   * @param ttl 0 for the default of the destination
   * @param tos type of service, traffic class
   */
  send(skb: SkBuff, way: Way, protocol: number, ttl?: number, tos?: number): Fate;
  /** Notes that the next hop is alive (MSG_CONFIRM with MSG_PROBE): nothing is sent, the entry's state stays. */
  confirm(way: Way): void;
  /** The running sum of the pseudo header (RFC 768, RFC 8200 8.1), for a transport's checksum. */
  pseudoHeader(source: IpAddress, destination: IpAddress, protocol: number, length: number): number;
  /** Tells the sender that nobody listens on the port; the packet stays the caller's. */
  refuse(skb: SkBuff, packet: Received): void;
}
