/** One UDP socket: what it sends and what became of it, what it receives. */
import { DropReason } from "../../hal/drop-reason.ts";
import type { SkBuff, SkBuffOwner } from "../../hal/skbuff.ts";
import { familyOf, type IpAddress, type IpFamily } from "../ip/address.ts";
import { copyAndSum } from "../ip/checksum.ts";
import type { Destination } from "../ip/destination.ts";
import {
  IcmpError,
  type IpLayer,
  type PathMtuDiscovery,
  type Received,
  type SendManner,
  staysWhole,
  USUAL_MANNER,
} from "../ip/layer.ts";
import { type SendResult, sendResult } from "../ip/send-result.ts";
import { truesizeOf, truesizeOfPieces } from "../ip/truesize.ts";
import type { Fate } from "../neigh/machine.ts";
import type { NetDevice } from "../net/device.ts";
import { SocketGroups, type SocketGroupsUser } from "./socket-groups.ts";

/** Bytes (truesize) that one socket may have under way (net.core.wmem_default). */
const SEND_BUFFER = 212_992;
/** Longer payloads of IPv4 are refused before anybody asks for their path. */
const LONGEST4 = 0xffff;
/** Payloads up to so many bytes are copied and summed in one pass, also where nobody wants the sum: a block copy takes longer. */
const SHORT = 64;
/** Bytes of a UDP header (RFC 768). */
export const UDP_HEADER = 8;

// Constants of this module's own: V8 reads an imported or exported one anew at each use (docs/datapath.md).
const HEADER = UDP_HEADER;
const { NONE } = DropReason;

/** UDP as a socket sees it. */
export interface UdpSocketUser extends SocketGroupsUser {
  /** The time for which a socket polls when the caller names none, in ms. */
  readonly busyRead: number;
  /** Returns an empty packet with room for a datagram of so many bytes; null without memory. */
  allocate(bytes: number): SkBuff | null;
  /** The layer is of the same stack. */
  has(layer: IpLayer): boolean;
  /**
   * @param groupDevice the device for a group, where `device` names none
   * @throws InetError ADDRESS_INVALID, FAMILY_UNSUPPORTED, PORT_INVALID
   */
  destination(
    host: string | IpAddress,
    port: number,
    from: IpAddress | null,
    device: NetDevice | null,
    groupDevice: NetDevice | null,
  ): Destination;
  /**
   * Sends the payload at skb.data to a destination whose way was refreshed just now.
   * @param sum of the payload; -1 when nobody has taken it yet
   */
  transmit(socket: UdpSocket, skb: SkBuff, destination: Destination, sum: number): Fate;
  closed(socket: UdpSocket): void;
}

/**
 * Takes one received datagram: bytes[at..at+length), sent from `port` of `source`. The bytes and `packet`, which has the rest of what
 * the IP header said, are valid only during the call.
 */
export type DatagramHandler = (
  bytes: Uint8Array,
  at: number,
  length: number,
  source: IpAddress,
  port: number,
  packet: Received,
) => void;

/** Takes the final fate of a datagram that send() accepted, by its cookie: `sent` or `failed`. */
export type FateHandler = (cookie: number, result: SendResult) => void;

/**
 * Takes an ICMP error about a datagram that this socket sent to `port`: `error.errno` says what a kernel tells its sockets (IP_RECVERR,
 * ip(7)). Redirects and source quench are not told. One that send() refuses as too long is told, too, before send() returns: `error.local`,
 * and `error.info` is the MTU of its path. `error` is valid only during the call.
 */
export type ErrorHandler = (error: IcmpError, port: number) => void;

/** The endpoint of a socket. */
export type UdpPlace = Pick<UdpSocket, "address" | "source" | "device" | "port">;

export class UdpSocket implements SkBuffOwner {
  /** The address that it is bound to, and datagrams have to be for; null for any. */
  readonly address: IpAddress | null;
  /** The source of what it sends, if it is bound to one of our addresses; null for the best. */
  readonly source: IpAddress | null;
  /** The only device by which it sends and hears (the zone of its address); null for any. */
  readonly device: NetDevice | null;
  readonly port: number;
  /** The only family that it has; null for both. */
  readonly family: IpFamily | null;
  sendBuffer: number = SEND_BUFFER;
  /** Time to live, hop limit of what it sends to one address alone (IP_TTL); 0 for the stack's own. */
  ttl = 0;
  /** Time to live, hop limit of what it sends to groups (IP_MULTICAST_TTL); 0 for that of the stack, 1. */
  multicastTtl = 0;
  /** The device by which destinations that are groups are reached, unless they name one themselves (IP_MULTICAST_IF); null for any. */
  multicastDevice: NetDevice | null = null;
  /** Type of service, traffic class of what it sends (IP_TOS). */
  tos = 0;
  /** The groups that it has joined. */
  readonly groups: SocketGroups;
  onDatagram: DatagramHandler | null = null;
  /**
   * Is called exactly once for every datagram for which send() said `sent` or `queued`: when the controller has sent it, or when it
   * was lost. A controller that is done at once calls it before send() returns.
   */
  onFate: FateHandler | null = null;
  onError: ErrorHandler | null = null;
  readonly #udp: UdpSocketUser;
  /** The device of the last datagram (the kernel's sk_napi_id), and the number of datagrams received. */
  #lastDevice: NetDevice | null = null;
  #received = 0;
  #awaited = 0;
  readonly #arrived = (): boolean => this.#received >= this.#awaited;
  /** The layer of the last destination, which is one of this stack's. Null once the socket is closed. */
  #lastLayer: IpLayer | null = null;
  /** Others may have its address and port, too, if they are shared as well. */
  readonly shared: boolean;
  #peer: IpAddress | null = null;
  #peerPort = 0;
  #manner: SendManner = USUAL_MANNER;
  #underWay = 0;
  #open = true;
  /** The reason for which the datagram was dropped that is within transmit(): send()'s answer, not a later fate. */
  #dropped: DropReason = DropReason.NONE;
  /** For the last family of which a datagram was too long. */
  #tooLong: IcmpError | null = null;

  constructor(udp: UdpSocketUser, { address, source, device, port }: UdpPlace, family: IpFamily | null = null, shared = false) {
    this.#udp = udp;
    this.groups = new SocketGroups(udp);
    this.address = address;
    this.source = source;
    this.device = device;
    this.port = port;
    this.family = address === null ? family : familyOf(address);
    this.shared = shared;
  }

  /** Takes datagrams of this family. */
  has(family: IpFamily): boolean {
    return this.family === null || this.family === family;
  }

  /** No other socket with the address and the port of `other` can be there beside this one. */
  excludes(other: UdpSocket): boolean {
    if (this.shared && other.shared) return false;
    if (this.family !== null && other.family !== null && this.family !== other.family) return false;
    if (this.device !== null && other.device !== null && this.device !== other.device) return false;
    return this.address === other.address || this.address === null || other.address === null;
  }

  /** The only one whose datagrams, and errors about whose datagrams, it takes; null and 0 for any. */
  get peer(): IpAddress | null {
    return this.#peer;
  }

  get peerPort(): number {
    return this.#peerPort;
  }

  /** Takes from now on what this peer sends, and nothing else (connect(2)); null and 0: what anybody sends. It still sends to anybody. */
  connect(peer: IpAddress | null, port: number): void {
    this.#peer = peer;
    this.#peerPort = peer === null ? 0 : port;
  }

  /** Bytes (truesize) of datagrams neither sent nor lost yet. */
  get underWay(): number {
    return this.#underWay;
  }

  /**
   * Makes a destination for send(): once for each place to which the socket sends.
   * @param host an address, or its text, with a zone where it needs one: `fe80::2%eth0`
   * @param device the only one by which it may be reached; null for that of the zone, for the socket's own, or for any
   * @throws InetError ADDRESS_INVALID, DEVICE_MISSING, FAMILY_UNSUPPORTED, PORT_INVALID
   */
  to(host: string | IpAddress, port: number, device: NetDevice | null = null): Destination {
    return this.#udp.destination(host, port, this.source, device ?? this.device, this.multicastDevice);
  }

  /**
   * Sends one datagram, in fragments where it is longer than its way carries. Nothing is allocated; the payload is copied.
   * @param destination made by to() of this socket, or of another one that is bound to the same address
   * @param cookie comes back with onFate
   * @param confirm the caller knows that the next hop is alive (MSG_CONFIRM)
   * @returns `sent`, `queued` or `failed` and why: PKT_TOO_BIG, SOCKET_SNDBUF, NOMEM, IP_OUTNOROUTES, RTN_…, NEIGH_…, QDISC_DROP, …
   */
  send(payload: Uint8Array, destination: Destination, cookie = 0, confirm = false): SendResult {
    this.#check(destination);
    const { layer, way } = destination;
    layer.refresh(way);
    way.behave(this.#manner);
    const { room } = way;
    if (room < 0) {
      if (way.failure === DropReason.IP_OUTNOROUTES) layer.counters.ip.outNoRoutes++;
      return sendResult(way.failure);
    }
    const length = HEADER + payload.length;
    if (length > layer.maxPayload || (length > room && staysWhole(this.#manner))) {
      if (layer.family === 6 || payload.length <= LONGEST4) this.#tellTooLong(destination);
      return sendResult(DropReason.PKT_TOO_BIG);
    }
    const charge = length > room ? truesizeOfPieces(length, room, layer.headerBytes) : truesizeOf(layer.headerBytes + length);
    const full = this.#underWay > 0 && this.#underWay + charge > this.sendBuffer;
    const skb = full ? null : this.#udp.allocate(length);
    if (skb === null) {
      layer.counters.udp.sndbufErrors++;
      return sendResult(full ? DropReason.SOCKET_SNDBUF : DropReason.NOMEM);
    }
    let sum = -1;
    if (payload.length <= SHORT) sum = copyAndSum(skb.view, skb.put(payload.length), payload);
    else skb.bytes.set(payload, skb.put(payload.length));
    skb.owner = this;
    skb.cookie = cookie;
    skb.confirm = confirm;
    skb.truesize = charge;
    this.#underWay += charge;
    skb.sending = true;
    // Its transmission may end others, and their senders may send from within it.
    const outer = this.#dropped;
    this.#dropped = NONE;
    const fate = this.#udp.transmit(this, skb, destination, sum);
    const dropped = this.#dropped;
    this.#dropped = outer;
    skb.sending = false;
    return sendResult(dropped || fate);
  }

  /**
   * The length of the longest packet that goes to a destination in one piece, in bytes with its IP header (IP_MTU, IPV6_MTU); -1 without a
   * route.
   */
  pathMtu(destination: Destination): number {
    this.#check(destination);
    const { layer, way } = destination;
    layer.refresh(way);
    way.behave(this.#manner);
    return way.room < 0 ? -1 : layer.headerBytes + way.room;
  }

  #tellTooLong({ layer, way, address, port }: Destination): void {
    if (this.onError === null) return;
    if (this.#tooLong?.layer !== layer) this.#tooLong = new IcmpError(layer, true);
    const error = this.#tooLong;
    error.errno = "EMSGSIZE";
    error.info = layer.headerBytes + way.room;
    error.source = way.source;
    error.destination = address;
    this.onError(error, port);
  }

  /**
   * Notes that the next hop towards the destination is alive, and sends nothing (MSG_CONFIRM with MSG_PROBE). Its entry is confirmed as
   * of now and keeps its state; broadcast, multicast and our own addresses have nobody to confirm.
   */
  confirm(destination: Destination): void {
    this.#check(destination);
    destination.layer.confirm(destination.way);
  }

  /**
   * Notes that a peer there which owes an answer has given none. Where the neighbours have a strategy that heeds it, the next hop is looked
   * at; else nothing happens.
   */
  doubt(destination: Destination): void {
    this.#check(destination);
    destination.layer.doubt(destination.way, "silence");
  }

  /** Joins a group: as SocketGroups.join(). As in the kernel, any socket of that port that is bound to no address hears it then. */
  join(group: string | IpAddress, device: NetDevice | null = null): void {
    if (!this.#open) throw new Error("the socket is closed");
    this.groups.join(group, device);
  }

  /** Leaves a group: as SocketGroups.leave(). close() leaves all. */
  leave(group: string | IpAddress, device: NetDevice | null = null): void {
    this.groups.leave(group, device);
  }

  /** The treatment of datagrams that are too long for their path (IP_MTU_DISCOVER, IPV6_MTU_DISCOVER). Default `want`. */
  get pathMtuDiscovery(): PathMtuDiscovery {
    return this.#manner.discovery;
  }

  set pathMtuDiscovery(discovery: PathMtuDiscovery) {
    this.#manner = Object.freeze({ ...this.#manner, discovery });
  }

  /** Our own listeners hear what it sends to groups (IP_MULTICAST_LOOP). Default true. */
  get multicastLoop(): boolean {
    return this.#manner.loop;
  }

  set multicastLoop(loop: boolean) {
    this.#manner = Object.freeze({ ...this.#manner, loop });
  }

  #check(destination: Destination): void {
    const { layer, from } = destination;
    if (layer !== this.#lastLayer || from !== this.source) this.#checkAnew(destination);
  }

  #checkAnew({ layer, from }: Destination): void {
    if (!this.#open) throw new Error("the socket is closed");
    if (!this.#udp.has(layer)) throw new Error("the destination was made by another stack");
    if (from !== this.source) throw new Error("the destination was made for another source address");
    this.#lastLayer = layer;
  }

  /**
   * Polls the device that the last datagram came by, until another one has come or `limit` milliseconds are over (SO_BUSY_POLL): the
   * answer is taken in, and onDatagram called, before this returns. Nothing else runs meanwhile. For a program that would rather
   * spend its processor than wait for the event loop's next turn; before the first datagram, and from within a receive handler, it
   * does nothing.
   * @param limit default net.core.busy_read, which is 0: one look
   * @returns whether a datagram came
   */
  busyPoll(limit?: number): boolean {
    if (!this.#open) throw new Error("the socket is closed");
    const before = this.#received;
    this.#awaited = before + 1;
    this.#lastDevice?.busyPoll(limit ?? this.#udp.busyRead, this.#arrived);
    return this.#received > before;
  }

  close(): void {
    if (!this.#open) return;
    this.#open = false;
    this.#lastLayer = null;
    this.groups.leaveAll();
    this.onDatagram = null;
    this.onError = null;
    this.#udp.closed(this);
  }

  settled(skb: SkBuff, reason: DropReason): void {
    this.#underWay -= skb.truesize;
    if (reason !== NONE && skb.sending === true) {
      this.#dropped = reason;
      return;
    }
    this.onFate?.(skb.cookie, sendResult(reason));
  }

  /** Takes a datagram from Udp, its payload at skb.data. The buffer stays the caller's. */
  receive(skb: SkBuff, port: number, packet: Received): void {
    this.#lastDevice = packet.device;
    this.#received++;
    this.onDatagram?.(skb.bytes, skb.data, skb.length, packet.source, port, packet);
  }
}
