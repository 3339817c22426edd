/** IPv6 from one end to the other: a datagram asks for its neighbour, goes out, comes in, is answered; echo and errors. */
import t from "tap";
import { AddressFlags } from "../../../firmware-ts/ip6/routing/addresses.ts";
import { Stack } from "../../../firmware-ts/stack.ts";
import { DropReason } from "../../../hal/drop-reason.ts";
import { SeededRandom } from "../../../hal/random.ts";
import { EthernetSegment } from "../../../hal/simulated/segment.ts";
import { WireNic } from "../../../hal/simulated/wire-nic.ts";
import { Lab } from "../../support/lab.ts";
import { Lab6 } from "../../support/lab6.ts";
import { echo6, icmp6, na, ns, OUR_IP6, OUR_LL, PEER_IP6, udp6 } from "../../support/wire-format6.ts";

const PEER = { source: PEER_IP6, destination: OUR_IP6 };

t.test("a datagram waits for its neighbour, and goes out when that has answered", async (t) => {
  const lab = await Lab6.open();
  t.equal(lab.poke(), "queued");
  t.same(lab.heard(), ["0 who-has fd00::2 slla us fd00::1 > ff02::1:ff00:2 > 33:33:ff:00:00:02"]);
  lab.say(na(PEER));
  t.same(lab.heard(), ["0 udp :9 hi fd00::1 > fd00::2 > T1"]);
  t.equal(lab.state(), "REACHABLE");
  t.equal(lab.poke(), "sent");
  t.same(lab.heard(), ["0 udp :9 hi fd00::1 > fd00::2 > T1"]);
  t.same([lab.fates, lab.inUse], [["0 sent", "1 sent"], 0]);
});

t.test("a datagram for us comes to its socket, with where it came from", async (t) => {
  const lab = await Lab6.open();
  const got: string[] = [];
  const socket = lab.stack.udp.open(5000);
  socket.onDatagram = (bytes, at, length, source, port, { ttl, toUsAlone }) => {
    got.push(`${Buffer.from(bytes.subarray(at, at + length))} ${source === lab.address("fd00::2")} ${port} ${ttl} ${toUsAlone}`);
  };
  lab.say(udp6({ ...PEER, hops: 7 }, "hello"));
  lab.say(udp6({ ...PEER, udpSum: 0 }, "no checksum"));
  lab.say(udp6({ ...PEER, udpSum: 0x1234 }, "wrong checksum"));
  t.same(got, ["hello true 4000 7 true"]);
  const { udp } = lab.ip6.counters;
  t.same([udp.inDatagrams, udp.inErrors, udp.inCsumErrors, lab.inUse], [1, 2, 2, 0]);
});

t.test("nobody listens: port unreachable, with all of the packet", async (t) => {
  const lab = await Lab6.open();
  lab.stack.addNeighbour("fd00::2", "02:00:00:00:00:02", lab.eth0);
  lab.say(udp6({ ...PEER, dport: 7 }, "hello"));
  t.same(lab.heard(), ["0 icmp 1/4 info 0 53 bytes fd00::1 > fd00::2 > T1"]);
});

t.test("echo requests are answered, from the group's owner's address where they came to a group", async (t) => {
  const lab = await Lab6.open();
  lab.stack.addNeighbour("fd00::2", "02:00:00:00:00:02", lab.eth0);
  lab.say(echo6({ ...PEER, id: 5, sequence: 6 }, new Uint8Array(56)));
  lab.say(echo6({ source: PEER_IP6, destination: "ff02::1", id: 5, sequence: 7 }, [1]));
  lab.say(echo6({ ...PEER, icmpSum: 1 }));
  t.same(lab.heard(), [
    "0 echo-reply id 5 seq 6 56 bytes fd00::1 > fd00::2 > T1",
    "0 echo-reply id 5 seq 7 1 bytes fd00::1 > fd00::2 > T1",
  ]);
  lab.say(icmp6({ ...PEER, code: 1 }, 128, [0, 5, 0, 8]));
  t.same([...(lab.lab.take()[0]?.bytes.subarray(54, 56) ?? [])], [129, 1], "the code is the request's");
});

t.test("what a socket is told of each error", async (t) => {
  const lab = await Lab6.open();
  const told: string[] = [];
  lab.stack.udp.open(5000).onError = ({ type, code, errno, info }, port) => told.push(`${type}/${code} ${errno} ${info} ${port}`);
  const quote = udp6({ source: OUR_IP6, destination: PEER_IP6, sport: 5000, dport: 9 }, "x").subarray(14);
  for (const [type, codes] of [
    [1, [0, 1, 2, 3, 4, 5, 6, 7]],
    [2, [0]],
    [3, [0, 1]],
    [4, [1]],
    [100, [0]],
  ] as const)
    for (const code of codes) lab.say(icmp6({ ...PEER, code }, type, [0, 0, 5, 0x78, ...quote]));
  t.same(told, [
    "1/0 ENETUNREACH 1400 9",
    "1/1 EACCES 1400 9",
    "1/2 EHOSTUNREACH 1400 9",
    "1/3 EHOSTUNREACH 1400 9",
    "1/4 ECONNREFUSED 1400 9",
    "1/5 EACCES 1400 9",
    "1/6 EACCES 1400 9",
    "1/7 EPROTO 1400 9",
    "2/0 EMSGSIZE 1400 9",
    "3/0 EHOSTUNREACH 1400 9",
    "3/1 EHOSTUNREACH 1400 9",
    "4/1 EPROTO 1400 9",
    "100/0 EPROTO 1400 9",
  ]);
  t.equal(lab.inUse, 0);
});

t.test("a link-local neighbour is named with its link", async (t) => {
  const lab = await Lab6.open();
  t.equal(lab.poke("fe80::2%eth0"), "queued");
  t.same(lab.heard(), ["0 who-has fe80::2 slla us fe80::ff:fe00:1 > ff02::1:ff00:2 > 33:33:ff:00:00:02"]);
  t.throws(() => lab.socket.to("fe80::2%eth7", 9), { code: "DEVICE_MISSING" });
});

t.test("a question for us is answered by way of the asker's entry", async (t) => {
  const lab = await Lab6.open();
  lab.say(ns({ source: PEER_IP6, target: OUR_IP6 }));
  t.same(lab.heard(), ["0 na fd00::1 SO tlla us fd00::1 > fd00::2 > T1"]);
  t.equal(lab.shown(), "DELAY:02");
});

t.test("ping", async (t) => {
  const lab = await Lab6.open({ loopback: true });
  const pinger = lab.stack.ping.open();
  const replies: string[] = [];
  pinger.onReply = ({ sequence, bytes, ttl }) => replies.push(`${sequence} ${bytes} ${ttl}`);
  const to = lab.stack.ping.to("fd00::2");
  t.equal(pinger.send(to, 1, 10).status, "queued");
  lab.run(0);
  lab.heard();
  lab.say(na(PEER));
  t.same(lab.heard(), ["0 echo-request id 1 seq 1 10 bytes fd00::1 > fd00::2 > T1"]);
  lab.say(echo6({ ...PEER, id: 1, sequence: 1 }, new Uint8Array(10), 129));
  for (const [at, own] of ["::1", "fd00::1", "fe80::ff:fe00:1%eth0"].entries()) pinger.send(lab.stack.ping.to(own), 2 + at, 4);
  lab.run(0);
  t.same(replies, ["1 18 64", "2 12 64", "3 12 64", "4 12 64"]);
  t.same([lab.heard(), lab.inUse], [[], 0]);
});

t.test("a neighbour that does not answer: address unreachable to the socket that sent", async (t) => {
  const lab = await Lab6.open();
  const errors: string[] = [];
  lab.socket.onError = ({ errno, code, reporter, destination }, port) =>
    errors.push(`${errno} ${code} ${reporter === lab.address("fd00::1")} ${destination === lab.address("fd00::2")} ${port}`);
  lab.poke();
  lab.run(4000);
  t.same(errors, ["EHOSTUNREACH 3 true true 9"]);
  t.equal(lab.state(), "FAILED");
  t.same(lab.fates, ["0 failed NEIGH_FAILED"]);
});

t.test("keep_addr_on_down: addresses stay when their device goes down; that of all counts unless it is 0", async (t) => {
  for (const [all, own, kept] of [
    [0, 0, false],
    [0, 1, true],
    [1, 0, true],
    [-1, 1, false],
    [1, -1, true],
  ] as const) {
    const lab = await Lab6.open();
    lab.ip6.conf.write("all", "keep_addr_on_down", all);
    lab.ip6.conf.write(lab.eth0, "keep_addr_on_down", own);
    await lab.eth0.close();
    t.equal(lab.ip6.addresses.on(lab.eth0, lab.address(OUR_IP6)) !== null, kept, `${all} ${own}`);
  }
});

t.test("a device that leaves takes addresses, routes, groups and neighbours along", async (t) => {
  const lab = await Lab6.open();
  lab.stack.addNeighbour("fd00::2", "02:00:00:00:00:02", lab.eth0);
  lab.stack.addRoute({ to: "default", via: "fd00::2" });
  lab.poke("fd00::3");
  await lab.stack.removeDevice(lab.eth0);
  const { table } = lab.stack.neighbours(6);
  t.same([lab.ip6.addresses.list, lab.ip6.routes.list, lab.ip6.routes.localList, table.entries], [[], [], [], 0]);
  t.same([lab.eth0.groups, lab.inUse], [[], 0]);
  t.equal(lab.poke(), "failed IP_OUTNOROUTES");
});

t.test("two stacks on one table: each with its own devices, and close() of one leaves the other's entries", async (t) => {
  const lab = await Lab6.open();
  const { clock } = lab.stack;
  const other = new Stack({ clock, random: new SeededRandom(3), families: [4, 6], neighbours: { sharedWith: lab.stack } });
  const segment = new EthernetSegment(lab.lab.clock, new SeededRandom(4));
  const eth0 = other.addDevice("eth0", new WireNic(clock, segment, "other", Uint8Array.of(2, 0, 0, 0, 0, 9)));
  await eth0.open();
  other.addNeighbour("fe80::2", "02:00:00:00:00:02", eth0);
  lab.stack.addNeighbour("fe80::2", "02:00:00:00:00:03", lab.eth0);
  t.equal(other.neighbours(6).table, lab.stack.neighbours(6).table);
  t.same([lab.shown("fe80::2"), lab.stack.neighbours(6).table.entries], ["PERMANENT:03", 2]);
  await other.close();
  t.equal(lab.stack.neighbours(6).table.entries, 1);
  const four = new Stack({ clock, random: new SeededRandom(3) });
  t.throws(() => new Stack({ clock, random: new SeededRandom(5), families: [6], neighbours: { sharedWith: four } }), {
    code: "FAMILY_UNSUPPORTED",
  });
});

t.test("a stack that was not asked for IPv6 has none, and leaves its frames alone", async (t) => {
  const { stack, eth0, say, heard } = await Lab.open().then((lab) => ({
    stack: lab.stack,
    eth0: lab.eth0,
    say: (frame: Uint8Array) => lab.say(frame),
    heard: () => lab.take().length,
  }));
  for (const act of [
    () => stack.addAddress(eth0, "fd00::1/64"),
    () => stack.removeAddress(eth0, "fd00::1/64"),
    () => stack.addRoute({ to: "fd00::/64", device: eth0 }),
    () => stack.addNeighbour("fd00::2", "02:00:00:00:00:02", eth0),
    () => stack.udp.open().to("fd00::2", 9),
  ]) {
    t.throws(act, { code: "FAMILY_UNSUPPORTED" });
  }
  say(ns({ destination: OUR_LL }));
  t.same([heard(), eth0.drops.get(DropReason.UNHANDLED_PROTO), eth0.groups.length, stack.ip6], [0, 1, 1, null]);
});

t.test("text that is none of an address, and what a socket may be bound to", async (t) => {
  const lab = await Lab6.open();
  for (const text of ["fd00::1/129", "fd00::1/x", "fd00::1/64/64"]) {
    t.throws(() => lab.stack.addAddress(lab.eth0, text), { code: "ADDRESS_INVALID" }, text);
  }
  t.throws(() => lab.stack.addRoute({ to: "fd05::/64", via: "10.0.0.2" }), { code: "ADDRESS_INVALID" });
  t.throws(() => lab.stack.udp.open(9, "fd00::9"), { code: "ADDRESS_NOT_AVAILABLE" });
  for (const [at, host] of ["fd00::1", "ff02::1", "fe80::ff:fe00:1"].entries())
    t.equal(lab.stack.udp.open(100 + at, host).port, 100 + at);
  t.throws(() => lab.stack.udp.open(100, "::"), { code: "ADDRESS_IN_USE" }, ":: is any address");
  const any = lab.stack.udp.open(200, "::");
  let heard = 0;
  any.onDatagram = () => heard++;
  lab.say(udp6({ ...PEER, dport: 200 }, "to any"));
  t.equal(heard, 1);
});

t.test("nothing goes out of a datagram to where no route leads, or a route refuses", async (t) => {
  const lab = await Lab6.open();
  lab.stack.addRoute({ to: "fd34::/64", type: 7 });
  t.same(
    ["2001:db8::1", "fd34::1", "fd00::2"].map((host) => lab.poke(host, new Uint8Array(65_528))),
    ["failed IP_OUTNOROUTES", "failed RTN_UNREACHABLE", "failed PKT_TOO_BIG"],
  );
  t.same([lab.heard(), lab.inUse, lab.ip6.counters.ip.outNoRoutes], [[], 0, 1]);
});

t.test("an address that nobody is asked for is ours at once", async (t) => {
  const lab = await Lab6.open({ addresses: [], automatic: true });
  lab.stack.addAddress(lab.eth0, "fd00::7/64", { noDad: true });
  lab.stack.addAddress(lab.eth0, "fd00::8/64");
  t.same(
    lab.ip6.addresses
      .of(lab.eth0)
      .map(({ local, flags }) => [local.d, flags & AddressFlags.TENTATIVE])
      .filter(([d]) => d === 7 || d === 8),
    [
      [8, AddressFlags.TENTATIVE],
      [7, 0],
    ],
  );
});
