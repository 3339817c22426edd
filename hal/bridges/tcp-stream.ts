/** A TCP connection to a serial bridge: a simulated one, or a real one behind ser2net. */
import net, { type Socket } from "node:net";
import type { Clock } from "../clock.ts";
import { ControllerError } from "../ethernet.ts";
import type { InterruptLine } from "../interrupt.ts";
import type { ByteStream } from "../serial.ts";
import { tcpWords } from "./tcp-words.ts";

export interface TcpStreamOptions {
  host: string;
  port: number;
}

/** The kernel's, taken once: `whohas exec` gives node:net's members another meaning later. */
const { connect } = net;
/** Most time for a connection, in ms; a bridge is on the same machine or the same bench. */
const CONNECT_LIMIT = 5000;

export class TcpStream implements ByteStream {
  readonly simulated = false;
  readonly interrupt: InterruptLine | null = null;
  onData: ((bytes: Uint8Array) => void) | null = null;
  onLost: ((reason: ControllerError) => void) | null = null;
  readonly #options: TcpStreamOptions;
  readonly #clock: Clock;
  #socket: Socket | null = null;

  constructor(clock: Clock, options: TcpStreamOptions) {
    this.#clock = clock;
    this.#options = options;
  }

  get description(): string {
    return `tcp ${this.#options.host}:${this.#options.port}`;
  }

  async open(): Promise<void> {
    const { host, port } = this.#options;
    const socket = connect({ host, port, noDelay: true });
    await new Promise<void>((resolve, reject) => {
      const fail = (reason: string, cause?: Error): void => {
        limit.cancel();
        socket.destroy();
        reject(new ControllerError("PORT_MISSING", `${this.description}: ${reason}; start the bridge first`, { cause }));
      };
      const limit = this.#clock.timer(() => fail(`no answer within ${CONNECT_LIMIT / 1000} s`));
      limit.arm(CONNECT_LIMIT);
      socket.once("error", (error) => fail(tcpWords(error), error));
      socket.once("connect", () => {
        limit.cancel();
        resolve();
      });
    });
    this.#socket = socket;
    socket.removeAllListeners("error");
    // The close that follows tells the user.
    socket.on("error", () => {});
    socket.on("data", (bytes) => this.onData?.(bytes));
    socket.once("close", () => {
      if (this.#socket !== socket) return;
      this.#socket = null;
      const message = `${this.description}: the connection was closed by the other side; perhaps it serves another program already`;
      this.onLost?.(new ControllerError("PORT_LOST", message));
    });
  }

  async close(): Promise<void> {
    const socket = this.#socket;
    this.#socket = null;
    socket?.destroy();
  }

  write(bytes: Uint8Array, at: number, length: number): void {
    this.#socket?.write(Buffer.from(bytes.subarray(at, at + length)));
  }
}
