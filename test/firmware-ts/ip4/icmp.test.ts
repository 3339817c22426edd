/** ICMP: echoes of every size, checksums recomputed here, and errors sent where they may be and nowhere else. */
import t from "tap";
import { ipv4 } from "../../../firmware-ts/stack.ts";
import { DropReason } from "../../../hal/drop-reason.ts";
import { Lab, say } from "../../support/lab.ts";
import {
  arpReply,
  BROADCAST,
  decode,
  type IcmpFields,
  icmp,
  ipv4Frame,
  T1,
  type UdpFields,
  udp,
} from "../../support/wire-format.ts";

async function lab(): Promise<Lab> {
  const made = await Lab.open();
  made.stack.addNeighbour("10.0.0.2", T1, made.eth0);
  return made;
}

t.test("echo of every size from 0 to 1472: same identifier, sequence and data, right checksums", async (t) => {
  const bench = await lab();
  const wrong: string[] = [];
  for (let size = 0; size <= 1472; size++) {
    const data = Uint8Array.from({ length: size }, (_, at) => (at * 7 + size) & 255);
    bench.say(icmp({ icmpId: 0xabcd, sequence: size }, data));
    const [frame, ...more] = bench.take();
    const { line, faults, payload } = decode(frame?.bytes as Uint8Array);
    if (more.length > 0 || faults.length > 0 || line !== `echo-reply 10.0.0.1 10.0.0.2 id 43981 seq ${size} > T1`)
      wrong.push(`${size}: ${line} ${faults}`);
    if (Buffer.compare(payload, data) !== 0) wrong.push(`${size}: data`);
  }
  t.same(wrong, []);
  t.same([bench.stack.ip.counters.icmp.outType[0], bench.eth0.drops.total, bench.inUse], [1473, 0, 0]);
});

t.test("checksums at their edges: all zeros, all ones, sums of 0 and 0xffff, any code", async (t) => {
  const rows: [string, IcmpFields, number[]][] = [
    ["nothing but zeros", { icmpId: 0, sequence: 0 }, []],
    ["nothing but zeros, 1472 of them", { icmpId: 0, sequence: 0 }, Array<number>(1472).fill(0)],
    ["all ones", { icmpId: 0xffff, sequence: 0xffff }, Array<number>(56).fill(255)],
    ["a reply whose checksum is 0", { icmpId: 0xffff, sequence: 0 }, []],
    ["a request whose checksum is 0", { icmpId: 0xf7ff, sequence: 0 }, []],
    ["a request whose checksum is written as 0xffff", { icmpId: 0xf7ff, sequence: 0, icmpSum: 0xffff }, []],
    ["code 1", { code: 1 }, [1]],
    ["code 255", { code: 255, icmpId: 0, sequence: 0 }, []],
  ];
  for (const [what, fields, data] of rows) {
    const bench = await lab();
    bench.say(icmp(fields, data));
    const frame = bench.take()[0]?.bytes as Uint8Array;
    t.same([decode(frame).faults, Buffer.compare(decode(frame).payload, Uint8Array.from(data))], [[], 0], what);
  }
});

t.test("not answered", async (t) => {
  const rows: [string, IcmpFields, number[], DropReason][] = [
    ["checksum wrong", { icmpSum: 0x1234 }, [1, 2], DropReason.ICMP_CSUM],
    ["checksum 0", { icmpSum: 0 }, [1, 2], DropReason.ICMP_CSUM],
    ["to the subnet's broadcast address", { destination: "10.0.0.255", to: BROADCAST }, [], DropReason.INVALID_PROTO],
    ["to 255.255.255.255", { destination: "255.255.255.255", to: BROADCAST }, [], DropReason.INVALID_PROTO],
    ["to all hosts", { destination: "224.0.0.1", to: BROADCAST }, [], DropReason.INVALID_PROTO],
    ["a timestamp request that is cut", { icmpType: 13 }, [0, 0, 0], DropReason.PKT_TOO_SMALL],
    ["an unknown type", { icmpType: 42 }, [], DropReason.INVALID_PROTO],
  ];
  for (const [what, fields, data, reason] of rows) {
    const bench = await lab();
    bench.say(icmp(fields, data));
    t.same([bench.heard(), bench.eth0.drops.get(reason), bench.eth0.drops.total, bench.inUse], [[], 1, 1, 0], what);
  }
  const bench = await lab();
  for (let length = 0; length < 8; length++) bench.say(ipv4Frame({}, 1, [8, 0, 0xf7, 0xff, 0, 0, 0].slice(0, length)));
  t.same([bench.heard(), bench.eth0.drops.get(DropReason.PKT_TOO_SMALL)], [[], 8], "cut within its header");
});

t.test("asked by a stranger: we ask who that is, then answer; the first echo is not lost", async (t) => {
  const bench = await Lab.open();
  bench.say(icmp({ sequence: 5 }));
  bench.run(100);
  bench.say(arpReply());
  t.same(bench.heard(), ["0 who-has 10.0.0.2 tell 10.0.0.1 us > all", "100 echo-reply 10.0.0.1 10.0.0.2 id 1 seq 5 > T1"]);
});

t.test("an answer comes from the address that was asked", async (t) => {
  const bench = await Lab.open({ addresses: ["10.0.0.1/24", "10.0.0.11/24", "172.16.0.1/16"] });
  bench.stack.addNeighbour("10.0.0.2", T1, bench.eth0);
  for (const destination of ["10.0.0.11", "172.16.0.1"]) bench.say(icmp({ destination }));
  t.same(
    bench.heard(),
    ["10.0.0.11", "172.16.0.1"].map((own) => `0 echo-reply ${own} 10.0.0.2 id 1 seq 1 > T1`),
  );
});

t.test("nobody on that port: the packet is quoted as it came, up to 576 bytes of error", async (t) => {
  for (const size of [0, 1, 100, 519, 520, 521, 1472]) {
    const bench = await lab();
    const frame = udp({ dport: 7, options: size === 100 ? [1, 1, 1, 0] : [] }, new Uint8Array(size).fill(size));
    bench.say(frame);
    const [heard] = bench.take();
    const { line, faults, payload } = decode(heard?.bytes as Uint8Array);
    t.same([line, faults], ["icmp 3/3 10.0.0.1 10.0.0.2 id 0 seq 0 > T1", []]);
    t.same(Buffer.from(payload), Buffer.from(frame.subarray(14, 14 + 548)), `${size} bytes`);
    t.same([bench.eth0.drops.get(DropReason.NO_SOCKET), bench.eth0.drops.total, bench.inUse], [1, 1, 0]);
  }
});

t.test("type of service: an echo's own; an error's is internetwork control with the packet's low bits", async (t) => {
  const bench = await lab();
  for (const [tos, error] of [
    [0, 0xc0],
    [0x10, 0xd0],
    [0xb8, 0xd8],
    [0xff, 0xde],
  ] as const) {
    bench.say(icmp({ tos }));
    bench.say(udp({ tos, dport: 7 }, "x"));
    const frames = bench.take().map(({ bytes }) => bytes);
    t.same(
      frames.map((bytes) => [bytes[15], decode(bytes).faults.length]),
      [
        [tos, 0],
        [error, 0],
      ],
    );
  }
});

t.test("no error for what came to many, for damaged packets, for errors", async (t) => {
  const rows: [string, UdpFields][] = [
    ["in a broadcast frame", { to: BROADCAST }],
    ["in a multicast frame", { to: "01:00:5e:00:00:01" }],
    ["to the subnet's broadcast address", { to: BROADCAST, destination: "10.0.0.255" }],
    ["broadcast address in a frame for us", { destination: "10.0.0.255" }],
    ["to 255.255.255.255", { destination: "255.255.255.255" }],
    ["wrong checksum", { udpSum: 1 }],
  ];
  for (const [what, fields] of rows) {
    const bench = await lab();
    bench.nic.setReceiveMode({ promiscuous: false, allMulticast: true, groups: [] });
    bench.say(udp({ dport: 7, ...fields }, "x"));
    t.same([bench.heard(), bench.eth0.drops.total, bench.inUse], [[], 1, 0], what);
  }
  const bench = await lab();
  bench.say(icmp({ icmpType: 3, code: 3 }, udp({ source: "10.0.0.1", destination: "10.0.0.2", sport: 7 }, "x").subarray(14)));
  t.same(bench.heard(), [], "an error about a port of ours that nobody has");
});

t.test("errors are limited: six at once, then one a second for each destination; fifty at once for all", async (t) => {
  const bench = await lab();
  const burst = (count: number): number => {
    for (let n = 0; n < count; n++) bench.say(udp({ dport: 7 }, "x"));
    return bench.take().length;
  };
  t.equal(burst(20), 6);
  const { outRateLimitGlobal, outRateLimitHost } = bench.stack.ip.counters.icmp;
  t.equal(outRateLimitGlobal + outRateLimitHost, 14);
  bench.run(999);
  t.equal(burst(5), 0);
  bench.run(1);
  t.equal(burst(5), 1);
  bench.run(3000);
  t.equal(burst(9), 3);
  bench.run(3_600_000);
  t.equal(burst(20), 6, "never more than the burst, however long it was quiet");
  bench.say(icmp({}));
  t.equal(bench.take().length, 1, "echoes are not errors");

  const many = await Lab.open({ addresses: ["10.0.0.1/8"] });
  for (let n = 0; n < 200; n++) {
    many.stack.addNeighbour(`10.9.${n}.1`, T1, many.eth0);
    many.say(udp({ dport: 7, source: `10.9.${n}.1` }, "x"));
  }
  t.equal(many.take().length, 50);
});

t.test("an error reaches the socket that sent, and only that", async (t) => {
  const bench = await Lab.open({ addresses: ["10.0.0.1/24", "10.0.0.11/24"] });
  const told: string[] = [];
  for (const own of ["10.0.0.1", "10.0.0.11"])
    bench.stack.udp.open(600, ipv4(own)).onError = ({ code, reporter, destination }, port) =>
      told.push(`${own}: ${code} ${reporter === ipv4("10.0.0.254")} ${destination === ipv4("10.0.0.2")} ${port}`);
  const quoted = (fields: UdpFields): Uint8Array =>
    udp({ source: "10.0.0.11", destination: "10.0.0.2", sport: 600, dport: 9, ...fields }, "x").subarray(14);
  bench.say(icmp({ icmpType: 3, code: 1, source: "10.0.0.254" }, quoted({})));
  t.same(told, ["10.0.0.11: 1 true true 9"]);
  bench.say(icmp({ icmpType: 3, code: 3, source: "10.0.0.254" }, quoted({ options: [1, 1, 1, 0] })));
  t.equal(told.length, 2, "options in the quoted header");
  const before = bench.eth0.drops.total;
  bench.say(icmp({ icmpType: 3, code: 1 }, quoted({ source: "10.0.0.77" })));
  for (let length = 0; length < 28; length++) bench.say(icmp({ icmpType: 3, code: 1 }, quoted({}).subarray(0, length)));
  bench.say(icmp({ icmpType: 3, code: 1 }, quoted({ ihl: 15 })));
  bench.say(icmp({ icmpType: 3, code: 1 }, quoted({ ihl: 4 })));
  bench.say(icmp({ icmpType: 3, code: 1, icmpSum: 7 }, quoted({})));
  t.same([told.length, bench.eth0.drops.total - before, bench.heard(), bench.inUse], [2, 31, [], 0]);
});

t.test("what a socket is told of each error; one that is bound to no address also of quotes of another source", async (t) => {
  const bench = await Lab.open();
  const told: string[] = [];
  bench.stack.udp.open(600).onError = ({ type, code, errno }, port) => told.push(`${type}/${code} ${errno} ${port}`);
  const quoted = (source: string): Uint8Array => udp({ source, destination: "10.0.0.2", sport: 600, dport: 9 }, "x").subarray(14);
  const say = (icmpType: number, code: number, source = "10.0.0.1"): void => bench.say(icmp({ icmpType, code }, quoted(source)));
  for (const [type, codes] of [
    [3, [0, 2, 3, 4, 5, 7, 8, 15, 16]],
    [4, [0]],
    [5, [1]],
    [11, [0, 1, 7]],
    [12, [0, 1]],
    [6, [0]],
  ] as const)
    for (const code of codes) say(type, code);
  say(3, 3, "10.0.0.77");
  t.same(told, [
    "3/0 ENETUNREACH 9",
    "3/2 ENOPROTOOPT 9",
    "3/3 ECONNREFUSED 9",
    "3/4 EMSGSIZE 9",
    "3/5 ENOTSUP 9",
    "3/7 EHOSTDOWN 9",
    "3/8 ENONET 9",
    "3/15 EHOSTUNREACH 9",
    "11/0 EHOSTUNREACH 9",
    "11/7 EHOSTUNREACH 9",
    "12/0 EPROTO 9",
    "12/1 EPROTO 9",
    "3/3 ECONNREFUSED 9",
  ]);
  t.equal(bench.inUse, 0);
});

t.test("a redirect about a datagram that nobody here can have sent is counted, and changes nothing", async (t) => {
  const lab = await Lab.open();
  lab.stack.addRoute({ to: "default", via: "10.0.0.2" });
  const counter = (name: string): number | undefined => lab.stack.counters().find(([one]) => one === name)?.[1];
  // For the host 192.0.2.9 take 10.0.0.3: its header quotes a packet of ours.
  const quoted = ipv4Frame({ source: "10.0.0.1", destination: "192.0.2.9" }, 17, new Uint8Array(8)).subarray(14);
  lab.say(icmp({ icmpType: 5, code: 1, icmpId: 0x0a00, sequence: 0x0003 }, quoted));
  t.equal(counter("IcmpInRedirects"), 1);
  t.equal(lab.stack.ip.routes.lookup(ipv4("192.0.2.9"))?.gateway, ipv4("10.0.0.2"));
  t.same([lab.heard(), lab.stack.neighbours(4).table.entries, lab.inUse], [[], 0, 0]);
});

t.test("ping: request byte for byte, reply with its TTL; each failure told once", async (t) => {
  const bench = await Lab.open();
  const { ping } = bench.stack;
  const pinger = ping.open();
  const peer = ping.to("10.0.0.2");
  const replies: unknown[] = [];
  const failures: string[] = [];
  pinger.onReply = ({ source, sequence, ttl, bytes }) => replies.push([source === ipv4("10.0.0.2"), sequence, ttl, bytes]);
  pinger.onFailure = (sequence, result) => failures.push(`${sequence} ${say(result)}`);
  t.equal(say(pinger.send(ping.to("8.8.8.8"), 0, 56)), "failed IP_OUTNOROUTES");
  t.equal(say(pinger.send(peer, 1, 65_508)), "failed PKT_TOO_BIG");
  t.equal(say(pinger.send(peer, 2, 56)), "queued");
  bench.run(3000);
  t.same(failures, ["2 failed NEIGH_FAILED"]);
  bench.port.plugged = false;
  bench.stack.addNeighbour("10.0.0.2", T1, bench.eth0);
  t.equal(say(pinger.send(peer, 3, 56)), "failed TX_CARRIER");
  t.equal(failures.length, 1, "send() has said it");
  bench.port.plugged = true;
  bench.take();
  t.equal(say(pinger.send(peer, 4, 56)), "sent");
  bench.run(0);
  const frame = bench.take()[0]?.bytes as Uint8Array;
  t.same([decode(frame).line, decode(frame).faults], [`echo-request 10.0.0.1 10.0.0.2 id ${pinger.id} seq 4 > T1`, []]);
  t.same([...decode(frame).payload], [...Array(56).keys()]);
  bench.say(icmp({ icmpType: 0, icmpId: pinger.id, sequence: 4, ttl: 63 }, decode(frame).payload));
  bench.say(icmp({ icmpType: 0, icmpId: pinger.id + 1, sequence: 4 }));
  t.same(replies, [[true, 4, 63, 64]]);
  t.equal(say(pinger.send(ping.to("10.0.0.1"), 5, 8)), "sent", "ourselves");
  bench.run(0);
  t.same([replies.length, bench.inUse], [2, 0]);
});
