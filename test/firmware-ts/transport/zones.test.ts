/** Link-local addresses of a stack with two links, on each of which the same address is another station: TCP, UDP, net and dgram keep them apart. */
import { setImmediate as turn } from "node:timers/promises";
import t from "tap";
import { dgram } from "../../../firmware-ts/sockets/dgram/index.ts";
import { net } from "../../../firmware-ts/sockets/net/index.ts";
import { Stack } from "../../../firmware-ts/stack.ts";
import { VirtualClock } from "../../../hal/clock.ts";
import { SeededRandom } from "../../../hal/random.ts";
import { EthernetSegment } from "../../../hal/simulated/segment.ts";
import { WireNic } from "../../../hal/simulated/wire-nic.ts";
import { Peer } from "../../support/tcp-lab.ts";

const LINKS = ["eth0", "eth1"] as const;

/** `near` has fe80::1 on both links, and each link has a host fe80::2. */
async function twoLinks(): Promise<{ clock: VirtualClock; near: Stack; far: Record<(typeof LINKS)[number], Stack> }> {
  const clock = new VirtualClock();
  const random = new SeededRandom(1);
  const stack = (name: string): Stack =>
    new Stack({ clock, random: random.fork(name), families: [4, 6], ip6Automatic: false, loopback: true });
  const near = stack("near");
  const far = { eth0: stack("far0"), eth1: stack("far1") };
  for (const [at, link] of LINKS.entries()) {
    const wire = new EthernetSegment(clock, random.fork(link));
    for (const [last, host, name] of [
      [1, near, link],
      [2, far[link], "eth0"],
    ] as const) {
      const nic = new WireNic(clock, wire, `${link}.${last}`, Uint8Array.of(2, 0, 0, 0, at, last));
      const device = host.addDevice(name, nic);
      await device.open();
      host.addAddress(device, `fe80::${last}/64`);
    }
  }
  clock.advanceSync(100);
  return { clock, near, far };
}

async function settle(clock: VirtualClock): Promise<void> {
  for (let round = 0; round < 12; round++) {
    await turn();
    clock.advanceSync(5);
  }
}

t.test("TCP: a connection goes to the station on its own link, and its answer too", async (t) => {
  const { clock, near, far } = await twoLinks();
  const heard: string[] = [];
  for (const link of LINKS) {
    far[link].tcp.listen(80, null, (connection) => {
      const peer = new Peer();
      peer.connection = connection;
      peer.onReadable = () => {
        peer.take();
        heard.push(`${link} ${peer.text}`);
        peer.say(`from ${link}`);
      };
      return peer;
    });
  }
  const peers = LINKS.map((link) => {
    const peer = new Peer();
    // The same ports on both links: only the link tells the two apart.
    peer.connection = near.tcp.connect(`fe80::2%${link}`, 80, peer, { localPort: 40_000 });
    return peer;
  });
  t.throws(() => near.tcp.connect("fe80::2%eth1", 80, new Peer(), { localPort: 40_000 }), { code: "ADDRESS_IN_USE" });
  clock.advanceSync(100);
  for (const [at, peer] of peers.entries()) peer.say(`to ${LINKS[at]}`);
  clock.advanceSync(100);
  t.same(heard.sort(), ["eth0 to eth0", "eth1 to eth1"]);
  t.same(
    peers.map((peer) => `${peer.connection.device?.name} ${peer.text}`),
    ["eth0 from eth0", "eth1 from eth1"],
  );
  t.same(
    [...near.devices].filter(({ name }) => name !== "lo").map(({ drops }) => drops.total),
    [0, 0],
  );
});

t.test("TCP: our own address with a zone binds a connection to that link", async (t) => {
  const { clock, near, far } = await twoLinks();
  const { eth1 } = far;
  let taken = 0;
  eth1.tcp.listen(80, null, () => {
    taken++;
    return new Peer();
  });
  near.tcp.connect("fe80::2", 80, new Peer(), { from: "fe80::1%eth1" });
  clock.advanceSync(100);
  t.equal(taken, 1);
  t.throws(() => near.tcp.connect("fe80::2%eth0", 80, new Peer(), { from: "fe80::1%eth1" }), { code: "ADDRESS_INVALID" });
  t.throws(() => near.tcp.connect("fe80::2%eth0", 80, new Peer(), { from: "fe80::9%eth0" }), { code: "ADDRESS_NOT_AVAILABLE" });
  t.throws(() => near.tcp.connect("fe80::2%eth7", 80, new Peer()), { code: "DEVICE_MISSING" });
});

t.test("TCP: a listener with a zone hears that link alone; peers with the same endpoint on two links are two", async (t) => {
  const { clock, near, far } = await twoLinks();
  const taken: string[] = [];
  const listen = (host: string | null, name: string): void => {
    near.tcp.listen(80, host, ({ device }) => {
      taken.push(`${name} ${device?.name}`);
      return new Peer();
    });
  };
  const knock = (): string[] => {
    taken.length = 0;
    const peers = LINKS.map((link) => {
      const peer = new Peer();
      peer.connection = far[link].tcp.connect("fe80::1%eth0", 80, peer, { localPort: 40_000 });
      return peer;
    });
    clock.advanceSync(100);
    const events = peers.map((peer) => peer.events.join());
    for (const { connection } of peers) connection.abort();
    clock.advanceSync(100);
    return events;
  };
  listen("fe80::1%eth1", "bound");
  t.same([knock(), taken], [["closed ECONNREFUSED", "connected"], ["bound eth1"]]);
  t.throws(() => listen("fe80::1%eth1", "again"), { code: "ADDRESS_IN_USE" });
  t.throws(() => listen(null, "any"), { code: "ADDRESS_IN_USE" });
  listen("fe80::1%eth0", "other");
  t.same(
    [knock(), taken.sort()],
    [
      ["connected", "connected"],
      ["bound eth1", "other eth0"],
    ],
  );
  t.throws(() => listen("fe80::9%eth1", "nobody's"), { code: "ADDRESS_NOT_AVAILABLE" });
});

t.test("UDP: zones of destinations, of our own address, and of groups in spite of the socket's group device", async (t) => {
  const { clock, near, far } = await twoLinks();
  const heard: string[] = [];
  for (const link of LINKS) {
    far[link].udp.open(9).onDatagram = (bytes, at, length, _source, port) =>
      heard.push(`${link} ${Buffer.from(bytes.subarray(at, at + length))} ${port}`);
    far[link].udp.open(10, "fe80::2%eth0").join("ff02::99");
    far[link].udp.open(11).join("ff02::99");
  }
  const said = (socket: { send(bytes: Uint8Array, to: never): unknown }, to: unknown, text: string): string[] => {
    heard.length = 0;
    socket.send(Buffer.from(text), to as never);
    clock.advanceSync(100);
    return heard;
  };
  const socket = near.udp.open(5000);
  t.same(said(socket, socket.to("fe80::2%eth1", 9), "a"), ["eth1 a 5000"]);
  t.same(said(socket, socket.to("fe80::2%eth0", 9), "b"), ["eth0 b 5000"]);
  const [eth0, eth1] = LINKS.map((name) => near.devices.find((device) => device.name === name));
  socket.multicastDevice = eth0!;
  t.equal(socket.to("ff02::1%eth1", 9).device, eth1, "a zone goes before the group device");
  t.equal(socket.to("ff02::1", 9).device, eth0);

  const [one, other] = LINKS.map((link) => near.udp.open(6000, `fe80::1%${link}`));
  t.same(said(one!, one!.to("fe80::2", 9), "c"), ["eth0 c 6000"]);
  t.same(said(other!, other!.to("fe80::2", 9), "d"), ["eth1 d 6000"]);
  t.throws(() => near.udp.open(6000, "fe80::1%eth1"), { code: "ADDRESS_IN_USE" });
  t.throws(() => near.udp.open(6001, "fe80::9%eth1"), { code: "ADDRESS_NOT_AVAILABLE" });
  const arrived: string[] = [];
  one!.onDatagram = () => arrived.push("one");
  other!.onDatagram = () => arrived.push("other");
  const back = far.eth1.udp.open();
  back.send(Buffer.from("e"), back.to("fe80::1%eth0", 6000));
  other!.send(Buffer.from("to ourselves"), other!.to("fe80::1", 6000));
  clock.advanceSync(100);
  t.equal(arrived[0], "other");
  t.equal(arrived.length, 2);
});

t.test("node's net: zones of host, localAddress and listen()", async (t) => {
  const { clock, near, far } = await twoLinks();
  const words: string[] = [];
  for (const link of LINKS) {
    net(far[link])
      .createServer((socket) => {
        words.push(`${link}: ${socket.localAddress} ${socket.remoteAddress}`);
        socket.end(link);
      })
      .listen(80, "fe80::2%eth0");
  }
  const { connect, createServer } = net(near);
  const go = async (options: object): Promise<string> => {
    words.length = 0;
    let said = "";
    const socket = connect({ port: 80, ...options });
    socket.on("error", ({ message }) => {
      said = message;
    });
    socket.on("connect", () => words.push(`near: ${socket.localAddress} ${socket.remoteAddress}`));
    socket.on("data", (bytes: Buffer) => {
      said += bytes;
    });
    await settle(clock);
    return said;
  };
  t.equal(await go({ host: "fe80::2%eth1" }), "eth1");
  t.same(words.sort(), ["eth1: fe80::2%eth0 fe80::1%eth0", "near: fe80::1%eth1 fe80::2%eth1"]);
  t.equal(await go({ host: "fe80::2%eth0" }), "eth0");
  t.equal(await go({ host: "fe80::2", localAddress: "fe80::1%eth1" }), "eth1");
  t.equal(await go({ host: "fe80::2" }), "connect EINVAL fe80::2:80");
  t.equal(await go({ host: "fe80::2%nope" }), "connect EINVAL fe80::2%nope:80");
  t.equal(await go({ host: "fe80::2%eth0", localAddress: "fe80::1%eth1" }), "connect EINVAL fe80::2%eth0:80");
  t.equal(await go({ host: "fe80::2%eth0", localAddress: "fe80::1" }), "bind EINVAL fe80::1");

  const listening = async (host: string): Promise<string> => {
    const server = createServer();
    let said = "";
    server.on("error", ({ message }) => {
      said = message;
    });
    server.listen(0, host, () => {
      said = (server.address() as { address: string }).address;
      server.close();
    });
    await settle(clock);
    return said;
  };
  t.equal(await listening("fe80::1%eth1"), "fe80::1%eth1");
  t.equal(await listening("fe80::1"), "listen EINVAL: invalid argument fe80::1");
  t.equal(await listening("fe80::1%nope"), "listen EINVAL: invalid argument fe80::1%nope");
  t.equal(await listening("fe80::2%eth1"), "listen EADDRNOTAVAIL: address not available fe80::2%eth1");
});

t.test("node's dgram: zones of bind() and connect()", async (t) => {
  const { clock, near } = await twoLinks();
  const { createSocket } = dgram(near);
  const go = async (begin: (socket: ReturnType<typeof createSocket>, done: () => void) => void): Promise<string> => {
    const socket = createSocket("udp6");
    let said = "";
    socket.on("error", ({ message }) => {
      said = message;
    });
    begin(socket, () => {
      const peer = ((): string => {
        try {
          return ` ${socket.remoteAddress().address}`;
        } catch {
          return "";
        }
      })();
      said = `${socket.address().address}${peer}`;
    });
    await settle(clock);
    socket.close();
    return said;
  };
  t.equal(await go((socket, done) => socket.bind(0, "fe80::1%eth1", done)), "fe80::1%eth1");
  t.equal(await go((socket, done) => socket.connect(9, "fe80::2%eth1", done)), "fe80::1%eth1 fe80::2%eth1");
  t.equal(await go((socket) => socket.bind(0, "fe80::1")), "bind EINVAL fe80::1");
  t.equal(await go((socket) => socket.bind(0, "fe80::2%eth1")), "bind EADDRNOTAVAIL fe80::2%eth1");
  t.match(await go((socket) => socket.connect(9, "fe80::2")), /EINVAL/);
  t.match(await go((socket) => socket.connect(9, "fe80::2%nope")), /EINVAL/);
});
