/**
 * Where the line of a simulated serial device comes out on this machine, for any program to open: a pseudo terminal (pty.ts) or a
 * TCP port (tcp-endpoint.ts). One program at a time, as with a real port.
 */
export interface SerialEndpoint {
  /** What to open, for people: `pty /tmp/bridge`. Valid once open() has resolved. */
  readonly description: string;
  readonly counters: EndpointCounters;
  /** Called when somebody opened the line (true) or let go of it (false). */
  onConnection: ((connected: boolean) => void) | null;
  /** @throws ControllerError with what to do about it */
  open(): Promise<void>;
  /** Lets go of whoever is there. */
  close(): Promise<void>;
}

export class EndpointCounters {
  /** Times that somebody opened the line. */
  connections = 0;
  /** Programs sent away because another one has the line. */
  refused = 0;
  bytesIn = 0;
  bytesOut = 0;
  /** Bytes of the device that whoever has the line did not read in time. */
  lost = 0;
}

/** Bytes for somebody who reads slowly that are kept; with half of them waiting nothing more is read from him. */
export const OUTPUT_BYTES = 65_536;
