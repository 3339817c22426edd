/**
 * Gives node:net's members another meaning: TCP of a stack. Unix sockets, descriptors and handles stay the kernel's. Node's own modules
 * (http, https, tls, fetch) read these members when they need them; the few things that they took before are replaced as well.
 */
import { EventEmitter } from "node:events";
import http from "node:http";
import nodeNet from "node:net";
import tls from "node:tls";
import { readConnect, readListen } from "../net/arguments.ts";
import type { Net } from "../net/net.ts";
import { furnish, NetServer, type ServerGround } from "../net/server.ts";
import type { NetSocket } from "../net/socket.ts";

/** Anything that can be called and made. */
type Callable = (this: object, ...words: never[]) => unknown;

/** The kernel's, as they were. */
const { Socket: KernelSocket, connect: connectKernel, createServer: createKernelServer } = nodeNet;

/** A socket of the kernel is asked for: it exists already. */
function isKernels(options: unknown): boolean {
  if (typeof options !== "object" || options === null) return false;
  const { handle, fd, _handle } = options as { handle?: unknown; fd?: unknown; _handle?: unknown };
  return Boolean(handle) || Boolean(_handle) || fd !== undefined;
}

/** net.Socket is called with `new` and, by streams of Node that inherit from it in the old way, without. */
function socketClass({ Socket }: Net): unknown {
  function BoundSocket(this: object, options?: object): unknown {
    if (isKernels(options)) {
      if (new.target === undefined && this instanceof KernelSocket)
        return (KernelSocket as unknown as Callable).call(this, options as never);
      return new KernelSocket(options as never);
    }
    return Reflect.construct(Socket, [options], new.target === undefined || new.target === BoundSocket ? Socket : new.target);
  }
  BoundSocket.prototype = Socket.prototype;
  Object.defineProperty(BoundSocket, Symbol.hasInstance, {
    value: (one: unknown) => one instanceof Socket || one instanceof KernelSocket,
  });
  Object.defineProperty(BoundSocket, "name", { value: "Socket" });
  return BoundSocket;
}

/** A Unix socket that listens for a server of ours: the kernel's. */
const KERNEL: unique symbol = Symbol("kernel");

interface WithKernel extends EventEmitter {
  [KERNEL]?: nodeNet.Server | undefined;
}

/** An object that http.Server has made has none of BoundServer's own fields. */
function kernelOf(server: WithKernel): nodeNet.Server | undefined {
  return server[KERNEL];
}

/** net.Server: as socketClass(), with Unix sockets beside. */
function serverClass(ground: ServerGround): { new (...words: unknown[]): NetServer; prototype: object } {
  class BoundServer extends NetServer {
    constructor(...words: unknown[]) {
      super(ground, ...(words as []));
    }

    override get listening(): boolean {
      return kernelOf(this)?.listening ?? super.listening;
    }

    override listen(...words: unknown[]): this {
      const [options, callback] = readListen(words);
      if (!options.path && !isKernels(options)) return super.listen(...words);
      const kernel = createKernelServer(this as object);
      for (const event of ["listening", "connection", "error", "close"]) kernel.on(event, (...told) => this.emit(event, ...told));
      if (callback !== undefined) this.once("listening", callback as () => void);
      (this as WithKernel)[KERNEL] = kernel;
      (kernel.listen as (...words: unknown[]) => void)(...words.filter((word) => word !== callback));
      return this;
    }

    override close(callback?: (error?: Error) => void): this {
      const kernel = kernelOf(this);
      if (kernel === undefined) return super.close(callback);
      kernel.close(callback);
      return this;
    }

    override address(): ReturnType<NetServer["address"]> {
      const kernel = kernelOf(this);
      return kernel === undefined ? super.address() : (kernel.address() as never);
    }
  }
  function Server(this: EventEmitter, ...words: unknown[]): unknown {
    if (new.target !== undefined) return Reflect.construct(BoundServer, words, new.target === Server ? BoundServer : new.target);
    if (!(this instanceof BoundServer)) return new BoundServer(...words);
    // http.Server calls its parent so.
    (EventEmitter as unknown as Callable).call(this);
    furnish(this, ground, ...(words as []));
    return undefined;
  }
  Server.prototype = BoundServer.prototype;
  return Server as never;
}

/** @param ground as `bound` was made with */
export function bindNet(bound: Net, ground: ServerGround): void {
  const Socket = socketClass(bound) as typeof nodeNet.Socket;
  const Server = serverClass(ground);
  const connect = (...words: unknown[]): NetSocket | nodeNet.Socket => {
    const [options] = readConnect(words);
    return !options.path ? bound.connect(...words) : (connectKernel as (...words: unknown[]) => nodeNet.Socket)(...words);
  };
  Object.assign(nodeNet, {
    Socket,
    Stream: Socket,
    Server,
    connect,
    createConnection: connect,
    createServer: (...words: unknown[]) => new Server(...words),
  });
  for (const Derived of [http.Server, tls.Server]) {
    Object.setPrototypeOf(Derived.prototype, Server.prototype);
    Object.setPrototypeOf(Derived, Server);
  }
  Object.assign(http.Agent.prototype, { createConnection: connect });
  bindTls(connect as never);
}

/** TLS goes over a stream of ours, and does the rest itself. */
function bindTls(connect: (options: object) => nodeNet.Socket): void {
  const { connect: connectTls } = tls;
  const bound = (...words: unknown[]): tls.TLSSocket => {
    const [first, second, third] = words;
    const callback = words.find((word) => typeof word === "function") as (() => void) | undefined;
    const given = [first, second, third].filter((word) => typeof word === "object" && word !== null) as tls.ConnectionOptions[];
    const [place] = readConnect(words);
    const options: tls.ConnectionOptions = Object.assign({}, ...given);
    if (options.socket !== undefined || place.path) return (connectTls as (...words: unknown[]) => tls.TLSSocket)(...words);
    const { port, host = "localhost" } = place;
    const servername = nodeNet.isIP(String(host)) === 0 ? { servername: host as string } : {};
    const socket = connect({ ...options, port, host });
    return connectTls({ host, ...servername, ...options, socket } as tls.ConnectionOptions, callback);
  };
  Object.assign(tls, { connect: bound });
}
