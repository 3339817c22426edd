/** TCP connections of our stack as the contract has them: their user keeps what he is told until somebody asks. */
import type { Stack } from "../../../firmware-ts/stack.ts";
import type { TcpConnection, TcpListener, TcpUser } from "../../../firmware-ts/transport/tcp/contract.ts";
import type { ConnectOptions, DutListener, DutStream, KeepAlive, ListenOptions } from "../../contract/stream.ts";

const SECOND = 1000;
const BACKLOG = 16;

class StackStream implements DutStream, TcpUser {
  connection: TcpConnection | null = null;
  #over = false;
  #writing = true;
  #error = "";

  connected(): void {}

  readable(): void {}

  writable(): void {}

  closed(error: { errno: string } | null): void {
    this.#over = true;
    this.#error = error?.errno ?? "";
  }

  state(): string {
    const { state } = this.#own;
    return this.#over || state === "TIME_WAIT" ? "CLOSE" : state;
  }

  send(payload: Uint8Array): string {
    if (this.#over || !this.#writing) return "EPIPE";
    const taken = this.#own.write(payload);
    return taken > 0 || payload.length === 0 ? String(taken) : "EAGAIN";
  }

  received(most = Number.POSITIVE_INFINITY): Uint8Array {
    const bytes = new Uint8Array(Math.min(most, this.#own.available));
    this.#own.read(bytes);
    return bytes;
  }

  /** As TcpUser it hears of the end, as DutStream it tells. */
  ended(): boolean {
    return this.#own.ended && this.#own.available === 0;
  }

  error(): string {
    const error = this.#error;
    this.#error = "";
    return error;
  }

  end(): void {
    this.#writing = false;
    this.#own.end();
  }

  close(): void {
    this.#own.close();
  }

  abort(): void {
    this.#own.abort();
  }

  keepAlive({ idle, interval, probes }: KeepAlive): void {
    this.#own.keepAlive(idle * SECOND, interval * SECOND, probes);
  }

  noDelay(): void {
    this.#own.noDelay = true;
  }

  get #own(): TcpConnection {
    if (!this.connection) throw new Error("the connection has not begun");
    return this.connection;
  }
}

class StackListener implements DutListener {
  readonly port: number;
  readonly #listener: TcpListener;
  readonly #waiting: StackStream[] = [];

  constructor(stack: Stack, port: number, { backlog = BACKLOG }: ListenOptions) {
    this.port = port;
    const take = (connection: TcpConnection): TcpUser => {
      const stream = new StackStream();
      stream.connection = connection;
      this.#waiting.push(stream);
      return stream;
    };
    this.#listener = stack.tcp.listen(port, null, take, { backlog });
  }

  accept(): DutStream | null {
    return this.#waiting.shift() ?? null;
  }

  close(): void {
    this.#listener.close();
  }
}

export function listenOn(stack: Stack, port: number, options: ListenOptions): DutListener {
  return new StackListener(stack, port, options);
}

export function connectFrom(stack: Stack, to: string, port: number, options: ConnectOptions): DutStream {
  const stream = new StackStream();
  stream.connection = stack.tcp.connect(to, port, stream, { localPort: options.port ?? 0 });
  return stream;
}
