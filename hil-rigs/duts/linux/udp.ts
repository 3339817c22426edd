/** A UDP socket in a DUT's namespace. It stays in the namespace that it is made in. */
import { NATIVE } from "../../../hal/bridges/linux/libc.ts";
import type { Datagram, DutSocket, GroupAct, SendOptions, SocketOptions } from "../../contract/dut.ts";
import type { Family } from "../../contract/plan.ts";
import type { TesterNetwork } from "./namespaces.ts";
import { numberOf, type Scope, SOCKET_FAMILIES, type SocketFamily, sockaddr } from "./sockets.ts";

const SOCK_DGRAM_NONBLOCK_CLOEXEC = 0o2004002;
const SOL_SOCKET = 1;
const SO_BROADCAST = 6;
const MSG_CONFIRM = 0x800;
const MSG_DONTWAIT = 0x40;
const MSG_ERRQUEUE = 0x2000;

/** Options of both families that name a group (linux/in.h, MCAST_JOIN_GROUP and those behind it). */
const GROUP_OPTIONS: Readonly<Record<GroupAct, number>> = {
  join: 42,
  block: 43,
  unblock: 44,
  leave: 45,
  joinSource: 46,
  leaveSource: 47,
  include: 48,
  exclude: 48,
};
/** Size of struct sockaddr_storage, and of what stands in front of the first one: the index of an interface, padded. */
const STORAGE = 128;
const REQUEST_HEAD = 8;

export class LinuxSocket implements DutSocket {
  readonly port: number;
  readonly #network: TesterNetwork;
  readonly #family: SocketFamily;
  readonly #scope: Scope;
  readonly #fd: number;
  readonly #reports: boolean;
  /** Errors taken from the queue before errors() asks for them. */
  readonly #errors: string[] = [];

  /** Call it inside the namespace. @throws Error when the kernel refuses the socket */
  constructor(network: TesterNetwork, family: Family, scope: Scope, options: SocketOptions) {
    const { libc, calls } = network;
    this.#network = network;
    this.#family = SOCKET_FAMILIES[family];
    this.#scope = scope;
    const { number, size, any, errors } = this.#family;
    this.#reports = options.errors === true;
    this.#fd = libc.socket(number, SOCK_DGRAM_NONBLOCK_CLOEXEC, 0);
    if (this.#fd < 0) throw new Error(`socket: ${libc.errorName(libc.errno())}`);
    const on = numberOf(1);
    libc.setsockopt(this.#fd, SOL_SOCKET, SO_BROADCAST, on, 4);
    if (this.#reports) libc.setsockopt(this.#fd, ...errors, on, 4);
    const address = this.#sockaddr(options.address ?? any, options.port ?? 0);
    if (libc.bind(this.#fd, address, size) < 0) {
      const why = libc.errorName(libc.errno());
      libc.close(this.#fd);
      throw new Error(`bind: ${why}`);
    }
    calls.getsockname(this.#fd, address, numberOf(size));
    this.port = new DataView(address.buffer).getUint16(2);
  }

  send(payload: Uint8Array, to: string, port: number, options: SendOptions = {}): string {
    const { libc, calls } = this.#network;
    // sendto() reports a queued error, too, and then sends nothing. So the queue is emptied first.
    if (this.#reports) this.#takeErrors();
    const flags = MSG_DONTWAIT | (options.confirm ? MSG_CONFIRM : 0);
    const sent = calls.sendto(this.#fd, payload, payload.length, flags, this.#sockaddr(to, port), this.#family.size);
    return sent >= 0 ? "ok" : libc.errorName(libc.errno());
  }

  member(act: GroupAct, group: string, ...sources: string[]): string {
    const { libc } = this.#network;
    const filter = act === "include" || act === "exclude";
    const tail = filter ? 8 : 0;
    const value = new Uint8Array(REQUEST_HEAD + STORAGE * (1 + sources.length) + tail);
    const view = new DataView(value.buffer);
    view.setUint32(0, this.#scope("e0"), NATIVE);
    value.set(this.#sockaddr(group, 0), REQUEST_HEAD);
    if (filter) {
      // struct group_filter: behind the group its mode, MCAST_INCLUDE being 1, and the number of sources.
      view.setUint32(REQUEST_HEAD + STORAGE, act === "include" ? 1 : 0, NATIVE);
      view.setUint32(REQUEST_HEAD + STORAGE + 4, sources.length, NATIVE);
    }
    for (const [at, source] of sources.entries()) value.set(this.#sockaddr(source, 0), REQUEST_HEAD + STORAGE * (1 + at) + tail);
    const done = libc.setsockopt(this.#fd, this.#family.level, GROUP_OPTIONS[act], value, value.length);
    return done === 0 ? "ok" : libc.errorName(libc.errno());
  }

  received(): Datagram[] {
    const { calls } = this.#network;
    const bytes = new Uint8Array(65_536);
    const { size, take } = this.#family;
    const address = new Uint8Array(size);
    const datagrams: Datagram[] = [];
    for (;;) {
      const length = calls.recvfrom(this.#fd, bytes, bytes.length, MSG_DONTWAIT, address, numberOf(size));
      if (length < 0) return datagrams;
      const port = new DataView(address.buffer).getUint16(2);
      datagrams.push({ from: take(address), port, bytes: bytes.slice(0, length) });
    }
  }

  errors(): string[] {
    this.#takeErrors();
    return this.#errors.splice(0);
  }

  close(): void {
    this.#network.libc.close(this.#fd);
  }

  #sockaddr(address: string, port: number): Uint8Array {
    return sockaddr(this.#family, address, port, this.#scope);
  }

  #takeErrors(): void {
    const { libc, calls } = this.#network;
    const { word } = calls;
    const control = new Uint8Array(512);
    // struct msghdr is seven words: name, its length, iovec, its count, control, its length, flags.
    const header = new Uint8Array(7 * word);
    const view = new DataView(header.buffer);
    const put = (index: number, value: number): void => {
      if (word === 8) view.setBigUint64(index * word, BigInt(value), NATIVE);
      else view.setUint32(index * word, value, NATIVE);
    };
    for (;;) {
      header.fill(0);
      put(4, libc.address(control.buffer));
      put(5, control.length);
      if (calls.recvmsg(this.#fd, header, MSG_ERRQUEUE | MSG_DONTWAIT) < 0) return;
      // struct cmsghdr (a long and two ints), then struct sock_extended_err, which begins with the errno.
      this.#errors.push(libc.errorName(new DataView(control.buffer).getUint32(word + 8, NATIVE)));
    }
  }
}
