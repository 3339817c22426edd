/** A datagram socket with the API of node:dgram, its events, its errors and their order. */
import { EventEmitter, errorMonitor } from "node:events";
import type { IpFamily } from "../../ip/address.ts";
import { anyAddress, type NodeAddress } from "../addresses.ts";
import { Hold, type Holds, type Lookup, type SocketStack } from "../ground.ts";
import { checkFunction, checkSignal, checkString, codedError, portOf, systemError, wrongType } from "../node-errors.ts";
import { readSend, type SendRequest } from "./arguments.ts";
import { bufferSizeError } from "./buffer-size.ts";
import { type RemoteInfo, UdpHandle } from "./handle.ts";

export type SocketType = "udp4" | "udp6";

export type MessageListener = (message: Buffer, from: RemoteInfo) => void;

/** As node:dgram's. */
export interface DgramOptions {
  type: SocketType;
  reuseAddr?: boolean | undefined;
  ipv6Only?: boolean | undefined;
  recvBufferSize?: number | undefined;
  sendBufferSize?: number | undefined;
  lookup?: Lookup | undefined;
  signal?: AbortSignal | undefined;
}

/** As node:dgram's; `exclusive` changes nothing, for no process shares the stack. */
export interface DgramBindOptions {
  port?: number | undefined;
  address?: string | undefined;
  exclusive?: boolean | undefined;
}

/** The surroundings of a socket. */
export interface DgramGround {
  readonly stack: SocketStack;
  readonly lookup: Lookup;
  readonly holds: Holds;
}

const LOCALHOST = { 4: "127.0.0.1", 6: "::1" } as const;

type Step = "unbound" | "binding" | "bound" | "closed";

export class DgramSocket extends EventEmitter implements AsyncDisposable {
  readonly type: SocketType;
  readonly #family: IpFamily;
  readonly #options: DgramOptions;
  readonly #lookup: Lookup;
  readonly #handle: UdpHandle;
  readonly #hold: Hold;
  #step: Step = "unbound";
  #connection: "none" | "connecting" | "connected" = "none";
  /** Calls that wait for the socket to be bound. */
  #queue: (() => void)[] | null = null;

  /** @throws TypeError ERR_SOCKET_BAD_TYPE, ERR_INVALID_ARG_TYPE */
  constructor(ground: DgramGround, kind: SocketType | DgramOptions, listener?: MessageListener) {
    super();
    const options = typeof kind === "object" && kind !== null ? kind : { type: kind };
    const { type, lookup, signal, recvBufferSize, sendBufferSize } = options;
    if (type !== "udp4" && type !== "udp6") {
      throw codedError(TypeError, "ERR_SOCKET_BAD_TYPE", "Bad socket type specified. Valid types are: udp4, udp6");
    }
    if (lookup !== undefined) checkFunction(lookup, "lookup");
    for (const [name, size] of Object.entries({ recvBufferSize, sendBufferSize })) {
      if (size !== undefined && size !== 0 && typeof size !== "number") throw wrongType(`options.${name}`, "of type number", size);
    }
    this.type = type;
    this.#family = type === "udp6" ? 6 : 4;
    this.#options = options;
    this.#lookup = lookup ?? ground.lookup;
    this.#hold = new Hold(ground.holds);
    this.#handle = new UdpHandle(ground.stack, this.#family, {
      message: (bytes, from) => this.emit("message", bytes, from),
      failed: (errno) => this.emit("error", systemError(errno, "recvmsg")),
    });
    if (typeof listener === "function") this.on("message", listener);
    if (signal !== undefined) this.#obey(signal);
  }

  #obey(signal: AbortSignal): void {
    checkSignal(signal, "options.signal");
    const onAbort = (): void => {
      if (this.#step !== "closed") this.close();
    };
    if (signal.aborted) {
      onAbort();
      return;
    }
    signal.addEventListener("abort", onAbort, { once: true });
    this.once("close", () => signal.removeEventListener("abort", onAbort));
  }

  /**
   * Binds to an address and a port; 'listening' follows, or 'error'.
   * @throws Error ERR_SOCKET_ALREADY_BOUND, ERR_SOCKET_DGRAM_NOT_RUNNING; RangeError ERR_SOCKET_BAD_PORT
   */
  bind(port?: number | DgramBindOptions | (() => void), address?: string | (() => void), callback?: () => void): this {
    this.#checkRunning();
    if (this.#step !== "unbound") throw codedError(Error, "ERR_SOCKET_ALREADY_BOUND", "Socket is already bound");
    const words = [port, address, callback];
    const listener = words.find((word) => typeof word === "function") as (() => void) | undefined;
    const place = typeof port === "object" && port !== null ? port : { port, address };
    const host = typeof place.address === "function" ? undefined : place.address;
    const number = typeof place.port === "function" ? 0 : portOf(place.port ?? 0);
    this.#step = "binding";
    if (listener) this.#onceListening(listener);
    this.#bind(host, number);
    return this;
  }

  #onceListening(listener: () => void): void {
    const forget = (): void => {
      this.removeListener("error", forget);
      this.removeListener("listening", bound);
    };
    const bound = (): void => {
      forget();
      listener.call(this);
    };
    this.on("error", forget);
    this.on("listening", bound);
  }

  #bind(host: string | undefined, port: number): void {
    // Until it is bound nobody else waits for anything.
    this.#hold.open();
    this.#find(host || anyAddress(this.#family), (error, address) => {
      if (this.#step !== "binding") return;
      if (error) {
        this.#unbind(error);
        return;
      }
      const { ipv6Only = false, reuseAddr = false, recvBufferSize, sendBufferSize } = this.#options;
      const errno = this.#handle.bound ? null : this.#handle.bind(address, port, { ipv6Only, reuseAddr });
      if (errno !== null) {
        this.#unbind(systemError(errno, "bind", { address, port }));
        return;
      }
      this.#step = "bound";
      if (recvBufferSize) this.#handle.bufferSize(recvBufferSize, true);
      if (sendBufferSize) this.#handle.bufferSize(sendBufferSize, false);
      this.emit("listening");
    });
  }

  #unbind(error: Error): void {
    this.#step = "unbound";
    this.#hold.close();
    this.emit("error", error);
  }

  /** Finds an address of the socket's family, never before this turn of the program is over. */
  #find(host: string, found: (error: Error | null, address: string) => void): void {
    this.#lookup(host, { family: this.#family }, (error, address) => found(error, typeof address === "string" ? address : host));
  }

  /** Does the work once the socket is bound; never, if that fails. */
  #whenBound(work: () => void): void {
    if (this.#queue !== null) {
      this.#queue.push(work);
      return;
    }
    this.#queue = [work];
    const onError = (): void => {
      this.removeListener("listening", onBound);
      this.#queue = null;
    };
    const onBound = (): void => {
      this.removeListener(errorMonitor, onError);
      const queue = this.#queue ?? [];
      this.#queue = null;
      for (const waiting of queue) waiting();
    };
    this.once(errorMonitor, onError);
    this.once("listening", onBound);
  }

  #bindUnasked(): void {
    if (this.#step === "unbound") this.bind({ port: 0, exclusive: true });
  }

  /**
   * Talks with one peer from now on; 'connect' follows, or 'error'.
   * @throws Error ERR_SOCKET_DGRAM_IS_CONNECTED; RangeError ERR_SOCKET_BAD_PORT
   */
  connect(port: number, address?: string | (() => void), callback?: (error?: Error) => void): void {
    const number = portOf(port, { zero: false });
    const listener = typeof address === "function" ? address : callback;
    const host = typeof address === "function" ? undefined : address;
    this.#checkRunning();
    if (this.#connection !== "none") throw codedError(Error, "ERR_SOCKET_DGRAM_IS_CONNECTED", "Already connected");
    this.#connection = "connecting";
    this.#bindUnasked();
    const connect = (): void => this.#connect(number, host, listener);
    if (this.#step === "bound") connect();
    else this.#whenBound(connect);
  }

  #connect(port: number, host: string | undefined, listener: ((error?: Error) => void) | undefined): void {
    if (listener) this.once("connect", listener);
    this.#find(host || LOCALHOST[this.#family], (error, address) => {
      if (this.#step === "closed") return;
      const errno = error ? null : this.#handle.connect(address, port);
      const failure = error ?? (errno === null ? null : systemError(errno, "connect", { address, port }));
      if (failure === null) {
        this.#connection = "connected";
        process.nextTick(() => this.emit("connect"));
        return;
      }
      this.#connection = "none";
      process.nextTick(() => {
        if (listener === undefined) {
          this.emit("error", failure);
          return;
        }
        this.removeListener("connect", listener);
        listener(failure);
      });
    });
  }

  /** @throws Error ERR_SOCKET_DGRAM_NOT_CONNECTED */
  disconnect(): void {
    if (this.#connection !== "connected") throw notConnected();
    this.#handle.disconnect();
    this.#connection = "none";
  }

  /**
   * Sends a datagram, and binds the socket first where nobody has: send(msg[, offset, length][, port][, address][, callback]).
   * @throws TypeError ERR_INVALID_ARG_TYPE; RangeError ERR_BUFFER_OUT_OF_BOUNDS, ERR_SOCKET_BAD_PORT; Error
   * ERR_SOCKET_DGRAM_IS_CONNECTED, ERR_SOCKET_DGRAM_NOT_RUNNING
   */
  send(...words: unknown[]): void {
    const request = readSend(words, this.#connection === "connected");
    this.#checkRunning();
    this.#bindUnasked();
    if (this.#step === "bound") this.#sendNow(request);
    else this.#whenBound(() => this.#sendNow(request));
  }

  #sendNow(request: SendRequest): void {
    const { port, address, callback } = request;
    if (port === 0) {
      this.#transmit(request, undefined);
      return;
    }
    this.#find(address ?? LOCALHOST[this.#family], (error, found) => {
      if (error === null) this.#transmit(request, found);
      else if (callback) process.nextTick(callback, error);
      else process.nextTick(() => this.emit("error", error));
    });
  }

  #transmit({ bytes, port, callback }: SendRequest, address: string | undefined): void {
    if (this.#step === "closed") return;
    const told = (errno: string | null): void => {
      if (callback === undefined) return;
      if (errno === null) process.nextTick(callback, null, bytes.length);
      else process.nextTick(callback, systemError(errno, "send", address === undefined ? {} : { address, port }));
    };
    const result = this.#handle.send(bytes, port, address, told);
    if (result !== "waits") told(result);
  }

  /** @throws Error ERR_SOCKET_DGRAM_NOT_RUNNING */
  close(callback?: () => void): this {
    if (typeof callback === "function") this.on("close", callback);
    if (this.#queue !== null) {
      this.#queue.push(() => this.close());
      return this;
    }
    this.#checkRunning();
    this.#step = "closed";
    this.#handle.close();
    process.nextTick(() => {
      this.#hold.close();
      this.emit("close");
    });
    return this;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#step === "closed") return;
    await new Promise<void>((resolve) => this.close(resolve));
  }

  /** @throws Error EBADF, ERR_SOCKET_DGRAM_NOT_RUNNING */
  address(): NodeAddress {
    this.#checkRunning();
    const address = this.#handle.address();
    if (address === null) throw systemError("EBADF", "getsockname");
    return address;
  }

  /** @throws Error ERR_SOCKET_DGRAM_NOT_CONNECTED, ERR_SOCKET_DGRAM_NOT_RUNNING */
  remoteAddress(): NodeAddress {
    this.#checkRunning();
    const address = this.#connection === "connected" ? this.#handle.remoteAddress() : null;
    if (address === null) throw notConnected();
    return address;
  }

  /** @throws Error EBADF */
  setBroadcast(on: boolean): void {
    this.#ask("setBroadcast", () => this.#handle.setBroadcast(Boolean(on)));
  }

  /** @throws Error EBADF, EINVAL; TypeError ERR_INVALID_ARG_TYPE */
  setTTL(ttl: number): number {
    if (typeof ttl !== "number") throw wrongType("ttl", "of type number", ttl);
    this.#ask("setTTL", () => this.#handle.setTtl(ttl));
    return ttl;
  }

  /** @throws Error EINVAL, EADDRINUSE, ENODEV; TypeError ERR_MISSING_ARGS */
  addMembership(group: string, at?: string): void {
    this.#needGroup(group);
    this.#ask("addMembership", () => this.#handle.join(group, at));
  }

  /** @throws Error EINVAL, EADDRNOTAVAIL, ENODEV; TypeError ERR_MISSING_ARGS */
  dropMembership(group: string, at?: string): void {
    this.#needGroup(group);
    this.#ask("dropMembership", () => this.#handle.leave(group, at));
  }

  #needGroup(group: unknown): void {
    this.#checkRunning();
    if (!group) throw codedError(TypeError, "ERR_MISSING_ARGS", 'The "multicastAddress" argument must be specified');
  }

  /** @throws Error EBADF, EINVAL, EADDRNOTAVAIL; TypeError ERR_INVALID_ARG_TYPE */
  setMulticastInterface(at: string): void {
    this.#checkRunning();
    checkString(at, "interfaceAddress");
    this.#ask("setMulticastInterface", () => this.#handle.setGroupDevice(at));
  }

  #ask(syscall: string, work: () => string | null): void {
    this.#checkRunning();
    const errno = work();
    if (errno !== null) throw systemError(errno, syscall);
  }

  /** @throws Error ERR_SOCKET_BUFFER_SIZE */
  getRecvBufferSize(): number {
    return this.#bufferSize(0, true);
  }

  getSendBufferSize(): number {
    return this.#bufferSize(0, false);
  }

  /** @throws TypeError ERR_SOCKET_BAD_BUFFER_SIZE; Error ERR_SOCKET_BUFFER_SIZE */
  setRecvBufferSize(size: number): void {
    this.#bufferSize(checkedSize(size), true);
  }

  setSendBufferSize(size: number): void {
    this.#bufferSize(checkedSize(size), false);
  }

  #bufferSize(size: number, receive: boolean): number {
    this.#checkRunning();
    const bytes = this.#handle.bufferSize(size, receive);
    if (bytes === null) throw bufferSizeError(receive);
    return bytes;
  }

  /** Bytes of datagrams that wait for room in the send buffer. */
  getSendQueueSize(): number {
    return this.#handle.queueBytes;
  }

  getSendQueueCount(): number {
    return this.#handle.queueCount;
  }

  /** A program waits for this socket to be closed, as it does from the start. */
  ref(): this {
    this.#hold.ref();
    return this;
  }

  unref(): this {
    this.#hold.unref();
    return this;
  }

  #checkRunning(): void {
    if (this.#step === "closed") throw codedError(Error, "ERR_SOCKET_DGRAM_NOT_RUNNING", "Not running");
  }
}

function notConnected(): Error {
  return codedError(Error, "ERR_SOCKET_DGRAM_NOT_CONNECTED", "Not connected");
}

function checkedSize(size: number): number {
  if (size === size >>> 0) return size;
  throw codedError(TypeError, "ERR_SOCKET_BAD_BUFFER_SIZE", "Buffer size must be a positive integer");
}
