/** The control socket of an instance: a Unix stream socket that speaks JSON-RPC 2.0, one object a line (see rpc.ts). */
import { createServer, type Server, type Socket } from "node:net";
import { answer, failure, type JsonObject, LineReader, type Methods, type Session } from "./rpc.ts";

/** Bytes a client may leave unread before it is cut off: a reader that has stopped must not fill our memory. */
const MAX_BACKLOG = 8 << 20;

class Connection implements Session {
  readonly #socket: Socket;
  readonly #onClose = new Set<() => void>();
  closed = false;

  constructor(socket: Socket, methods: Methods) {
    this.#socket = socket;
    const reader = new LineReader((line) => void this.#answer(line, methods));
    socket.setEncoding("utf8");
    socket.on("data", (chunk: string) => {
      if (socket.writableEnded) return;
      try {
        reader.push(chunk);
      } catch (error) {
        // What follows cannot be told apart any more: say why and hang up. It is read and ignored, or the client would never
        // come to hear why: who writes to a closed socket is cut off before it has read.
        socket.end(`${failure(null, error)}\n`);
      }
    });
    // A client that goes away in the middle of an answer is no fault of the instance.
    socket.on("error", () => socket.destroy());
    socket.on("close", () => {
      this.closed = true;
      for (const callback of this.#onClose) callback();
      this.#onClose.clear();
    });
  }

  notify(method: string, params: JsonObject): void {
    this.#write(JSON.stringify({ jsonrpc: "2.0", method, params }));
  }

  onClose(callback: () => void): () => void {
    this.#onClose.add(callback);
    return () => this.#onClose.delete(callback);
  }

  async #answer(line: string, methods: Methods): Promise<void> {
    const reply = await answer(line, methods, this);
    if (reply !== null) this.#write(reply);
  }

  #write(line: string): void {
    if (!this.#socket.writable) return;
    // Looked at before it is added to: one answer may be longer than this, for a client that reads.
    if (this.#socket.writableLength > MAX_BACKLOG) this.#socket.destroy();
    else this.#socket.write(`${line}\n`);
  }
}

export class ControlServer {
  readonly #methods: Methods;
  readonly #sockets = new Set<Socket>();
  #server: Server | null = null;

  constructor(methods: Methods) {
    this.#methods = methods;
  }

  /** Listens at `path`, which must not exist. */
  listen(path: string): Promise<void> {
    const server = createServer((socket) => {
      this.#sockets.add(socket);
      socket.on("close", () => this.#sockets.delete(socket));
      new Connection(socket, this.#methods);
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
