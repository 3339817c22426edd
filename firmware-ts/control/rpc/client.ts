/** The asking end of a channel: requests and their answers, and notifications while a request goes on. */
import type { LineChannel } from "./channel.ts";
import { ControlError, isObject, type Json, type JsonObject, type RpcCaller } from "./protocol.ts";

interface Waiting {
  resolve(result: Json): void;
  reject(error: Error): void;
}

/** Asks over a channel. Answers may arrive in any order. */
export class RpcClient implements RpcCaller {
  readonly #channel: LineChannel;
  readonly #waiting = new Map<number, Waiting>();
  #nextId = 1;
  /** The last words of the other end, or of the channel, before it was closed. */
  #reason: ControlError | null = null;
  onNotification: RpcCaller["onNotification"] = null;

  constructor(channel: LineChannel) {
    this.#channel = channel;
    channel.onLine = (line) => {
      // An other end that talks nonsense is no instance of ours.
      if (!this.#take(line)) channel.close();
    };
    channel.onBroken = () => {
      this.#reason = new ControlError("ANSWER_TOO_LONG", "the instance sent a longer line than a client takes");
      channel.close();
    };
    channel.onClose = () => {
      for (const waiting of this.#waiting.values()) waiting.reject(this.#gone());
      this.#waiting.clear();
    };
  }

  /**
   * Rejects with ControlError as the instance refused it; when the channel is closed first, as the instance gave reason for it
   * (CONNECTIONS_LIMIT, SLOW_READER…), or INSTANCE_GONE.
   */
  call(method: string, params: JsonObject = {}): Promise<Json> {
    if (!this.#channel.open) return Promise.reject(this.#gone());
    const id = this.#nextId++;
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, { resolve, reject });
      this.#channel.send(JSON.stringify({ jsonrpc: "2.0", id, method, params }));
    });
  }

  close(): void {
    this.#channel.close();
  }

  #gone(): ControlError {
    return this.#reason ?? new ControlError("INSTANCE_GONE", "the instance went away before it answered");
  }

  /** Takes a line; returns false when it is not JSON. Objects that are neither an answer nor a notification are ignored. */
  #take(line: string): boolean {
    const message = parsed(line);
    if (message === undefined) return false;
    if (!isObject(message)) return true;
    const { id, method, params, error, result = null } = message;
    if (typeof method === "string") {
      this.onNotification?.(method, isObject(params) ? params : {});
      return true;
    }
    if (id === null && isObject(error)) {
      // About the connection, or about a request that the other end could not read: nothing that is waited for will come.
      this.#reason ??= refusal(error);
      this.#channel.close();
    }
    if (typeof id !== "number") return true;
    const waiting = this.#waiting.get(id);
    this.#waiting.delete(id);
    if (isObject(error)) waiting?.reject(refusal(error));
    else waiting?.resolve(result);
    return true;
  }
}

function parsed(line: string): Json | undefined {
  try {
    return JSON.parse(line) as Json;
  } catch {
    return undefined;
  }
}

/** The error of an answer, as the instance threw it. */
function refusal({ code: rpcCode, message, data }: JsonObject): ControlError {
  const { code = "UNKNOWN", errno = "", detail = "" } = isObject(data) ? data : {};
  return new ControlError(String(code), String(message), {
    errno: String(errno),
    detail: String(detail),
    rpcCode: Number(rpcCode),
  });
}
