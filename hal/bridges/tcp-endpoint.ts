/** A TCP port in front of a simulated serial device, as ser2net offers it for a real one. */
import { createServer, type Server, type Socket } from "node:net";
import { ControllerError } from "../ethernet.ts";
import type { SerialDevice } from "../serial-device.ts";
import { EndpointCounters, OUTPUT_BYTES, type SerialEndpoint } from "./serial-endpoint.ts";
import { tcpWords } from "./tcp-words.ts";

export class TcpEndpoint implements SerialEndpoint {
  readonly counters: EndpointCounters = new EndpointCounters();
  onConnection: ((connected: boolean) => void) | null = null;
  readonly #device: SerialDevice;
  readonly #host: string;
  #port: number;
  #server: Server | null = null;
  #client: Socket | null = null;

  /** @param port 0: one that is free, which the description names once it is open */
  constructor(device: SerialDevice, host: string, port: number) {
    this.#device = device;
    this.#host = host;
    this.#port = port;
  }

  get description(): string {
    return `tcp ${this.#host}:${this.#port}`;
  }

  /** The port that is listened on. */
  get port(): number {
    return this.#port;
  }

  /** @throws ControllerError TCP_BUSY, TCP_PERMISSION, TCP_LISTEN */
  async open(): Promise<void> {
    const server = createServer({ noDelay: true }, (socket) => this.#accept(socket));
    await new Promise<void>((resolve, reject) => {
      server.once("error", (error) => reject(this.#refusal(error)));
      server.listen(this.#port, this.#host, resolve);
    });
    this.#server = server;
    const address = server.address();
    if (address !== null && typeof address === "object") this.#port = address.port;
    this.#device.onSend = (bytes) => this.#send(bytes);
  }

  async close(): Promise<void> {
    const server = this.#server;
    this.#server = null;
    if (!server) return;
    this.#device.onSend = null;
    this.#client?.destroy();
    await new Promise<void>((resolve) => server.close(() => resolve()));
  }

  #refusal(error: NodeJS.ErrnoException): ControllerError {
    const cause = { cause: error };
    if (error.code === "EADDRINUSE")
      return new ControllerError("TCP_BUSY", `${this.description}: another program listens there; take another port`, cause);
    if (error.code === "EACCES")
      return new ControllerError("TCP_PERMISSION", `${this.description}: permission denied; take a port from 1024 on`, cause);
    return new ControllerError("TCP_LISTEN", `${this.description}: cannot listen there: ${tcpWords(error)}`, cause);
  }

  #accept(socket: Socket): void {
    // An error ends the connection; the close that follows tells us.
    socket.on("error", () => {});
    if (this.#client) {
      this.counters.refused++;
      socket.destroy();
      return;
    }
    this.#client = socket;
    this.counters.connections++;
    socket.on("data", (bytes: Uint8Array) => {
      this.counters.bytesIn += bytes.length;
      this.#device.receive(bytes);
    });
    socket.on("drain", () => socket.resume());
    socket.once("close", () => {
      this.#client = null;
      this.onConnection?.(false);
    });
    this.onConnection?.(true);
    this.#device.opened();
  }

  #send(bytes: Uint8Array): void {
    const socket = this.#client;
    if (!socket) return;
    if (socket.writableLength + bytes.length > OUTPUT_BYTES) {
      this.counters.lost += bytes.length;
      return;
    }
    this.counters.bytesOut += bytes.length;
    // A client that leaves too many bytes unread is not listened to until it reads them.
    if (!socket.write(Buffer.from(bytes)) && socket.writableLength > OUTPUT_BYTES / 2) socket.pause();
  }
}
