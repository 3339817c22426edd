/** Our dgram sockets beside node:dgram over the kernel's loopback: the same calls, the same events, the same errors. */
import type dgram from "node:dgram";
import { once } from "node:events";
import t from "tap";
import { missingForNetns, Netns } from "../../../support/netns.ts";
import { type Script, sameDgram } from "../stage.ts";

type Api = typeof dgram;

function told(socket: dgram.Socket, log: { say(...words: unknown[]): void }, name: string): void {
  for (const event of ["listening", "connect", "close"]) socket.on(event, () => log.say(name, event));
  socket.on("error", (error) => log.say(name, "error", error));
  socket.on("message", (bytes: Buffer, { address, family, port, size }) =>
    log.say(name, "message", bytes.toString(), address, family, port, size),
  );
}

function bound(socket: dgram.Socket, ...words: unknown[]): Promise<void> {
  return new Promise((resolve, reject) => {
    socket.once("error", reject);
    (socket.bind as (...words: unknown[]) => void).call(socket, ...words, () => {
      socket.removeListener("error", reject);
      resolve();
    });
  });
}

/** Sends, and waits for the callback. */
function sent(socket: dgram.Socket, ...words: unknown[]): Promise<unknown> {
  return new Promise((resolve) => {
    (socket.send as (...words: unknown[]) => void).call(socket, ...words, (error: Error | null, bytes: number) =>
      resolve(error ?? bytes),
    );
  });
}

function closed(socket: dgram.Socket): Promise<void> {
  return new Promise((resolve) => {
    socket.close(resolve);
  });
}

const SCRIPTS: Readonly<Record<string, Script<Api>>> = {
  async "bind, send in all forms, message, close"({ createSocket }, log) {
    const server = createSocket("udp4");
    told(server, log, "server");
    log.call("address", () => server.address());
    await bound(server, 0, "127.0.0.1");
    log.say(server.address());
    const { port } = server.address();
    const client = createSocket({ type: "udp4" });
    told(client, log, "client");
    const forms: unknown[][] = [
      ["text", port],
      ["text", port, "127.0.0.1"],
      [Buffer.from("buffer"), port, "localhost"],
      [new Uint8Array([65, 66, 67]), 1, 2, port],
      [new DataView(new ArrayBuffer(3)), 0, 1, port, "127.0.0.1"],
      [["a", Buffer.from("b"), new Uint8Array([99])], port],
      [[], port],
      ["", port],
      ["x".repeat(1400), 10, 1300, port, "127.0.0.1"],
    ];
    for (const form of forms) {
      const arrived = once(server, "message");
      log.say(await sent(client, ...form));
      await arrived;
    }
    log.say(server.address().port === port, client.address().address);
    await closed(client);
    await closed(server);
  },

  async "refused words"({ createSocket }, log) {
    const socket = createSocket("udp4");
    for (const kind of ["tcp", undefined, 4, null, { type: "udp" }]) log.call("type", () => createSocket(kind as "udp4"));
    log.call("signal", () => createSocket({ type: "udp4", signal: 1 as unknown as AbortSignal }));
    log.call("lookup", () => createSocket({ type: "udp4", lookup: 1 as unknown as undefined }));
    const send = socket.send as (...words: unknown[]) => void;
    const forms: unknown[][] = [
      ["x", 0],
      ["x", 70_000],
      ["x", "9x"],
      ["x", -1],
      ["x"],
      [5, 1],
      [null, 1],
      [{ a: 1 }, 1],
      [["a", 5], 1],
      [Buffer.alloc(3), 2, 5, 1],
      [Buffer.alloc(3), 7, 1, 1],
      ["x", 1, 5],
      ["x", 0, 1, 1, 5],
    ];
    for (const form of forms) log.call(JSON.stringify(form), () => send.call(socket, ...form));
    for (const port of [0, 70_000, "x", undefined, null]) log.call("connect", () => socket.connect(port as number));
    log.call("disconnect", () => socket.disconnect());
    log.call("remoteAddress", () => socket.remoteAddress());
    for (const name of ["setTTL", "setMulticastInterface"] as const) {
      log.call(name, () => (socket[name] as (word: unknown) => void)({}));
    }
    log.call("addMembership", () => (socket.addMembership as (word?: string) => void)());
    log.call("unbound ttl", () => socket.setTTL(1));
    log.call("unbound broadcast", () => socket.setBroadcast(true));
    log.call("unbound buffer", () => socket.getRecvBufferSize());
    log.call("queue", () => [socket.getSendQueueSize(), socket.getSendQueueCount()]);
    for (const size of [0, -1, 1.5, "x"]) log.call("size", () => socket.setRecvBufferSize(size as number));
    socket.close();
    for (const work of ["close", "address", "remoteAddress", "bind"] as const) log.call(work, () => (socket[work] as () => void)());
    log.call("send", () => socket.send("x", 1));
    log.call("connect", () => socket.connect(1));
    log.call("ref", () => socket.ref() === socket && socket.unref() === socket);
  },

  async "settings of a bound socket"({ createSocket }, log) {
    const socket = createSocket("udp4");
    await bound(socket, { port: 0, address: "127.0.0.1" });
    log.call("again", () => socket.bind(1));
    log.call("ttl", () => [socket.setTTL(1), socket.setTTL(255)]);
    for (const ttl of [0, 256, -1]) log.call("ttl", () => socket.setTTL(ttl));
    log.call("broadcast", () => socket.setBroadcast(true));
    log.call("buffers", () => [socket.getRecvBufferSize(), socket.getSendBufferSize()]);
    socket.setRecvBufferSize(5000);
    socket.setSendBufferSize(6000);
    log.call("buffers", () => [socket.getRecvBufferSize(), socket.getSendBufferSize()]);
    log.call("no group", () => socket.addMembership("1.2.3.4"));
    log.call("no address", () => socket.addMembership("bogus"));
    log.call("not joined", () => socket.dropMembership("224.0.0.115", "127.0.0.1"));
    log.call("no interface", () => socket.addMembership("224.0.0.114", "9.9.9.9"));
    log.call("joined", () => socket.addMembership("224.0.0.114", "127.0.0.1"));
    log.call("twice", () => socket.addMembership("224.0.0.114", "127.0.0.1"));
    log.call("left", () => socket.dropMembership("224.0.0.114", "127.0.0.1"));
    log.call("interface", () => socket.setMulticastInterface("127.0.0.1"));
    log.call("interface", () => socket.setMulticastInterface("bogus"));
    log.call("interface", () => socket.setMulticastInterface("9.9.9.9"));
    await closed(socket);
  },

  async "in use, not ours, no address"({ createSocket }, log) {
    const first = createSocket("udp4");
    await bound(first, 0, "127.0.0.1");
    const { port } = first.address();
    for (const [words, options] of [
      [[port, "127.0.0.1"], {}],
      [[port], {}],
      [[port], { reuseAddr: true }],
      [[0, "9.9.9.9"], {}],
      [[0, "::1"], {}],
      [{ port: 0, address: "127.0.0.1" }, {}],
    ] as [unknown, object][]) {
      const socket = createSocket({ type: "udp4", ...options });
      await bound(socket, ...(Array.isArray(words) ? words : [words])).catch((error) => log.say(error));
      log.call("address", () => socket.address().address);
      await closed(socket);
    }
    await closed(first);
    const shared = [1, 2].map(() => createSocket({ type: "udp4", reuseAddr: true }));
    for (const socket of shared) {
      await bound(socket, port, "127.0.0.1");
      log.say(socket.address().address);
    }
    for (const [at, socket] of shared.entries()) socket.on("message", (bytes) => log.say(at, bytes.toString()));
    const arrived = Promise.race(shared.map((socket) => once(socket, "message")));
    await sent(shared[0] as dgram.Socket, "x", port);
    await arrived;
    for (const socket of shared) await closed(socket);
  },

  async "connected: peer, refusal, disconnect"({ createSocket }, log) {
    const [one, other, client] = [createSocket("udp4"), createSocket("udp4"), createSocket("udp4")];
    await bound(one, 0, "127.0.0.1");
    await bound(other, 0, "127.0.0.1");
    told(client, log, "client");
    const connected = new Promise<void>((resolve) => {
      client.connect(one.address().port, "127.0.0.1", resolve as () => void);
    });
    log.call("twice", () => client.connect(1));
    await connected;
    log.say(client.remoteAddress(), client.address());
    log.call("to another", () => (client.send as (...words: unknown[]) => void)("x", 0, 1, 9, "127.0.0.1"));
    const { port } = client.address();
    const heard = once(one, "message");
    log.say(await sent(client, "to my peer"), await sent(client, Buffer.from("part"), 1, 2));
    const [, from] = await heard;
    log.say(from);
    // Of another one it hears nothing.
    await sent(other, "not for you", port, "127.0.0.1");
    const arrived = once(client, "message");
    await sent(one, "from my peer", port, "127.0.0.1");
    await arrived;
    const away = one.address().port;
    await closed(one);
    const refused = once(client, "error");
    await sent(client, "nobody");
    await refused;
    client.disconnect();
    log.call("gone", () => client.remoteAddress());
    log.say(await sent(client, "nobody", away));
    client.connect(other.address().port);
    await once(client, "connect");
    log.say(client.remoteAddress().address);
    await closed(client);
    await closed(other);
  },

  async "connect that fails"({ createSocket }, log) {
    for (const [host, kind] of [
      ["255.255.255.255", "udp4"],
      ["127.255.255.255", "udp4"],
      ["::1", "udp4"],
    ] as const) {
      const socket = createSocket(kind);
      told(socket, log, host);
      await new Promise<void>((resolve) => {
        (socket.connect as (...words: unknown[]) => void)(9, host, (error?: Error) => {
          log.say(error ?? "connected");
          resolve();
        });
      });
      log.say(await sent(socket, "x", 9, host));
      await closed(socket);
    }
  },

  async "sends that fail"({ createSocket }, log) {
    const socket = createSocket("udp4");
    told(socket, log, "socket");
    log.say(await sent(socket, "x", 9, "255.255.255.255"));
    log.say(await sent(socket, Buffer.alloc(65_508), 9, "127.0.0.1"));
    log.say(await sent(socket, "x", 9, "::1"));
    log.say(await sent(socket, "x", 9, "1.2.3.4"));
    await closed(socket);
  },

  async "order of what happens"({ createSocket }, log) {
    const socket = createSocket("udp4");
    told(socket, log, "socket");
    socket.bind(0, "127.0.0.1", () => log.say("bound"));
    log.say("bind returned");
    process.nextTick(() => log.say("tick"));
    socket.send("x", 9, "127.0.0.1", () => log.say("sent"));
    log.say("send returned");
    socket.close(() => log.say("closed"));
    log.say("close returned");
    await once(socket, "close");
    process.nextTick(() => log.say("tick"));
    const other = createSocket("udp4");
    told(other, log, "other");
    other.close();
    log.say("close returned");
    await once(other, "close");
    const third = createSocket("udp4", (message) => log.say("listener", message.toString()));
    await bound(third);
    log.say(third.address().address);
    const heard = once(third, "message");
    third.send("to myself", third.address().port);
    await heard;
    await closed(third);
  },

  async abort({ createSocket }, log) {
    const controller = new AbortController();
    const socket = createSocket({ type: "udp4", signal: controller.signal });
    told(socket, log, "socket");
    await bound(socket, 0, "127.0.0.1");
    const gone = once(socket, "close");
    controller.abort();
    await gone;
    log.call("send", () => socket.send("x", 1));
    const late = createSocket({ type: "udp4", signal: controller.signal });
    told(late, log, "late");
    await once(late, "close");
  },
};

t.test("as node:dgram", { skip: missingForNetns() }, async (t) => {
  // The process moves into a network of its own, where nothing but the loopback device leads anywhere.
  new Netns().remove();
  for (const [name, script] of Object.entries(SCRIPTS)) await sameDgram(t, name, script);
});
