/** Splits a stream of text into lines, for channels over a stream of bytes. */
import { ControlError, RpcCode } from "./protocol.ts";

/** Longest line in characters that a server reads; no request is longer. */
export const MAX_LINE: number = 1 << 20;
/** Longest line in characters that a client reads: a table of a million neighbours. */
export const MAX_ANSWER: number = 1 << 28;

/** Takes text in any pieces and hands out whole lines; empty ones are left out. */
export class LineReader {
  #rest = "";
  readonly #onLine: (line: string) => void;
  readonly #limit: number;

  constructor(onLine: (line: string) => void, limit: number = MAX_LINE) {
    this.#onLine = onLine;
    this.#limit = limit;
  }

  /** @throws ControlError LINE_TOO_LONG; the lines before it were handed out */
  push(text: string): void {
    let from = 0;
    // Earlier text has no line end: only the new text is searched, or a line in many pieces would cost its length squared.
    for (let end = text.indexOf("\n"); end >= 0; end = text.indexOf("\n", from)) {
      const line = this.#joined(text.slice(from, end));
      this.#rest = "";
      from = end + 1;
      if (line.trim() !== "") this.#onLine(line);
    }
    this.#rest = this.#joined(text.slice(from));
  }

  #joined(text: string): string {
    if (this.#rest.length + text.length <= this.#limit) return this.#rest + text;
    const message = `a request is one line of at most ${this.#limit} characters`;
    throw new ControlError("LINE_TOO_LONG", message, { rpcCode: RpcCode.INVALID_REQUEST });
  }
}
