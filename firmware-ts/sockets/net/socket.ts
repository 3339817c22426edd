/** A TCP socket as node:net has it: a Duplex stream over a connection of the stack. */
import { Duplex } from "node:stream";
import type { Timer } from "../../../hal/clock.ts";
import type { TcpConnection, TcpUser } from "../../transport/tcp/contract.ts";
import { type NodeAddress, nodeFamily, nodeText } from "../addresses.ts";
import { Hold } from "../ground.ts";
import { checkFunction, codedError, errnoName, systemError, wrongType } from "../node-errors.ts";
import { type ConnectOptions, noUnixSockets, portToConnect, readConnect } from "./arguments.ts";
import { Attempts } from "./attempts.ts";
import type { NetGround } from "./ground.ts";

/** As net.Socket's. */
export interface SocketOptions {
  allowHalfOpen?: boolean | undefined;
  highWaterMark?: number | undefined;
  noDelay?: boolean | undefined;
  keepAlive?: boolean | undefined;
  keepAliveInitialDelay?: number | undefined;
  signal?: AbortSignal | undefined;
}

/** Most bytes of one 'data' event, as libuv reads them. */
const CHUNK = 65_536;
/** Writes that together are not longer go down as one. */
const JOINED = 16_384;
const DEFAULT_KEEP_ALIVE = 7_200_000;

export class NetSocket extends Duplex {
  /** A connection is being made. */
  connecting = false;
  /** The limit of setTimeout(), in ms. */
  timeout: number | undefined;
  /** `address:port` of each address that was tried, where a name has several. */
  autoSelectFamilyAttemptedAddresses: string[] | undefined;
  /** The server that has accepted it. */
  server: object | undefined;
  /** For node:tls, which looks for the stream that a socket stands on, until there is none. */
  readonly _parent: null = null;
  readonly #ground: NetGround;
  readonly #hold: Hold;
  readonly #idle: Timer;
  #attempts: Attempts | null = null;
  #connection: TcpConnection | null = null;
  #noDelay: boolean;
  /** ms; 0 for none. */
  #keepAlive: number;
  #wanted = false;
  #bytesRead = 0;
  #bytesDone = 0;
  /** The part of a write that the send buffer has not taken yet, and the bytes of that write that it has. */
  #rest: Uint8Array[] = [];
  #taken = 0;
  #written: ((error?: Error | null) => void) | null = null;
  #pullDue = false;
  readonly #pullAll = (): void => {
    this.#pullDue = false;
    if (this.destroyed) return;
    this.#pull();
    // 'end' comes by itself once somebody has read what is there, and at once where there is nothing.
    if (this.#connection?.ended === true && !this.destroyed && this.readableLength === 0 && !this.isPaused()) this.read(0);
  };
  /** Kept from the first look at it, as in Node: it can then be read after the end. */
  #knownPeer: NodeAddress | undefined;
  #onGone: () => void = () => {};
  readonly #user: TcpUser = {
    connected() {},
    readable: () => this.#pullSoon(),
    ended: () => this.#pullSoon(),
    writable: () => {
      this.#touch();
      this.#push();
    },
    closed: (error) => {
      // Bytes that came before can still be read.
      this.#pull();
      if (error !== null) this.destroy(systemError(errnoName(error), "read"));
    },
  };

  constructor(ground: NetGround, options: SocketOptions = {}) {
    const { allowHalfOpen = false, highWaterMark, signal, noDelay = false, keepAlive = false, keepAliveInitialDelay = 0 } = options;
    const water = highWaterMark === undefined ? {} : { highWaterMark };
    super({ allowHalfOpen, emitClose: false, autoDestroy: true, ...water, ...(signal ? { signal } : {}) });
    this.#ground = ground;
    this.#hold = new Hold(ground.holds);
    this.#idle = ground.stack.clock.timer(() => this.emit("timeout"));
    this.#noDelay = noDelay;
    this.#keepAlive = keepAlive ? keepAliveInitialDelay || DEFAULT_KEEP_ALIVE : 0;
  }

  /** Gives a new socket a connection that a server has accepted. `onGone` is called once the socket is closed. */
  static adopt(socket: NetSocket, connection: TcpConnection, onGone: () => void): TcpUser {
    socket.#take(connection);
    socket.#hold.open();
    socket.#onGone = onGone;
    return socket.#user;
  }

  #take(connection: TcpConnection): void {
    this.#connection = connection;
    connection.noDelay = this.#noDelay;
    if (this.#keepAlive > 0) connection.keepAlive(this.#keepAlive);
  }

  /**
   * Connects: connect(options[, callback]), connect(port[, host][, callback]). 'connect' follows, or 'error'.
   * @throws TypeError ERR_MISSING_ARGS, ERR_INVALID_ARG_TYPE, ERR_INVALID_ARG_VALUE for the path of a Unix socket; RangeError
   * ERR_SOCKET_BAD_PORT
   */
  connect(...words: unknown[]): this {
    const [options, callback] = readConnect(words);
    if (options.path) throw noUnixSockets(options.path);
    const port = portToConnect(options);
    if (options.lookup !== undefined) checkFunction(options.lookup, "options.lookup");
    if (callback !== undefined) this.once("connect", callback as () => void);
    this.#use(options);
    this.connecting = true;
    this.#connection = null;
    this.#knownPeer = undefined;
    this.#hold.open();
    this.#touch();
    const { stack, lookup } = this.#ground;
    const place = { port, host: options.host || "localhost" };
    this.#attempts = new Attempts(
      { stack, lookup: options.lookup ?? lookup, options, place },
      {
        user: this.#user,
        tell: (event, ...words) => {
          if (!this.destroyed) this.emit(event, ...words);
        },
        several: () => {
          this.autoSelectFamilyAttemptedAddresses = [];
        },
        established: (connection) => this.#established(connection),
        refused: (error) => {
          this.connecting = false;
          this.destroy(error);
        },
      },
    );
    this.#attempts.begin();
    return this;
  }

  #use({ noDelay, keepAlive, keepAliveInitialDelay, timeout }: ConnectOptions): void {
    if (noDelay !== undefined) this.#noDelay = noDelay;
    if (keepAlive !== undefined) this.#keepAlive = keepAlive ? keepAliveInitialDelay || DEFAULT_KEEP_ALIVE : 0;
    if (timeout !== undefined) this.setTimeout(timeout);
  }

  #established(connection: TcpConnection): void {
    this.#attempts = null;
    this.connecting = false;
    this.#take(connection);
    this.#touch();
    this.emit("connect");
    this.emit("ready");
    if (!this.destroyed && !this.isPaused()) this.read(0);
  }

  override _read(): void {
    this.#wanted = true;
    this.#pull();
  }

  /** Takes what has come once the stack is done with the segments that are there: many segments make one 'data', as in a kernel's buffer. */
  #pullSoon(): void {
    this.#touch();
    if (this.#pullDue) return;
    this.#pullDue = true;
    queueMicrotask(this.#pullAll);
  }

  #pull(): void {
    const connection = this.#connection;
    if (connection === null) return;
    while (this.#wanted && connection.available > 0) {
      const chunk = Buffer.allocUnsafe(Math.min(connection.available, CHUNK));
      const length = connection.read(chunk);
      this.#bytesRead += length;
      this.#wanted = this.push(length === chunk.length ? chunk : chunk.subarray(0, length));
    }
    if (this.#wanted && connection.ended && connection.available === 0) {
      this.#wanted = false;
      this.push(null);
    }
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: (error?: Error | null) => void): void {
    this.#send([chunk], done);
  }

  override _writev(chunks: { chunk: Buffer }[], done: (error?: Error | null) => void): void {
    const parts = chunks.map(({ chunk }) => chunk);
    const total = parts.reduce((sum, part) => sum + part.length, 0);
    this.#send(total > JOINED ? parts : [Buffer.concat(parts, total)], done);
  }

  #send(parts: Uint8Array[], done: (error?: Error | null) => void): void {
    if (this.connecting) {
      this.#afterConnect(() => this.#send(parts, done), done);
      return;
    }
    if (this.#connection === null) {
      done(systemError("EPIPE", "write"));
      return;
    }
    this.#touch();
    this.#rest = parts;
    this.#taken = 0;
    this.#written = done;
    this.#push();
  }

  #afterConnect(work: () => void, done: (error: Error) => void): void {
    const onClose = (): void => {
      done(codedError(Error, "ERR_SOCKET_CLOSED_BEFORE_CONNECTION", "Socket closed before the connection was established"));
    };
    this.once("close", onClose);
    this.once("connect", () => {
      this.off("close", onClose);
      work();
    });
  }

  #push(): void {
    const connection = this.#connection;
    const done = this.#written;
    if (connection === null || done === null) return;
    while (this.#rest.length > 0) {
      const [part] = this.#rest as [Uint8Array];
      const taken = connection.write(part);
      this.#bytesDone += taken;
      this.#taken += taken;
      if (taken < part.length) {
        this.#rest[0] = part.subarray(taken);
        return;
      }
      this.#rest.shift();
    }
    this.#written = null;
    this.#taken = 0;
    done();
  }

  override _final(done: (error?: Error | null) => void): void {
    if (this.connecting) {
      this.once("connect", () => this._final(done));
      return;
    }
    this.#connection?.end();
    done();
  }

  override _destroy(error: Error | null, done: (error?: Error | null) => void): void {
    const connection = this.#connection;
    this.connecting = false;
    this.#attempts?.cancel();
    this.#attempts = null;
    this.#connection = null;
    this.#rest = [];
    this.#written = null;
    this.#taken = 0;
    this.#idle.cancel();
    connection?.close();
    done(error);
    setImmediate(() => {
      this.#hold.close();
      this.emit("close", error !== null);
      this.#onGone();
    });
  }

  /** Ends the stream, and closes it once everything is written. */
  destroySoon(): void {
    if (!this.writableEnded) this.end();
    if (this.writableFinished) this.destroy();
    else this.once("finish", () => this.destroy());
  }

  /** Closes the connection by RST. */
  resetAndDestroy(): this {
    if (this.connecting || this.#connection === null) {
      this.destroy(this.connecting ? undefined : codedError(Error, "ERR_SOCKET_CLOSED", "Socket is closed"));
      return this;
    }
    this.#connection.abort();
    return this.destroy();
  }

  /** Emits 'timeout' after so many ms without anything sent or received; 0 turns it off. */
  setTimeout(limit: number, callback?: () => void): this {
    if (this.destroyed) return this;
    if (typeof limit !== "number") throw wrongType("msecs", "of type number", limit);
    this.timeout = limit;
    if (callback !== undefined) {
      checkFunction(callback, "callback");
      if (limit === 0) this.removeListener("timeout", callback);
      else this.once("timeout", callback);
    }
    this.#idle.cancel();
    this.#touch();
    return this;
  }

  #touch(): void {
    if (this.timeout) this.#idle.arm(this.timeout);
  }

  setNoDelay(on?: boolean): this {
    this.#noDelay = on === undefined || Boolean(on);
    if (this.#connection) this.#connection.noDelay = this.#noDelay;
    return this;
  }

  setKeepAlive(on = false, initialDelay = 0): this {
    this.#keepAlive = on ? initialDelay || DEFAULT_KEEP_ALIVE : 0;
    this.#connection?.keepAlive(this.#keepAlive);
    return this;
  }

  ref(): this {
    this.#hold.ref();
    return this;
  }

  unref(): this {
    this.#hold.unref();
    return this;
  }

  /** True until it is connected. */
  get pending(): boolean {
    return this.#connection === null;
  }

  get readyState(): "opening" | "open" | "readOnly" | "writeOnly" | "closed" {
    if (this.connecting) return "opening";
    if (this.readable && this.writable) return "open";
    if (this.readable) return "readOnly";
    return this.writable ? "writeOnly" : "closed";
  }

  get bytesRead(): number {
    return this.#bytesRead;
  }

  get bytesWritten(): number {
    return this.#bytesDone + this.writableLength - this.#taken;
  }

  get bufferSize(): number {
    return this.writableLength;
  }

  address(): NodeAddress | Record<string, never> {
    const connection = this.#connection;
    if (connection === null) return {};
    const { localAddress, localPort, device } = connection;
    const family = typeof localAddress === "number" ? 4 : 6;
    return { address: nodeText(localAddress, family, device), family: nodeFamily(family), port: localPort };
  }

  get localAddress(): string | undefined {
    return this.address().address;
  }

  get localPort(): number | undefined {
    return this.address().port;
  }

  get localFamily(): string | undefined {
    return this.address().family;
  }

  get #peer(): NodeAddress | undefined {
    const connection = this.#connection;
    if (this.#knownPeer === undefined && connection !== null) {
      const { remoteAddress, remotePort, device } = connection;
      const family = typeof remoteAddress === "number" ? 4 : 6;
      this.#knownPeer = { address: nodeText(remoteAddress, family, device), family: nodeFamily(family), port: remotePort };
    }
    return this.#knownPeer;
  }

  get remoteAddress(): string | undefined {
    return this.#peer?.address;
  }

  get remotePort(): number | undefined {
    return this.#peer?.port;
  }

  get remoteFamily(): string | undefined {
    return this.#peer?.family;
  }
}
