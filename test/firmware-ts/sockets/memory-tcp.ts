/** TCP in memory, with bounded buffers: connections between the sockets of one process, a turn of the event loop for each step. */
import type { IpAddress } from "../../../firmware-ts/ip/address.ts";
import { InetError, type InetErrorCode } from "../../../firmware-ts/ip/inet-error.ts";
import type { IpLayers } from "../../../firmware-ts/ip/layers.ts";
import type { TcpService } from "../../../firmware-ts/sockets/net/ground.ts";
import type {
  TcpAcceptor,
  TcpConnection,
  TcpConnectOptions,
  TcpListener,
  TcpState,
  TcpUser,
} from "../../../firmware-ts/transport/tcp/contract.ts";

const BUFFER = 65_536;

class End implements TcpConnection {
  state: TcpState = "SYN_SENT";
  noDelay = false;
  unacknowledged = 0;
  user: TcpUser | null = null;
  peer: End | null = null;
  readonly localAddress: IpAddress;
  readonly localPort: number;
  readonly remoteAddress: IpAddress;
  readonly remotePort: number;
  #arrived: Uint8Array[] = [];
  #length = 0;
  #ending = false;
  #starved = false;
  #ended = false;
  #closed = false;

  constructor([localAddress, localPort]: [IpAddress, number], [remoteAddress, remotePort]: [IpAddress, number]) {
    this.localAddress = localAddress;
    this.localPort = localPort;
    this.remoteAddress = remoteAddress;
    this.remotePort = remotePort;
  }

  get available(): number {
    return this.#length;
  }

  get free(): number {
    return this.state === "SYN_SENT" || this.#ending || !this.peer ? 0 : BUFFER - this.peer.available;
  }

  get ended(): boolean {
    return this.#ended;
  }

  write(bytes: Uint8Array): number {
    const taken = Math.min(bytes.length, this.free);
    const { peer } = this;
    if (taken < bytes.length) this.#starved = true;
    if (taken === 0 || !peer) return 0;
    if (peer.#closed) {
      setImmediate(() => this.#fail("CONNECTION_RESET"));
      return taken;
    }
    peer.#arrived.push(bytes.slice(0, taken));
    peer.#length += taken;
    setImmediate(() => peer.user?.readable());
    return taken;
  }

  read(into: Uint8Array): number {
    let at = 0;
    while (at < into.length && this.#arrived.length > 0) {
      const [first] = this.#arrived as [Uint8Array];
      const part = first.subarray(0, into.length - at);
      into.set(part, at);
      at += part.length;
      if (part.length < first.length) this.#arrived[0] = first.subarray(part.length);
      else this.#arrived.shift();
    }
    this.#length -= at;
    const { peer } = this;
    if (at > 0 && peer !== null && peer.#starved) {
      peer.#starved = false;
      setImmediate(() => peer.user?.writable());
    }
    return at;
  }

  end(): void {
    if (this.#ending) return;
    this.#ending = true;
    const { peer } = this;
    setImmediate(() => {
      if (!peer || peer.#ended) return;
      peer.#ended = true;
      peer.user?.ended();
      this.#finish();
      peer.#finish();
    });
  }

  #finish(): void {
    if (!this.#ending || !this.#ended) return;
    const { user } = this;
    this.user = null;
    this.state = "CLOSE";
    user?.closed(null);
  }

  close(): void {
    this.user = null;
    if (this.#length > 0) this.abort();
    else this.end();
    this.#closed = true;
  }

  abort(): void {
    this.user = null;
    this.#closed = true;
    const { peer } = this;
    setImmediate(() => peer?.refuse("CONNECTION_RESET"));
  }

  #fail(code: string): void {
    const { user } = this;
    this.user = null;
    user?.closed(refusal(code));
  }

  refuse(code: string): void {
    this.#fail(code);
  }

  keepAlive(): void {}

  info(): never {
    throw new Error("nothing to tell");
  }
}

/** An error that TCP has, whatever the list of the stack's own has by now. */
function refusal(code: string): InetError {
  const errno = { CONNECTION_RESET: "ECONNRESET", CONNECTION_REFUSED: "ECONNREFUSED" }[code];
  return Object.assign(new InetError(code as InetErrorCode, code), { errno });
}

export class MemoryTcp implements TcpService {
  readonly #layers: IpLayers;
  readonly #listeners = new Map<number, TcpAcceptor>();
  #port = 40_000;

  constructor(layers: IpLayers) {
    this.#layers = layers;
  }

  connect(host: string | IpAddress, port: number, user: TcpUser, { from, localPort }: TcpConnectOptions = {}): TcpConnection {
    const address = this.#layers.address(host);
    const own = from === undefined || from === null ? address : this.#layers.address(from);
    if (!this.#layers.of(own).isLocal(own)) throw new InetError("ADDRESS_NOT_AVAILABLE", "not ours");
    const local: [IpAddress, number] = [own, localPort || this.#port++];
    const client = new End(local, [address, port]);
    client.user = user;
    setImmediate(() => {
      const accept = this.#listeners.get(port);
      if (client.user === null) return;
      if (!accept) {
        client.refuse("CONNECTION_REFUSED");
        return;
      }
      const server = new End([address, port], local);
      [server.peer, client.peer] = [client, server];
      server.state = "ESTABLISHED";
      client.state = "ESTABLISHED";
      server.user = accept(server);
      user.connected();
      if (server.user === null) server.abort();
    });
    return client;
  }

  listen(port: number, host: string | IpAddress | null, accept: TcpAcceptor): TcpListener {
    const address = host === null ? null : this.#layers.address(host);
    if (address !== null && !this.#layers.of(address).isLocal(address)) throw new InetError("ADDRESS_NOT_AVAILABLE", "not ours");
    const bound = port || this.#port++;
    if (this.#listeners.has(bound)) throw new InetError("ADDRESS_IN_USE", "in use");
    this.#listeners.set(bound, accept);
    return { address, port: bound, pending: 0, close: () => this.#listeners.delete(bound) };
  }
}
