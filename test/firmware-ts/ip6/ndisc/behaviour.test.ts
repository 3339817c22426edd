/** Neighbour discovery in time: when it asks, whom, and from which address; what it forgets, answers for others, and believes. */
import t from "tap";
import type { Ip6 } from "../../../../firmware-ts/ip/ip6.ts";
import type { Ip6Way } from "../../../../firmware-ts/ip6/routing/output-route.ts";
import { NeighFlags } from "../../../../firmware-ts/neigh/flags.ts";
import type { ProxyEntry } from "../../../../firmware-ts/neigh/proxy.ts";
import { DropReason } from "../../../../hal/drop-reason.ts";
import { Lab6 } from "../../../support/lab6.ts";
import { T1, T2 } from "../../../support/wire-format.ts";
import { echo6, na, ns, OUR_IP6, OUR_LL, PEER_IP6, PEER_LL, udp6 } from "../../../support/wire-format6.ts";

const PEER = { source: PEER_IP6, destination: OUR_IP6 };
const ASKED = `who-has ${PEER_IP6} slla us ${OUR_IP6} > ff02::1:ff00:2 > 33:33:ff:00:00:02`;

t.test(
  "nobody answers: three questions to the group a second apart, then FAILED; the next packet asks again at once",
  async (t) => {
    const lab = await Lab6.open();
    lab.poke();
    lab.run(2999);
    t.same(
      lab.heard(),
      [0, 1000, 2000].map((time) => `${time} ${ASKED}`),
    );
    t.equal(lab.state(), "INCOMPLETE");
    lab.run(1);
    t.equal(lab.state(), "FAILED");
    lab.poke();
    t.same(
      lab.heard().filter((line) => line.includes("who-has")),
      [`3000 ${ASKED}`],
    );
  },
);

t.test("a silent neighbour: asked alone three times from the link-local address, then given up", async (t) => {
  const lab = await Lab6.open();
  lab.poke();
  lab.say(na(PEER));
  lab.heard();
  const { reachableTime } = lab.stack.neighbours(6).table.parametersOf(lab.eth0);
  lab.run(reachableTime + 1);
  t.equal(lab.state(), "STALE");
  lab.poke();
  t.equal(lab.state(), "DELAY");
  lab.heard();
  lab.run(5000);
  t.equal(lab.state(), "PROBE");
  lab.run(2999);
  const alone = lab.heard().map((line) => line.replace(/^[\d.]+ /, ""));
  t.same(alone, new Array(3).fill(`who-has ${PEER_IP6} slla us ${OUR_LL} > ${PEER_IP6} > T1`));
  lab.run(1);
  t.equal(lab.state(), "FAILED");
});

t.test("the packet that waits steers the source of the question; one from another device does not", async (t) => {
  const lab = await Lab6.open({ addresses: ["fd00::1/64", "fd00::5/64"], loopback: true });
  const from = lab.stack.udp.open(0, "fd00::5");
  from.send(Uint8Array.of(1), from.to(PEER_IP6, 9));
  lab.run(0);
  t.match(lab.heard(), [/slla us fd00::5 >/]);
  lab.stack.addAddress(lab.stack.lo as NonNullable<typeof lab.stack.lo>, "fd88::1");
  const other = lab.stack.udp.open(0, "fd88::1");
  other.send(Uint8Array.of(1), other.to("fd00::3", 9));
  lab.run(0);
  t.match(lab.heard(), [new RegExp(`who-has fd00::3 slla us ${OUR_LL} >`)]);
});

t.test("a static entry: never a question; another address told by its owner changes nothing", async (t) => {
  const lab = await Lab6.open();
  lab.stack.addNeighbour(PEER_IP6, T1, lab.eth0);
  for (let hour = 0; hour < 24; hour++) {
    t.equal(lab.poke(), "sent");
    lab.run(3_600_000);
  }
  lab.say(na({ ...PEER, link: T2, from: T2 }));
  t.equal(lab.shown(), "PERMANENT:02");
  t.ok(
    lab.heard().every((line) => line.includes("udp")),
    "datagrams alone",
  );
  t.equal(lab.stack.neighbours(6).table.suspicions.contradicted, 1);
});

t.test("carrier and station address: entries go, static ones stay where the device stays", async (t) => {
  const lab = await Lab6.open();
  lab.stack.addNeighbour("fd00::3", T1, lab.eth0);
  lab.poke();
  lab.say(na(PEER));
  lab.lab.port.plugged = false;
  lab.run(0);
  t.same([lab.state(), lab.state("fd00::3")], ["-", "PERMANENT"]);
  lab.lab.port.plugged = true;
  lab.run(0);
  lab.eth0.setAddress(Uint8Array.of(2, 0, 0, 0, 0, 0x42));
  t.equal(lab.state("fd00::3"), "-", "another station address is told to nobody that knew the old one");
});

t.test("ndisc_notify: our addresses are told when the device comes up", async (t) => {
  const lab = await Lab6.open();
  lab.ip6.conf.write(lab.eth0, "ndisc_notify", 1);
  await lab.eth0.close();
  await lab.eth0.open();
  lab.run(0);
  t.same(lab.heard(), [`0 na ${OUR_LL} O tlla us ${OUR_LL} > ff02::1 > 33:33:00:00:00:01`]);
});

t.test("a router answers for an address that it proxies: at once to itself alone, else within proxy_delay", async (t) => {
  const lab = await Lab6.open();
  lab.stack.addNeighbour(PEER_LL, T1, lab.eth0);
  lab.ip6.conf.write("all", "forwarding", 1);
  const { table } = lab.stack.neighbours(6);
  const proxied = lab.address("fd00::99");
  table.proxies.add(proxied.d, lab.eth0, { rest: proxied, flags: NeighFlags.ROUTER });
  const asked = (fields: object = {}): string[] => {
    lab.say(ns({ target: "fd00::99", ...fields }));
    return lab.heard();
  };
  t.same(asked(), [], "proxy_ndp is off");
  lab.ip6.conf.write(lab.eth0, "proxy_ndp", 1);
  t.same(asked({ destination: OUR_LL }), [`0 na fd00::99 RS ${OUR_LL} > ${PEER_LL} > T1`]);
  t.same(asked(), []);
  lab.run(800);
  t.match(lab.heard(), [new RegExp(`^[\\d.]+ na fd00::99 RS tlla us ${OUR_LL} > ${PEER_LL} > T1$`)]);
  t.equal(lab.inUse, 0);
});

t.test(
  "the solicited-node group of a proxied address is joined for as long as there is an entry, once for all of them",
  async (t) => {
    const lab = await Lab6.open();
    const { table } = lab.stack.neighbours(6);
    const group = lab.address("ff02::1:ff00:99");
    const users = (): number => lab.ip6.fib.groups.of(lab.eth0).find(([one]) => one === group)?.[1].users ?? 0;
    const [one, other, third] = ["fd00::99", "fd00:1::99", "fd00:2::99"].map((text) => lab.address(text)) as [Ip6, Ip6, Ip6];
    const add = (rest: Ip6, permanent = false): ProxyEntry => table.proxies.add(rest.d, lab.eth0, { rest, permanent });
    add(one);
    add(one);
    t.equal(users(), 1, "an entry that is there is not counted again");
    add(other, true);
    add(third);
    t.equal(users(), 3);
    table.proxies.delete(one.d, lab.eth0, { rest: one });
    t.equal(table.proxies.delete(one.d, lab.eth0, { rest: one }), false);
    t.equal(users(), 2);
    table.ifdown(lab.eth0, true);
    t.equal(users(), 1, "the permanent one stays");
    table.proxies.flush(() => true);
    t.equal(users(), 0);
    add(one);
    await lab.stack.removeDevice(lab.eth0);
    t.same([users(), table.proxies.size, lab.inUse], [0, 0, 0]);
  },
);

t.test("profile strict: a link address that is a group's, nobody's or ours is not believed", async (t) => {
  for (const link of ["33:33:00:00:00:01", "00:00:00:00:00:00", "02:00:00:00:00:01"]) {
    const lab = await Lab6.open({ neighbours: { profile: "strict" } });
    lab.say(ns({ link }));
    t.same([lab.heard(), lab.state(PEER_LL)], [[], "-"], link);
    lab.poke();
    lab.say(na({ ...PEER, link }));
    t.equal(lab.state(), "INCOMPLETE", link);
  }
});

t.test(
  "accept_untracked_na: a router believes advertisements that it did not ask for, from everybody or from its subnets",
  async (t) => {
    const shown = async (value: number, source: string, forwarding = 1): Promise<string> => {
      const lab = await Lab6.open();
      lab.ip6.conf.write("all", "forwarding", forwarding);
      lab.ip6.conf.write(lab.eth0, "accept_untracked_na", value);
      lab.say(na({ source, target: source, destination: "ff02::1", flags: "O" }));
      return lab.shown(source);
    };
    t.same(await Promise.all([shown(0, PEER_IP6), shown(1, PEER_IP6), shown(1, PEER_IP6, 0)]), ["-", "STALE:02", "-"]);
    t.same(await Promise.all([shown(2, PEER_IP6), shown(2, "fd77::1")]), ["STALE:02", "-"]);
  },
);

t.test("a default router that does not answer gives way to another; one that says it is none takes its route along", async (t) => {
  const lab = await Lab6.open();
  const next = (): string => {
    const way = lab.ip6.way(lab.address("2001:db8::1"), null) as Ip6Way;
    lab.ip6.refresh(way);
    return way.route ? `${(way.nextHop.d & 0xff).toString(16)}` : "none";
  };
  const expires = Number.POSITIVE_INFINITY;
  for (const [gateway, preference] of [
    ["fe80::a", 0],
    ["fe80::b", 1],
    ["fe80::c", -1],
  ] as const) {
    const route = { gateway: lab.address(gateway), device: lab.eth0, protocol: "ra", preference, expires, learned: true };
    lab.ip6.routes.addBeside({ ...route, destination: lab.ip6.unspecified, prefixLength: 0 });
  }
  t.equal(next(), "b", "the preferred one");
  lab.poke("2001:db8::1");
  lab.run(3000);
  t.equal(lab.state("fe80::b"), "FAILED");
  t.equal(next(), "a");
  lab.say(na({ source: "fe80::a", flags: "R", destination: "ff02::1" }));
  t.equal(lab.state("fe80::a"), "-", "nobody has asked");
  lab.poke("2001:db8::1");
  lab.say(na({ source: "fe80::a", flags: "RSO" }));
  lab.say(na({ source: "fe80::a", flags: "O", destination: "ff02::1" }));
  t.equal(next(), "c");
});

t.test("routes that end: a router's word holds for so long", async (t) => {
  const lab = await Lab6.open();
  const route = {
    gateway: lab.address("fe80::a"),
    device: lab.eth0,
    protocol: "ra",
    destination: lab.ip6.unspecified,
    prefixLength: 0,
  };
  lab.ip6.routes.add({ ...route, expires: lab.lab.clock.now() + 5000 });
  t.equal(lab.poke("2001:db8::1"), "queued");
  lab.run(5000);
  t.equal(lab.poke("2001:db8::1"), "failed IP_OUTNOROUTES");
});

t.test("groups: joined by a socket, heard from others and from ourselves, left again", async (t) => {
  const lab = await Lab6.open();
  const heard: string[] = [];
  const socket = lab.stack.udp.open(5000);
  socket.onDatagram = (bytes, at, length) => heard.push(Buffer.from(bytes.subarray(at, at + length)).toString());
  const say = (text: string): void => lab.say(udp6({ destination: "ff02::99" }, text));
  say("too early");
  socket.join("ff02::99", lab.eth0);
  t.throws(() => socket.join("ff02::99", lab.eth0), { code: "ADDRESS_IN_USE" });
  t.throws(() => socket.join("fd00::9", lab.eth0), { code: "ADDRESS_INVALID" });
  say("in time");
  const to = socket.to("ff02::99%eth0", 5000);
  t.equal(socket.send(Buffer.from("ours"), to).status, "sent");
  lab.run(0);
  t.match(lab.heard(), [/^0 udp :5000 ours fe80::ff:fe00:1 > ff02::99 > 33:33:00:00:00:99$/]);
  t.ok(lab.eth0.groups.some((group) => Buffer.from(group).toString("hex") === "333300000099"));
  socket.leave("ff02::99");
  say("too late");
  t.same(heard, ["in time", "ours"]);
  t.same([lab.eth0.groups.length, lab.inUse], [3, 0], "all hosts of IPv4, all nodes, and the one that both our addresses have");
});

t.test("a stack without IPv6 says so; one with it drops what is for nobody, by its reason", async (t) => {
  const lab = await Lab6.open();
  lab.ip6.conf.write(lab.eth0, "disable_ipv6", 1);
  lab.say(echo6(PEER));
  t.same([lab.heard(), lab.eth0.drops.get(DropReason.IPV6DISABLED)], [[], 1]);
  t.same([lab.ip6.addresses.list.length, lab.ip6.routes.list.length], [0, 0]);
  lab.ip6.conf.write(lab.eth0, "disable_ipv6", 0);
  t.equal(lab.ip6.addresses.list.length, 1, "the link-local one is back");
});
