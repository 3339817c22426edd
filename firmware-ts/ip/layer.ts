/**
 * The contract between an IP layer and the protocols above it: UDP, TCP, ping. IpLayer is all that they know of a family. One record for
 * each layer describes the packet that came in; the layer uses it again for the next one.
 */
import type { DropReason } from "../../hal/drop-reason.ts";
import type { SkBuff } from "../../hal/skbuff.ts";
import type { DoubtCause } from "../neigh/entry.ts";
import type { Fate } from "../neigh/machine.ts";
import type { NetDevice } from "../net/device.ts";
import { INADDR_ANY, type IpAddress, type IpFamily } from "./address.ts";
import type { InetCounters } from "./counters.ts";
import type { SocketErrno } from "./inet-error.ts";
import type { SourceFilter } from "./source-filter.ts";

/**
 * The treatment of packets that are longer than the path to their destination carries (IP_MTU_DISCOVER, ip(7); IPV6_MTU_DISCOVER, ipv6(7)).
 *
 * | `want`      | they go out in fragments; routers may not fragment the others, if the operator did not lock the route's MTU |
 * | `do`        | they are refused; routers may not fragment the others                                                       |
 * | `dont`      | they go out in fragments; routers may fragment the others, too                                              |
 * | `probe`     | as `do`, but the path is not asked: packets as long as the link carries go out                              |
 * | `interface` | as `probe`, but routers may fragment all                                                                    |
 * | `omit`      | as `dont`, but the path is not asked                                                                        |
 */
export type PathMtuDiscovery = "want" | "do" | "dont" | "probe" | "interface" | "omit";

const BY_LINK: readonly PathMtuDiscovery[] = ["probe", "interface", "omit"];
const WHOLE: readonly PathMtuDiscovery[] = ["do", "probe", "interface"];
const UNDIVIDED: readonly PathMtuDiscovery[] = ["do", "probe"];

/** The link alone says how long packets may be. */
export function asksLink({ discovery }: SendManner): boolean {
  return BY_LINK.includes(discovery);
}

/** Packets that are too long are refused. */
export function staysWhole({ discovery }: SendManner): boolean {
  return WHOLE.includes(discovery);
}

/** Nobody may take the packets apart, neither we nor a router. */
export function isUndivided({ discovery }: SendManner): boolean {
  return UNDIVIDED.includes(discovery);
}

/** The wishes of a sender about its packets that do not change their way. */
export interface SendManner {
  readonly discovery: PathMtuDiscovery;
  /** Our own listeners hear what goes to a group (IP_MULTICAST_LOOP). */
  readonly loop: boolean;
}

/** The manner of those who wish nothing. */
export const USUAL_MANNER: SendManner = Object.freeze({ discovery: "want", loop: true });

/**
 * The way of packets to one destination: route, source address, next hop and its neighbour entry. It belongs to the caller that made it
 * and stays valid for as long as the caller keeps it; IpLayer.refresh() brings it up to date.
 */
export interface Way {
  readonly destination: IpAddress;
  /** The source address of what is sent by it; the unspecified address where there is none. */
  readonly source: IpAddress;
  /** The destination is a group. */
  readonly toGroup: boolean;
  /** Sets the wishes of who sends by it, whenever they are others than those of the sender before. The way is up to date. */
  behave(manner: SendManner): void;
  /** Bytes behind the IP header that go out in one packet; -1 without a route. */
  readonly room: number;
  /** Why nothing goes out by it: IP_OUTNOROUTES, or the type of the route that refuses packets; NONE when there is a route. */
  readonly failure: DropReason;
  /** The controller at its end fills in transport checksums (Checksum.PARTIAL). Packets to ourselves reach none. */
  readonly offloadsChecksum: boolean;
  /** The part of IpLayer.pseudoHeader() that is the same for all packets by it. Add protocol and length. */
  readonly addressSum: number;
}

/** The contents of the IP header of a packet that came in. Valid during the call that it is passed to. */
export class Received {
  readonly layer: IpLayer;
  source: IpAddress = INADDR_ANY;
  destination: IpAddress = INADDR_ANY;
  /** Time to live, or hop limit, as it arrived. */
  ttl = 0;
  /** To one of our addresses: neither broadcast nor multicast. */
  toUsAlone = false;
  /** The device by which it came in. */
  device!: NetDevice;

  constructor(layer: IpLayer) {
    this.layer = layer;
  }
}

/** An ICMP error about a packet of ours, or what the stack itself has against one. Valid during the call that it is passed to. */
export class IcmpError {
  readonly layer: IpLayer;
  /**
   * The stack did not send the packet, for it is longer than its path carries: `errno` is EMSGSIZE and `info` the path's MTU. There was no
   * message, and so no type, code, reporter and transport (SO_EE_ORIGIN_LOCAL, ip(7)).
   */
  readonly local: boolean;
  /** Type and code, as the family's ICMP numbers them. */
  type = 0;
  code = 0;
  /** The error that a socket is told, as Linux names it. Null for advice, a redirect or a source quench: the packet is not lost by it. */
  errno: SocketErrno | null = null;
  /** The last four octets of the message's header: an MTU, a pointer, a gateway. */
  info = 0;
  /** The sender of the message. */
  reporter: IpAddress = INADDR_ANY;
  /** Source and destination of our packet. */
  source: IpAddress = INADDR_ANY;
  destination: IpAddress = INADDR_ANY;
  /** Offset of our packet's transport header in skb.bytes; eight bytes of it are there. */
  transport = 0;

  constructor(layer: IpLayer, local = false) {
    this.layer = layer;
    this.local = local;
  }

  /** It says that packets do not come through. One of the destination itself, about a port for example, says that they do. */
  get comesNotThrough(): boolean {
    return this.errno === "ENETUNREACH" || this.errno === "EHOSTUNREACH";
  }
}

/** A protocol above IP. */
export interface IpProtocol {
  /**
   * Takes a packet that begins behind the IP header; skb.network is the IP header's offset.
   * @returns NONE when the buffer was consumed or is used again; else why the packet is to be dropped
   */
  receive(skb: SkBuff, packet: Received): DropReason;
  /**
   * Takes what ICMP says of a packet of this protocol. The buffer with the message stays the caller's.
   * @returns false when nobody here can have sent the packet
   */
  error?(skb: SkBuff, error: IcmpError): boolean;
}

/** Groups of devices, as sockets see them. */
export interface IpGroups {
  readonly limits: GroupLimits;
  isGroup(address: IpAddress): boolean;
  /**
   * Returns the device on which a group is joined: `device`, or that by which packets to the group go.
   * @throws InetError ADDRESS_INVALID no group; DEVICE_MISSING no route to it
   */
  deviceOf(group: IpAddress, device: NetDevice | null): NetDevice;
  /** Takes the packets of a group, from the sources of a filter, until leave() was called as often with the filter of then. */
  join(device: NetDevice, group: IpAddress, filter?: SourceFilter): void;
  /** Gives a user of a group another filter. */
  change(device: NetDevice, group: IpAddress, before: SourceFilter, after: SourceFilter): void;
  leave(device: NetDevice, group: IpAddress, filter?: SourceFilter): void;
}

/** Most groups that a socket may be in, and most sources that its filter of one group may name. */
export interface GroupLimits {
  readonly memberships: number;
  readonly sources: number;
}

export interface IpLayer {
  readonly family: IpFamily;
  /** Bytes of a header without options or extensions. */
  readonly headerBytes: number;
  /** Most bytes behind the IP header of a packet. What is longer than its way's room goes out in fragments. */
  readonly maxPayload: number;
  /** The address that is nobody's: a socket bound to it hears datagrams to any address. */
  readonly unspecified: IpAddress;
  /** A datagram without a checksum is damaged (RFC 8200 8.1); else its sender has left it out (RFC 768). */
  readonly checksumRequired: boolean;
  readonly counters: InetCounters;
  /** Gives a protocol its packets, by the number in the IP header. */
  handle(protocol: number, handler: IpProtocol): void;
  /**
   * Tells whether the address is one of ours.
   * @param device the one that must have it, where the address means another station on each link (RFC 4007); null for any
   */
  isLocal(address: IpAddress, device?: NetDevice | null): boolean;
  /** The device that has one of our addresses, the first where several have it; null for an address that is not ours. */
  deviceWith(address: IpAddress): NetDevice | null;
  /** Tells whether datagrams to the address may be for us: it is one of ours, a group's, or everybody's. */
  canBind(address: IpAddress): boolean;
  /** The groups that our devices are in. */
  readonly groups: IpGroups;
  /**
   * Makes a way from `source` (null: from the best address) to the destination. Nothing is looked up yet.
   * @param device the only one by which it may lead, for addresses that mean another station on each link (RFC 4007); null for any
   */
  way(destination: IpAddress, source: IpAddress | null, device?: NetDevice | null): Way;
  /**
   * Returns the way of an answer to a packet that was for us alone, up to date. It is the layer's: use it at once.
   */
  wayBack(packet: Received): Way;
  /**
   * Returns the only device by which the address is reached, if it means another station on each link (RFC 4007); null when any may do.
   * @param device the one by which it was heard, or is to be reached
   */
  deviceOf(address: IpAddress, device: NetDevice | null): NetDevice | null;
  /** Looks the way up anew if something it rests on has changed. Call it before you read or use the way. */
  refresh(way: Way): void;
  /**
   * Sends what begins at skb.data as the payload of one packet, by a way just refreshed. The buffer is not the caller's any more.
   * @param ttl 0 for the default of the destination
   * @param tos type of service, traffic class
   */
  send(skb: SkBuff, way: Way, protocol: number, ttl?: number, tos?: number): Fate;
  /** Notes that the next hop is alive (MSG_CONFIRM with MSG_PROBE). Sends nothing and keeps the entry's state; refreshes the way. */
  confirm(way: Way): void;
  /** Notes that something speaks against the next hop's link address. Without a strategy of neighbours that changes nothing. */
  doubt(way: Way, cause: DoubtCause): void;
  /** Returns the running sum of the pseudo header (RFC 768, RFC 8200 8.1), with which a transport's checksum begins. */
  pseudoHeader(source: IpAddress, destination: IpAddress, protocol: number, length: number): number;
  /** Tells the sender that nobody listens on the port; the packet stays the caller's. */
  refuse(skb: SkBuff, packet: Received): void;
}
