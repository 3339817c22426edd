/** Requests to a stack in the same process, with nothing in between: for rigs and tests. */
import type { Caller } from "./iproute/words.ts";
import { ControlError, type Json, type JsonObject, type Methods, RpcCode, type Session } from "./rpc.ts";

export class LocalCaller implements Caller, Session {
  onNotification: ((method: string, params: JsonObject) => void) | null = null;
  closed = false;
  readonly #methods: Methods;
  readonly #onClose = new Set<() => void>();

  constructor(methods: Methods) {
    this.#methods = methods;
  }

  async call(method: string, params: JsonObject = {}): Promise<Json> {
    const run = this.#methods.get(method);
    if (!run) throw new ControlError("NO_METHOD", `no method ${method}`, RpcCode.NO_METHOD);
    return run(params, this);
  }

  notify(method: string, params: JsonObject): void {
    this.onNotification?.(method, params);
  }

  onClose(callback: () => void): () => void {
    this.#onClose.add(callback);
    return () => this.#onClose.delete(callback);
  }

  /** Ends what goes on until the client is gone. */
  close(): void {
    this.closed = true;
    for (const callback of this.#onClose) callback();
    this.#onClose.clear();
  }
}
