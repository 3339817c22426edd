/**
 * JSON-RPC 2.0, one object a line, in both directions: requests and their answers, and notifications for what goes on for longer
 * (replies of a ping, datagrams of a listener).
 */

/** Error codes of JSON-RPC 2.0 section 5.1, and ours. */
export const RpcCode = {
  PARSE: -32_700,
  INVALID_REQUEST: -32_600,
  NO_METHOD: -32_601,
  INVALID_PARAMS: -32_602,
  INTERNAL: -32_603,
  /** The operation was refused; the message says why, data.code is stable. */
  REFUSED: 1,
} as const;

/** Longest line that is taken; more is not a request of ours. */
export const MAX_LINE: number = 1 << 20;

export type Json = null | boolean | number | string | Json[] | { [key: string]: Json | undefined };
export type JsonObject = { [key: string]: Json | undefined };

/** A request was refused. The message is what a person reads; `code` is stable (`NEIGH_EXISTS`, …). */
export class ControlError extends Error {
  readonly code: string;
  readonly rpcCode: number;

  constructor(code: string, message: string, rpcCode: number = RpcCode.REFUSED) {
    super(message);
    this.name = "ControlError";
    this.code = code;
    this.rpcCode = rpcCode;
  }
}

/** The connection a request came over. */
export interface Session {
  /** Sends a notification to the client. */
  notify(method: string, params: JsonObject): void;
  /** Called when the client is gone, unless the returned function was called before. Not when it is gone already: see `closed`. */
  onClose(callback: () => void): () => void;
  readonly closed: boolean;
}

export type Method = (params: JsonObject, session: Session) => Json | Promise<Json>;
export type Methods = ReadonlyMap<string, Method>;

/** Splits a stream of text into lines; a line longer than the limit ends it with an error. */
export class LineReader {
  #rest = "";
  readonly #onLine: (line: string) => void;
  readonly #limit: number;

  constructor(onLine: (line: string) => void, limit: number = MAX_LINE) {
    this.#onLine = onLine;
    this.#limit = limit;
  }

  /** @throws ControlError LINE_TOO_LONG; the lines before it were read */
  push(text: string): void {
    let from = 0;
    // What came before has no line end: only the new text is searched, or a line in many pieces would cost its length squared.
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
    throw new ControlError("LINE_TOO_LONG", `a request is one line of at most ${this.#limit} characters`, RpcCode.INVALID_REQUEST);
  }
}

/** Runs one request line; returns the answer line, or null for a notification, which has none. */
export async function answer(line: string, methods: Methods, session: Session): Promise<string | null> {
  let request: Json;
  try {
    request = JSON.parse(line) as Json;
  } catch {
    return failure(null, new ControlError("PARSE_ERROR", "not JSON: one JSON-RPC 2.0 object a line", RpcCode.PARSE));
  }
  if (!isObject(request) || request["jsonrpc"] !== "2.0" || typeof request["method"] !== "string" || !isId(request["id"])) {
    const wrong = 'not a JSON-RPC 2.0 request: {"jsonrpc":"2.0","id":1,"method":"neigh.show","params":{}}';
    return failure(null, new ControlError("INVALID_REQUEST", wrong, RpcCode.INVALID_REQUEST));
  }
  const id = request["id"];
  try {
    const method = methods.get(request["method"]);
    if (!method) {
      throw new ControlError(
        "NO_METHOD",
        `no method ${request["method"]}; there are ${[...methods.keys()].join(", ")}`,
        RpcCode.NO_METHOD,
      );
    }
    const params = request["params"] ?? {};
    if (!isObject(params)) throw new ControlError("INVALID_PARAMS", "params is not an object", RpcCode.INVALID_PARAMS);
    const result = await method(params, session);
    return id === undefined ? null : JSON.stringify({ jsonrpc: "2.0", id, result });
  } catch (error) {
    return id === undefined ? null : failure(id, error);
  }
}

/** Section 4: a string, a number or null; without one it is a notification. */
function isId(id: Json | undefined): boolean {
  return id === undefined || id === null || typeof id === "string" || typeof id === "number";
}

/** The answer line that refuses a request. */
export function failure(id: Json, error: unknown): string {
  const known = error instanceof ControlError;
  const message = error instanceof Error ? error.message : String(error);
  const rpcCode = known ? error.rpcCode : RpcCode.INTERNAL;
  const code = known ? error.code : "INTERNAL";
  return JSON.stringify({ jsonrpc: "2.0", id, error: { code: rpcCode, message, data: { code } } });
}

export function isObject(value: unknown): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
