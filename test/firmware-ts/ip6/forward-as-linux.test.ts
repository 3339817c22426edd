/** A router: packets for others, errors about them, and the addresses and messages that only a router has; as the kernel is one. */
import t from "tap";
import { Ip6RouteType } from "../../../firmware-ts/ip6/routing/route.ts";
import type { Lab6 } from "../../support/lab6.ts";
import { missingForNetns } from "../../support/netns.ts";
import { realTime } from "../../support/real-time.ts";
import { SecondLink } from "../../support/second-link.ts";
import { T2 } from "../../support/wire-format.ts";
import { echo6, icmp6, ns, OUR_IP6, OUR_LL, PEER_IP6, PEER_LL, udp6 } from "../../support/wire-format6.ts";
import { answerOf6, Kernel6, openLab, type Row6 } from "./exchange.ts";

const FORWARDING = { all: { forwarding: 1 } };
const GLOBAL = { source: PEER_IP6, destination: OUR_IP6 };
const to = (destination: string, fields: object = {}): Uint8Array => udp6({ source: PEER_IP6, destination, ...fields }, "onward");

function refused(what: string, frame: Uint8Array, error: string, asker = PEER_IP6, own = OUR_IP6): Row6 {
  return [what, frame, [`icmp ${error} ${Math.min(frame.length - 14, 1232)} bytes ${own} > ${asker} > T1`]];
}

const ROWS: readonly Row6[] = [
  ["by a gateway on the same link", to("fd09::1"), [`udp :5000 onward ${PEER_IP6} > fd09::1 > T2`]],
  ["with a traffic class", to("fd09::1", { tclass: 0xb8 }), [`udp :5000 onward ${PEER_IP6} > fd09::1 > T2 tclass b8`]],
  ["with two hops left", to("fd09::1", { hops: 2 }), [`udp :5000 onward ${PEER_IP6} > fd09::1 > T2`]],
  refused("with one hop left", to("fd09::1", { hops: 1 }), "3/0 info 0"),
  refused("with none left", to("fd09::1", { hops: 0 }), "3/0 info 0"),
  ["in a frame to a group", to("fd09::1", { to: "33:33:00:00:00:01" }), []],
  refused("no route", to("fd33::1"), "1/0 info 0"),
  refused("an unreachable route", to("fd34::1"), "1/0 info 0"),
  refused("a prohibited route", to("fd35::1"), "1/1 info 0"),
  ["a black hole", to("fd36::1"), []],
  refused(
    "longer than the route has it",
    udp6({ source: PEER_IP6, destination: "fd37::1" }, new Uint8Array(1300)),
    "2/0 info 1300",
  ),
  refused("from a link-local address to another link", to("fd01::9", { source: PEER_LL }), "1/2 info 0", PEER_LL, OUR_LL),
  ["from nobody to another link", to("fd01::9", { source: "::" }), []],
  ["to a link-local address", to("fe80::9"), [`who-has fe80::9 slla us ${OUR_LL} > ff02::1:ff00:9 > 33:33:ff:00:00:09`]],
  ["an error that is on its way", icmp6({ source: PEER_IP6, destination: "fd33::1" }, 1, new Uint8Array(60)), []],
  ["to all routers", echo6({ ...GLOBAL, destination: "ff02::2" }), [`echo-reply id 1 seq 1 0 bytes ${OUR_IP6} > ${PEER_IP6} > T1`]],
  [
    "to all routers of the prefix",
    echo6({ ...GLOBAL, destination: "fd00::" }),
    [`echo-reply id 1 seq 1 0 bytes ${OUR_IP6} > ${PEER_IP6} > T1`],
  ],
  ["a solicitation", ns({}), [`na ${OUR_LL} RSO tlla us ${OUR_LL} > ${PEER_LL} > T1`]],
  [
    "a solicitation for all routers of the prefix",
    ns({ target: "fd00::", destination: OUR_LL }),
    [`na fd00:: RS ${OUR_LL} > ${PEER_LL} > T1`],
  ],
];

/** Redirects have a test of their own. */
const notRedirect = (line: string): boolean => !line.startsWith("redirect ");

realTime(t, "the kernel", { skip: missingForNetns() }, async (t) => {
  const kernel = await Kernel6.open(FORWARDING);
  t.teardown(() => kernel.close());
  const dev = kernel.veth.farName;
  kernel.ip("link", "add", "far1", "type", "veth", "peer", "name", "far2");
  kernel.veth.far.run("sysctl", "-qw", "net.ipv6.conf.far1.disable_ipv6=0", "net.ipv6.conf.far1.accept_dad=0");
  for (const link of ["far1", "far2"]) kernel.ip("link", "set", link, "up");
  kernel.ip("address", "add", "fd01::1/64", "dev", "far1", "nodad");
  kernel.ip("neigh", "add", "fd00::3", "lladdr", T2, "dev", dev);
  kernel.ip("-6", "route", "add", "fd09::/64", "via", "fd00::3");
  for (const [at, type] of ["unreachable", "prohibit", "blackhole"].entries())
    kernel.ip("-6", "route", "add", type, `fd3${4 + at}::/64`);
  kernel.ip("-6", "route", "add", "fd37::/64", "dev", "far1", "mtu", "1300");
  for (const [what, frame, answers] of ROWS) t.same((await kernel.answers(frame as Uint8Array)).filter(notRedirect), answers, what);
});

async function router(): Promise<Lab6> {
  const lab = await openLab(FORWARDING);
  const { eth1 } = await SecondLink.open(lab.lab, "fd01::1/64");
  lab.stack.addNeighbour("fd00::3", T2, lab.eth0);
  lab.stack.addRoute({ to: "fd09::/64", via: "fd00::3" });
  const { UNREACHABLE, PROHIBIT, BLACKHOLE } = Ip6RouteType;
  for (const [at, type] of [UNREACHABLE, PROHIBIT, BLACKHOLE].entries()) lab.stack.addRoute({ to: `fd3${4 + at}::/64`, type });
  lab.stack.addRoute({ to: "fd37::/64", device: eth1, mtu: 1300 });
  return lab;
}

t.test("our stack", async (t) => {
  for (const [what, frame, answers] of ROWS) {
    const lab = await router();
    lab.say(frame as Uint8Array);
    const heard = lab.lab.take().flatMap(({ bytes }) => answerOf6(bytes));
    t.same(heard.filter(notRedirect), answers, what);
    lab.run(4000);
    t.equal(lab.inUse, 0, `${what}: nothing is left behind`);
  }
});

t.test("the hop limit falls by one, and the rest of the packet stays as it was", async (t) => {
  const lab = await router();
  const frame = to("fd09::1", { hops: 9 });
  lab.say(frame);
  const [sent] = lab.lab.take();
  t.equal(sent?.bytes[14 + 7], 8);
  const before = frame.slice(14);
  before[7] = 8;
  t.same(Buffer.from(sent?.bytes.subarray(14, 14 + before.length) ?? []).toString("hex"), Buffer.from(before).toString("hex"));
  t.equal(lab.ip6.counters.ip.forwDatagrams, 1);
});

t.test("a host that becomes a router is in its groups, and leaves them again", async (t) => {
  const lab = await openLab({ known: false });
  const groups = (): number => lab.ip6.fib.groups.of(lab.eth0).length;
  const routes = (): string[] => lab.ip6.routes.localList.map(({ type, prefixLength }) => `${type}/${prefixLength}`).sort();
  const [before, at] = [groups(), routes()];
  lab.ip6.conf.write("all", "forwarding", 1);
  t.same(
    [groups(), routes()],
    [before + 4, [...at, "4/128", "4/128"].sort()],
    "three of routers, one of both prefixes' own addresses",
  );
  lab.stack.addAddress(lab.eth0, "fd00::77/64");
  lab.stack.removeAddress(lab.eth0, "fd00::77");
  t.equal(groups(), before + 4, "another address of a prefix changes nothing");
  lab.ip6.conf.write("all", "forwarding", 0);
  t.same([groups(), routes()], [before, at]);
});
