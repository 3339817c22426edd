/** Our TCP sockets and servers beside node:net over the kernel's loopback: the same calls, the same events, the same errors. */
import { once } from "node:events";
import type net from "node:net";
import { text } from "node:stream/consumers";
import t from "tap";
import { missingForNetns, Netns } from "../../../support/netns.ts";
import { type Log, type Script, sameNet } from "../stage.ts";

type Api = typeof net;

/** Logs all that a socket tells. The data may come in other pieces: it is told at its end. */
function told(socket: net.Socket, all: Log, name: string): net.Socket {
  const log = all.of(name);
  for (const event of ["lookup", "connectionAttempt", "connectionAttemptFailed", "connect", "ready", "finish", "timeout"])
    socket.on(event, (...words) => log.say(event, ...words));
  socket.on("error", (error) => log.say("error", error));
  socket.on("close", (failed) => log.say("close", failed, socket.bytesRead, socket.bytesWritten));
  let data = "";
  socket.on("data", (bytes) => {
    data += bytes;
  });
  socket.on("end", () => log.say("end", data));
  return socket;
}

/** Waits for an event, whatever errors come first. */
function event(emitter: net.Socket | net.Server, name: string): Promise<unknown[]> {
  return new Promise((resolve) => {
    emitter.once(name, (...words: unknown[]) => resolve(words));
  });
}

async function listening(server: net.Server, ...words: unknown[]): Promise<number> {
  (server.listen as (...words: unknown[]) => void)(...(words.length > 0 ? words : [0, "127.0.0.1"]));
  await once(server, "listening");
  return (server.address() as net.AddressInfo).port;
}

function closed(server: net.Server): Promise<unknown> {
  return new Promise((resolve) => {
    server.close(resolve);
  });
}

function state(socket: net.Socket): unknown[] {
  const { pending, connecting, readyState, destroyed, remoteAddress, remoteFamily, localAddress, localFamily } = socket;
  return [pending, connecting, readyState, destroyed, remoteAddress, remoteFamily, localAddress, localFamily];
}

const SCRIPTS: Readonly<Record<string, Script<Api>>> = {
  async "connect, talk both ways, end"({ createServer, connect }, log) {
    const server = createServer((socket) => {
      const side = log.of("accepted");
      told(socket, log, "server's");
      side.say(state(socket));
      socket.write("hello");
    });
    for (const event of ["listening", "connection"]) server.on(event, () => log.of(event).say("told"));
    log.say(server.address(), server.listening);
    const port = await listening(server);
    log.say(server.address(), server.listening);
    const client = told(
      connect(port, "127.0.0.1", () => log.say("connect's callback")),
      log,
      "client's",
    );
    log.say(state(client));
    log.say(
      client.write("early", () => log.say("early is written")),
      client.bytesWritten,
      client.writableLength,
    );
    await event(client, "data");
    log.say(state(client), client.address(), client.remotePort);
    const gone = event(client, "close");
    client.end("bye", () => log.say("end's callback"));
    log.say(client.readyState);
    await gone;
    log.say(state(client), client.address());
    log.say(await closed(server));
    log.say(server.address(), server.listening);
  },

  async "nobody listens"({ connect, Socket }, log) {
    for (const host of ["127.0.0.1", "localhost"]) {
      const socket = told(connect({ port: 1, host, autoSelectFamily: false, family: 4 }), log, host);
      socket.write("x", (error) => log.say("written", error ? error.message : error));
      await event(socket, "close");
      log.say(state(socket));
    }
    const again = told(new Socket(), log, "again");
    again.connect(1, "127.0.0.1");
    await event(again, "close");
    log.call("address", () => again.address());
  },

  async "wrong words"({ connect, createServer, Socket }, log) {
    for (const words of [[70_000], [-1], ["x1"], [{}], [{ port: {} }], [{ port: "70000" }], [{ port: 1, lookup: 1 }]]) {
      if (words[0] === "x1") continue;
      log.call(JSON.stringify(words), () => (connect as (...words: unknown[]) => unknown)(...words));
    }
    const socket = new Socket();
    log.say(state(socket));
    log.call("timeout", () => (socket.setTimeout as (word: unknown) => void)("x"));
    log.call("callback", () => (socket.setTimeout as (...words: unknown[]) => void)(1, "x"));
    log.call("chain", () =>
      [socket.setNoDelay(), socket.setKeepAlive(true), socket.ref(), socket.unref()].every((one) => one === socket),
    );
    socket.destroy();
    const server = createServer();
    for (const words of [[70_000], [{ port: -1 }]]) {
      log.call(JSON.stringify(words), () => (server.listen as (...words: unknown[]) => unknown)(...words));
    }
    log.call("close", () => server.close((error) => log.say("closed", error)) === server);
    await event(server, "close");
    await listening(server);
    log.call("twice", () => server.listen(0));
    await closed(server);
  },

  async "servers that cannot listen"({ createServer }, log) {
    const first = createServer();
    const port = await listening(first);
    for (const words of [[port, "127.0.0.1"], [0, "9.9.9.9"], [{ port, host: "127.0.0.1" }]]) {
      const server = createServer();
      (server.listen as (...words: unknown[]) => unknown)(...words, () => log.say("listening"));
      const [error] = await once(server, "error");
      log.say(error, server.listening);
    }
    await closed(first);
  },

  async "half open"({ createServer, connect }, log) {
    const server = createServer({ allowHalfOpen: true }, (socket) => {
      told(socket, log, "server's");
      socket.on("end", () => {
        log.say(socket.readyState);
        socket.end("the answer");
      });
    });
    const client = told(connect({ port: await listening(server), host: "127.0.0.1" }), log, "client's");
    client.end("a question");
    await event(client, "close");
    await closed(server);
  },

  async "destroy, reset"({ createServer, connect }, log) {
    for (const how of ["destroy", "resetAndDestroy", "destroySoon"] as const) {
      const server = createServer();
      const accepted = once(server, "connection");
      const client = told(connect(await listening(server), "127.0.0.1"), log, how);
      const [socket] = (await accepted) as [net.Socket];
      told(socket, log, "server's");
      if (!client.pending) await Promise.resolve();
      else await event(client, "connect");
      const gone = [event(client, "close"), event(socket, "close")];
      log.call(how, () => client[how]() === client);
      log.say(client.destroyed);
      await Promise.allSettled(gone);
      await closed(server);
    }
    const never = connect(1, "127.0.0.1");
    told(never, log, "never");
    never.destroy();
    await event(never, "close");
  },

  async "much data, slow reader"({ createServer, connect }, log) {
    const size = 3_000_000;
    const server = createServer({ allowHalfOpen: true }, async (socket) => {
      let length = 0;
      for await (const chunk of socket) {
        length += chunk.length;
        if (length % 7 === 0) await new Promise((resolve) => setImmediate(resolve));
      }
      socket.end(`${length}`);
    });
    const client = connect({ port: await listening(server), host: "127.0.0.1", noDelay: true });
    await event(client, "connect");
    const all = Buffer.alloc(size, "x");
    for (let at = 0; at < size; at += 100_000) {
      if (client.write(all.subarray(at, at + 100_000))) continue;
      await event(client, "drain");
    }
    client.end();
    log.say(await text(client), client.bytesWritten, client.bytesRead);
    await closed(server);
  },

  async "pause, resume, setEncoding, cork"({ createServer, connect }, log) {
    const server = createServer({ pauseOnConnect: true }, (socket) => {
      log.say(socket.isPaused());
      socket.setEncoding("utf8");
      let words = "";
      socket.on("data", (word) => {
        words += word;
      });
      socket.on("end", () => log.say(words));
      setImmediate(() => socket.resume());
    });
    const client = connect(await listening(server), "127.0.0.1");
    client.cork();
    for (const word of ["grün", " ", "ist", " gut"]) client.write(word);
    client.uncork();
    client.end();
    client.resume();
    await event(client, "close");
    log.say(client.bytesWritten);
    await closed(server);
  },

  async "time-out"({ createServer, connect }, log) {
    const server = createServer((socket) => socket.on("end", () => socket.end()).resume());
    const client = connect({ port: await listening(server), host: "127.0.0.1", timeout: 30 });
    client.on("timeout", () => log.say("timeout"));
    await event(client, "timeout");
    log.say(client.timeout, client.destroyed);
    client.setTimeout(0);
    client.setTimeout(20, () => log.say("callback"));
    await event(client, "timeout");
    client.destroy();
    await closed(server);
  },

  async "counts and limits"({ createServer, connect }, log) {
    const server = createServer();
    const port = await listening(server);
    const count = (): Promise<number> => new Promise((resolve) => server.getConnections((_, number) => resolve(number)));
    log.say(await count());
    server.maxConnections = 1;
    const accepted = once(server, "connection");
    const one = connect(port, "127.0.0.1");
    await accepted;
    log.say(await count());
    const dropped = once(server, "drop");
    const two = connect(port, "127.0.0.1");
    two.on("error", () => {});
    const [drop] = await dropped;
    log.say(Object.keys(drop).sort(), drop.localAddress, drop.remoteFamily);
    await event(two.resume(), "close");
    one.destroy();
    log.say(await closed(server), await count());
  },

  async "writes after the end"({ createServer, connect }, log) {
    const server = createServer((socket) => socket.end("all"));
    const client = connect({ port: await listening(server), host: "127.0.0.1", allowHalfOpen: true } as net.NetConnectOpts);
    log.say(await text(client), client.readyState);
    client.end("still");
    client.on("error", (error) => log.say(error));
    client.write("late", (error) => log.say("late", error));
    await event(client, "close");
    await closed(server);
  },

  async "look-up of one's own, local address"({ createServer, connect }, log) {
    const server = createServer((socket) => {
      log.say(socket.remoteAddress, socket.remoteFamily);
      socket.end();
    });
    const port = await listening(server, { port: 0, host: "localhost" });
    const lookup = ((name: string, options: object, found: (...words: unknown[]) => void) => {
      log.say(name, options);
      setImmediate(found, null, ...("all" in options ? [[{ address: "127.0.0.1", family: 4 }]] : ["127.0.0.1", 4]));
    }) as unknown as net.LookupFunction;
    const client = told(connect({ port, host: "board.example", lookup, localAddress: "127.0.0.1" }), log, "named");
    client.end();
    await event(client, "close");
    const all = told(connect({ port, host: "board.example", lookup }), log, "all");
    await event(all, "close");
    const failing = ((_name: string, _options: object, found: (...words: unknown[]) => void) => {
      setImmediate(found, Object.assign(new Error("no such name"), { code: "ENOTFOUND" }));
    }) as unknown as net.LookupFunction;
    const lost = told(connect({ port, host: "board.example", lookup: failing }), log, "lost");
    await event(lost, "close");
    const foreign = told(connect({ port, host: "127.0.0.1", localAddress: "9.9.9.9" }), log, "foreign");
    await event(foreign, "close");
    await closed(server);
  },
};

t.test("as node:net", { skip: missingForNetns() }, async (t) => {
  // The process moves into a network of its own, where nothing but the loopback device leads anywhere.
  new Netns().remove();
  for (const [name, script] of Object.entries(SCRIPTS)) await sameNet(t, name, script);
});
