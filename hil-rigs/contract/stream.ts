/** TCP as a program on the DUT has it: connections that it accepts or opens. Nothing here waits. */

export interface ListenOptions {
  /** Most connections that wait to be accepted. Default 16. */
  backlog?: number;
}

export interface ConnectOptions {
  /** The port that it is bound to. Default: a free one. */
  port?: number;
}

export interface KeepAlive {
  /** Silence before the first probe, and time between probes, in s. */
  idle: number;
  interval: number;
  /** Probes without an answer, after which the connection is over. */
  probes: number;
}

export interface DutStream {
  /** The connection's state by the kernel's name (`tcp_states.h`): `SYN_SENT`, `ESTABLISHED`; `CLOSE` from TIME_WAIT on. */
  state(): string;
  /** Hands over bytes to be sent. Returns the number that was taken, as text, or the errno: `EAGAIN`, `EPIPE`. */
  send(payload: Uint8Array): string;
  /** Takes what has come in since the last call, at most `most` bytes. Bytes that nobody takes fill the window. */
  received(most?: number): Uint8Array;
  /** The peer has ended, and all that it sent was taken. */
  ended(): boolean;
  /** Takes the errno by which the connection has ended; empty for none. */
  error(): string;
  /** Sends FIN behind what was sent (shutdown with SHUT_WR). */
  end(): void;
  /** Lets go of it (close). No other call may follow this one or abort(). */
  close(): void;
  /** Ends it with RST (close with SO_LINGER 0). */
  abort(): void;
  keepAlive(options: KeepAlive): void;
  /** Sends short segments at once (TCP_NODELAY). */
  noDelay(): void;
}

export interface DutListener {
  readonly port: number;
  /** Takes the next connection whose handshake is done; null for none. */
  accept(): DutStream | null;
  close(): void;
}
