/** The control socket of an instance: a Unix stream socket that carries lines, its server and its client end. */
import { createConnection, createServer, type Server, type Socket } from "node:net";
import type { LineChannel } from "../control/rpc/channel.ts";
import { LineReader, MAX_ANSWER, MAX_LINE } from "../control/rpc/line-reader.ts";
import { LIMITS, type Limits, ServerLoad } from "../control/rpc/load.ts";
import { ControlError, type Methods } from "../control/rpc/protocol.ts";
import { serve } from "../control/rpc/server.ts";
import { errnoWords } from "./errno-words.ts";

/** Lines that are handed on before everything else has its turn. */
const TURN = 16;
/** Bytes unread by a client with which its next request waits. */
const HELD_BACK = 1 << 20;
/** Bytes that are written to a socket at once. */
const CHUNK = 1 << 16;
/** A client that is hung up on has so many ms without a byte taken to read why. */
const LAST_WORDS = 5000;
/** Connections beyond the limit that are told of it at a time; others are closed without a word. */
const REFUSED = 16;

interface SocketOptions {
  /** Longest line that is read, in characters. */
  readonly longest: number;
  /** No further line is read while the other end leaves its answers unread. */
  readonly holdsBack: boolean;
}

/** Lines over a stream socket, in UTF-8. What the socket does not take waits here, so that it can be dropped. */
class SocketChannel implements LineChannel {
  readonly #socket: Socket;
  readonly #holdsBack: boolean;
  /** Lines that have arrived, from #next on. */
  #arrived: string[] = [];
  #next = 0;
  /** The next lines are handed on in a later turn. */
  #scheduled = false;
  /** Why no line follows those that have arrived. */
  #broken: ControlError | null = null;
  /** Lines to be written, and their bytes. */
  #waiting: string[] = [];
  #bytes = 0;
  /** Nothing follows the lines that wait. */
  #ending = false;
  onLine: LineChannel["onLine"] = null;
  onBroken: LineChannel["onBroken"] = null;
  onClose: LineChannel["onClose"] = null;

  constructor(socket: Socket, { longest, holdsBack }: SocketOptions) {
    this.#socket = socket;
    this.#holdsBack = holdsBack;
    const reader = new LineReader((line) => this.#arrived.push(line), longest);
    socket.setEncoding("utf8");
    socket.on("data", (chunk: string) => {
      // Text after a line that is too long is read and ignored: a client that still writes to a closed socket is cut off before it has
      // read why.
      if (this.#broken || this.#ending) return;
      try {
        reader.push(chunk);
      } catch (error) {
        if (!(error instanceof ControlError)) throw error;
        this.#broken = error;
      }
      this.#handOn();
    });
    socket.on("drain", () => this.#drain());
    // A peer that goes away in the middle of an answer is no fault of this end.
    socket.on("error", () => socket.destroy());
    socket.on("close", () => this.onClose?.());
  }

  get open(): boolean {
    return !this.#socket.destroyed && !this.#ending;
  }

  get backlog(): number {
    return this.#bytes + this.#socket.writableLength;
  }

  send(line: string): void {
    if (!this.#socket.writable || this.#ending) return;
    this.#waiting.push(`${line}\n`);
    this.#bytes += Buffer.byteLength(line) + 1;
    this.#write();
  }

  end(line: string): void {
    if (this.#ending) return;
    this.send(line);
    this.#ending = true;
    // The socket's own timer, and no Clock's: it starts anew with each byte that is taken, and a client reads in real time even where the
    // stack's time is virtual.
    this.#socket.setTimeout(LAST_WORDS, () => this.close());
    this.#write();
  }

  cut(line: string): void {
    this.#waiting = [];
    this.#bytes = 0;
    this.end(line);
  }

  close(): void {
    this.#socket.destroy();
  }

  /** Hands on a few of the lines that have arrived; the others wait for the next turn, or until the other end has read. */
  #handOn(): void {
    for (let count = 0; count < TURN && this.#next < this.#arrived.length; count++) {
      if (!this.open) this.#next = this.#arrived.length;
      else if (this.#holdsBack && this.backlog > HELD_BACK) break;
      else this.onLine?.(this.#arrived[this.#next++] as string);
    }
    if (this.#next >= this.#arrived.length) {
      this.#arrived = [];
      this.#next = 0;
      this.#socket.resume();
      if (this.#broken && this.open) this.onBroken?.(this.#broken);
      return;
    }
    this.#socket.pause();
    // A drained socket goes on by itself.
    if (this.#scheduled || (this.#holdsBack && this.backlog > HELD_BACK)) return;
    this.#scheduled = true;
    setImmediate(() => {
      this.#scheduled = false;
      this.#handOn();
    });
  }

  #drain(): void {
    this.#write();
    if (this.#next < this.#arrived.length) this.#handOn();
  }

  /** Writes what the socket takes. */
  #write(): void {
    const socket = this.#socket;
    let written = 0;
    while (written < this.#waiting.length && socket.writable && !socket.writableNeedDrain) {
      let text = "";
      while (written < this.#waiting.length && text.length < CHUNK) text += this.#waiting[written++];
      this.#bytes -= Buffer.byteLength(text);
      socket.write(text);
    }
    if (written > 0) this.#waiting.splice(0, written);
    if (this.#ending && this.#waiting.length === 0) socket.end();
  }
}

/**
 * Opens a channel to the instance that listens at `path`. Rejects with the socket's error (ENOENT, ECONNREFUSED, EACCES) when none
 * answers there.
 */
export function connectSocket(path: string): Promise<LineChannel> {
  return new Promise((resolve, reject) => {
    const socket = createConnection(path);
    socket.once("error", reject);
    socket.once("connect", () => {
      socket.removeListener("error", reject);
      resolve(new SocketChannel(socket, { longest: MAX_ANSWER, holdsBack: false }));
    });
  });
}

/** Serves methods at a path of the file system. */
export class ControlServer {
  readonly #methods: Methods;
  readonly #load: ServerLoad;
  readonly #sockets = new Set<Socket>();
  #server: Server | null = null;

  /** @param limits of connections, requests, subscriptions and bytes that wait */
  constructor(methods: Methods, limits: Limits = LIMITS) {
    this.#methods = methods;
    this.#load = new ServerLoad(limits);
  }

  /**
   * Listens at `path`, which must not exist.
   * @throws ControlError CONTROL_SOCKET
   */
  listen(path: string): Promise<void> {
    const server = createServer((socket) => {
      this.#sockets.add(socket);
      socket.on("close", () => this.#sockets.delete(socket));
      serve(new SocketChannel(socket, { longest: MAX_LINE, holdsBack: true }), this.#methods, this.#load);
    });
    server.maxConnections = this.#load.limits.connections + REFUSED;
    this.#server = server;
    return new Promise((resolve, reject) => {
      const refused = (error: Error): void =>
        reject(new ControlError("CONTROL_SOCKET", `cannot make the control socket ${path}: ${errnoWords(error)}`));
      server.once("error", refused);
      server.listen(path, () => {
        server.removeListener("error", refused);
        resolve();
      });
    });
  }

  /** Cuts every connection and removes the socket. */
  close(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    return new Promise((resolve) => {
      if (this.#server) this.#server.close(() => resolve());
      else resolve();
    });
  }
}
