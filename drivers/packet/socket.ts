/** A packet socket (packet(7)) with a vnet header in front of each frame. */

import { Addresses, Errno, type Libc, NATIVE } from "../../hal/bridges/linux/libc.ts";
import { ControllerError, MAC_BYTES } from "../../hal/ethernet.ts";
import { includesGroup } from "../../hal/kit/receive-filter.ts";
import { BLOCK, ReceiveRing, SLOT } from "./ring.ts";

const AF_PACKET = 17;
const SOCK_RAW = 3;
const SOCK_NONBLOCK_CLOEXEC = 0o2004000;
const ETH_P_ALL = 3;
export const MSG_DONTWAIT = 0x40;
const MSG_TRUNC = 0x20;
/** Packet type of frames that this machine sent. */
export const PACKET_OUTGOING = 4;

const SOL_SOCKET = 1;
const SO_ERROR = 4;
const SO_RCVBUF = 8;
const SO_RCVBUFFORCE = 33;
/** Bytes of frames that are too long for a slot and wait beside the ring. */
const LONG_ROOM = 4 << 20;
const SOL_PACKET = 263;
const PACKET_ADD_MEMBERSHIP = 1;
const PACKET_DROP_MEMBERSHIP = 2;
const PACKET_RX_RING = 5;
const PACKET_STATISTICS = 6;
const PACKET_COPY_THRESH = 7;
const PACKET_VERSION = 10;
const PACKET_VNET_HDR = 15;
const PACKET_IGNORE_OUTGOING = 23;
const PACKET_MR_MULTICAST = 0;
const PACKET_MR_PROMISC = 1;
const PACKET_MR_ALLMULTI = 2;
const TPACKET_V2 = 1;

export class PacketSocket {
  readonly fd: number;
  /** Why the last send() failed. */
  errno = 0;
  readonly #libc: Libc;
  readonly #name: string;
  readonly #option: Uint8Array = new Uint8Array(16);
  readonly #view: DataView = new DataView(this.#option.buffer);
  readonly #length: Uint8Array = new Uint8Array(4);
  readonly #addresses: Addresses;
  #promiscuous = false;
  #allMulticast = false;
  #groups: readonly Uint8Array[] = [];

  /** @throws ControllerError PACKET_NO_PERMISSION, PACKET_UNSUPPORTED, PACKET_SYSTEM */
  constructor(libc: Libc, name: string) {
    this.#libc = libc;
    this.#name = name;
    this.#addresses = new Addresses(libc);
    // Protocol 0: nothing is received before bind() says from where.
    this.fd = libc.socket(AF_PACKET, SOCK_RAW | SOCK_NONBLOCK_CLOEXEC, 0);
    if (this.fd < 0) throw this.refusal("open a packet socket", libc.errno());
    try {
      this.#set(PACKET_VERSION, TPACKET_V2, "choose the ring's version");
      this.#set(PACKET_VNET_HDR, 1, "ask for vnet headers");
    } catch (error) {
      this.close();
      throw error;
    }
    this.#view.setInt32(0, 1, NATIVE);
    // Refused before Linux 4.20; the driver passes over such frames as well.
    libc.setsockopt(this.fd, SOL_PACKET, PACKET_IGNORE_OUTGOING, this.#option, 4);
  }

  /** @throws ControllerError PACKET_SYSTEM */
  receiveRing(frames: number): ReceiveRing {
    const blocks = Math.max(1, Math.ceil((frames * SLOT) / BLOCK));
    // struct tpacket_req
    this.#view.setUint32(0, BLOCK, NATIVE);
    this.#view.setUint32(4, blocks, NATIVE);
    this.#view.setUint32(8, SLOT, NATIVE);
    this.#view.setUint32(12, (blocks * BLOCK) / SLOT, NATIVE);
    const what = `make a receive ring of ${(blocks * BLOCK) / 1024} KiB`;
    if (this.#libc.setsockopt(this.fd, SOL_PACKET, PACKET_RX_RING, this.#option, 16) < 0)
      throw this.refusal(what, this.#libc.errno());
    const mapping = this.#libc.map(this.fd, blocks * BLOCK);
    if (!mapping) throw this.refusal(what, this.#libc.errno());
    return new ReceiveRing(mapping);
  }

  /** Has frames that are too long for a slot kept beside the ring: receive() has to take them. @throws ControllerError PACKET_SYSTEM */
  keepLongFrames(): void {
    this.#set(PACKET_COPY_THRESH, 1, "ask for frames that are too long for a slot");
    this.#view.setInt32(0, LONG_ROOM, NATIVE);
    // Without CAP_NET_ADMIN there is no more room than net.core.rmem_max.
    if (this.#libc.setsockopt(this.fd, SOL_SOCKET, SO_RCVBUFFORCE, this.#option, 4) < 0)
      this.#libc.setsockopt(this.fd, SOL_SOCKET, SO_RCVBUF, this.#option, 4);
  }

  /** Starts to receive. @throws ControllerError PACKET_SYSTEM */
  bind(index: number): void {
    // struct sockaddr_ll
    const address = new DataView(new ArrayBuffer(20));
    address.setUint16(0, AF_PACKET, NATIVE);
    address.setUint16(2, ETH_P_ALL);
    address.setInt32(4, index, NATIVE);
    if (this.#libc.bind(this.fd, new Uint8Array(address.buffer), 20) < 0) throw this.refusal("bind to it", this.#libc.errno());
  }

  /** Asks the interface for all frames, or no longer; 0 or an errno. */
  promiscuous(index: number, on: boolean): number {
    if (on === this.#promiscuous) return 0;
    this.#promiscuous = on;
    return this.#membership(on, index, PACKET_MR_PROMISC);
  }

  /** Asks the interface for all multicast frames, or no longer; 0 or an errno. */
  allMulticast(index: number, on: boolean): number {
    if (on === this.#allMulticast) return 0;
    this.#allMulticast = on;
    return this.#membership(on, index, PACKET_MR_ALLMULTI);
  }

  /** Asks the interface for the frames to these groups and no others; 0 or an errno. */
  groups(index: number, wanted: readonly Uint8Array[]): number {
    const before = this.#groups;
    this.#groups = wanted;
    let errno = 0;
    for (const group of before) {
      if (!includesGroup(wanted, group)) errno ||= this.#membership(false, index, PACKET_MR_MULTICAST, group);
    }
    for (const group of wanted) {
      if (!includesGroup(before, group)) errno ||= this.#membership(true, index, PACKET_MR_MULTICAST, group);
    }
    return errno;
  }

  /** Sends bytes[at..at+length), which begin with a vnet header. False: see `errno`. */
  send(bytes: Uint8Array, at: number, length: number, flags: number): boolean {
    const sent = this.#libc.send(this.fd, this.#addresses.of(bytes, at), length, flags);
    if (sent >= 0) return true;
    this.errno = this.#libc.errno();
    return false;
  }

  /**
   * Takes the next frame that the kernel keeps beside the ring, which the slot with SlotStatus.COPY is about.
   * @returns its length with the vnet header, also where `bytes` has no room for all of it; -1: it is not there
   */
  receive(bytes: Uint8Array): number {
    const at = this.#addresses.of(bytes, 0);
    const length = this.#libc.recv(this.fd, at, bytes.length, MSG_DONTWAIT | MSG_TRUNC);
    // An error that was pending is told first, and once.
    if (length >= 0 || this.#libc.errno() === Errno.EAGAIN) return length;
    return this.#libc.recv(this.fd, at, bytes.length, MSG_DONTWAIT | MSG_TRUNC);
  }

  /** Frames lost for want of a free slot since this was asked last. */
  takeDrops(): number {
    this.#setLength(8);
    // struct tpacket_stats: packets, drops. Reading it sets both to 0.
    if (this.#libc.getsockopt(this.fd, SOL_PACKET, PACKET_STATISTICS, this.#option, this.#length) < 0) return 0;
    return this.#view.getUint32(4, NATIVE);
  }

  /** The socket's pending error, which this clears. */
  takeError(): number {
    this.#setLength(4);
    if (this.#libc.getsockopt(this.fd, SOL_SOCKET, SO_ERROR, this.#option, this.#length) < 0) return this.#libc.errno();
    return this.#view.getInt32(0, NATIVE);
  }

  close(): void {
    this.#libc.close(this.fd);
  }

  refusal(what: string, errno: number): ControllerError {
    if (errno === Errno.EPERM || errno === Errno.EACCES) {
      const message = `packet: ${this.#name}: not allowed to ${what}; run as root, or with CAP_NET_RAW and CAP_NET_ADMIN`;
      return new ControllerError("PACKET_NO_PERMISSION", message);
    }
    if (errno === Errno.EAFNOSUPPORT)
      return new ControllerError("PACKET_UNSUPPORTED", "packet: this kernel has no packet sockets; it needs CONFIG_PACKET");
    return new ControllerError("PACKET_SYSTEM", `packet: ${this.#name}: cannot ${what}: ${this.#libc.errorName(errno)}`);
  }

  #set(option: number, value: number, what: string): void {
    this.#view.setInt32(0, value, NATIVE);
    if (this.#libc.setsockopt(this.fd, SOL_PACKET, option, this.#option, 4) < 0) throw this.refusal(what, this.#libc.errno());
  }

  #membership(add: boolean, index: number, type: number, group: Uint8Array | null = null): number {
    // struct packet_mreq. Memberships end with the socket at the latest.
    this.#option.fill(0);
    this.#view.setInt32(0, index, NATIVE);
    this.#view.setUint16(4, type, NATIVE);
    if (group) {
      this.#view.setUint16(6, MAC_BYTES, NATIVE);
      this.#option.set(group, 8);
    }
    const option = add ? PACKET_ADD_MEMBERSHIP : PACKET_DROP_MEMBERSHIP;
    return this.#libc.setsockopt(this.fd, SOL_PACKET, option, this.#option, 16) < 0 ? this.#libc.errno() : 0;
  }

  #setLength(length: number): void {
    new DataView(this.#length.buffer).setUint32(0, length, NATIVE);
  }
}
