/**
 * A stream of bytes to something behind a cable: a serial port, a TCP connection, a simulated line. Bytes may come late, damaged or
 * not at all, and the cable may be pulled at any time; this contract knows only "open", and "closed" with a reason.
 */
import type { ControllerError } from "./ethernet.ts";
import type { InterruptLine } from "./interrupt.ts";

export interface ByteStream {
  /** The port and its setting, for people: `/dev/ttyACM0 at 115200 baud`. */
  readonly description: string;
  /** Some part of what is behind it is not real. */
  readonly simulated: boolean;
  /** A line beside the data that the far end can pull, as a modem-status input of a serial adapter; null where there is none. */
  readonly interrupt: InterruptLine | null;
  /** Receives the bytes that arrived. `bytes` is valid during the call only. Set by the user before open(). */
  onData: ((bytes: Uint8Array) => void) | null;
  /** Called once when the stream ended though nobody called close(): the device was unplugged, the peer hung up. */
  onLost: ((reason: ControllerError) => void) | null;
  /**
   * May be called again after close() or after the stream was lost.
   * @throws ControllerError whose code tells the cases apart: PORT_MISSING, PORT_PERMISSION, PORT_BUSY, PORT_FAILED
   */
  open(): Promise<void>;
  /** Stops; nothing is called afterwards. Bytes not sent yet may be lost. */
  close(): Promise<void>;
  /** Queues bytes[at..at+length) for sending; they are copied before it returns. After the stream was lost it does nothing. */
  write(bytes: Uint8Array, at: number, length: number): void;
}
