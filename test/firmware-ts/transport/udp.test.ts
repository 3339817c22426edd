/** UDP: what reaches a socket, what goes on the wire, and that send() and onFate tell the truth, each once. */
import fc from "fast-check";
import t from "tap";
import type { Destination } from "../../../firmware-ts/ip/destination.ts";
import { formatIp } from "../../../firmware-ts/ip/endpoint.ts";
import { Ip6Interner } from "../../../firmware-ts/ip/ip6.ts";
import { IpLayers } from "../../../firmware-ts/ip/layers.ts";
import { ipv4 } from "../../../firmware-ts/stack.ts";
import { Udp } from "../../../firmware-ts/transport/udp.ts";
import type { UdpSocket } from "../../../firmware-ts/transport/udp-socket.ts";
import { DropReason } from "../../../hal/drop-reason.ts";
import { SeededRandom } from "../../../hal/random.ts";
import { Lab, say } from "../../support/lab.ts";
import { arp, arpReply, BROADCAST, checksum, decode, ip, ipv4Frame, T1, type UdpFields, udp } from "../../support/wire-format.ts";

async function listening(bound: string | null = null): Promise<{ lab: Lab; got: string[] }> {
  const lab = await Lab.open({ addresses: ["10.0.0.1/24", "10.0.0.11/24"] });
  lab.stack.addNeighbour("10.0.0.2", T1, lab.eth0);
  const got: string[] = [];
  lab.stack.udp.open(5000, bound).onDatagram = (bytes, at, length, source, port) =>
    got.push(
      `${source === ipv4("10.0.0.2") ? "T" : source}:${port} ${Buffer.from(bytes.subarray(at, at + length)).toString("latin1")}`,
    );
  return { lab, got };
}

t.test("received: data, address and port of the sender", async (t) => {
  const rows: [string, UdpFields, string, string[]][] = [
    ["plain", {}, "abc", ["T:4000 abc"]],
    ["empty", {}, "", ["T:4000 "]],
    ["odd length", {}, "a", ["T:4000 a"]],
    ["no checksum", { udpSum: 0 }, "abc", ["T:4000 abc"]],
    ["UDP length shorter than the packet: cut", { udpLength: 10 }, "abc", ["T:4000 ab"]],
    ["UDP length of an empty datagram: cut", { udpLength: 8 }, "abc", ["T:4000 "]],
    ["source port 0", { sport: 0 }, "a", ["T:0 a"]],
    ["the highest source port", { sport: 65_535 }, "a", ["T:65535 a"]],
    ["broadcast to the subnet", { destination: "10.0.0.255", to: BROADCAST }, "a", ["T:4000 a"]],
    ["broadcast to all", { destination: "255.255.255.255", to: BROADCAST }, "a", ["T:4000 a"]],
    ["our other address", { destination: "10.0.0.11" }, "a", ["T:4000 a"]],
  ];
  for (const [what, fields, text, expected] of rows) {
    const { lab, got } = await listening();
    lab.say(udp(fields, text));
    t.same([got, lab.heard(), lab.eth0.drops.total, lab.inUse], [expected, [], 0, 0], what);
  }
});

t.test("received: what else the IP header said", async (t) => {
  const rows: [string, UdpFields, [string, number, boolean]][] = [
    ["to us", {}, ["10.0.0.1", 64, true]],
    ["to our other address", { destination: "10.0.0.11", ttl: 1 }, ["10.0.0.11", 1, true]],
    ["broadcast to the subnet", { destination: "10.0.0.255", to: BROADCAST, ttl: 255 }, ["10.0.0.255", 255, false]],
    ["broadcast to all", { destination: "255.255.255.255", to: BROADCAST }, ["255.255.255.255", 64, false]],
  ];
  const { lab } = await listening();
  const seen: unknown[] = [];
  lab.stack.udp.open(5001).onDatagram = (_bytes, _at, _length, _source, _port, packet) => {
    const { layer, source, destination, ttl, toUsAlone, device } = packet;
    t.same([layer, formatIp(source), device], [lab.stack.ip, "10.0.0.2", lab.eth0]);
    seen.push([formatIp(destination), ttl, toUsAlone]);
  };
  for (const [, fields] of rows) lab.say(udp({ dport: 5001, ...fields }, "x"));
  t.same(
    seen,
    rows.map(([, , wanted]) => wanted),
  );
});

t.test("received: from ourselves, without and with a device lo", async (t) => {
  for (const loopback of [false, true]) {
    const lab = await Lab.open({ loopback });
    const socket = lab.stack.udp.open(5001);
    const seen: unknown[] = [];
    socket.onDatagram = (_bytes, _at, _length, _source, _port, { destination, ttl, toUsAlone, device }) =>
      seen.push([formatIp(destination), ttl, toUsAlone, device.name]);
    socket.send(new Uint8Array(1), socket.to("10.0.0.1", 5001));
    lab.run(0);
    t.same(seen, [["10.0.0.1", 64, true, loopback ? "lo" : "eth0"]]);
  }
});

t.test("dropped: counted once by reason, not delivered, no error sent but for an unused port", async (t) => {
  const rows: [string, UdpFields, DropReason][] = [
    ["checksum wrong", { udpSum: 0x0bad }, DropReason.UDP_CSUM],
    ["checksum 0xffff that should not be", { udpSum: 0xffff }, DropReason.UDP_CSUM],
    ["length 0", { udpLength: 0 }, DropReason.PKT_TOO_SMALL],
    ["length 7", { udpLength: 7 }, DropReason.PKT_TOO_SMALL],
    ["length one too many", { udpLength: 12 }, DropReason.PKT_TOO_SMALL],
    ["length 65535", { udpLength: 65_535 }, DropReason.PKT_TOO_SMALL],
    ["no socket", { dport: 5001 }, DropReason.NO_SOCKET],
    ["port 0", { dport: 0 }, DropReason.NO_SOCKET],
  ];
  for (const [what, fields, reason] of rows) {
    const { lab, got } = await listening();
    lab.say(udp(fields, "abc"));
    t.same([got, lab.eth0.drops.get(reason), lab.eth0.drops.total, lab.inUse], [[], 1, 1, 0], what);
    t.equal(lab.heard().length, reason === DropReason.NO_SOCKET ? 1 : 0, what);
  }
  const { lab } = await listening();
  for (let length = 0; length < 8; length++) lab.say(ipv4Frame({}, 17, [15, 160, 19, 136, 0, 8, 0].slice(0, length)));
  t.equal(lab.eth0.drops.get(DropReason.PKT_TOO_SMALL), 8);
});

t.test("nobody listens: UdpNoPorts where it was for us alone, UdpIgnoredMulti where it was for all", async (t) => {
  const { lab } = await listening();
  const counted = (): (number | undefined)[] => {
    const counters = new Map(lab.stack.counters());
    return ["UdpNoPorts", "UdpIgnoredMulti", "UdpInDatagrams", "UdpInErrors"].map((name) => counters.get(name));
  };
  lab.say(udp({ dport: 5001 }, "a"));
  t.same(counted(), [1, 0, 0, 0]);
  for (const destination of ["10.0.0.255", "255.255.255.255"]) lab.say(udp({ dport: 5001, destination, to: BROADCAST }, "a"));
  t.same(counted(), [1, 2, 0, 0]);
  t.equal(lab.heard().length, 1, "an error for the first alone");
});

t.test("each single wrong bit of a datagram is caught, pseudo header included", async (t) => {
  const { lab, got } = await listening();
  const payload = "whohas";
  for (let bit = 0; bit < (8 + payload.length) * 8; bit++) {
    const frame = udp({}, payload);
    const at = 34 + (bit >> 3);
    frame[at] = frame[at]! ^ (1 << (bit & 7));
    // A checksum of 0 would mean none: no single bit makes one here.
    lab.say(frame);
  }
  t.same([got, lab.eth0.drops.total], [[], 112]);
  const before = lab.eth0.drops.get(DropReason.UDP_CSUM);
  // Another source, its IP checksum right: only the pseudo header can tell.
  lab.say(
    udp(
      {
        source: "10.0.0.3",
        udpSum: checksum([...ip("10.0.0.2"), ...ip("10.0.0.1"), 0, 17, 0, 9, 15, 160, 19, 136, 0, 9, 0, 0, 120]),
      },
      "x",
    ),
  );
  t.same([got, lab.eth0.drops.get(DropReason.UDP_CSUM) - before], [[], 1]);
});

t.test("a socket bound to one address hears that address only", async (t) => {
  const { lab, got } = await listening("10.0.0.11");
  lab.say(udp({}, "a"));
  lab.say(udp({ destination: "10.0.0.255", to: BROADCAST }, "b"));
  lab.say(udp({ destination: "10.0.0.11" }, "c"));
  t.same([got, lab.eth0.drops.get(DropReason.NO_SOCKET)], [["T:4000 c"], 2]);
});

t.test("ephemeral ports: the next free one from the one that is drawn, round the whole range and no further", async (t) => {
  const { lab } = await listening();
  const drawn = { next: () => 0, below: () => 7, fork: () => drawn };
  const udp = new Udp(lab.stack.network, drawn, new IpLayers([], new Ip6Interner(1)));
  t.same([udp.open().port, udp.open().port], [32_775, 32_776]);
  for (let port = 32_768; port <= 60_999; port++) if (port < 32_774 || port > 32_776) udp.open(port);
  t.equal(udp.open().port, 32_774, "the last one that is left");
  t.throws(() => udp.open(), { code: "ADDRESS_IN_USE", message: /every ephemeral/ });
  t.equal(udp.open(61_000).port, 61_000, "others are there to be asked for");
});

t.test("sockets: ports taken, addresses not ours, ephemeral ports, after close", async (t) => {
  const { lab } = await listening();
  const { udp: u } = lab.stack;
  t.throws(() => u.open(5000), { code: "ADDRESS_IN_USE" });
  t.throws(() => u.open(5000, ipv4("10.0.0.1")), { code: "ADDRESS_IN_USE" });
  t.throws(() => u.open(1, ipv4("10.0.0.3")), { code: "ADDRESS_NOT_AVAILABLE" });
  for (const port of [-1, 65_536, 1.5, Number.NaN]) t.throws(() => u.open(port), { code: "PORT_INVALID" });
  const socket = u.open(0);
  for (const port of [-1, 0, 65_536]) t.throws(() => socket.to("10.0.0.2", port), { code: "PORT_INVALID", errno: "EINVAL" });
  const ports = Array.from({ length: 500 }, () => u.open().port);
  t.ok(ports.every((port) => port >= 32_768 && port <= 60_999) && new Set(ports).size === 500);
  const one = u.open(6000, ipv4("10.0.0.1"));
  const two = u.open(6000, ipv4("10.0.0.11"));
  t.throws(() => u.open(6000), { code: "ADDRESS_IN_USE" });
  one.close();
  one.close();
  t.equal(u.open(6000, ipv4("10.0.0.1")).port, 6000);
  two.onDatagram = () => t.fail("closed");
  two.close();
  lab.say(udp({ dport: 6000, destination: "10.0.0.11" }, "late"));
  t.throws(() => two.send(new Uint8Array(1), two.to("10.0.0.2", 9)), { message: "the socket is closed" });
});

t.test("a sum of zero goes out as 0xffff, and never as none", async (t) => {
  const { lab } = await listening();
  const pseudo = [...ip("10.0.0.1"), ...ip("10.0.0.2"), 0, 17, 0, 10];
  const missing = checksum([...pseudo, 4444 >> 8, 4444 & 255, 0, 9, 0, 10]);
  lab.poke("10.0.0.2", Uint8Array.of(missing >> 8, missing & 255));
  const frame = lab.take()[0]?.bytes as Uint8Array;
  t.same([frame[40], frame[41], decode(frame).faults], [0xff, 0xff, []]);
});

t.test("datagrams of every size: right lengths, checksums and data", async (t) => {
  const { lab } = await listening();
  const wrong: string[] = [];
  for (let size = 0; size <= 1472; size++) {
    const data = Uint8Array.from({ length: size }, (_, at) => (at * 13 + size) & 255);
    if (lab.poke("10.0.0.2", data) !== "sent") wrong.push(`${size}: not sent`);
    const { faults, payload } = decode(lab.take()[0]?.bytes as Uint8Array);
    if (faults.length > 0 || Buffer.compare(payload, data) !== 0) wrong.push(`${size}: ${faults}`);
  }
  t.same([wrong, lab.inUse], [[], 0]);
});

t.test("what send() says, and what follows", async (t) => {
  const rows: [string, (lab: Lab) => string | Promise<string>, string, string[]][] = [
    ["known neighbour", (lab) => lab.poke(), "sent", ["0 sent"]],
    [
      "unknown, answers",
      (lab) => {
        const said = lab.poke("10.0.0.3");
        lab.say(arpReply({ sip: "10.0.0.3" }));
        return said;
      },
      "queued",
      ["0 sent"],
    ],
    [
      "unknown, silent",
      (lab) => {
        const said = lab.poke("10.0.0.3");
        lab.run(3000);
        return said;
      },
      "queued",
      ["0 failed NEIGH_FAILED"],
    ],
    ["no route", (lab) => lab.poke("8.8.8.8"), "failed IP_OUTNOROUTES", []],
    ["too big", (lab) => lab.poke("10.0.0.2", new Uint8Array(65_508)), "failed PKT_TOO_BIG", []],
    [
      "no carrier",
      (lab) => {
        lab.port.plugged = false;
        return lab.poke();
      },
      "failed TX_CARRIER",
      [],
    ],
    [
      "device down",
      async (lab) => {
        await lab.eth0.close();
        return lab.poke();
      },
      "failed IP_OUTNOROUTES",
      [],
    ],
    ["ourselves, nobody listens", (lab) => lab.poke("10.0.0.1"), "sent", ["0 failed NO_SOCKET"]],
    ["broadcast", (lab) => lab.poke("10.0.0.255"), "sent", ["0 sent"]],
  ];
  for (const [what, act, said, fates] of rows) {
    const { lab } = await listening();
    t.equal(await act(lab), said, what);
    t.same([lab.fates, lab.inUse, lab.socket.underWay], [fates, 0, 0], what);
  }
});

t.test("a controller that takes a frame and drops it at once: send() says why, and there is no fate", async (t) => {
  const { lab } = await listening();
  lab.nic.transmit = (skb) => {
    lab.eth0.drops.drop(skb, DropReason.TX_ABORTED);
    return true;
  };
  t.equal(lab.poke(), "failed TX_ABORTED");
  t.equal(lab.poke("10.0.0.3"), "queued");
  t.equal(lab.poke("10.0.0.1"), "sent", "the last failure is not remembered");
  t.same(lab.fates, ["2 failed NO_SOCKET"]);
});

t.test("no packet memory left: NOMEM, counted, and all well again afterwards", async (t) => {
  const lab = await Lab.open({ pool: { limit: 4, chunk: 4 } });
  t.same(
    Array.from({ length: 6 }, () => lab.poke()),
    ["queued", "queued", "queued", "queued", "failed NOMEM", "failed NOMEM"],
  );
  lab.run(1000);
  t.equal(lab.eth0.drops.get(DropReason.NOMEM), 1, "for the second ARP request: all four wait for its answer");
  lab.run(2000);
  t.same([lab.fates.length, lab.inUse], [4, 0]);
  lab.say(arp());
  t.same([lab.poke(), lab.fates.at(-1)], ["sent", "6 sent"]);
});

t.test("the send buffer: so many bytes under way for each socket, one datagram always", async (t) => {
  const { lab } = await listening();
  const said = Array.from({ length: 300 }, () => lab.poke("10.0.0.3", ""));
  t.equal(said.indexOf("failed SOCKET_SNDBUF"), 256, "256 x 832 = 212992");
  t.equal(said.filter((text) => text === "queued").length, 256);
  t.equal(new Map(lab.stack.counters()).get("UdpSndbufErrors"), 44);
  const other = lab.stack.udp.open();
  t.equal(say(other.send(new Uint8Array(1), other.to("10.0.0.2", 9))), "sent", "another socket has its own");
  lab.say(arpReply({ sip: "10.0.0.3" }));
  t.same([lab.fates.length, lab.socket.underWay, lab.inUse], [256, 0, 0]);
  t.equal(lab.poke("10.0.0.3"), "sent");
  const small = lab.stack.udp.open();
  small.sendBuffer = 0;
  t.equal(say(small.send(new Uint8Array(1472), small.to("10.0.0.4", 9))), "queued");
  t.equal(say(small.send(new Uint8Array(0), small.to("10.0.0.4", 9))), "failed SOCKET_SNDBUF");
});

t.test("a handler that throws loses its own datagram only: what came behind it is delivered", async (t) => {
  const { lab } = await listening();
  const got: string[] = [];
  lab.stack.udp.open(5001).onDatagram = (bytes, at) => {
    got.push(String.fromCharCode(bytes[at]!));
    if (got.length === 1) throw new Error("application's fault");
  };
  for (const text of ["a", "b", "c"]) {
    const frame = udp({ dport: 5001 }, text);
    lab.port.transmit(frame, 0, frame.length);
  }
  t.throws(() => lab.run(0), { message: "application's fault" });
  lab.run(0);
  t.same([got, lab.inUse], [["a", "b", "c"], 0]);
  lab.say(udp({ dport: 5001 }, "d"));
  t.equal(got.at(-1), "d");
});

t.test("a closed socket still hears of what it had under way", async (t) => {
  const { lab } = await listening();
  lab.poke("10.0.0.3");
  lab.socket.close();
  lab.run(3000);
  t.same([lab.fates, lab.inUse], [["0 failed NEIGH_FAILED"], 0]);
});

type Step =
  | { kind: "send"; to: number; size: number; confirm: boolean }
  | { kind: "reply" | "request"; of: number; other: boolean }
  | { kind: "run"; ms: number }
  | { kind: "cable" | "busy" | "static" | "delete"; on: boolean; of: number };

const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({ kind: fc.constant("send" as const), to: fc.nat(6), size: fc.nat(1480), confirm: fc.boolean() }),
  },
  {
    weight: 3,
    arbitrary: fc.record({ kind: fc.constantFrom("reply" as const, "request" as const), of: fc.nat(4), other: fc.boolean() }),
  },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant("run" as const), ms: fc.integer({ min: 0, max: 9000 }) }) },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constantFrom("cable" as const, "busy" as const, "static" as const, "delete" as const),
      on: fc.boolean(),
      of: fc.nat(4),
    }),
  },
);

t.test("whatever happens, each accepted datagram has one fate and each refused one none", async (t) => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 5, maxLength: 60 }), fc.nat(), async (steps, seed) => {
      const lab = await Lab.open({ seed, pool: { limit: 60, chunk: 20 } });
      lab.stack.addRoute({ to: "0.0.0.0/1", via: "10.0.0.3" });
      lab.wire.loss = 0.2;
      const chance = new SeededRandom(seed);
      lab.stack.neighbours(4).table.parametersOf(lab.eth0).queueLengthBytes = 5000;
      const transmit = lab.nic.transmit.bind(lab.nic);
      let busy = false;
      lab.nic.transmit = (skb) => {
        if (busy) return false;
        if (chance.next() < 0.9) return transmit(skb);
        lab.eth0.drops.drop(skb, DropReason.TX_ABORTED);
        return true;
      };
      const targets = ["10.0.0.2", "10.0.0.3", "10.0.0.4", "10.0.0.255", "10.0.0.1", "8.8.8.8", "200.1.1.1"];
      const hosts = ["10.0.0.2", "10.0.0.3", "10.0.0.4", "10.0.0.5", "10.0.0.1"];
      const accepted = new Set<number>();
      const told: number[] = [];
      const { socket } = lab;
      const destinations = targets.map((target) => socket.to(target, 9));
      socket.sendBuffer = 30_000;
      socket.onFate = (cookie) => told.push(cookie);
      let cookie = 0;
      for (const act of steps) {
        const of = "of" in act ? (hosts[act.of] as string) : "";
        if (act.kind === "send") {
          const number = cookie++;
          const result = socket.send(new Uint8Array(act.size), destinations[act.to] as Destination, number, act.confirm);
          if (result.status !== "failed") accepted.add(number);
          else if (told.includes(number)) throw new Error(`${number} was refused and has a fate`);
        } else if (act.kind === "reply") lab.say(arpReply({ sip: of, sha: act.other ? "02:00:00:00:00:77" : T1 }));
        else if (act.kind === "request") lab.say(arp({ sip: of }));
        else if (act.kind === "run") lab.run(act.ms);
        else if (act.kind === "cable") lab.port.plugged = act.on;
        else if (act.kind === "busy") {
          busy = act.on;
          if (!busy) lab.eth0.wake();
        } else if (act.kind === "static") lab.stack.addNeighbour(of, T1, lab.eth0);
        else {
          const entry = lab.stack.neighbours(4).table.find(ipv4(of), lab.eth0);
          if (entry) lab.stack.neighbours(4).table.delete(entry);
        }
      }
      busy = false;
      lab.eth0.wake();
      lab.run(20_000);
      const expected = [...accepted].sort((a, b) => a - b);
      const actual = [...told].sort((a, b) => a - b);
      if (expected.join() !== actual.join()) throw new Error(`accepted ${expected}, told ${actual}`);
      if (lab.inUse !== 0 || socket.underWay !== 0)
        throw new Error(`${lab.inUse} buffers and ${socket.underWay} bytes left behind`);
    }),
    { numRuns: 400, seed: 20_260_101 },
  );
  t.pass("400 runs of up to 60 steps");
});

t.test(
  "a socket that is bound to a group or to everybody hears nothing else, and sends from the best of our addresses",
  async (t) => {
    const lab = await Lab.open();
    lab.stack.addNeighbour("10.0.0.2", T1, lab.eth0);
    const heard: string[] = [];
    const listen = (port: number, host: string): UdpSocket => {
      const socket = lab.stack.udp.open(port, host);
      socket.onDatagram = (bytes, at, length) => heard.push(`${host} ${Buffer.from(bytes.subarray(at, at + length))}`);
      return socket;
    };
    const group = listen(5000, "224.0.0.1");
    listen(5000, "10.0.0.255");
    lab.say(udp({ destination: "224.0.0.1", to: "01:00:5e:00:00:01" }, "group"));
    lab.say(udp({ destination: "10.0.0.255", to: BROADCAST }, "everybody"));
    lab.say(udp({}, "us"));
    t.same(heard, ["224.0.0.1 group", "10.0.0.255 everybody"]);
    lab.take();
    t.equal(group.send(Buffer.from("x"), group.to("10.0.0.2", 9)).status, "sent");
    lab.run(0);
    t.match(lab.heard(), [/udp 10\.0\.0\.1 10\.0\.0\.2:9 x/]);
  },
);
