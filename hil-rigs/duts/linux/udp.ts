/** A UDP socket in a DUT's namespace. It stays in the namespace that it is made in. */
import { NATIVE } from "../../../hal/bridges/linux/libc.ts";
import type { Datagram, DutSocket, SendOptions, SocketOptions } from "../../contract/dut.ts";
import { ipBytes, ipText } from "../../wire/bytes.ts";
import type { TesterNetwork } from "./namespaces.ts";

const AF_INET = 2;
const SOCK_DGRAM_NONBLOCK_CLOEXEC = 0o2004002;
const SOL_SOCKET = 1;
const SO_BROADCAST = 6;
const IPPROTO_IP = 0;
const IP_RECVERR = 11;
const MSG_CONFIRM = 0x800;
const MSG_DONTWAIT = 0x40;
const MSG_ERRQUEUE = 0x2000;
/** struct sockaddr_in. */
const SOCKADDR = 16;

function sockaddr(address: string, port: number): Uint8Array {
  const bytes = new Uint8Array(SOCKADDR);
  const view = new DataView(bytes.buffer);
  view.setUint16(0, AF_INET, NATIVE);
  view.setUint16(2, port);
  bytes.set(ipBytes(address), 4);
  return bytes;
}

export class LinuxSocket implements DutSocket {
  readonly port: number;
  readonly #network: TesterNetwork;
  readonly #fd: number;
  readonly #reports: boolean;
  /** Errors taken from the queue before errors() asks for them. */
  readonly #errors: string[] = [];

  /** Call it inside the namespace. @throws Error when the kernel refuses the socket */
  constructor(network: TesterNetwork, options: SocketOptions) {
    const { libc, calls } = network;
    this.#network = network;
    this.#reports = options.errors === true;
    this.#fd = libc.socket(AF_INET, SOCK_DGRAM_NONBLOCK_CLOEXEC, 0);
    if (this.#fd < 0) throw new Error(`socket: ${libc.errorName(libc.errno())}`);
    const on = new Uint8Array(4);
    new DataView(on.buffer).setInt32(0, 1, NATIVE);
    libc.setsockopt(this.#fd, SOL_SOCKET, SO_BROADCAST, on, 4);
    if (this.#reports) libc.setsockopt(this.#fd, IPPROTO_IP, IP_RECVERR, on, 4);
    const address = sockaddr(options.address ?? "0.0.0.0", options.port ?? 0);
    if (libc.bind(this.#fd, address, SOCKADDR) < 0) {
      const why = libc.errorName(libc.errno());
      libc.close(this.#fd);
      throw new Error(`bind: ${why}`);
    }
    calls.getsockname(this.#fd, address, lengthOf(SOCKADDR));
    this.port = new DataView(address.buffer).getUint16(2);
  }

  send(payload: Uint8Array, to: string, port: number, options: SendOptions = {}): string {
    const { libc, calls } = this.#network;
    // sendto() reports a queued error, too, and then sends nothing. So the queue is emptied first.
    if (this.#reports) this.#takeErrors();
    const flags = MSG_DONTWAIT | (options.confirm ? MSG_CONFIRM : 0);
    const sent = calls.sendto(this.#fd, payload, payload.length, flags, sockaddr(to, port), SOCKADDR);
    return sent >= 0 ? "ok" : libc.errorName(libc.errno());
  }

  received(): Datagram[] {
    const { calls } = this.#network;
    const bytes = new Uint8Array(65_536);
    const address = new Uint8Array(SOCKADDR);
    const datagrams: Datagram[] = [];
    for (;;) {
      const length = calls.recvfrom(this.#fd, bytes, bytes.length, MSG_DONTWAIT, address, lengthOf(SOCKADDR));
      if (length < 0) return datagrams;
      const port = new DataView(address.buffer).getUint16(2);
      datagrams.push({ from: ipText(address, 4), port, bytes: bytes.slice(0, length) });
    }
  }

  errors(): string[] {
    this.#takeErrors();
    return this.#errors.splice(0);
  }

  close(): void {
    this.#network.libc.close(this.#fd);
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

function lengthOf(value: number): Uint8Array {
  const bytes = new Uint8Array(4);
  new DataView(bytes.buffer).setUint32(0, value, NATIVE);
  return bytes;
}
