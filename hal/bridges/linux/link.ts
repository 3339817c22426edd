/**
 * A network interface as the kernel knows it, asked and heard through rtnetlink (rtnetlink(7)): its index and address, whether it
 * is up and has a carrier, and changes of that. sysfs shows the same, but of the namespace that it was mounted in, not of ours.
 */
import { ControllerError, MAC_BYTES } from "../../ethernet.ts";
import { Errno, type Libc, NATIVE } from "./libc.ts";

const AF_NETLINK = 16;
const SOCK_RAW = 3;
const SOCK_NONBLOCK_CLOEXEC = 0o2004000;
const NETLINK_ROUTE = 0;
const RTMGRP_LINK = 1;

const NLMSG_ERROR = 2;
const RTM_NEWLINK = 16;
const RTM_DELLINK = 17;
const RTM_GETLINK = 18;
const NLM_F_REQUEST = 1;
const NLM_F_ACK = 4;

/** struct nlmsghdr, then struct ifinfomsg, then attributes, each aligned to 4 bytes. */
const NLMSG_TYPE = 4;
const NLMSG_FLAGS = 6;
const NLMSG_HEADER = 16;
const IFI_FAMILY = 16;
const IFI_TYPE = 18;
const IFI_INDEX = 20;
const IFI_FLAGS = 24;
const IFI_CHANGE = 28;
const ATTRIBUTES = 32;
const ATTRIBUTE_HEADER = 4;

const IFLA_ADDRESS = 1;
const IFLA_IFNAME = 3;
const IFLA_STATS64 = 23;
const IFLA_CARRIER = 33;
/** struct rtnl_link_stats64: how many frames for the interface's wire were dropped. */
const TX_DROPPED = 7 * 8;

const IFF_UP = 1;
const IFF_RUNNING = 1 << 6;
const IFF_LOWER_UP = 1 << 16;
/** An interface that carries Ethernet frames (linux/if_arp.h). */
export const ARPHRD_ETHER = 1;

/** Longest interface name, without its closing zero (IFNAMSIZ). */
export const MAX_NAME = 15;

/** The contents of one RTM_NEWLINK message. */
export class Link {
  readonly index: number;
  readonly type: number;
  readonly address: Uint8Array;
  /** Frames that the kernel wanted to send through it and lost for want of room. */
  readonly txDropped: number;
  readonly #flags: number;

  constructor(index: number, type: number, flags: number, address: Uint8Array, txDropped: number) {
    this.index = index;
    this.type = type;
    this.#flags = flags;
    this.address = address;
    this.txDropped = txDropped;
  }

  /** Administratively up. */
  get up(): boolean {
    return (this.#flags & IFF_UP) !== 0;
  }

  /** Up, with a link below it, and nothing that keeps it from passing frames. */
  get carrier(): boolean {
    const all = IFF_UP | IFF_RUNNING | IFF_LOWER_UP;
    return (this.#flags & all) === all;
  }
}

export class LinkSocket {
  readonly fd: number;
  readonly #driver: string;
  readonly #libc: Libc;
  readonly #bytes: Uint8Array = new Uint8Array(65536);
  readonly #view: DataView = new DataView(this.#bytes.buffer);

  /**
   * @param driver who asks, as it stands in error messages and, in capitals, in their codes
   * @throws ControllerError …_SYSTEM
   */
  constructor(libc: Libc, driver: string) {
    this.#libc = libc;
    this.#driver = driver;
    this.fd = libc.socket(AF_NETLINK, SOCK_RAW | SOCK_NONBLOCK_CLOEXEC, NETLINK_ROUTE);
    if (this.fd < 0) throw this.#error("cannot open an rtnetlink socket", libc.errno());
    const address = new DataView(new ArrayBuffer(12));
    address.setUint16(0, AF_NETLINK, NATIVE);
    address.setUint32(8, RTMGRP_LINK, NATIVE);
    if (libc.bind(this.fd, new Uint8Array(address.buffer), 12) < 0) {
      const errno = libc.errno();
      libc.close(this.fd);
      throw this.#error("cannot listen to link changes", errno);
    }
  }

  /** The interface of that name or index as it is now, null when there is none. */
  find(which: string | number): Link | null {
    let length = this.#begin(RTM_GETLINK, NLM_F_REQUEST, typeof which === "number" ? which : 0);
    if (typeof which === "string") length = this.#attribute(length, IFLA_IFNAME, new TextEncoder().encode(`${which}\0`));
    const errno = this.#exchange(length);
    if (errno === 0) return this.#link(0);
    // Older kernels answer EINVAL where newer ones answer ENODEV.
    if (errno === Errno.ENODEV || errno === Errno.EINVAL) return null;
    throw this.#error(`cannot ask for interface ${which}`, errno);
  }

  /** Sets an interface up or down (`ip link set IFACE up`); 0 or an errno. */
  setUp(index: number, up: boolean): number {
    const length = this.#begin(RTM_NEWLINK, NLM_F_REQUEST | NLM_F_ACK, index);
    this.#view.setUint32(IFI_FLAGS, up ? IFF_UP : 0, NATIVE);
    this.#view.setUint32(IFI_CHANGE, IFF_UP, NATIVE);
    return this.#exchange(length);
  }

  /** Gives an interface another station address (`ip link set IFACE address MAC`); 0 or an errno. */
  setAddress(index: number, address: Uint8Array): number {
    return this.#set(index, IFLA_ADDRESS, address);
  }

  /** Sets the carrier of an interface that has none of its own, such as a TAP (`ip link set IFACE carrier on`); 0 or an errno. */
  setCarrier(index: number, up: boolean): number {
    return this.#set(index, IFLA_CARRIER, Uint8Array.of(up ? 1 : 0));
  }

  /**
   * Reads what the kernel has told since, and returns the latest of it about one interface: its state, null when it is gone (or
   * went to another namespace), undefined when there was no news.
   */
  news(index: number): Link | null | undefined {
    let latest: Link | null | undefined;
    for (;;) {
      const length = this.#libc.recv(this.fd, this.#bytes, this.#bytes.length, 0);
      if (length < 0) {
        // ENOBUFS: more news than the socket could hold, and some is lost. Ask for the state of things instead.
        if (this.#libc.errno() === Errno.ENOBUFS) return this.find(index);
        return latest;
      }
      for (let at = 0; at + ATTRIBUTES <= length; at += this.#step(at)) {
        const type = this.#view.getUint16(at + NLMSG_TYPE, NATIVE);
        // Family 0 is the interface itself; others (a bridge port's, say) come and go without it.
        if (this.#view.getUint8(at + IFI_FAMILY) !== 0 || this.#view.getInt32(at + IFI_INDEX, NATIVE) !== index) continue;
        if (type === RTM_NEWLINK) latest = this.#link(at);
        else if (type === RTM_DELLINK) return null;
      }
    }
  }

  close(): void {
    this.#libc.close(this.fd);
  }

  #begin(type: number, flags: number, index: number): number {
    this.#bytes.fill(0, 0, ATTRIBUTES);
    this.#view.setUint16(NLMSG_TYPE, type, NATIVE);
    this.#view.setUint16(NLMSG_FLAGS, flags, NATIVE);
    this.#view.setInt32(IFI_INDEX, index, NATIVE);
    return ATTRIBUTES;
  }

  #set(index: number, type: number, value: Uint8Array): number {
    const length = this.#begin(RTM_NEWLINK, NLM_F_REQUEST | NLM_F_ACK, index);
    return this.#exchange(this.#attribute(length, type, value));
  }

  #attribute(at: number, type: number, payload: Uint8Array): number {
    this.#view.setUint16(at, ATTRIBUTE_HEADER + payload.length, NATIVE);
    this.#view.setUint16(at + 2, type, NATIVE);
    this.#bytes.set(payload, at + ATTRIBUTE_HEADER);
    return at + ((ATTRIBUTE_HEADER + payload.length + 3) & ~3);
  }

  /**
   * Sends the request and reads its answer, which is there when send returns; 0 or an errno. On a socket of its own, which hears
   * no news that could come in between.
   */
  #exchange(length: number): number {
    const fd = this.#libc.socket(AF_NETLINK, SOCK_RAW | SOCK_NONBLOCK_CLOEXEC, NETLINK_ROUTE);
    if (fd < 0) return this.#libc.errno();
    this.#view.setUint32(0, length, NATIVE);
    let got = this.#libc.send(fd, this.#bytes, length, 0);
    if (got >= 0) got = this.#libc.recv(fd, this.#bytes, this.#bytes.length, 0);
    const errno = got < 0 ? this.#libc.errno() : 0;
    this.#libc.close(fd);
    if (errno !== 0 || this.#view.getUint16(NLMSG_TYPE, NATIVE) !== NLMSG_ERROR) return errno;
    return -this.#view.getInt32(NLMSG_HEADER, NATIVE);
  }

  #step(at: number): number {
    return Math.max(NLMSG_HEADER, (this.#view.getUint32(at, NATIVE) + 3) & ~3);
  }

  #link(at: number): Link {
    const address = new Uint8Array(MAC_BYTES);
    let txDropped = 0;
    const end = at + this.#view.getUint32(at, NATIVE);
    for (let next = at + ATTRIBUTES; next + ATTRIBUTE_HEADER <= end; ) {
      const length = this.#view.getUint16(next, NATIVE);
      if (length < ATTRIBUTE_HEADER) break;
      const attribute = this.#view.getUint16(next + 2, NATIVE);
      if (attribute === IFLA_ADDRESS && length === ATTRIBUTE_HEADER + MAC_BYTES)
        address.set(this.#bytes.subarray(next + ATTRIBUTE_HEADER, next + length));
      else if (attribute === IFLA_STATS64 && length >= ATTRIBUTE_HEADER + TX_DROPPED + 8)
        txDropped = Number(this.#view.getBigUint64(next + ATTRIBUTE_HEADER + TX_DROPPED, NATIVE));
      next += (length + 3) & ~3;
    }
    const type = this.#view.getUint16(at + IFI_TYPE, NATIVE);
    const flags = this.#view.getUint32(at + IFI_FLAGS, NATIVE);
    return new Link(this.#view.getInt32(at + IFI_INDEX, NATIVE), type, flags, address, txDropped);
  }

  #error(what: string, errno: number): ControllerError {
    const code = `${this.#driver.toUpperCase()}_SYSTEM`;
    return new ControllerError(code, `${this.#driver}: ${what}: ${this.#libc.errorName(errno)}`);
  }
}
