/** The control socket itself: bytes in any shape, clients that vanish or stop reading, and both ends of a connection that breaks. */
import { once } from "node:events";
import { existsSync, writeFileSync } from "node:fs";
import { createServer, type Socket } from "node:net";
import t, { type Test } from "tap";
import { ControlServer, connectSocket } from "../../../firmware-ts/board/control-socket.ts";
import { stackMethods } from "../../../firmware-ts/control/methods/index.ts";
import { RpcClient } from "../../../firmware-ts/control/rpc/client.ts";
import { MAX_LINE } from "../../../firmware-ts/control/rpc/line-reader.ts";
import { LIMITS, type Limits } from "../../../firmware-ts/control/rpc/load.ts";
import type { Method, Methods, Session } from "../../../firmware-ts/control/rpc/protocol.ts";
import { Folder, outcome, RawClient } from "../../support/control.ts";
import { Lab } from "../../support/lab.ts";

const request = (id: unknown, method: string, params: object = {}): string =>
  `${JSON.stringify({ jsonrpc: "2.0", id, method, params })}\n`;

/** A server in a folder of its own; everything is closed with the test. */
async function serve(
  t: Test,
  methods: Methods,
  limits: Partial<Limits> = {},
): Promise<{ path: string; server: ControlServer; client: () => Promise<RawClient> }> {
  const folder = new Folder();
  const path = folder.file("s");
  const server = new ControlServer(methods, { ...LIMITS, ...limits });
  const clients: RawClient[] = [];
  t.teardown(async () => {
    for (const client of clients) client.close();
    await server.close();
    folder.remove();
  });
  await server.listen(path);
  const client = async (): Promise<RawClient> => {
    const made = await RawClient.connect(path);
    clients.push(made);
    return made;
  };
  return { path, server, client };
}

const echo: Methods = new Map<string, Method>([["echo", (params) => params]]);

t.test("requests in any pieces are answered; what is damaged is refused and the rest goes on", async (t) => {
  const { client } = await serve(t, echo);
  const c = await client();
  c.socket.write(request(1, "echo") + request(2, "echo", { a: "é😀" }) + request(undefined, "echo") + request(3, "none"));
  const answers = new Map((await c.lines(3)).map((line) => [(JSON.parse(line) as { id: number }).id, outcome(line)]));
  t.same(answers.get(1), {});
  t.same(answers.get(2), { a: "é😀" });
  t.same(answers.get(3), [-32_601, "NO_METHOD", "no method none; there are echo"]);
  // One byte at a time, characters of several bytes included.
  for (const byte of Buffer.from(request(4, "echo", { a: "é😀" }))) {
    c.socket.write(Uint8Array.of(byte));
    await new Promise((resolve) => setImmediate(resolve));
  }
  t.same((await c.lines(1)).map(outcome), [{ a: "é😀" }]);
  t.match(await c.ask("nonsense\n"), [-32_700, "PARSE_ERROR"]);
  t.match(await c.ask('{"jsonrpc":"2.0"}\n'), [-32_600, "INVALID_REQUEST"]);
  t.match(await c.ask(Buffer.from([0xff, 0xfe, 0x0a]).toString("latin1")), [-32_700, "PARSE_ERROR"]);
  t.same(await c.ask(`\n \r\n${request(5, "echo", { last: true })}`), { last: true }, "empty lines are nothing");
  t.same(await c.ask(request(6, "echo").replace("\n", "\r\n")), {}, "lines may end as on Windows");
});

t.test("a line that never ends: told why, hung up on, and the others do not notice", async (t) => {
  const { client } = await serve(t, echo);
  const [bad, good] = [await client(), await client()];
  bad.socket.write(request(1, "echo"));
  bad.socket.write("x".repeat(2 * MAX_LINE));
  const [first = "", second = ""] = await bad.lines(2);
  t.same(outcome(first), {});
  t.same(outcome(second), [-32_600, "LINE_TOO_LONG", "a request is one line of at most 1048576 characters"]);
  if (!bad.socket.closed) await once(bad.socket, "close");
  t.same(await good.ask(request(1, "echo")), {});
});

t.test(
  "a client that does not read is cut off before it has filled our memory; one that reads gets answers of any size",
  async (t) => {
    const sessions: Session[] = [];
    const big = "x".repeat(12 << 20);
    const methods: Methods = new Map<string, Method>([
      ["big", () => big],
      [
        "flood",
        (_params, session) => {
          sessions.push(session);
          return null;
        },
      ],
    ]);
    const { path, client } = await serve(t, methods);
    const reader = new RpcClient(await connectSocket(path));
    t.equal(await reader.call("big"), big);
    reader.close();
    const c = await client();
    await c.ask(request(1, "flood"));
    c.socket.pause();
    const [session] = sessions;
    if (!session) throw new Error("no session");
    const chunk = "x".repeat(1 << 16);
    let written = 0;
    const before = process.memoryUsage().rss;
    while (!session.closed && written < 64 << 20) {
      session.notify("n", { chunk });
      written += chunk.length;
      if (written % (1 << 20) === 0) await new Promise((resolve) => setImmediate(resolve));
    }
    t.equal(session.closed, true, `cut off after ${written >> 20} MiB`);
    t.ok(written <= 16 << 20 && process.memoryUsage().rss - before < 100 << 20, "with little memory spent");
    session.notify("n", { late: true });
    t.same(await (await client()).ask(request(2, "flood")), null, "the next client is served");
  },
);

t.test("a client that goes away in the midst of things frees its ports and stops its pings", async (t) => {
  const lab = await Lab.open();
  const { client } = await serve(t, stackMethods(lab.stack));
  const c = await client();
  const listen = request(1, "udp.listen", { bind: "5000" });
  c.socket.write(listen);
  t.match(await c.lines(1), [/"udp\.listening","params":\{"port":5000\}/]);
  const other = await client();
  t.same(await other.ask(listen), [1, "ADDRESS_IN_USE", "UDP port 5000 is in use"]);
  c.socket.write(request(2, "udp.send", { to: "10.0.0.2:9", from: ":5001", count: 1000 }));
  c.socket.write(request(3, "ping", { to: "10.0.0.2", count: 1000 }));
  t.match(await c.lines(1), [/"ping\.start"/]);
  t.match(await c.ask(request(4, "none")), [-32_601]);
  c.close();
  // The server hears of it in its own time.
  for (let patience = 2000; patience > 0; patience--) {
    await other.ask(request(5, "link.show"));
    try {
      lab.stack.udp.open(5001).close();
      break;
    } catch {
      await new Promise((resolve) => setImmediate(resolve));
    }
  }
  t.equal(lab.stack.udp.open(5000).port, 5000);
  t.equal(lab.stack.udp.open(5001).port, 5001);
  lab.run(60_000);
  t.same([lab.heard().length, lab.inUse], [0, 0], "nothing was sent after it had gone");
});

t.test("closing cuts every client off, and a call that waited hears of it; so does one that comes too late", async (t) => {
  const { path, server } = await serve(t, new Map([["never", () => new Promise<null>(() => {})]]));
  const client = new RpcClient(await connectSocket(path));
  const waiting = client.call("never");
  const refused = t.rejects(waiting, { code: "INSTANCE_GONE" });
  // The request is under way: give it time to arrive, or not; the answer is the same.
  await server.close();
  await refused;
  await t.rejects(client.call("never"), { code: "INSTANCE_GONE" });
  t.equal(existsSync(path), false, "the socket is removed");
  await t.rejects(connectSocket(path), { code: "ENOENT" });
  await server.close();
});

t.test("a server that talks nonsense ends the call and not the program", async (t) => {
  const folder = new Folder();
  const sockets: Socket[] = [];
  const server = createServer((socket) => {
    sockets.push(socket);
    socket.on("error", () => {});
    socket.write('7\n{"id":99}\n{"jsonrpc":"2.0","method":"n","params":3}\n{"jsonrpc":"2.0"');
    socket.once("data", () => socket.write("nonsense\n"));
  });
  server.listen(folder.file("s"));
  await once(server, "listening");
  t.teardown(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
    folder.remove();
  });
  const client = new RpcClient(await connectSocket(folder.file("s")));
  const notes: string[] = [];
  client.onNotification = (method, params) => notes.push(`${method} ${JSON.stringify(params)}`);
  await t.rejects(client.call("x"), { code: "INSTANCE_GONE" });
  t.same(notes, ["n {}"]);
});

t.test(
  "16000 requests that go on, on one connection: refused beyond the limit, and the stack has its turns meanwhile",
  async (t) => {
    const lab = await Lab.open();
    const { client } = await serve(t, stackMethods(lab.stack));
    const c = await client();
    const count = 16_000;
    let turns = 0;
    const turn = (): void => {
      turns++;
      going = setImmediate(turn);
    };
    let going = setImmediate(turn);
    c.socket.write(Array.from({ length: count }, (_, id) => request(id, "neigh.monitor")).join(""));
    const answers = (await c.lines(count - LIMITS.subscriptions)).map(outcome);
    clearImmediate(going);
    t.equal(answers.length, count - LIMITS.subscriptions);
    const codes = new Set(answers.map((answer) => (answer as unknown[])[1]));
    t.same([...codes], ["SUBSCRIPTIONS_LIMIT"]);
    t.ok(turns > count / 100, `${turns} turns of the event loop`);
    lab.stack.addNeighbour("10.0.0.77", "02:00:00:00:00:77", lab.eth0);
    const told = await c.lines(LIMITS.subscriptions);
    t.equal(told.filter((line) => line.includes('"neigh.event"')).length, LIMITS.subscriptions, "the others are told");
  },
);

t.test(
  "a client that stops reading while it is told of things learns why it was cut off, and costs little meanwhile",
  async (t) => {
    const sessions: Session[] = [];
    const methods: Methods = new Map<string, Method>([["watch", (_params, session) => sessions.push(session)]]);
    const { client } = await serve(t, methods);
    const c = await client();
    await c.ask(request(1, "watch"));
    c.socket.pause();
    const [session] = sessions;
    const chunk = "x".repeat(1 << 16);
    for (let sent = 0; !session?.closed && sent < 64 << 20; sent += chunk.length) session?.notify("n", { chunk });
    t.equal(session?.closed, true);
    c.socket.resume();
    await once(c.socket, "end");
    const lines = await c.lines(1000);
    t.ok(lines.length < 100, `${lines.length} lines of 128 were under way, the others are dropped`);
    t.match(outcome(lines.at(-1) ?? ""), [1, "SLOW_READER", /^cut off: /]);
  },
);

t.test(
  "a client that asks and does not read is answered when it reads: its next requests wait, and the server's memory with them",
  async (t) => {
    const big = "x".repeat(1 << 20);
    let asked = 0;
    const methods: Methods = new Map<string, Method>([
      [
        "big",
        () => {
          asked++;
          return big;
        },
      ],
    ]);
    const { client } = await serve(t, methods);
    const c = await client();
    c.socket.pause();
    const count = 40;
    c.socket.write(Array.from({ length: count }, (_, id) => request(id, "big")).join(""));
    const other = await client();
    for (let round = 0; round < 20; round++) await other.ask(request(round, "none"));
    t.ok(asked > 0 && asked < 5, `${asked} answers wait for their reader`);
    c.socket.resume();
    t.equal((await c.lines(count)).length, count, "and none is lost");
    t.equal(asked, count);
  },
);

t.test("connections beyond the limit are told why; those beyond that are closed", async (t) => {
  const { path, client } = await serve(t, echo, { connections: 3 });
  const held = await Promise.all([1, 2, 3].map(client));
  for (const one of held) t.same(await one.ask(request(1, "echo")), {});
  for (let round = 0; round < 3; round++) {
    const rpc = new RpcClient(await connectSocket(path));
    await t.rejects(rpc.call("echo"), { code: "CONNECTIONS_LIMIT" });
    rpc.close();
  }
  const many = await Promise.all(Array.from({ length: 60 }, () => client()));
  await Promise.all(many.map(({ socket }) => socket.closed || once(socket, "close")));
  for (const one of held) t.same(await one.ask(request(2, "echo")), {}, "the others do not notice");
  held[0]?.close();
  for (let patience = 1000; patience > 0; patience--) {
    const rpc = new RpcClient(await connectSocket(path));
    const answered = await rpc.call("echo").catch(() => null);
    rpc.close();
    if (answered) return;
  }
  t.fail("there is room again");
});

t.test("a socket that cannot be made is told of in words", async (t) => {
  const folder = new Folder();
  t.teardown(() => folder.remove());
  const path = folder.file("s");
  writeFileSync(path, "");
  await t.rejects(new ControlServer(echo).listen(path), {
    code: "CONTROL_SOCKET",
    message: `cannot make the control socket ${path}: it is in use`,
  });
});
