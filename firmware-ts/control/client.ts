/** The other end of the control socket: what every command but `run` and `check` talks through. */
import { createConnection, type Socket } from "node:net";
import { ControlError, isObject, type Json, type JsonObject, LineReader } from "./rpc.ts";

/** Longest answer, in characters: a table of a million neighbours. */
const MAX_ANSWER = 1 << 28;

interface Waiting {
  resolve(result: Json): void;
  reject(error: Error): void;
}

export class ControlClient {
  readonly #socket: Socket;
  readonly #waiting = new Map<number, Waiting>();
  #nextId = 1;
  /** Called for every notification. */
  onNotification: ((method: string, params: JsonObject) => void) | null = null;

  private constructor(socket: Socket) {
    this.#socket = socket;
    const reader = new LineReader((line) => this.#take(line), MAX_ANSWER);
    socket.setEncoding("utf8");
    socket.on("data", (chunk: string) => {
      try {
        reader.push(chunk);
      } catch (error) {
        socket.destroy(error as Error);
      }
    });
    socket.on("error", () => socket.destroy());
    socket.on("close", () => {
      for (const waiting of this.#waiting.values()) waiting.reject(gone());
      this.#waiting.clear();
    });
  }

  /** Rejects with the socket's error (ENOENT, ECONNREFUSED, EACCES) when nobody answers there. */
  static connect(path: string): Promise<ControlClient> {
    return new Promise((resolve, reject) => {
      const socket = createConnection(path);
      socket.once("error", reject);
      socket.once("connect", () => {
        socket.removeListener("error", reject);
        resolve(new ControlClient(socket));
      });
    });
  }

  /** Rejects with ControlError as the instance refused it, INSTANCE_GONE when the connection ends first. */
  call(method: string, params: JsonObject = {}): Promise<Json> {
    if (this.#socket.destroyed) return Promise.reject(gone());
    const id = this.#nextId++;
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, { resolve, reject });
      this.#socket.write(`${JSON.stringify({ jsonrpc: "2.0", id, method, params })}\n`);
    });
  }

  close(): void {
    this.#socket.destroy();
  }

  #take(line: string): void {
    const message = JSON.parse(line) as Json;
    if (!isObject(message)) return;
    const { id, method, params, error } = message as JsonObject & { id?: Json; method?: Json; params?: Json; error?: Json };
    if (typeof method === "string") {
      this.onNotification?.(method, isObject(params) ? params : {});
      return;
    }
    const waiting = typeof id === "number" ? this.#waiting.get(id) : undefined;
    if (!waiting) return;
    this.#waiting.delete(id as number);
    if (!isObject(error)) {
      waiting.resolve(message["result"] ?? null);
      return;
    }
    const data = isObject(error["data"]) ? error["data"] : {};
    waiting.reject(new ControlError(String(data["code"] ?? "UNKNOWN"), String(error["message"]), Number(error["code"])));
  }
}

function gone(): ControlError {
  return new ControlError("INSTANCE_GONE", "the instance went away before it answered");
}
