/** JSON-RPC over any channel of lines: two ends in memory are as good as a socket. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import t from "tap";
import type { LineChannel } from "../../../../firmware-ts/control/rpc/channel.ts";
import { RpcClient } from "../../../../firmware-ts/control/rpc/client.ts";
import { ControlError, type Method, type Methods, type Session } from "../../../../firmware-ts/control/rpc/protocol.ts";
import { serve } from "../../../../firmware-ts/control/rpc/server.ts";

/** One end of a channel in memory; a line arrives after the event that sent it. */
class MemoryChannel implements LineChannel {
  onLine: LineChannel["onLine"] = null;
  onBroken: LineChannel["onBroken"] = null;
  onClose: LineChannel["onClose"] = null;
  open = true;
  backlog = 0;
  peer: MemoryChannel | null = null;

  static pair(): [MemoryChannel, MemoryChannel] {
    const [near, far] = [new MemoryChannel(), new MemoryChannel()];
    near.peer = far;
    far.peer = near;
    return [near, far];
  }

  send(line: string): void {
    if (this.open) queueMicrotask(() => this.peer?.open && this.peer.onLine?.(line));
  }

  end(line: string): void {
    this.send(line);
    queueMicrotask(() => this.close());
  }

  close(): void {
    for (const end of [this, this.peer]) {
      if (!end?.open) continue;
      end.open = false;
      end.onClose?.();
    }
  }
}

const sessions: Session[] = [];
const methods: Methods = new Map<string, Method>([
  ["echo", (params) => params],
  [
    "watch",
    (_params, session) => {
      sessions.push(session);
      session.notify("seen", { at: 1 });
      return null;
    },
  ],
  [
    "refuse",
    () => {
      throw new ControlError("NEIGH_EXISTS", "there is an entry", { errno: "EEXIST", detail: "EXISTS" });
    },
  ],
  ["never", () => new Promise<null>(() => {})],
]);

function connected(): { client: RpcClient; near: MemoryChannel; far: MemoryChannel } {
  const [near, far] = MemoryChannel.pair();
  serve(far, methods);
  return { client: new RpcClient(near), near, far };
}

t.test("requests, answers, notifications, and an error with all that it says", async (t) => {
  const { client } = connected();
  const notes: string[] = [];
  client.onNotification = (method, params) => notes.push(`${method} ${JSON.stringify(params)}`);
  t.same(await Promise.all([client.call("echo", { a: 1 }), client.call("watch"), client.call("echo")]), [{ a: 1 }, null, {}]);
  t.same(notes, ['seen {"at":1}']);
  const refusal = { code: "NEIGH_EXISTS", message: "there is an entry", errno: "EEXIST", detail: "EXISTS", rpcCode: 1 };
  await t.rejects(client.call("refuse"), refusal);
  await t.rejects(client.call("none"), { code: "NO_METHOD", errno: "", detail: "", rpcCode: -32_601 });
});

t.test("closing either end: the session hears of it, and whoever waits is told", async (t) => {
  for (const side of ["near", "far"] as const) {
    const ends = connected();
    await ends.client.call("watch");
    const session = sessions.at(-1) as Session;
    let told = 0;
    session.onClose(() => told++);
    session.onClose(() => told++)();
    const waiting = t.rejects(ends.client.call("never"), { code: "INSTANCE_GONE" });
    ends[side].close();
    await waiting;
    t.same([told, session.closed], [1, true], side);
    await t.rejects(ends.client.call("echo"), { code: "INSTANCE_GONE" });
  }
});

t.test("a line that cannot be read: the server says why and ends, the client closes", async (t) => {
  const { near, far } = connected();
  const lines: string[] = [];
  near.onLine = (line) => lines.push(line);
  far.onBroken?.(new ControlError("LINE_TOO_LONG", "too long", { rpcCode: -32_600 }));
  await new Promise((resolve) => setImmediate(resolve));
  t.match(lines, [/"id":null,"error":{"code":-32600,"message":"too long","data":{"code":"LINE_TOO_LONG"}}/]);
  t.equal(near.open, false);
  for (const spoil of [
    (end: MemoryChannel) => end.onBroken?.(new ControlError("LINE_TOO_LONG", "too long")),
    (end: MemoryChannel) => end.onLine?.("nonsense"),
  ]) {
    const other = connected();
    spoil(other.near);
    t.equal(other.near.open, false);
  }
});

t.test("nothing in control/ is Node's: it runs in a browser as it is", async (t) => {
  const root = fileURLToPath(new URL("../../../../firmware-ts/control", import.meta.url));
  for (const entry of readdirSync(root, { recursive: true, withFileTypes: true })) {
    if (!entry.name.endsWith(".ts")) continue;
    const path = join(entry.parentPath, entry.name);
    t.notMatch(
      readFileSync(path, "utf8"),
      /from "(node:|(fs|net|os|path|util|buffer)")|\bBuffer\.|\bprocess\.[a-z]|\bsetImmediate\(/,
      path,
    );
  }
});

t.test("a client that leaves too much unread is cut off", async (t) => {
  const { client, far } = connected();
  await client.call("watch");
  far.backlog = (8 << 20) + 1;
  sessions.at(-1)?.notify("seen", {});
  t.equal(far.open, false);
});
