/** Requests to methods in the same process, with nothing in between: for rigs, tests and a page that runs the stack itself. */
import type { Json, JsonObject, Methods, RpcCaller, Session } from "./protocol.ts";
import { methodOf } from "./server.ts";

/** Both ends of a connection at once. */
export class LocalCaller implements RpcCaller, Session {
  onNotification: RpcCaller["onNotification"] = null;
  closed = false;
  readonly #methods: Methods;
  readonly #onClose = new Set<() => void>();

  constructor(methods: Methods) {
    this.#methods = methods;
  }

  async call(method: string, params: JsonObject = {}): Promise<Json> {
    return methodOf(this.#methods, method)(params, this);
  }

  notify(method: string, params: JsonObject): void {
    this.onNotification?.(method, params);
  }

  onClose(callback: () => void): () => void {
    this.#onClose.add(callback);
    return () => this.#onClose.delete(callback);
  }

  /** There is no limit within a process. */
  subscribe(end: () => void): () => void {
    return this.onClose(end);
  }

  /** The client takes each note at once. */
  readonly backlog: number = 0;

  /** Ends whatever goes on until its client is gone. */
  close(): void {
    this.closed = true;
    for (const callback of this.#onClose) callback();
    this.#onClose.clear();
  }
}
