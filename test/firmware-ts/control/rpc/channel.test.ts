/** JSON-RPC over any channel of lines: two ends in memory are as good as a socket. */
import t from "tap";
import type { LineChannel } from "../../../../firmware-ts/control/rpc/channel.ts";
import { RpcClient } from "../../../../firmware-ts/control/rpc/client.ts";
import { LIMITS, ServerLoad } from "../../../../firmware-ts/control/rpc/load.ts";
import { ControlError, type Method, type Methods, type Session } from "../../../../firmware-ts/control/rpc/protocol.ts";
import { serve } from "../../../../firmware-ts/control/rpc/server.ts";
import { ROOT, sourcesIn } from "../../../support/sources.ts";

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

  cut(line: string): void {
    this.end(line);
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
let ended = 0;
let served = 0;
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
  [
    "subscribe",
    (_params, session) => {
      session.subscribe(() => ended++);
      return null;
    },
  ],
  ["later", async () => served++],
  ["never", () => new Promise<null>(() => {})],
]);

function connected(load = new ServerLoad()): { client: RpcClient; near: MemoryChannel; far: MemoryChannel } {
  const [near, far] = MemoryChannel.pair();
  serve(far, methods, load);
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
  const long = connected();
  long.near.onBroken?.(new ControlError("LINE_TOO_LONG", "too long"));
  await t.rejects(long.client.call("echo"), { code: "ANSWER_TOO_LONG" });
});

t.test("nothing in control/ is Node's: it runs in a browser as it is", async (t) => {
  for (const [path, text] of sourcesIn(ROOT, ["firmware-ts/control"])) {
    t.notMatch(text, /from "(node:|(fs|net|os|path|util|buffer)")|\bBuffer\.|\bprocess\.[a-z]|\bsetImmediate\(/, path);
  }
});

t.test("a client that leaves too much unread is cut off and told why; so is one in whose midst all is too much", async (t) => {
  const limits = { ...LIMITS, backlog: 1000, allBacklog: 1500 };
  const load = new ServerLoad(limits);
  const one = connected(load);
  const other = connected(load);
  await one.client.call("watch");
  const first = sessions.at(-1);
  await other.client.call("watch");
  const second = sessions.at(-1);
  one.far.backlog = 1000;
  first?.notify("seen", {});
  t.same([first?.closed, one.far.open], [false, true], "the limit may be reached");
  other.far.backlog = 501;
  const cut = t.rejects(other.client.call("never"), { code: "SLOW_READER", message: /^cut off: more waits to be read/ });
  await Promise.resolve();
  second?.notify("seen", {});
  t.equal(second?.closed, true, "what goes on for it has ended");
  await cut;
  t.equal(other.far.open, false);
  await t.rejects(other.client.call("echo"), { code: "SLOW_READER" }, "and is told again");
  first?.notify("seen", {});
  t.equal(first?.closed, false, "what the other had left is not counted any more");
  one.far.backlog = 1001;
  first?.notify("seen", {});
  t.equal(first?.closed, true);
});

t.test("requests without an answer are limited, for each connection and for all; other requests are not", async (t) => {
  const load = new ServerLoad({ ...LIMITS, requests: 3, allRequests: 4 });
  const [one, other] = [connected(load), connected(load)];
  const never = [1, 2, 3].map(() => t.rejects(one.client.call("never"), { code: "INSTANCE_GONE" }));
  await t.rejects(one.client.call("echo"), {
    code: "REQUESTS_LIMIT",
    message: "this connection has 3 requests without an answer, the most that it may have; end one first",
  });
  t.same(await Promise.all(Array.from({ length: 9 }, () => other.client.call("echo"))), Array(9).fill({}), "answered at once");
  never.push(t.rejects(other.client.call("never"), { code: "INSTANCE_GONE" }));
  await t.rejects(other.client.call("never"), {
    code: "REQUESTS_LIMIT",
    message: "the instance has 4 requests without an answer, the most that it may have; end one first",
  });
  t.equal(load.requests, 4);
  for (const { client } of [one, other]) client.close();
  await Promise.all(never);
});

t.test("an answer frees the place of its request", async (t) => {
  const load = new ServerLoad({ ...LIMITS, requests: 1 });
  const { client } = connected(load);
  for (let count = 0; count < 3; count++) t.equal(await client.call("later"), count);
  t.equal(load.requests, 0);
});

t.test("subscriptions are limited, for each connection and for all, and end with their connection", async (t) => {
  const load = new ServerLoad({ ...LIMITS, subscriptions: 2, allSubscriptions: 3 });
  const [one, other] = [connected(load), connected(load)];
  for (let count = 0; count < 2; count++) await one.client.call("subscribe");
  await t.rejects(one.client.call("subscribe"), {
    code: "SUBSCRIPTIONS_LIMIT",
    message: "this connection has 2 subscriptions, the most that it may have; end one first",
  });
  await other.client.call("subscribe");
  await t.rejects(other.client.call("subscribe"), { code: "SUBSCRIPTIONS_LIMIT", message: /^the instance has 3 / });
  const before = ended;
  one.client.close();
  t.same([ended - before, load.subscriptions], [2, 1]);
  await other.client.call("subscribe");
});

t.test("connections are limited; one more is told so, and there is room again when one is closed", async (t) => {
  const load = new ServerLoad({ ...LIMITS, connections: 2 });
  const [one, other, third] = [connected(load), connected(load), connected(load)];
  const refusal = { code: "CONNECTIONS_LIMIT", message: "the instance has 2 connections, and takes no more" };
  await t.rejects(third.client.call("echo"), refusal);
  t.same(await Promise.all([one.client.call("echo"), other.client.call("echo")]), [{}, {}]);
  one.client.close();
  t.same(await connected(load).client.call("echo"), {});
});
