/** TCP as its users see it: connections, listeners, and the calls by which they are told of what happens (RFC 9293 3.9.1). */
import type { IpAddress } from "../../ip/address.ts";
import type { InetError } from "../../ip/inet-error.ts";
import type { NetDevice } from "../../net/device.ts";

/** States by the kernel's names (tcp_states.h). LISTEN belongs to listeners; a request in SYN_RECV is no connection yet. */
export type TcpState =
  | "SYN_SENT"
  | "SYN_RECV"
  | "ESTABLISHED"
  | "FIN_WAIT1"
  | "FIN_WAIT2"
  | "CLOSING"
  | "TIME_WAIT"
  | "CLOSE_WAIT"
  | "LAST_ACK"
  | "CLOSE";

/**
 * The user of a connection. Its methods are called from within the stack, one after the other, never from within a call that the user
 * makes on the same connection, but for abort() and close(), which are told nothing.
 */
export interface TcpUser {
  /** The handshake is done. Not called for a connection that a listener accepts: it is done then. */
  connected(): void;
  /** Bytes came in; read() takes them. Called again only when more came. */
  readable(): void;
  /** There is room again, after write() has taken less than it was given. */
  writable(): void;
  /** The peer's FIN came: nothing comes after the bytes that are there. Called once, behind their readable(). */
  ended(): void;
  /**
   * The connection is over, and nothing else is called. Bytes that came in before can still be read.
   * @param error null when both sides have ended and everything is acknowledged. Else CONNECTION_REFUSED, CONNECTION_RESET,
   * CONNECTION_TIMED_OUT, HOST_UNREACHABLE, NETWORK_UNREACHABLE and others by whose errno ICMP told of them
   */
  closed(error: InetError | null): void;
}

export interface TcpConnectOptions {
  /** The source address, one of ours. Default: the best. */
  from?: string | IpAddress | null;
  /** The source port. Default 0: any that is free (RFC 6056). */
  localPort?: number;
  /** The only device by which the peer may be reached. Default: that of the zone, or any. */
  device?: NetDevice | null;
}

export interface TcpListenOptions {
  /** Most handshakes under way at a time; beyond that SYN cookies answer (RFC 4987). Default 511, as Node's. */
  backlog?: number;
}

/** A connection's account of itself (struct tcp_info). Times in ms, windows and counts in segments, unless they say bytes. */
export interface TcpInfo {
  readonly state: TcpState;
  /** Smoothed round trip, its variation, and the smallest one seen; 0 before the first. */
  readonly rtt: number;
  readonly rttvar: number;
  readonly minRtt: number;
  readonly rto: number;
  /** Congestion window and slow start threshold; the latter is Infinity before the first loss. */
  readonly cwnd: number;
  readonly ssthresh: number;
  /** Bytes of payload in a full segment. */
  readonly mss: number;
  /** Segments that are neither acknowledged nor lost, those sacked, those held lost. */
  readonly unacked: number;
  readonly sacked: number;
  readonly lost: number;
  /** Retransmissions so far, and those since the last progress. */
  readonly totalRetrans: number;
  readonly retransmits: number;
  /** Bytes. */
  readonly bytesSent: number;
  readonly bytesAcked: number;
  readonly bytesReceived: number;
  readonly bytesRetrans: number;
  /** The windows, in bytes: the peer's, and ours as it was told last. */
  readonly sendWindow: number;
  readonly receiveWindow: number;
  /** Options that both sides have agreed on. */
  readonly timestamps: boolean;
  readonly sack: boolean;
  readonly windowScaling: boolean;
}

export interface TcpConnection {
  readonly state: TcpState;
  readonly localAddress: IpAddress;
  readonly localPort: number;
  readonly remoteAddress: IpAddress;
  readonly remotePort: number;
  /** The only device by which the peer is reached and heard, for link-local addresses; null for any. */
  readonly device: NetDevice | null;
  /** Bytes that read() can take now. */
  readonly available: number;
  /** Bytes that write() can take now; 0 after end(). */
  readonly free: number;
  /** Bytes that were written and not acknowledged yet. */
  readonly unacknowledged: number;
  /** The peer has sent its FIN, and all bytes before it are here. */
  readonly ended: boolean;
  /** Segments go out at once, however short (TCP_NODELAY). Default false: Nagle's algorithm (RFC 896). */
  noDelay: boolean;
  /** Copies bytes into the send buffer. Returns the number taken, which the buffer bounds; 0 before connected() and after end(). */
  write(bytes: Uint8Array): number;
  /** Copies bytes that came in. Returns their number; 0 when there are none. */
  read(into: Uint8Array): number;
  /** Sends FIN behind what was written (shutdown with SHUT_WR). The peer may go on. */
  end(): void;
  /**
   * Lets go of both directions (close(2)): what was written is still sent, and bytes that were not read, or come later, are answered by
   * RST. The user is called no more.
   */
  close(): void;
  /** Sends RST and forgets everything (SO_LINGER with 0). The user is called no more. */
  abort(): void;
  /** Probes a peer that was silent for so many ms, every 75 s, nine times (SO_KEEPALIVE); 0 turns it off. */
  keepAlive(idle: number, interval?: number, probes?: number): void;
  /** Makes a snapshot. */
  info(): TcpInfo;
}

/**
 * Takes a connection whose handshake is done. Returns its user; null refuses it with RST. Bytes that came with the handshake are told
 * by readable() afterwards.
 */
export type TcpAcceptor = (connection: TcpConnection) => TcpUser | null;

export interface TcpListener {
  /** The address that it is bound to; null for any. */
  readonly address: IpAddress | null;
  /** The only device that it hears; null for any. */
  readonly device: NetDevice | null;
  readonly port: number;
  /** Handshakes under way. */
  readonly pending: number;
  /** Listens no more. Connections stay; handshakes under way are forgotten. */
  close(): void;
}
