/** Routes that refuse packets, routes with several next hops, and routes with an MTU: what becomes of packets, ours and others'. */
import t from "tap";
import { formatIpv4 } from "../../../../firmware-ts/ip/address.ts";
import { RouteType } from "../../../../firmware-ts/ip4/routing/routes.ts";
import { ipv4 } from "../../../../firmware-ts/stack.ts";
import { DropReason } from "../../../../hal/drop-reason.ts";
import { Lab } from "../../../support/lab.ts";
import { Operator } from "../../../support/operator.ts";
import { SecondLink } from "../../../support/second-link.ts";
import { decode, T1, T2, udp } from "../../../support/wire-format.ts";

const counter = (lab: Lab, wanted: string): number => lab.stack.counters().find(([name]) => name === wanted)?.[1] ?? 0;

/** As measured on Linux 6.18: what a sender of ours, and the sender of a packet to be forwarded, are told of each type. */
const REFUSING = [
  { type: RouteType.UNREACHABLE, ours: "RTN_UNREACHABLE", errno: "EHOSTUNREACH", theirs: ["icmp 3/1"], noRoutes: 0 },
  { type: RouteType.BLACKHOLE, ours: "RTN_BLACKHOLE", errno: "EINVAL", theirs: [], noRoutes: 0 },
  { type: RouteType.PROHIBIT, ours: "RTN_PROHIBIT", errno: "EACCES", theirs: ["icmp 3/13"], noRoutes: 0 },
  { type: RouteType.THROW, ours: "IP_OUTNOROUTES", errno: "ENETUNREACH", theirs: ["icmp 3/0"], noRoutes: 1 },
] as const;

t.test("packets that a route refuses", async (t) => {
  for (const { type, ours, errno, theirs, noRoutes } of REFUSING) {
    const lab = await Lab.open();
    const { stack } = lab;
    stack.addNeighbour("10.0.0.2", T1, lab.eth0);
    stack.addRoute({ to: "default", via: "10.0.0.2" });
    stack.addRoute({ to: "192.0.2.0/24", type });
    t.equal(lab.poke("192.0.2.9"), `failed ${ours}`);
    t.equal(counter(lab, "IpOutNoRoutes"), noRoutes);
    const ping = await new Operator(stack).caller.call("ping", { to: "192.0.2.9" }).catch((error: unknown) => error);
    t.match(ping, { code: "UNREACHABLE", errno });
    stack.ip.conf.write("all", "forwarding", 1);
    lab.heard();
    lab.say(udp({ destination: "192.0.2.9" }, "x"));
    const told = lab.heard().map((line) => line.split(" ").slice(1, 3).join(" "));
    const reason = DropReason[ours];
    t.same([told, lab.eth0.drops.get(reason), counter(lab, "IpExtInNoRoutes"), lab.inUse], [theirs, 1, noRoutes, 0], ours);
    t.throws(() => stack.addRoute({ to: "198.51.100.0/24", type, via: "10.0.0.2" }), { code: "ROUTE_INVALID" });
    stack.removeRoute({ to: "192.0.2.0/24", type });
    t.equal(lab.poke("192.0.2.9"), "sent", "the next route takes them again");
  }
});

t.test("a source that a route refuses has no way back: the filter drops its packets, strict or loose", async (t) => {
  for (const filter of [0, 1, 2]) {
    const lab = await Lab.open();
    lab.stack.addRoute({ to: "10.0.0.2/32", type: RouteType.UNREACHABLE });
    lab.stack.ip.conf.write("all", "rp_filter", filter);
    lab.say(udp({}, "x"));
    t.equal(lab.eth0.drops.get(DropReason.IP_RPFILTER), filter === 0 ? 0 : 1);
  }
});

/** Two next hops of weights 1 and 3 on eth0; how many of `count` destinations take each. */
async function shared(): Promise<Lab> {
  const lab = await Lab.open();
  lab.stack.addNeighbour("10.0.0.2", T1, lab.eth0);
  lab.stack.addNeighbour("10.0.0.3", T2, lab.eth0);
  lab.stack.addRoute({ to: "192.0.2.0/24", nexthops: [{ via: "10.0.0.2" }, { via: "10.0.0.3", weight: 3 }] });
  return lab;
}

const to = (number: number): string => formatIpv4(ipv4("192.0.2.0") + number);

t.test("several next hops: a destination keeps its own, all together share by weight", async (t) => {
  const lab = await shared();
  const round = (): string[] => {
    for (let number = 0; number < 256; number++) lab.poke(to(number), "x");
    return lab.heard().map((line) => line.slice(-2));
  };
  const first = round();
  const light = first.filter((hop) => hop === "T1").length;
  t.ok(light > 40 && light < 90, `${light} of 256 for a weight of 1 in 4`);
  t.same(round(), first);
  lab.stack.addRoute({ to: "203.0.113.0/24", via: "10.0.0.2" });
  t.same(round(), first, "whatever other routes come");
  const shown = await new Operator(lab.stack).type(`ip route get ${to(7)}`);
  t.match(shown, first[7] === "T1" ? "via 10.0.0.2" : "via 10.0.0.3", "route get says which");
});

t.test("several next hops: those of forwarded packets hang on both addresses", async (t) => {
  const lab = await shared();
  lab.stack.ip.conf.write("all", "forwarding", 1);
  const link = await SecondLink.open(lab, "10.0.1.1/24");
  const hops = (source: string): string => {
    for (let number = 0; number < 64; number++) {
      link.say(udp({ destination: to(number), source, to: "02:00:00:00:01:01" }, "x"));
    }
    return lab
      .heard()
      .map((line) => line.slice(-2))
      .join();
  };
  const one = hops("10.0.1.7");
  t.equal(one.split(",").length, 64);
  t.equal(hops("10.0.1.7"), one);
  t.not(hops("10.0.1.8"), one);
});

t.test("several next hops: a device that is down takes no packets; with the last one the route goes", async (t) => {
  const lab = await Lab.open();
  const { stack, eth0 } = lab;
  const link = await SecondLink.open(lab, "10.0.1.1/24");
  stack.addNeighbour("10.0.0.2", T1, eth0);
  stack.addNeighbour("10.0.1.2", T2, link.eth1);
  stack.addRoute({ to: "192.0.2.0/24", nexthops: [{ via: "10.0.0.2" }, { via: "10.0.1.2" }] });
  const counts = (): number[] => {
    for (let number = 0; number < 64; number++) lab.poke(to(number), "x");
    const sent = (lines: string[]): number => lines.filter((line) => line.includes("192.0.2.")).length;
    return [sent(lab.heard()), sent(link.heard())];
  };
  const [here = 0, there = 0] = counts();
  t.ok(here > 16 && there > 16 && here + there === 64, `${here} and ${there}`);
  await link.eth1.close();
  t.same(counts(), [64, 0]);
  const shown = await new Operator(stack).type("ip route show 192.0.2.0/24");
  t.match(shown, "nexthop via 10.0.1.2 dev eth1 weight 1 dead linkdown");
  await link.eth1.open();
  stack.addNeighbour("10.0.1.2", T2, link.eth1);
  t.same(counts(), [here, there], "back as before");
  await eth0.close();
  t.same(counts(), [0, 64], "all by the other one");
  await link.eth1.close();
  t.equal(await new Operator(stack).type("ip route show 192.0.2.0/24"), "");
});

t.test("a route with several next hops goes with any of their devices", async (t) => {
  const lab = await Lab.open();
  const link = await SecondLink.open(lab, "10.0.1.1/24");
  lab.stack.addRoute({ to: "192.0.2.0/24", nexthops: [{ via: "10.0.0.2" }, { via: "10.0.1.2" }] });
  await lab.stack.removeDevice(link.eth1);
  t.same(
    lab.stack.ip.routes.list.map(({ destination }) => formatIpv4(destination)),
    ["10.0.0.0"],
  );
});

/** Sends a datagram; returns the number of frames in which it went out. */
function framesOf(lab: Lab, bytes: number): number {
  lab.poke("192.0.2.9", new Uint8Array(bytes));
  return lab.take().length;
}

t.test("a route's MTU: senders keep to it, what is forwarded beyond it comes back; locked, routers may fragment", async (t) => {
  for (const mtuLock of [false, true]) {
    const lab = await Lab.open();
    const { stack } = lab;
    stack.addNeighbour("10.0.0.2", T1, lab.eth0);
    stack.addRoute({ to: "192.0.2.0/24", via: "10.0.0.2", mtu: 1000, mtuLock });
    t.equal(lab.poke("192.0.2.9", new Uint8Array(972)), "sent");
    const flags = lab.take().map(({ bytes }) => bytes[20]! & 0x40);
    t.same(flags, [mtuLock ? 0 : 0x40], "DF");
    t.equal(framesOf(lab, 973), 2);
    t.equal(stack.udp.open(7000).to("192.0.2.9", 9).room, 980);
    stack.ip.tooLong(ipv4("192.0.2.9"), ipv4("10.0.0.1"), 700);
    t.equal(framesOf(lab, 700), mtuLock ? 1 : 2, "a router's word");
    stack.ip.conf.write("all", "forwarding", 1);
    lab.heard();
    lab.say(udp({ destination: "192.0.2.9", fragment: 0x4000 }, new Uint8Array(1200)));
    const told = lab.take().map(({ bytes }) => [decode(bytes).line.slice(0, 8), bytes[40]! * 256 + bytes[41]!]);
    t.same(told, [["icmp 3/4", 1000]]);
    lab.eth0.setMtu(800);
    t.equal(stack.udp.open(7001).to("192.0.2.8", 9).room, 780, "never longer than the device carries");
  }
});

t.test("a router that says the same again is believed for ten minutes more", async (t) => {
  const lab = await Lab.open();
  const { stack } = lab;
  stack.addRoute({ to: "192.0.2.0/24", via: "10.0.0.2" });
  const destination = stack.udp.open().to("192.0.2.9", 9);
  const tell = (): void => stack.ip.tooLong(ipv4("192.0.2.9"), ipv4("10.0.0.1"), 1300);
  tell();
  lab.run(599_000);
  t.equal(destination.room, 1280);
  tell();
  lab.run(599_000);
  t.equal(destination.room, 1280);
  lab.run(1000);
  t.equal(destination.room, 1480);
});

t.test("a gateway that is an address of ours leads to the link itself", async (t) => {
  const lab = await Lab.open();
  lab.stack.addRoute({ to: "192.0.2.0/24", via: "10.0.0.1" });
  lab.stack.addNeighbour("192.0.2.9", T2, lab.eth0);
  t.equal(lab.poke("192.0.2.9"), "sent");
  t.same(lab.heard(), ["0 udp 10.0.0.1 192.0.2.9:9 hi > T2"]);
});

t.test("a device of another name: it goes by it everywhere", async (t) => {
  const lab = await Lab.open();
  const operator = new Operator(lab.stack);
  t.equal(await operator.type("ip link set eth0 name wan0 multicast off txqueuelen 7"), "");
  t.match(
    await operator.type("ip link show wan0"),
    "wan0: <BROADCAST,UP,LOWER_UP> mtu 1500 qdisc pfifo state UP mode DEFAULT group default qlen 7",
  );
  t.equal(await operator.type("ip link show eth0"), 'Device "eth0" does not exist.\n[1]');
  t.equal(await operator.type("ip route"), "10.0.0.0/24 dev wan0 proto kernel scope link src 10.0.0.1 \n");
  t.equal(await operator.type("ip link set wan0 name a:b"), "RTNETLINK answers: Invalid argument\n[2]");
  t.equal(lab.eth0.txQueueLength, 7);
});
