/**
 * The end of a simulated serial line on this machine, for any program to open: a pseudo terminal (pty.ts) or a TCP port
 * (tcp-endpoint.ts). One program at a time, as with a real port.
 */
export interface SerialEndpoint {
  /** Names the port to open, for people: `pty /tmp/bridge`. Valid once open() has resolved. */
  readonly description: string;
  readonly counters: EndpointCounters;
  /** Called when somebody opened the line (true) or let go of it (false). */
  onConnection: ((connected: boolean) => void) | null;
  /** @throws ControllerError with what to do about it */
  open(): Promise<void>;
  /** Lets go of the program at the line. */
  close(): Promise<void>;
}

export class EndpointCounters {
  /** Times that somebody opened the line. */
  connections = 0;
  /** Programs sent away because another one has the line. */
  refused = 0;
  bytesIn = 0;
  bytesOut = 0;
  /** Bytes of the device that the program at the line did not read in time. */
  lost = 0;
}

/** Bytes that are kept for a slow reader; while more than half of them wait, nothing is read from it. */
export const OUTPUT_BYTES = 65_536;
