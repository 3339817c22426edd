/** The control socket of an instance: a Unix stream socket that carries lines, its server and its client end. */
import { createConnection, createServer, type Server, type Socket } from "node:net";
import type { LineChannel } from "../control/rpc/channel.ts";
import { LineReader, MAX_ANSWER, MAX_LINE } from "../control/rpc/line-reader.ts";
import { ControlError, type Methods } from "../control/rpc/protocol.ts";
import { serve } from "../control/rpc/server.ts";

/** Lines over a stream socket, in UTF-8. */
class SocketChannel implements LineChannel {
  readonly #socket: Socket;
  onLine: LineChannel["onLine"] = null;
  onBroken: LineChannel["onBroken"] = null;
  onClose: LineChannel["onClose"] = null;

  /** @param longest longest line that is read, in characters */
  constructor(socket: Socket, longest: number) {
    this.#socket = socket;
    const reader = new LineReader((line) => this.onLine?.(line), longest);
    let broken = false;
    socket.setEncoding("utf8");
    socket.on("data", (chunk: string) => {
      // Text after a line that is too long is read and ignored: a client that still writes to a closed socket is cut off before it has
      // read why.
      if (broken) return;
      try {
        reader.push(chunk);
      } catch (error) {
        if (!(error instanceof ControlError)) throw error;
        broken = true;
        this.onBroken?.(error);
      }
    });
    // A peer that goes away in the middle of an answer is no fault of this end.
    socket.on("error", () => socket.destroy());
    socket.on("close", () => this.onClose?.());
  }

  get open(): boolean {
    return !this.#socket.destroyed;
  }

  get backlog(): number {
    return this.#socket.writableLength;
  }

  send(line: string): void {
    if (this.#socket.writable) this.#socket.write(`${line}\n`);
  }

  end(line: string): void {
    this.#socket.end(`${line}\n`);
  }

  close(): void {
    this.#socket.destroy();
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
      resolve(new SocketChannel(socket, MAX_ANSWER));
    });
  });
}

/** Serves methods at a path of the file system. */
export class ControlServer {
  readonly #methods: Methods;
  readonly #sockets = new Set<Socket>();
  #server: Server | null = null;

  constructor(methods: Methods) {
    this.#methods = methods;
  }

  /** Listens at `path`, which must not exist. Rejects with the socket's error. */
  listen(path: string): Promise<void> {
    const server = createServer((socket) => {
      this.#sockets.add(socket);
      socket.on("close", () => this.#sockets.delete(socket));
      serve(new SocketChannel(socket, MAX_LINE), this.#methods);
    });
    this.#server = server;
    return new Promise((resolve, reject) => {
      server.once("error", reject);
      server.listen(path, () => {
        server.removeListener("error", reject);
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
