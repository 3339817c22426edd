/** The part of a datagram socket that works: bound to the stack's UDP, with the errno of each refusal. */
import type { DropReason } from "../../../hal/drop-reason.ts";
import { type IpFamily, isMulticast } from "../../ip/address.ts";
import type { Destination } from "../../ip/destination.ts";
import type { IcmpError } from "../../ip/layer.ts";
import { errnoOf } from "../../ip/route-type.ts";
import type { NetDevice } from "../../net/device.ts";
import type { DatagramHandler, UdpSocket } from "../../transport/udp-socket.ts";
import { anyAddress, fits, type NodeAddress, namesLink, nodeFamily, nodeText, plainText, splitZone } from "../addresses.ts";
import type { SocketStack } from "../ground.ts";
import { errnoName } from "../node-errors.ts";

/** The sender of a datagram, as 'message' tells it. */
export interface RemoteInfo extends NodeAddress {
  size: number;
}

/** The socket that a handle works for. */
export interface UdpHandleUser {
  message(bytes: Buffer, from: RemoteInfo): void;
  failed(errno: string): void;
}

/** A datagram that waits for room in the send buffer. */
interface Waiting {
  readonly bytes: Uint8Array;
  readonly destination: Destination;
  done(errno: string | null): void;
}

export interface BindFlags {
  readonly ipv6Only: boolean;
  readonly reuseAddr: boolean;
}

/** Destinations that are kept: a program sends to few. */
const KEPT = 64;
/** Bytes of both buffers from the start (net.core.rmem_default, net.core.wmem_default). */
const BUFFER = 212_992;
/** Most bytes of a buffer (net.core.rmem_max, net.core.wmem_max) and fewest (SOCK_MIN_RCVBUF, SOCK_MIN_SNDBUF), doubled as in the kernel. */
const BUFFER_MOST = 425_984;
const RECEIVE_LEAST = 2304;
const SEND_LEAST = 4608;

export class UdpHandle {
  readonly #stack: SocketStack;
  readonly #family: IpFamily;
  readonly #user: UdpHandleUser;
  #socket: UdpSocket | null = null;
  #peer: Destination | null = null;
  /** As with libuv, a bind that failed leaves a socket without a port behind. */
  #made = false;
  #broadcast = false;
  #receiveBuffer = BUFFER;
  readonly #destinations = new Map<string, Destination>();
  #waiting: Waiting[] = [];
  #waitingBytes = 0;
  readonly #received: DatagramHandler = (bytes, at, length, source, port, { device }) => {
    const address = nodeText(source, this.#family, device);
    const copy = Buffer.allocUnsafe(length);
    copy.set(bytes.subarray(at, at + length));
    this.#user.message(copy, { address, family: nodeFamily(this.#family), port, size: length });
  };
  readonly #onError = (error: IcmpError): void => {
    // A datagram that is too long is refused by send() already.
    if (this.#peer !== null && !error.local && error.errno !== null && isHard(error)) this.#user.failed(error.errno);
  };
  readonly #onFate = (): void => queueMicrotask(() => this.#flush());

  constructor(stack: SocketStack, family: IpFamily, user: UdpHandleUser) {
    this.#stack = stack;
    this.#family = family;
    this.#user = user;
  }

  get bound(): boolean {
    return this.#socket !== null;
  }

  get queueBytes(): number {
    return this.#waitingBytes;
  }

  get queueCount(): number {
    return this.#waiting.length;
  }

  /** Returns an errno, or null. */
  bind(address: string, port: number, { ipv6Only, reuseAddr }: BindFlags): string | null {
    if (!fits(address, this.#family)) return "EINVAL";
    this.#made = true;
    if (!namesLink(address, this.#stack.devices)) return "EINVAL";
    const any = address === anyAddress(this.#family);
    const both = this.#family === 6 && any && !ipv6Only;
    return attempt(() => {
      const host = any ? null : hostOf(address);
      const options = { ...(both ? {} : { family: this.#familyOf(address) }), shared: reuseAddr };
      this.#socket = this.#stack.udp.open(port, host, options);
      this.#socket.onDatagram = this.#received;
      this.#socket.onError = this.#onError;
    });
  }

  #familyOf(address: string): IpFamily {
    return plainText(address) === address ? this.#family : 4;
  }

  /** Binds, as libuv does before a membership. */
  #bindLate(): string | null {
    return this.#socket ? null : this.bind(anyAddress(this.#family), 0, { ipv6Only: false, reuseAddr: false });
  }

  /** Null stands for EBADF. */
  address(): NodeAddress | null {
    if (!this.#made) return null;
    const { address, port, device } = this.#socket ?? { address: null, port: 0, device: null };
    const source = address ?? (this.#peer === null ? null : this.#peer.source);
    const link = device ?? this.#peer?.device;
    const text = source === null ? anyAddress(this.#family) : nodeText(source, this.#family, link);
    return { address: text, family: nodeFamily(this.#family), port };
  }

  /** Null stands for ENOTCONN. */
  remoteAddress(): NodeAddress | null {
    if (!this.#peer) return null;
    return {
      address: nodeText(this.#peer.address, this.#family, this.#peer.device),
      family: nodeFamily(this.#family),
      port: this.#peer.port,
    };
  }

  connect(address: string, port: number): string | null {
    // The zone of our own address is enough.
    const bound = splitZone(address).zone === "" && this.#socket?.device;
    if (!bound && !namesLink(address, this.#stack.devices)) return "EINVAL";
    const found = this.#find(address, port);
    if (typeof found === "string") return found;
    // Makes its way up to date.
    if (found.room < 0) return errnoOf(found.way.failure);
    this.#peer = found;
    this.#socket?.connect(found.address, port);
    return null;
  }

  disconnect(): string | null {
    this.#peer = null;
    this.#socket?.connect(null, 0);
    return null;
  }

  /**
   * Sends, or queues while the send buffer is full.
   * @param address undefined: to the peer
   * @param done is told of what had to wait
   * @returns an errno; null when the datagram is on its way; "waits" when `done` will be told
   */
  send(
    bytes: Uint8Array,
    port: number,
    address: string | undefined,
    done: (errno: string | null) => void,
  ): string | null | "waits" {
    const destination = address === undefined ? this.#peer : this.#find(address, port);
    if (destination === null) return "EDESTADDRREQ";
    if (typeof destination === "string") return destination;
    const result = this.#waiting.length > 0 ? "EAGAIN" : this.#transmit(bytes, destination);
    if (result !== "EAGAIN") return result;
    this.#waiting.push({ bytes, destination, done });
    this.#waitingBytes += bytes.length;
    if (this.#socket) this.#socket.onFate = this.#onFate;
    return "waits";
  }

  #transmit(bytes: Uint8Array, destination: Destination): string | null {
    if (!this.#socket) return "EBADF";
    const { status, reason } = this.#socket.send(bytes, destination);
    return status === "failed" ? refusal(reason, destination.way.failure) : null;
  }

  #flush(): void {
    while (this.#waiting.length > 0) {
      const [{ bytes, destination, done }] = this.#waiting as [Waiting];
      const errno = this.#transmit(bytes, destination);
      if (errno === "EAGAIN") return;
      this.#waiting.shift();
      this.#waitingBytes -= bytes.length;
      done(errno);
    }
    if (this.#socket) this.#socket.onFate = null;
  }

  #find(address: string, port: number): Destination | string {
    if (!this.#socket) return "EBADF";
    if (!fits(address, this.#family)) return "EINVAL";
    const key = `${port} ${address}`;
    const known = this.#destinations.get(key);
    if (known) return this.#allowed(known);
    const host = hostOf(address);
    try {
      const made = this.#socket.to(host, port);
      if (!this.#socket.has(made.layer.family)) return "ENETUNREACH";
      if (this.#destinations.size >= KEPT) this.#destinations.clear();
      this.#destinations.set(key, made);
      return this.#allowed(made);
    } catch (error) {
      return errnoName(error);
    }
  }

  /** Refuses a broadcast address to those who did not ask for it (SO_BROADCAST). */
  #allowed(destination: Destination): Destination | string {
    const { address, layer } = destination;
    if (this.#broadcast || typeof address !== "number" || isMulticast(address)) return destination;
    return layer.canBind(address) && !layer.isLocal(address) && destination.room >= 0 ? "EACCES" : destination;
  }

  setBroadcast(on: boolean): string | null {
    if (!this.#socket) return "EBADF";
    this.#broadcast = on;
    return null;
  }

  setTtl(ttl: number): string | null {
    if (ttl < 1 || ttl > 255) return "EINVAL";
    if (!this.#socket) return "EBADF";
    this.#socket.ttl = ttl;
    return null;
  }

  /** 0, with which nothing leaves the host, is not there. */
  setGroupTtl(ttl: number): string | null {
    if (ttl < 1 || ttl > 255) return "EINVAL";
    if (!this.#socket) return "EBADF";
    this.#socket.multicastTtl = ttl;
    return null;
  }

  setGroupLoop(on: boolean): string | null {
    if (!this.#socket) return "EBADF";
    this.#socket.multicastLoop = on;
    return null;
  }

  join(group: string, at: string | undefined): string | null {
    return this.#bindLate() ?? this.#withGroup(group, at, ({ groups }, host, device) => groups.join(host, device));
  }

  leave(group: string, at: string | undefined): string | null {
    if (!this.#socket) return "EBADF";
    return this.#withGroup(group, at, ({ groups }, host, device) => groups.leave(host, device));
  }

  joinSource(source: string, group: string, at: string | undefined): string | null {
    if (!fits(source, this.#family)) return "EINVAL";
    return this.#bindLate() ?? this.#withGroup(group, at, ({ groups }, host, device) => groups.joinSource(host, source, device));
  }

  leaveSource(source: string, group: string, at: string | undefined): string | null {
    if (!fits(source, this.#family)) return "EINVAL";
    if (!this.#socket) return "EBADF";
    return this.#withGroup(group, at, ({ groups }, host, device) => groups.leaveSource(host, source, device));
  }

  #withGroup(
    group: string,
    at: string | undefined,
    work: (socket: UdpSocket, group: string, device: NetDevice | null) => void,
  ): string | null {
    if (!fits(group, this.#family)) return "EINVAL";
    const device = at === undefined ? null : this.#deviceOf(at);
    if (device === undefined) return fits(at ?? "", this.#family) ? "ENODEV" : "EINVAL";
    const { host, zone } = splitZone(group);
    const named = zone === "" ? device : this.#stack.devices.find(({ name }) => name === zone);
    if (named === undefined) return "ENODEV";
    return attempt(() => work(this.#socket as UdpSocket, host, named));
  }

  /** The device for a group's datagrams: one of our addresses, or for IPv6 a zone (`::%eth0`); undefined where there is none. */
  #deviceOf(text: string): NetDevice | null | undefined {
    const { host, zone } = splitZone(text);
    if (zone !== "") return this.#stack.devices.find(({ name }) => name === zone);
    if (!fits(host, this.#family)) return undefined;
    if (host === anyAddress(this.#family)) return null;
    const address = this.#stack.layers.address(host);
    return this.#stack.layers.of(address).deviceWith(address) ?? undefined;
  }

  setGroupDevice(text: string): string | null {
    const device = this.#deviceOf(text);
    if (device === undefined) return fits(splitZone(text).host, this.#family) ? "EADDRNOTAVAIL" : "EINVAL";
    if (!this.#socket) return "EBADF";
    this.#socket.multicastDevice = device;
    this.#destinations.clear();
    return null;
  }

  /** The bytes of a buffer, or null for EBADF; with `size` it is set first, and is twice that. */
  bufferSize(size: number, receive: boolean): number | null {
    if (!this.#socket) return null;
    if (size > 0) {
      const wanted = Math.min(BUFFER_MOST, Math.max(2 * size, receive ? RECEIVE_LEAST : SEND_LEAST));
      if (receive) this.#receiveBuffer = wanted;
      else this.#socket.sendBuffer = wanted;
    }
    return receive ? this.#receiveBuffer : this.#socket.sendBuffer;
  }

  close(): void {
    const waiting = this.#waiting;
    this.#waiting = [];
    this.#waitingBytes = 0;
    if (this.#socket) this.#socket.onFate = null;
    this.#socket?.close();
    this.#socket = null;
    for (const { done } of waiting) done("ECANCELED");
  }
}

/** Returns the errno of what `work` throws, null without. */
function attempt(work: () => void): string | null {
  try {
    work();
    return null;
  } catch (error) {
    return errnoName(error);
  }
}

/** Addresses of IPv6 with a zone stay as they are: the zone names the device. */
function hostOf(address: string): string {
  return plainText(address);
}

/** The errno that sendmsg(2) has for a datagram that was not taken; null for one that got lost further down. */
function refusal(reason: string, failure: DropReason): string | null {
  switch (reason) {
    case "SOCKET_SNDBUF":
      return "EAGAIN";
    case "PKT_TOO_BIG":
      return "EMSGSIZE";
    case "NOMEM":
    case "QDISC_DROP":
    case "NEIGH_CREATEFAIL":
      return "ENOBUFS";
    case "IP_OUTNOROUTES":
    case "RTN_BLACKHOLE":
    case "RTN_UNREACHABLE":
    case "RTN_PROHIBIT":
      return errnoOf(failure);
    default:
      return null;
  }
}

/** Destination unreachable of both families: the codes that may pass by themselves. */
const PASSING4: readonly number[] = [0, 1, 5, 11, 12];
const PASSING6: readonly number[] = [0, 3];

/** The error ends a conversation; the kernel tells the others only those who ask for them (IP_RECVERR, measured on Linux 6.18). */
function isHard({ layer, type, code }: IcmpError): boolean {
  if (layer.family === 4) return type === 3 ? !PASSING4.includes(code) : type === 12;
  return type === 1 ? !PASSING6.includes(code) : type === 2 || type === 4;
}
