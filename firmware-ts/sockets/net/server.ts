/** A TCP server as node:net has it. */
import { EventEmitter } from "node:events";
import { isIP } from "node:net";
import type { IpFamily } from "../../ip/address.ts";
import type { TcpConnection, TcpListener, TcpUser } from "../../transport/tcp/contract.ts";
import { anyAddress, type NodeAddress, namesLink, nodeFamily, nodeText, plainText } from "../addresses.ts";
import { Hold } from "../ground.ts";
import { checkSignal, codedError, errnoName, listenError, portOf } from "../node-errors.ts";
import { type ListenOptions, noUnixSockets, readListen } from "./arguments.ts";
import type { NetGround } from "./ground.ts";
import { NetSocket, type SocketOptions } from "./socket.ts";

/** As net.createServer()'s. */
export interface ServerOptions {
  allowHalfOpen?: boolean | undefined;
  pauseOnConnect?: boolean | undefined;
  noDelay?: boolean | undefined;
  keepAlive?: boolean | undefined;
  keepAliveInitialDelay?: number | undefined;
  highWaterMark?: number | undefined;
}

/** The surroundings of a server. */
export interface ServerGround extends NetGround {
  /** Makes the sockets of accepted connections. */
  makeSocket(options: SocketOptions): NetSocket;
}

export type ConnectionListener = (socket: NetSocket) => void;

/**
 * The working part of a server. It stands beside the emitter: node:http makes its servers by calling net.Server on an object of its own.
 */
export class ServerCore {
  readonly #ground: ServerGround;
  readonly #emitter: EventEmitter;
  readonly #options: ServerOptions;
  readonly #hold: Hold;
  #listener: TcpListener | null = null;
  #host = "";
  /** The only family that it takes connections of; null for both. */
  #only: IpFamily | null = null;
  /** listen() was called, and 'listening' is still to come. */
  #opening = false;
  #connections = 0;

  constructor(emitter: EventEmitter, ground: ServerGround, options: ServerOptions) {
    this.#ground = ground;
    this.#emitter = emitter;
    this.#options = options;
    this.#hold = new Hold(ground.holds);
  }

  get listening(): boolean {
    return this.#listener !== null;
  }

  get connections(): number {
    return this.#connections;
  }

  /** @throws Error ERR_SERVER_ALREADY_LISTEN; RangeError ERR_SOCKET_BAD_PORT; TypeError ERR_INVALID_ARG_VALUE for a Unix socket */
  listen(words: readonly unknown[]): void {
    const [options, callback] = readListen(words);
    if (this.#listener !== null || this.#opening) {
      throw codedError(Error, "ERR_SERVER_ALREADY_LISTEN", "Listen method has been called more than once without closing.");
    }
    if (callback !== undefined) this.#emitter.once("listening", callback as () => void);
    if (options.path) throw noUnixSockets(options.path);
    const port = portOf(options.port ?? 0, { name: "options.port" });
    if (options.signal !== undefined) this.#obey(options.signal);
    const { host } = options;
    if (host === undefined || host === "" || isIP(host) !== 0) {
      this.#open(host || undefined, port, options);
      return;
    }
    this.#opening = true;
    this.#ground.lookup(host, {}, (error, address) => {
      if (!this.#opening) return;
      this.#opening = false;
      if (error) this.#emitter.emit("error", error);
      else this.#open(address as string, port, options);
    });
  }

  #obey(signal: AbortSignal): void {
    checkSignal(signal, "options.signal");
    const onAbort = (): void => this.close(undefined);
    if (signal.aborted) process.nextTick(onAbort);
    else signal.addEventListener("abort", onAbort, { once: true });
  }

  #open(host: string | undefined, port: number, { backlog, ipv6Only = false }: ListenOptions): void {
    const { stack } = this.#ground;
    const six = stack.layers.list.some(({ family }) => family === 6);
    this.#host = host ?? anyAddress(six ? 6 : 4);
    const any = this.#host === "0.0.0.0" || this.#host === "::";
    const accept = (connection: TcpConnection): TcpUser | null => this.#accept(connection);
    const limits = backlog === undefined || backlog <= 0 ? {} : { backlog };
    if (any && (this.#host === "0.0.0.0" || ipv6Only)) this.#only = isIP(this.#host) as IpFamily;
    if (!namesLink(this.#host, stack.devices)) {
      this.#refused("EINVAL", port);
      return;
    }
    try {
      this.#listener = stack.tcp.listen(port, any ? null : plainText(this.#host), accept, limits);
    } catch (error) {
      this.#refused(errnoName(error), port);
      return;
    }
    this.#hold.open();
    process.nextTick(() => {
      // close() may have come first.
      if (this.#listener !== null) this.#emitter.emit("listening");
    });
  }

  #refused(errno: string, port: number): void {
    const failure = listenError(errno, this.#host, port);
    process.nextTick(() => this.#emitter.emit("error", failure));
  }

  #accept(connection: TcpConnection): TcpUser | null {
    const family = typeof connection.localAddress === "number" ? 4 : 6;
    if (this.#only !== null && this.#only !== family) return null;
    const { maxConnections } = this.#emitter as { maxConnections?: number };
    if (maxConnections !== undefined && this.#connections >= maxConnections) {
      const { localAddress, localPort, remoteAddress, remotePort, device } = connection;
      const [local, remote] = [localAddress, remoteAddress].map((address) => nodeText(address, family, device));
      const named = nodeFamily(family);
      const drop = { localAddress: local, localPort, localFamily: named, remoteAddress: remote, remotePort, remoteFamily: named };
      queueMicrotask(() => this.#emitter.emit("drop", drop));
      return null;
    }
    const { pauseOnConnect = false, ...options } = this.#options;
    const socket = this.#ground.makeSocket(options);
    this.#connections++;
    const user = NetSocket.adopt(socket, connection, () => {
      this.#connections--;
      this.#closeWhenEmpty();
    });
    socket.server = this.#emitter;
    if (pauseOnConnect) socket.pause();
    // The program hears of it when the stack is done with the segment.
    queueMicrotask(() => {
      this.#emitter.emit("connection", socket);
      if (!socket.destroyed && !socket.isPaused()) socket.read(0);
    });
    return user;
  }

  close(callback: ((error?: Error) => void) | undefined): void {
    const running = this.#listener !== null;
    if (callback !== undefined) {
      if (running) this.#emitter.once("close", callback);
      else this.#emitter.once("close", () => callback(codedError(Error, "ERR_SERVER_NOT_RUNNING", "Server is not running.")));
    }
    this.#opening = false;
    this.#listener?.close();
    this.#listener = null;
    this.#closeWhenEmpty();
  }

  #closeWhenEmpty(): void {
    if (this.#listener !== null || this.#connections > 0) return;
    process.nextTick(() => {
      this.#hold.close();
      this.#emitter.emit("close");
    });
  }

  address(): NodeAddress | null {
    if (this.#listener === null) return null;
    return { address: this.#host, family: isIP(this.#host) === 6 ? "IPv6" : "IPv4", port: this.#listener.port };
  }

  ref(): void {
    this.#hold.ref();
  }

  unref(): void {
    this.#hold.unref();
  }
}

/** The working parts of servers: an object that http.Server has made has no fields of NetServer. */
const cores = new WeakMap<object, ServerCore>();

function coreOf(server: object): ServerCore {
  return cores.get(server) as ServerCore;
}

export class NetServer extends EventEmitter implements AsyncDisposable {
  /** More connections than this are refused, and told by 'drop'. */
  maxConnections: number | undefined;

  constructor(ground: ServerGround, options?: ServerOptions | ConnectionListener, listener?: ConnectionListener) {
    super();
    furnish(this, ground, options, listener);
  }

  get listening(): boolean {
    return coreOf(this).listening;
  }

  /**
   * Listens: listen([port[, host[, backlog]]][, callback]), listen(options[, callback]). 'listening' follows, or 'error'.
   * @throws Error ERR_SERVER_ALREADY_LISTEN; RangeError ERR_SOCKET_BAD_PORT; TypeError ERR_INVALID_ARG_VALUE for a Unix socket
   */
  listen(...words: unknown[]): this {
    coreOf(this).listen(words);
    return this;
  }

  /** Listens no more; 'close' follows once the last connection is closed. */
  close(callback?: (error?: Error) => void): this {
    coreOf(this).close(typeof callback === "function" ? callback : undefined);
    return this;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (!this.listening) return;
    await new Promise<void>((resolve) => this.close(() => resolve()));
  }

  address(): NodeAddress | null {
    return coreOf(this).address();
  }

  getConnections(callback: (error: Error | null, count: number) => void): this {
    process.nextTick(() => callback(null, coreOf(this).connections));
    return this;
  }

  ref(): this {
    coreOf(this).ref();
    return this;
  }

  unref(): this {
    coreOf(this).unref();
    return this;
  }
}

/** Gives an emitter the working part of a server: that of a NetServer, or of an object that inherits from it in the old way. */
export function furnish(
  emitter: EventEmitter,
  ground: ServerGround,
  options?: ServerOptions | ConnectionListener,
  listener?: ConnectionListener,
): void {
  const settings = typeof options === "object" && options !== null ? options : {};
  const onConnection = typeof options === "function" ? options : listener;
  if (onConnection !== undefined) emitter.on("connection", onConnection);
  cores.set(emitter, new ServerCore(emitter, ground, settings));
}
