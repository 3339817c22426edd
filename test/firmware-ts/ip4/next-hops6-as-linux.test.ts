/** IPv4 by neighbours of IPv6 (RFC 8950): what goes onto the wire before and after their answer, from the kernel and from our stack. */
import t from "tap";
import { Nud } from "../../../firmware-ts/neigh/states.ts";
import { Lab6 } from "../../support/lab6.ts";
import { missingForNetns } from "../../support/netns.ts";
import { Operator } from "../../support/operator.ts";
import { realTime } from "../../support/real-time.ts";
import { decode, icmp, T1, T2, udp } from "../../support/wire-format.ts";
import { na, OUR_LL, PEER_LL } from "../../support/wire-format6.ts";
import { answerOf6, Kernel6 } from "../ip6/exchange.ts";

const SILENT = "fe80::7";
const ETHERTYPE = 12;

/** The same to both, DEV being the device. */
const SETUP = [
  "ip address add 10.0.0.1/24 dev DEV",
  "ip neigh add 10.0.0.2 lladdr 02:00:00:00:00:02 dev DEV",
  "sysctl -w net.ipv4.conf.all.forwarding=1",
  "sysctl -w net.ipv4.icmp_ratelimit=0",
  "sysctl -w net.ipv4.conf.all.send_redirects=0",
  "sysctl -w net.ipv4.conf.DEV.send_redirects=0",
  "sysctl -w net.ipv6.neigh.DEV.retrans_time_ms=100",
  `ip route add 10.9.0.0/16 via inet6 ${PEER_LL} dev DEV`,
  `ip route add 10.7.0.0/16 via inet6 ${SILENT} dev DEV`,
];

const onward = (destination: string): Uint8Array => udp({ source: "10.0.0.2", destination }, "onward");
const ping = (source: string): Uint8Array => icmp({ source, destination: "10.0.0.1", icmpId: 1, sequence: 1 });
const asks = (target: string, group: string): string =>
  `who-has ${target} slla us ${OUR_LL} > ff02::1:ff00:${group} > 33:33:ff:00:00:0${group}`;

type Step = readonly [what: string, frame: Uint8Array | string, lines: readonly string[]];

const STORY: readonly Step[] = [
  ["a packet for others: who is the next hop?", onward("10.9.0.1"), [asks(PEER_LL, "2")]],
  ["and an answer of ours waits with it", ping("10.9.0.5"), []],
  [
    "the answer: both go",
    na({ source: PEER_LL, destination: OUR_LL, link: T2 }),
    ["udp 10.0.0.2 10.9.0.1:5000 onward > T2", "echo-reply 10.0.0.1 10.9.0.5 id 1 seq 1 > T2"],
  ],
  ["a packet for others goes at once", onward("10.9.0.1"), ["udp 10.0.0.2 10.9.0.1:5000 onward > T2"]],
  ["an answer of ours, too", ping("10.9.0.6"), ["echo-reply 10.0.0.1 10.9.0.6 id 1 seq 1 > T2"]],
  ["the next hop has another link address", na({ source: PEER_LL, destination: OUR_LL, link: T1, flags: "O" }), []],
  ["which is used", ping("10.9.0.5"), ["echo-reply 10.0.0.1 10.9.0.5 id 1 seq 1 > T1"]],
  ["the route leads to an IPv4 gateway now", "ip route replace 10.9.0.0/16 via 10.0.0.2 dev DEV", []],
  ["as packets do", ping("10.9.0.5"), ["echo-reply 10.0.0.1 10.9.0.5 id 1 seq 1 > T1"]],
  ["redirects are sent", "sysctl -w net.ipv4.conf.DEV.send_redirects=1", []],
  ["by IPv6 again", `ip route replace 10.9.0.0/16 via inet6 ${PEER_LL} dev DEV`, []],
  [
    "the sender hears of the destination itself",
    onward("10.9.0.1"),
    ["icmp 5/1 10.0.0.1 10.0.0.2 id 2569 seq 1 > T1", "udp 10.0.0.2 10.9.0.1:5000 onward > T1"],
  ],
  ["no more of that", "sysctl -w net.ipv4.conf.DEV.send_redirects=0", []],
];

/** A router that does not answer is asked for, and then the sender hears of it. */
const LOST = [asks(SILENT, "7"), "icmp 3/1 10.0.0.1 10.0.0.2 id 0 seq 0 > T1"];

/** Frames as lines, of either family. */
function linesOf(frames: readonly Uint8Array[]): string[] {
  return frames.flatMap((frame) => (frame[ETHERTYPE] === 8 ? [decode(frame).line] : answerOf6(frame)));
}

realTime(t, "the kernel", { skip: missingForNetns() }, async (t) => {
  const kernel = await Kernel6.open({ known: false });
  t.teardown(() => kernel.close());
  const { far, farName } = kernel.veth;
  const type = (line: string): string => far.run(...(line.replaceAll("DEV", farName).split(" ") as [string, ...string[]]));
  for (const line of SETUP) type(line);
  const heard = (): string[] => linesOf(kernel.frames).filter((line) => !line.includes("fd00::beef"));
  for (const [what, frame, lines] of STORY) {
    if (typeof frame === "string") type(frame);
    else await kernel.answers(frame);
    if (typeof frame !== "string") t.same(heard(), lines, what);
  }
  const seen = new Set<string>();
  await kernel.answers(onward("10.7.0.1"));
  const until = Date.now() + 5000;
  while (Date.now() < until && !seen.has(LOST[1] as string)) {
    for (const line of heard()) seen.add(line);
    await kernel.answers();
  }
  t.same([...seen], LOST);
});

async function open(): Promise<{ lab: Lab6; type: (line: string) => Promise<string> }> {
  const lab = await Lab6.open();
  const operator = new Operator(lab.stack);
  const type = (line: string): Promise<string> => operator.type(line.replaceAll("DEV", "eth0"));
  for (const line of SETUP) await type(line);
  return { lab, type };
}

t.test("our stack", async (t) => {
  const { lab, type } = await open();
  const heard = (): string[] => linesOf(lab.lab.take().map(({ bytes }) => bytes));
  for (const [what, frame, lines] of STORY) {
    if (typeof frame === "string") t.notMatch(await type(frame), /\[/, what);
    else lab.say(frame);
    t.same(heard(), lines, what);
  }
  lab.say(onward("10.7.0.1"));
  lab.run(1000);
  t.same([...new Set(heard())], LOST);
  t.equal(lab.inUse, 0, "nothing is left behind");
});

t.test("a destination keeps the neighbour of IPv6, and notices that it is gone", async (t) => {
  const { lab } = await open();
  const heard = (): string[] => linesOf(lab.lab.take().map(({ bytes }) => bytes));
  t.equal(lab.poke("10.9.0.1"), "queued");
  lab.say(na({ source: PEER_LL, destination: OUR_LL, link: T2 }));
  t.same(heard(), [asks(PEER_LL, "2"), "udp 10.0.0.1 10.9.0.1:9 hi > T2"]);
  t.equal(lab.state(PEER_LL), "REACHABLE");
  t.same(lab.fates, ["0 sent"]);
  t.equal(lab.poke("10.9.0.1"), "sent");
  t.same(heard(), ["udp 10.0.0.1 10.9.0.1:9 hi > T2"]);
  t.equal(lab.stack.neighbours(4).table.entries, 1, "ARP knows nobody but the tester");
  lab.stack.neighbours(6).table.flushDevice(lab.eth0, false);
  lab.stack.addNeighbour(PEER_LL, T1, lab.eth0);
  t.equal(lab.poke("10.9.0.1"), "sent");
  t.same(heard(), ["udp 10.0.0.1 10.9.0.1:9 hi > T1"]);
  lab.ip6.conf.write(lab.eth0, "disable_ipv6", 1);
  t.match(lab.poke("10.9.0.1"), /^failed NEIGH_CREATEFAIL/, "no neighbour where IPv6 is off");
  t.equal(lab.inUse, 0);
});

t.test("as a library", async (t) => {
  const lab = await Lab6.open();
  const { stack, eth0 } = lab;
  stack.addAddress(eth0, "10.0.0.1/24");
  stack.addNeighbour(PEER_LL, T2, eth0);
  stack.addRoute({ to: "default", via: PEER_LL, device: eth0, family: 4 });
  t.equal(lab.poke("8.8.8.8"), "sent");
  t.same(stack.ip.routes.list.filter((route) => route.gateway6 !== null).length, 1);
  t.equal(lab.entry(PEER_LL)?.nudState, Nud.PERMANENT);
  stack.removeRoute({ to: "default", via: PEER_LL, family: 4 });
  t.match(lab.poke("8.8.8.8"), /^failed IP_OUTNOROUTES/);
  t.throws(() => stack.addRoute({ to: "10.9.0.0/16", via: "fd99::1" }), { code: "ROUTE_NO_GATEWAY" });
  t.throws(() => stack.addRoute({ to: "10.9.0.0/16", via: PEER_LL }), { code: "DEVICE_MISSING" });
});
