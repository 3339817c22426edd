/** The answering end of a channel: JSON-RPC 2.0, one object a line, with notifications for requests that go on for longer. */
import type { LineChannel } from "./channel.ts";
import {
  ControlError,
  isObject,
  type Json,
  type JsonObject,
  type Method,
  type Methods,
  RpcCode,
  type Session,
} from "./protocol.ts";

/** Bytes that a client may leave unread before it is cut off: a reader that has stopped must not fill our memory. */
const MAX_BACKLOG = 8 << 20;

/** Answers the requests that arrive over a channel, until it is closed. */
export function serve(channel: LineChannel, methods: Methods): void {
  new Connection(channel, methods);
}

class Connection implements Session {
  readonly #channel: LineChannel;
  readonly #onClose = new Set<() => void>();
  closed = false;

  constructor(channel: LineChannel, methods: Methods) {
    this.#channel = channel;
    channel.onLine = (line) => void this.#answer(line, methods);
    // The client is told why before it is hung up on.
    channel.onBroken = (error) => channel.end(failure(null, error));
    channel.onClose = () => {
      this.closed = true;
      for (const callback of this.#onClose) callback();
      this.#onClose.clear();
    };
  }

  notify(method: string, params: JsonObject): void {
    this.#send(JSON.stringify({ jsonrpc: "2.0", method, params }));
  }

  onClose(callback: () => void): () => void {
    this.#onClose.add(callback);
    return () => this.#onClose.delete(callback);
  }

  async #answer(line: string, methods: Methods): Promise<void> {
    const reply = await answer(line, methods, this);
    if (reply !== null) this.#send(reply);
  }

  #send(line: string): void {
    // The backlog is looked at before the line joins it: one answer may be longer than the limit, for a client that reads.
    if (this.#channel.backlog > MAX_BACKLOG) this.#channel.close();
    else this.#channel.send(line);
  }
}

/** Runs one request line; returns the answer line, or null for a notification, which has none. */
export async function answer(line: string, methods: Methods, session: Session): Promise<string | null> {
  let request: Json;
  try {
    request = JSON.parse(line) as Json;
  } catch {
    const message = "not JSON: one JSON-RPC 2.0 object a line";
    return failure(null, new ControlError("PARSE_ERROR", message, { rpcCode: RpcCode.PARSE }));
  }
  if (!isObject(request) || request["jsonrpc"] !== "2.0" || typeof request["method"] !== "string" || !isId(request["id"])) {
    const message = 'not a JSON-RPC 2.0 request: {"jsonrpc":"2.0","id":1,"method":"neigh.show","params":{}}';
    return failure(null, new ControlError("INVALID_REQUEST", message, { rpcCode: RpcCode.INVALID_REQUEST }));
  }
  const { id } = request;
  try {
    const method = methodOf(methods, request["method"]);
    const params = request["params"] ?? {};
    if (!isObject(params)) {
      throw new ControlError("INVALID_PARAMS", "params is not an object", { rpcCode: RpcCode.INVALID_PARAMS });
    }
    const result = await method(params, session);
    return id === undefined ? null : JSON.stringify({ jsonrpc: "2.0", id, result });
  } catch (error) {
    return id === undefined ? null : failure(id, error);
  }
}

/** @throws ControlError NO_METHOD */
export function methodOf(methods: Methods, name: string): Method {
  const method = methods.get(name);
  if (method) return method;
  const message = `no method ${name}; there are ${[...methods.keys()].join(", ")}`;
  throw new ControlError("NO_METHOD", message, { rpcCode: RpcCode.NO_METHOD });
}

/** Section 4: a string, a number or null; a request without an id is a notification. */
function isId(id: Json | undefined): boolean {
  return id === undefined || id === null || typeof id === "string" || typeof id === "number";
}

/** The answer line that refuses a request. */
export function failure(id: Json, error: unknown): string {
  const message = error instanceof Error ? error.message : String(error);
  if (!(error instanceof ControlError)) {
    return JSON.stringify({ jsonrpc: "2.0", id, error: { code: RpcCode.INTERNAL, message, data: { code: "INTERNAL" } } });
  }
  const { code, errno, detail, rpcCode } = error;
  const data = { code, ...(errno && { errno }), ...(detail && { detail }) };
  return JSON.stringify({ jsonrpc: "2.0", id, error: { code: rpcCode, message, data } });
}
