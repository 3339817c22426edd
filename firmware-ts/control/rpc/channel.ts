/** A channel of lines: the contract between JSON-RPC and what carries it (a Unix socket, a WebSocket, a test). */
import type { ControlError } from "./protocol.ts";

/**
 * Carries lines both ways. The owner sets the three handlers before the first line can arrive. Over a WebSocket, where a line is a text
 * message, a whole channel is:
 *
 *     class WebSocketChannel implements LineChannel {
 *       onLine: LineChannel["onLine"] = null;
 *       onBroken: LineChannel["onBroken"] = null;
 *       onClose: LineChannel["onClose"] = null;
 *       constructor(readonly socket: WebSocket) {
 *         socket.onmessage = ({ data }) => this.onLine?.(String(data));
 *         socket.onclose = () => this.onClose?.();
 *       }
 *       get open() { return this.socket.readyState === WebSocket.OPEN; }
 *       get backlog() { return this.socket.bufferedAmount; }
 *       send(line: string) { if (this.open) this.socket.send(line); }
 *       end(line: string) { this.send(line); this.close(); }
 *       cut(line: string) { this.end(line); }
 *       close() { this.socket.close(); }
 *     }
 */
export interface LineChannel {
  /** Receives each line, without its end. Empty lines are left out. */
  onLine: ((line: string) => void) | null;
  /** Called once when what arrives cannot be told apart into lines any more; no line follows. */
  onBroken: ((error: ControlError) => void) | null;
  /** Called once when the channel is closed, by either end. */
  onClose: (() => void) | null;
  /** Lines can be sent. */
  readonly open: boolean;
  /** Bytes sent that the other end has not taken yet. */
  readonly backlog: number;
  /** Sends a line, given without its end. Does nothing once the channel is closed. */
  send(line: string): void;
  /** Sends a last line and closes when the other end has it; ignores what arrives meanwhile. */
  end(line: string): void;
  /** As end(), for another end that does not read: drops the lines that wait, and gives it little time for the last one. */
  cut(line: string): void;
  /** Closes at once; what waits is lost. */
  close(): void;
}
