/** TCP sockets in a DUT's namespace. They stay in the namespace that they are made in. */
import { NATIVE } from "../../../hal/bridges/linux/libc.ts";
import type { Family } from "../../contract/plan.ts";
import type { ConnectOptions, DutListener, DutStream, KeepAlive, ListenOptions } from "../../contract/stream.ts";
import type { TesterNetwork } from "./namespaces.ts";
import { numberOf, type Scope, SOCKET_FAMILIES, sockaddr } from "./sockets.ts";

const SOCK_STREAM = 1;
const NONBLOCK_CLOEXEC = 0o2004000;
const MSG_PEEK = 2;
const MSG_DONTWAIT_NOSIGNAL = 0x4040;
const SHUT_WR = 1;
const BACKLOG = 16;

const SOL_SOCKET = 1;
const SO_ERROR = 4;
const SO_KEEPALIVE = 9;
const SO_LINGER = 13;
const IPPROTO_TCP = 6;
const TCP_NODELAY = 1;
const TCP_KEEPIDLE = 4;
const TCP_KEEPINTVL = 5;
const TCP_KEEPCNT = 6;
/** Begins with the state, one byte. */
const TCP_INFO = 11;
/** By their numbers (tcp_states.h). */
const STATES = [
  "",
  "ESTABLISHED",
  "SYN_SENT",
  "SYN_RECV",
  "FIN_WAIT1",
  "FIN_WAIT2",
  "TIME_WAIT",
  "CLOSE",
  "CLOSE_WAIT",
  "LAST_ACK",
  "LISTEN",
  "CLOSING",
];

/** A descriptor, and its end. */
abstract class Descriptor {
  protected readonly network: TesterNetwork;
  protected readonly fd: number;
  #open = true;

  constructor(network: TesterNetwork, fd: number) {
    this.network = network;
    this.fd = fd;
  }

  close(): void {
    if (this.#open) this.network.libc.close(this.fd);
    this.#open = false;
  }

  protected get failure(): string {
    const { libc } = this.network;
    return libc.errorName(libc.errno());
  }
}

export class LinuxStream extends Descriptor implements DutStream {
  state(): string {
    const info = new Uint8Array(104);
    this.network.libc.getsockopt(this.fd, IPPROTO_TCP, TCP_INFO, info, numberOf(info.length));
    return STATES[info[0]!] ?? "";
  }

  send(payload: Uint8Array): string {
    const taken = this.network.libc.send(this.fd, payload, payload.length, MSG_DONTWAIT_NOSIGNAL);
    return taken < 0 ? this.failure : String(taken);
  }

  received(most: number = 1 << 20): Uint8Array {
    const bytes = new Uint8Array(most);
    const length = this.network.libc.recv(this.fd, bytes, most, MSG_DONTWAIT_NOSIGNAL);
    return bytes.slice(0, Math.max(0, length));
  }

  ended(): boolean {
    return this.network.libc.recv(this.fd, new Uint8Array(1), 1, MSG_DONTWAIT_NOSIGNAL | MSG_PEEK) === 0;
  }

  error(): string {
    const { libc } = this.network;
    const value = new Uint8Array(4);
    libc.getsockopt(this.fd, SOL_SOCKET, SO_ERROR, value, numberOf(4));
    const errno = new DataView(value.buffer).getInt32(0, NATIVE);
    return errno === 0 ? "" : libc.errorName(errno);
  }

  end(): void {
    this.network.calls.shutdown(this.fd, SHUT_WR);
  }

  abort(): void {
    // struct linger: on, for 0 s.
    this.#set(SOL_SOCKET, SO_LINGER, Uint8Array.from([...numberOf(1), ...numberOf(0)]));
    this.close();
  }

  keepAlive({ idle, interval, probes }: KeepAlive): void {
    this.#set(IPPROTO_TCP, TCP_KEEPIDLE, numberOf(idle));
    this.#set(IPPROTO_TCP, TCP_KEEPINTVL, numberOf(interval));
    this.#set(IPPROTO_TCP, TCP_KEEPCNT, numberOf(probes));
    this.#set(SOL_SOCKET, SO_KEEPALIVE, numberOf(1));
  }

  noDelay(): void {
    this.#set(IPPROTO_TCP, TCP_NODELAY, numberOf(1));
  }

  #set(level: number, name: number, value: Uint8Array): void {
    if (this.network.libc.setsockopt(this.fd, level, name, value, value.length) < 0) throw new Error(`setsockopt: ${this.failure}`);
  }
}

export class LinuxListener extends Descriptor implements DutListener {
  readonly port: number;
  readonly #keep: (stream: LinuxStream) => void;

  /** @param keep gets each connection, to close it at the end */
  constructor(network: TesterNetwork, fd: number, port: number, keep: (stream: LinuxStream) => void) {
    super(network, fd);
    this.port = port;
    this.#keep = keep;
  }

  accept(): DutStream | null {
    const fd = this.network.calls.accept4(this.fd, null, null, NONBLOCK_CLOEXEC);
    if (fd < 0) return null;
    const stream = new LinuxStream(this.network, fd);
    this.#keep(stream);
    return stream;
  }
}

/** Makes sockets of one family. Call its methods inside the namespace. */
export class LinuxTcp {
  readonly #network: TesterNetwork;
  readonly #family: (typeof SOCKET_FAMILIES)[Family];
  readonly #scope: Scope;
  readonly #made: Descriptor[] = [];

  constructor(network: TesterNetwork, family: Family, scope: Scope) {
    this.#network = network;
    this.#family = SOCKET_FAMILIES[family];
    this.#scope = scope;
  }

  /** @throws Error when the port is taken */
  listen(port: number, { backlog = BACKLOG }: ListenOptions): DutListener {
    const fd = this.#socket(port);
    if (this.#network.calls.listen(fd, backlog) < 0) throw new Error(`listen: ${this.#failure}`);
    const listener = new LinuxListener(this.#network, fd, port, (stream) => this.#made.push(stream));
    this.#made.push(listener);
    return listener;
  }

  connect(to: string, port: number, options: ConnectOptions): DutStream {
    const fd = this.#socket(options.port ?? 0);
    const done = this.#network.calls.connect(fd, sockaddr(this.#family, to, port, this.#scope), this.#family.size);
    if (done < 0 && this.#failure !== "EINPROGRESS") throw new Error(`connect: ${this.#failure}`);
    const stream = new LinuxStream(this.#network, fd);
    this.#made.push(stream);
    return stream;
  }

  close(): void {
    for (const each of this.#made.splice(0)) each.close();
  }

  /** A socket that is bound to a port; 0 for any. */
  #socket(port: number): number {
    const { libc } = this.#network;
    const { number, any, size } = this.#family;
    const fd = libc.socket(number, SOCK_STREAM | NONBLOCK_CLOEXEC, 0);
    if (fd < 0) throw new Error(`socket: ${this.#failure}`);
    if (port !== 0 && libc.bind(fd, sockaddr(this.#family, any, port, this.#scope), size) < 0) {
      const why = this.#failure;
      libc.close(fd);
      throw new Error(`bind: ${why}`);
    }
    return fd;
  }

  get #failure(): string {
    const { libc } = this.#network;
    return libc.errorName(libc.errno());
  }
}
