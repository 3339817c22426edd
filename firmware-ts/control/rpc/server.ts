/** The answering end of a channel: JSON-RPC 2.0, one object a line, with notifications for requests that go on for longer. */
import type { LineChannel } from "./channel.ts";
import { ConnectionLoad, ServerLoad } from "./load.ts";
import {
  ControlError,
  isObject,
  type Json,
  type JsonObject,
  type Method,
  type Methods,
  RpcCode,
  type Session,
  type SubscriptionKind,
} from "./protocol.ts";

/**
 * Answers the requests that arrive over a channel, until it is closed.
 * @param load of all connections that share limits; default those of a connection that is alone
 */
export function serve(channel: LineChannel, methods: Methods, load: ServerLoad = new ServerLoad()): void {
  try {
    const disconnect = load.connect(channel);
    new Connection(channel, methods, load, disconnect);
  } catch (error) {
    channel.end(failure(null, error));
  }
}

class Connection implements Session {
  readonly #channel: LineChannel;
  readonly #methods: Methods;
  readonly #load: ConnectionLoad;
  readonly #disconnect: () => void;
  readonly #onClose = new Set<() => void>();
  closed = false;

  constructor(channel: LineChannel, methods: Methods, load: ServerLoad, disconnect: () => void) {
    this.#channel = channel;
    this.#methods = methods;
    this.#load = new ConnectionLoad(load);
    this.#disconnect = disconnect;
    channel.onLine = (line) => this.#take(line);
    // The client is told why before it is hung up on.
    channel.onBroken = (error) => channel.end(failure(null, error));
    channel.onClose = () => {
      this.#close();
      this.#disconnect();
    };
  }

  notify(method: string, params: JsonObject): void {
    this.#send(JSON.stringify({ jsonrpc: "2.0", method, params }));
  }

  onClose(callback: () => void): () => void {
    this.#onClose.add(callback);
    return () => this.#onClose.delete(callback);
  }

  subscribe(end: () => void, kind: SubscriptionKind = "subscriptions"): () => void {
    this.#load.check(kind);
    this.#load.take(kind);
    const forget = this.onClose(() => {
      this.#load.give(kind);
      end();
    });
    return () => {
      forget();
      this.#load.give(kind);
    };
  }

  get backlog(): number {
    return this.#channel.backlog;
  }

  #take(line: string): void {
    if (this.closed) return;
    const reply = answer(line, this.#methods, this, () => this.#load.check("requests"));
    if (reply instanceof Promise) void this.#sendLater(reply);
    else if (reply !== null) this.#send(reply);
  }

  async #sendLater(reply: Promise<string | null>): Promise<void> {
    this.#load.take("requests");
    const line = await reply;
    this.#load.give("requests");
    if (line !== null) this.#send(line);
  }

  #send(line: string): void {
    if (this.closed) return;
    // The backlog is looked at before the line joins it: one answer may be longer than the limit, for a client that reads.
    if (!this.#load.overflows(this.#channel.backlog)) {
      this.#channel.send(line);
      return;
    }
    this.#channel.cut(failure(null, new ControlError("SLOW_READER", "cut off: more waits to be read than the instance keeps")));
    this.#close();
  }

  /** Ends everything that goes on for the client. */
  #close(): void {
    this.closed = true;
    for (const callback of this.#onClose) callback();
    this.#onClose.clear();
  }
}

/**
 * Runs one request line; returns the answer line, or null for a notification, which has none.
 * @param admit throws ControlError for a request that there is no room for; default: there is room for all
 */
export function answer(
  line: string,
  methods: Methods,
  session: Session,
  admit: () => void = () => {},
): string | null | Promise<string | null> {
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
  const done = (result: Json): string | null => (id === undefined ? null : JSON.stringify({ jsonrpc: "2.0", id, result }));
  const failed = (error: unknown): string | null => (id === undefined ? null : failure(id, error));
  try {
    const method = methodOf(methods, request["method"]);
    const params = request["params"] ?? {};
    if (!isObject(params)) {
      throw new ControlError("INVALID_PARAMS", "params is not an object", { rpcCode: RpcCode.INVALID_PARAMS });
    }
    admit();
    const result = method(params, session);
    return result instanceof Promise ? result.then(done).catch(failed) : done(result);
  } catch (error) {
    return failed(error);
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
