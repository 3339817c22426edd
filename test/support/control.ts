/** Both ends of the control socket for tests: requests without a socket in virtual time, and a raw client on a real one. */
import { once } from "node:events";
import { rmSync } from "node:fs";
import { createConnection, type Socket } from "node:net";
import { join } from "node:path";
import { refusalWords } from "../../firmware-ts/control/iproute/refusals.ts";
import { ControlClient } from "../../firmware-ts/control/methods/client.ts";
import { stackMethods } from "../../firmware-ts/control/methods/index.ts";
import { LocalCaller } from "../../firmware-ts/control/rpc/local.ts";
import { ControlError, isObject, type Json, type JsonObject, type Session } from "../../firmware-ts/control/rpc/protocol.ts";
import { answer } from "../../firmware-ts/control/rpc/server.ts";
import type { Stack } from "../../firmware-ts/stack.ts";
import { scratch } from "./own.ts";

/** A client that only listens. */
export class TestSession implements Session {
  closed = false;
  /** Notifications as `method {params}`. */
  readonly notes: string[] = [];
  readonly #callbacks = new Set<() => void>();

  notify(method: string, params: JsonObject): void {
    this.notes.push(`${method} ${JSON.stringify(params)}`);
  }

  onClose(callback: () => void): () => void {
    this.#callbacks.add(callback);
    return () => this.#callbacks.delete(callback);
  }

  subscribe(end: () => void): () => void {
    return this.onClose(end);
  }

  backlog = 0;

  /** Operations that want to hear of the client's end. */
  get held(): number {
    return this.#callbacks.size;
  }

  close(): void {
    this.closed = true;
    for (const callback of this.#callbacks) callback();
    this.#callbacks.clear();
  }
}

/** The result, or `[rpcCode, code, message]` of the refusal. */
export async function call(
  stack: Stack,
  method: string,
  params: unknown = {},
  session: Session = new TestSession(),
): Promise<Json> {
  const line = await answer(JSON.stringify({ jsonrpc: "2.0", id: 1, method, params }), stackMethods(stack), session);
  return outcome(line ?? "");
}

/** A client of a stack in the same process, whose answers are checked against the methods' schemas. */
export function client(stack: Stack): ControlClient {
  return new ControlClient(new LocalCaller(stackMethods(stack)));
}

/** The refusal of a request, `[rpcCode, code, words]`, in the words of `ip`, which iproute/ makes of its code, errno and detail. */
export async function refusalOf(stack: Stack, method: string, params: unknown): Promise<[number, string, string]> {
  const line = await answer(JSON.stringify({ jsonrpc: "2.0", id: 1, method, params }), stackMethods(stack), new TestSession());
  const { error } = JSON.parse(line ?? "") as {
    error: { code: number; message: string; data: { code: string; errno?: string; detail?: string } };
  };
  const { code, errno = "", detail = "" } = error.data;
  return [error.code, code, refusalWords(new ControlError(code, error.message, { errno, detail }))];
}

/** The outcome in an answer line: its result, or `[rpcCode, code, message]`. */
export function outcome(line: string): Json {
  const { result, error } = JSON.parse(line) as {
    result?: Json;
    error?: { code: number; message: string; data: { code: string } };
  };
  return isObject(error) ? [error.code, error.data.code, error.message] : (result as Json);
}

/** A folder of its own among those of this process, mode 0700. */
export class Folder {
  readonly path: string = scratch("control");

  file(name: string): string {
    return join(this.path, name);
  }

  remove(): void {
    rmSync(this.path, { recursive: true, force: true });
  }
}

/** Writes what it is told to, byte by byte if need be, and gives the lines that come. */
export class RawClient {
  readonly socket: Socket;
  #text = "";
  /** Line ends in #text. */
  #ends = 0;

  private constructor(socket: Socket) {
    this.socket = socket;
    socket.setEncoding("utf8");
    socket.on("data", (chunk: string) => {
      this.#text += chunk;
      this.#ends += chunk.split("\n").length - 1;
    });
    socket.on("error", () => {});
  }

  static async connect(path: string): Promise<RawClient> {
    const socket = createConnection(path);
    await once(socket, "connect");
    return new RawClient(socket);
  }

  /** The next `count` lines; fewer when the other end hangs up. */
  async lines(count: number): Promise<string[]> {
    while (this.#ends < count && !this.socket.closed && !this.socket.readableEnded) {
      await new Promise<void>((resolve) => {
        const heard = (): void => {
          this.socket.off("data", heard).off("close", heard);
          resolve();
        };
        this.socket.on("data", heard).on("close", heard);
      });
    }
    const all = this.#text.split("\n");
    const taken = all.splice(0, Math.min(count, all.length - 1));
    this.#text = all.join("\n");
    this.#ends -= taken.length;
    return taken;
  }

  async ask(text: string): Promise<Json> {
    this.socket.write(text);
    const [line = "{}"] = await this.lines(1);
    return outcome(line);
  }

  close(): void {
    this.socket.destroy();
  }
}
