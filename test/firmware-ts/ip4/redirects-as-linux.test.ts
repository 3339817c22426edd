/** Redirects about our own datagrams: believed by the kernel and by us for the same messages, as `ip route get` shows. */
import t from "tap";
import { Lab } from "../../support/lab.ts";
import { missingForNetns } from "../../support/netns.ts";
import { Operator } from "../../support/operator.ts";
import { realTime } from "../../support/real-time.ts";
import { decode, type IcmpFields, icmp, ip, ipv4Frame, T1, T2, type UdpFields, udp } from "../../support/wire-format.ts";
import { Kernel } from "./exchange.ts";

const OURS = { source: "10.0.0.1", destination: "20.0.0.1", sport: 600, dport: 9 };

/** A redirect to another gateway, about a frame of ours. */
function redirectAbout(gateway: string, frame: Uint8Array, fields: IcmpFields = {}): Uint8Array {
  const [one = 0, two = 0, three = 0, four = 0] = ip(gateway);
  const numbers = { icmpId: (one << 8) | two, sequence: (three << 8) | four };
  return icmp({ icmpType: 5, code: 1, ...numbers, ...fields }, frame.subarray(14));
}

function redirect(gateway: string, fields: IcmpFields = {}, quoted: UdpFields = {}): Uint8Array {
  return redirectAbout(gateway, udp({ ...OURS, ...quoted }, "x"), fields);
}

function needed(mtu: number): Uint8Array {
  return icmp({ icmpType: 3, code: 4, icmpId: 0, sequence: mtu }, udp(OURS, "x").subarray(14));
}

/** Messages or commands in their order, and what `ip route get 20.0.0.1` says from then on: the gateway, and what it has in its cache. */
type Step = readonly [what: string, message: Uint8Array | string, way: string];

const ROUTE = "via 10.0.0.2";
const TAKEN = "via 10.0.0.9 <redirected> expires 299";
const flush: Step = ["flushed", "ip route flush cache", ROUTE];

const STORY: readonly Step[] = [
  ["to a neighbour that nobody knows", redirect("10.0.0.77"), ROUTE],
  ["to a neighbour", redirect("10.0.0.9"), TAKEN],
  ["by the gateway of before", redirect("10.0.0.4"), TAKEN],
  ["by the new gateway, back", redirect("10.0.0.2", { source: "10.0.0.9" }), "via 10.0.0.2 <redirected> expires 299"],
  flush,
  ["by another host", redirect("10.0.0.9", { source: "10.0.0.4" }), ROUTE],
  ["about a port that nobody has", redirect("10.0.0.9", {}, { sport: 601 }), ROUTE],
  ["about a source that is not ours", redirect("10.0.0.9", {}, { source: "10.0.0.8" }), ROUTE],
  ["for the network", redirect("10.0.0.9", { code: 0 }), TAKEN],
  flush,
  ["for a type of service", redirect("10.0.0.9", { code: 3 }), TAKEN],
  flush,
  ["with code 4", redirect("10.0.0.9", { code: 4 }), ROUTE],
  ["with code 9", redirect("10.0.0.9", { code: 9 }), TAKEN],
  flush,
  ["to the gateway itself", redirect("10.0.0.2"), ROUTE],
  ["to ourselves", redirect("10.0.0.1"), ROUTE],
  ["to 0.0.0.0", redirect("0.0.0.0"), ROUTE],
  ["to everybody", redirect("255.255.255.255"), ROUTE],
  ["to everybody of the subnet", redirect("10.0.0.255"), ROUTE],
  ["to a group", redirect("224.0.0.1"), ROUTE],
  ["to a host that a route leads to", redirect("30.0.0.1"), ROUTE],
  ["about an echo reply", redirectAbout("10.0.0.9", icmp({ ...OURS, icmpType: 0 }, [1])), TAKEN],
  flush,
  ["about an echo request that nobody here has sent", redirectAbout("10.0.0.9", icmp(OURS, [1])), ROUTE],
  ["about a protocol that we do not have", redirectAbout("10.0.0.9", ipv4Frame(OURS, 253, new Uint8Array(8))), ROUTE],
  ["a path MTU", needed(1000), "via 10.0.0.2 expires 599 mtu 1000"],
  ["a redirect after it", redirect("10.0.0.9"), "via 10.0.0.9 <redirected> expires 299 mtu 1000"],
  flush,
  ["a redirect", redirect("10.0.0.9"), TAKEN],
  ["a path MTU after it", needed(1000), "via 10.0.0.9 <redirected> expires 599 mtu 1000"],
  ["another address and route of ours", "ip route add 99.0.0.0/8 via 10.0.0.2", "via 10.0.0.9 <redirected> expires 599 mtu 1000"],
  flush,
  ["one subnet only", "sysctl -w net.ipv4.conf.all.shared_media=0 net.ipv4.conf.DEV.shared_media=0", ROUTE],
  ["secure: to none of our gateways", redirect("10.0.0.9"), ROUTE],
  ["another gateway of ours", "ip route add 98.0.0.0/8 via 10.0.0.9", ROUTE],
  ["secure: to it", redirect("10.0.0.9"), TAKEN],
  flush,
  ["not secure", "sysctl -w net.ipv4.conf.all.secure_redirects=0 net.ipv4.conf.DEV.secure_redirects=0", ROUTE],
  ["to any on the subnet", redirect("10.0.0.4"), "via 10.0.0.4 <redirected> expires 299"],
  flush,
  ["to one that is not", redirect("30.0.0.2"), ROUTE],
  ["shared again", "sysctl -w net.ipv4.conf.all.shared_media=1", ROUTE],
  ["refused by all", "sysctl -w net.ipv4.conf.all.accept_redirects=0", ROUTE],
  ["a host: accepted by the device", redirect("10.0.0.9"), TAKEN],
  flush,
  ["refused by both", "sysctl -w net.ipv4.conf.DEV.accept_redirects=0", ROUTE],
  ["a host: refused", redirect("10.0.0.9"), ROUTE],
  ["a router, accepted by all", "sysctl -w net.ipv4.ip_forward=1 net.ipv4.conf.all.accept_redirects=1", ROUTE],
  ["a router: refused by the device", redirect("10.0.0.9"), ROUTE],
  ["accepted by both", "sysctl -w net.ipv4.conf.DEV.accept_redirects=1", ROUTE],
  ["a router: accepted", redirect("10.0.0.9"), TAKEN],
];

const commands = (device: string): string[] => [
  `ip neigh add 10.0.0.4 lladdr ${T2} dev ${device}`,
  `ip neigh add 10.0.0.9 lladdr ${T2} dev ${device}`,
  `ip neigh add 30.0.0.2 lladdr ${T2} dev ${device}`,
  "ip route add default via 10.0.0.2",
];

/** The line that `ip route get` printed, as the table has it. Seconds are those of a message that came just now. */
function wayOf(printed: string): string {
  const [, gateway = "", cache = ""] = /(via \S+).*cache ?(.*)/s.exec(printed) ?? [];
  return `${gateway} ${cache}`
    .replace(/(29\d|300)sec/, "299")
    .replace(/(59\d|600)sec/, "599")
    .trim();
}

realTime(t, "believed or not: the kernel", { skip: missingForNetns() }, async (t) => {
  const kernel = await Kernel.open();
  t.teardown(() => kernel.close());
  const { far, farName } = kernel.veth;
  const program = "import socket, time; s = socket.socket(2, 2); s.bind(('', 600)); print(1, flush=True); time.sleep(60)";
  const holder = far.spawn("python3", ["-c", program]);
  t.teardown(() => holder.kill());
  await new Promise((resolve) => holder.stdout?.once("data", resolve));
  far.run("sh", "-c", commands(farName).join(" && "));
  for (const [what, message, way] of STORY) {
    if (typeof message === "string") far.run("sh", "-c", message.replaceAll("DEV", farName));
    else await kernel.answers(message);
    t.equal(wayOf(far.ip("route", "get", "20.0.0.1")), way, what);
  }
});

async function host(): Promise<{ lab: Lab; operator: Operator }> {
  const lab = await Lab.open();
  lab.stack.addNeighbour("10.0.0.2", T1, lab.eth0);
  lab.stack.udp.open(600);
  const operator = new Operator(lab.stack);
  for (const command of commands("eth0")) await operator.type(command);
  return { lab, operator };
}

t.test("believed or not: our stack", async (t) => {
  const { lab, operator } = await host();
  for (const [what, message, way] of STORY) {
    if (typeof message === "string") await operator.type(message.replaceAll("DEV", "eth0"));
    else lab.say(message);
    t.equal(wayOf((await operator.run("ip", ["route", "get", "20.0.0.1"])).stdout), way, what);
  }
  t.match(lab.heard(), [/who-has 10.0.0.77/, /who-has 30.0.0.1/], "a neighbour that is not known is asked for");
  t.equal(lab.inUse, 0);
});

t.test("datagrams go by the new gateway, for five minutes", async (t) => {
  const { lab, operator } = await host();
  const hop = (): string | undefined => {
    lab.poke("20.0.0.1");
    return lab.take().map(({ bytes }) => decode(bytes).to)[0];
  };
  t.equal(hop(), "T1");
  lab.say(redirect("10.0.0.9"));
  t.equal(hop(), "T2");
  t.match(JSON.parse(await operator.type("ip -j route get 20.0.0.1")), [
    { gateway: "10.0.0.9", flags: [], cache: ["redirected"], expires: 300 },
  ]);
  lab.run(299_999);
  t.equal(hop(), "T2");
  lab.run(1);
  t.equal(hop(), "T1");
});

t.test("about a host on the link, by that host, or about one that no route leads to any more: not believed", async (t) => {
  const { lab, operator } = await host();
  lab.say(redirect("10.0.0.9", {}, { destination: "10.0.0.2" }));
  t.notMatch(await operator.type("ip route get 10.0.0.2"), "via");
  await operator.type("ip route del default");
  lab.say(redirect("10.0.0.9"));
  await operator.type("ip route add default via 10.0.0.2");
  t.equal(wayOf(await operator.type("ip route get 20.0.0.1")), ROUTE);
  t.equal(lab.inUse, 0);
});

t.test("a ping's own request counts as well, and a router that believes hands packets on by it", async (t) => {
  const { lab, operator } = await host();
  const pinger = lab.stack.ping.open();
  lab.say(redirectAbout("10.0.0.9", icmp({ ...OURS, icmpId: pinger.id }, [1])));
  t.match(await operator.type("ip route get 20.0.0.1"), /via 10.0.0.9 /);
  await operator.type("sysctl -w net.ipv4.ip_forward=1");
  lab.say(udp({ source: "10.0.0.4", destination: "20.0.0.1" }, "x"));
  t.match(lab.heard(), [/icmp 5\/1 10.0.0.1 10.0.0.4 id 2560 seq 9 > T2/, /udp 10.0.0.4 20.0.0.1:5000 x > T2/]);
});

t.test("one that is not believed is told of in the kernel's words (measured), with log_martians", async (t) => {
  const { lab, operator } = await host();
  const lines: string[] = [];
  lab.stack.ip.log.sink = (line) => lines.push(line);
  lab.say(redirect("10.0.0.2"));
  await operator.type("sysctl -w net.ipv4.conf.eth0.log_martians=1");
  for (const frame of [redirect("10.0.0.255"), redirect("10.0.0.9", { code: 4 }), redirect("10.0.0.9", { source: "10.0.0.4" })])
    lab.say(frame);
  t.same(lines, ["IPv4: Redirect from 10.0.0.2 on eth0 about 10.0.0.255 ignored", "  Advised path = 10.0.0.1 -> 20.0.0.1"]);
});
