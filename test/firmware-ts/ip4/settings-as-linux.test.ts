/** Settings of /proc/sys/net/ipv4: what a kernel that is set so answers and hands on, and our stack as well. */
import t from "tap";
import { Lab } from "../../support/lab.ts";
import { missingForNetns } from "../../support/netns.ts";
import { Operator } from "../../support/operator.ts";
import { realTime } from "../../support/real-time.ts";
import { arp, BROADCAST, type IcmpFields, icmp, T1, T2, type UdpFields, udp } from "../../support/wire-format.ts";
import { answerOf, Kernel } from "./exchange.ts";

/** A command (DEV: the device), or a frame and the answers to it: of errors the first three words. */
type Step = string | readonly [what: string, frame: Uint8Array, ...answers: string[]];

const ALL = { to: BROADCAST, destination: "10.0.0.255" };
const ALL_HOSTS = { to: "01:00:5e:00:00:01", destination: "224.0.0.1" };
const REPLY = "icmp 0/0 00010001 aa";
const NO_PORT = "icmp 3/3 00000000";
const ON = "protocol 17";
const DAY = 86_400_000;
const NOON = 43_200_000;
/** The hosts that both know. */
const HOSTS = ["10.0.0.3", "10.0.0.4", "10.0.0.9", "31.0.0.1", "31.0.0.2", "31.0.0.9"];

function echo(what: string, fields: IcmpFields, ...answers: string[]): Step {
  return [what, icmp(fields, [0xaa]), ...answers];
}

/** A datagram to 20.0.0.3. */
function on(what: string, source: string, answers: readonly string[], fields: UdpFields = {}): Step {
  return [what, udp({ source, destination: "20.0.0.3", ...fields }, "x"), ...answers];
}

const STORIES: Readonly<Record<string, readonly Step[]>> = {
  "echo requests to many": [
    echo("to everybody", ALL),
    "sysctl -w net.ipv4.icmp_echo_ignore_broadcasts=0",
    echo("to everybody", ALL, REPLY),
    echo("to everybody, 255.255.255.255", { ...ALL, destination: "255.255.255.255" }, REPLY),
    echo("to all hosts", ALL_HOSTS, REPLY),
    echo("to everybody, in a frame to us", { destination: "10.0.0.255" }, REPLY),
    ["the time, of everybody", icmp({ ...ALL, icmpType: 13 }, new Uint8Array(12)), "icmp 14/0 00010001 00000000NOWNOW"],
    echo("with a route", { ...ALL, options: [7, 7, 4, 0, 0, 0, 0, 0] }, "icmp 0/0 00010001 options 0707080a00000100 aa"),
  ],
  "frames to many": [
    echo("to us, in a frame to everybody", { to: BROADCAST }, REPLY),
    "sysctl -w net.ipv4.conf.DEV.drop_unicast_in_l2_multicast=1",
    echo("to us, in a frame to everybody, of the device's", { to: BROADCAST }),
    "sysctl -w net.ipv4.conf.DEV.drop_unicast_in_l2_multicast=0",
    "sysctl -w net.ipv4.conf.all.drop_unicast_in_l2_multicast=1",
    echo("to us, in a frame to everybody, of all devices'", { to: BROADCAST }),
    echo("to us, in a frame to a group", { to: "01:00:5e:00:00:01" }),
    echo("to us", {}, REPLY),
    "sysctl -w net.ipv4.icmp_echo_ignore_broadcasts=0",
    echo("to everybody", ALL, REPLY),
    echo("to all hosts", ALL_HOSTS, REPLY),
  ],
  "our own addresses as sources": [
    echo("a broadcast address of ours", { source: "10.0.0.255" }, REPLY),
    ["a broadcast address of ours, to a port that nobody has", udp({ source: "10.0.0.255", dport: 7 }, "x"), NO_PORT],
    echo("our own", { source: "10.0.0.1" }),
    "sysctl -w net.ipv4.ip_forward=1",
    "ip route add 20.0.0.0/8 via 10.0.0.4",
    on("handed on", "10.0.0.1", []),
    "sysctl -w net.ipv4.conf.DEV.accept_local=1",
    on("handed on, with accept_local; no redirect goes to ourselves", "10.0.0.1", [ON]),
    on("the broadcast address, where redirects are looked at", "10.0.0.255", []),
    "sysctl -w net.ipv4.conf.all.send_redirects=0",
    "sysctl -w net.ipv4.conf.DEV.send_redirects=0",
    on("the broadcast address, where they are not", "10.0.0.255", [ON]),
    "sysctl -w net.ipv4.conf.DEV.accept_local=0",
    on("handed on, not accepted", "10.0.0.1", []),
    "sysctl -w net.ipv4.conf.all.accept_local=1",
    on("handed on, accept_local of all", "10.0.0.1", [ON]),
    "sysctl -w net.ipv4.conf.DEV.rp_filter=1",
    on("the device's own address comes back by it", "10.0.0.1", [ON]),
    "sysctl -w net.ipv4.conf.DEV.rp_filter=3",
    on("a filter that is neither strict nor off is loose: a source behind a route", "31.0.0.1", []),
    "ip route add 31.0.0.0/8 dev lo",
    on("by another device", "31.0.0.1", [ON]),
  ],
  "redirects that are sent": [
    "sysctl -w net.ipv4.ip_forward=1",
    "ip route add 20.0.0.0/8 via 10.0.0.4",
    "ip route add 21.0.0.0/8 via 31.0.0.9 dev DEV onlink",
    "ip route add 30.0.0.0/8 via 10.0.0.2",
    "ip route add 31.0.0.0/8 dev DEV",
    on("by a gateway", "10.0.0.101", ["icmp 5/1 0a000004", ON]),
    on("at once again", "10.0.0.101", [ON]),
    on("on the link", "10.0.0.102", ["icmp 5/1 0a000003", ON], { destination: "10.0.0.3" }),
    on("a source that is nowhere", "40.0.0.1", [ON]),
    on("a source behind a gateway", "30.0.0.1", [ON]),
    on("a source of another subnet on the link", "31.0.0.1", ["icmp 5/1 0a000004", ON]),
    on("with the last hop but one", "10.0.0.103", ["icmp 5/1 0a000004", ON], { ttl: 2 }),
    on("about a later fragment", "10.0.0.104", [ON], { fragment: 5 }),
    ["about an error", icmp({ source: "10.0.0.105", destination: "20.0.0.3", icmpType: 3 }, [1]), "icmp 3/0 00010001"],
    on("with a route", "10.0.0.106", ["icmp 5/1 0a000004", ON], { options: [7, 7, 4, 0, 0, 0, 0, 0] }),
    "sysctl -w net.ipv4.conf.all.shared_media=0",
    on("the device's shared_media", "10.0.0.107", ["icmp 5/1 1f000009", ON], { destination: "21.0.0.3" }),
    "sysctl -w net.ipv4.conf.DEV.shared_media=0",
    on("one subnet only: a source of another", "31.0.0.2", [ON]),
    on("one subnet only: a gateway of another", "10.0.0.108", [ON], { destination: "21.0.0.3" }),
    on("one subnet only: both are of it", "10.0.0.109", ["icmp 5/1 0a000004", ON]),
    on("one subnet only: on the link of another", "10.0.0.110", ["icmp 5/1 1f000009", ON], { destination: "31.0.0.9" }),
    "sysctl -w net.ipv4.conf.all.send_redirects=0",
    on("the device's send_redirects", "10.0.0.111", ["icmp 5/1 0a000004", ON]),
    "sysctl -w net.ipv4.conf.DEV.send_redirects=0",
    on("neither's", "10.0.0.112", [ON]),
    "sysctl -w net.ipv4.conf.all.send_redirects=1",
    on("that of all", "10.0.0.113", ["icmp 5/1 0a000004", ON]),
  ],
  "limits of messages": [
    "sysctl -w net.ipv4.icmp_ratelimit=10000 net.ipv4.icmp_ratemask=8",
    ...Array.from({ length: 6 }, (): Step => ["a port that nobody has", udp({ dport: 7 }, "x"), NO_PORT]),
    ["once too often", udp({ dport: 7 }, "x")],
    ["a parameter problem, which is not in the mask", icmp({ options: [7, 2, 0, 0] }), "icmp 12/0 15000000"],
    "sysctl -w net.ipv4.icmp_ratelimit=0",
    ["no limit", udp({ dport: 7 }, "x"), NO_PORT],
    "sysctl -w net.ipv4.icmp_ratelimit=10000 net.ipv4.icmp_ratemask=0",
    ["nothing in the mask", udp({ dport: 7 }, "x"), NO_PORT],
  ],
};

/** An answer as the table has it. */
function brief(answer: string): string {
  return /^(?:icmp (?:3|5|12)\/\S+ \S+|protocol 17)/.exec(answer)?.[0] ?? answer;
}

const commands = (device: string): string[] => [
  ...HOSTS.map((host) => `ip neigh add ${host} lladdr ${T2} dev ${device}`),
  ...Array.from({ length: 13 }, (_, at) => `ip neigh add 10.0.0.${101 + at} lladdr ${T1} dev ${device}`),
];

for (const [name, story] of Object.entries(STORIES)) {
  t.test(`${name}: our stack`, async (t) => {
    const lab = await Lab.open({ loopback: true });
    lab.stack.addNeighbour("10.0.0.2", T1, lab.eth0);
    // Times of day are known by being far from 0.
    lab.run(NOON - (lab.clock.wallTime() % DAY));
    const operator = new Operator(lab.stack);
    for (const command of [...commands("eth0"), "sysctl -w net.ipv4.icmp_ratemask=0"]) await operator.type(command);
    for (const step of story) {
      if (typeof step === "string") {
        t.notMatch(await operator.type(step.replaceAll("DEV", "eth0")), /\[\d+\]$/, step);
        continue;
      }
      const [what, frame, ...answers] = step;
      lab.say(frame);
      lab.run(1);
      const heard = lab.take().flatMap(({ bytes }) => answerOf(bytes, lab.clock.wallTime()));
      t.same(heard.map(brief), answers, what);
    }
    t.equal(lab.inUse, 0);
  });
  realTime(t, `${name}: the kernel`, { skip: missingForNetns() }, async (t) => {
    const kernel = await Kernel.open();
    t.teardown(() => kernel.close());
    const { far, farName } = kernel.veth;
    far.run("sh", "-c", commands(farName).join(" && "));
    for (const step of story) {
      if (typeof step === "string") {
        far.run("sh", "-c", step.replaceAll("DEV", farName));
        continue;
      }
      const [what, frame, ...answers] = step;
      t.same((await kernel.answers(frame)).map(brief), answers, what);
    }
  });
}

t.test("icmp_echo_ignore_all", async (t) => {
  const lab = await Lab.open();
  lab.stack.addNeighbour("10.0.0.2", T1, lab.eth0);
  await new Operator(lab.stack).type("sysctl -w net.ipv4.icmp_echo_ignore_all=1");
  lab.say(icmp({}));
  lab.say(icmp({ icmpType: 13 }, new Uint8Array(12)));
  t.match(lab.heard(), [/icmp 14\/0/]);
});

t.test("ip_default_ttl, and an error's address by the device that the packet came by", async (t) => {
  const lab = await Lab.open({ addresses: ["10.0.0.1/24", "172.16.0.1/24"] });
  lab.stack.addNeighbour("10.0.0.2", T1, lab.eth0);
  const operator = new Operator(lab.stack);
  await operator.type("sysctl -w net.ipv4.ip_default_ttl=7 net.ipv4.ip_forward=1");
  lab.poke();
  t.equal(lab.take()[0]?.bytes[22], 7);
  lab.stack.addRoute({ to: "50.0.0.0/8", via: "10.0.0.2", source: "172.16.0.1" });
  const lost = icmp({ source: "50.0.0.1", destination: "60.0.0.1" });
  lab.say(lost);
  await operator.type("sysctl -w net.ipv4.icmp_errors_use_inbound_ifaddr=1");
  lab.say(lost);
  t.match(lab.heard(), [/icmp 3\/0 172.16.0.1 50/, /icmp 3\/0 10.0.0.1 50/]);
});

t.test("values that the kernel refuses, and those that it takes (measured)", async (t) => {
  const operator = new Operator((await Lab.open()).stack);
  const write = async (setting: string): Promise<string> => {
    const printed = await operator.type(`sysctl -w net.ipv4.${setting}`);
    return printed.includes("Invalid argument") ? "refused" : "taken";
  };
  const refused = [
    "icmp_echo_ignore_all=2",
    "icmp_echo_ignore_all=-1",
    "icmp_echo_ignore_broadcasts=2",
    "icmp_errors_use_inbound_ifaddr=2",
    "icmp_ratelimit=-1",
    "icmp_ratemask=5000000000",
    "icmp_msgs_per_sec=-1",
    "icmp_msgs_burst=-1",
    "ip_default_ttl=0",
    "ip_default_ttl=256",
  ];
  for (const setting of refused) t.equal(await write(setting), "refused", setting);
  const taken = [
    "icmp_echo_ignore_all=0x1",
    "icmp_ratemask=-1",
    "icmp_msgs_per_sec=0",
    "ip_default_ttl=1",
    "conf.all.accept_local=7",
  ];
  for (const setting of [...taken, "conf.all.log_martians=-3"]) t.equal(await write(setting), "taken", setting);
});

t.test("a router believes no redirects of its own accord, a host does again", async (t) => {
  const operator = new Operator((await Lab.open()).stack);
  const read = (): Promise<string> =>
    operator.type("sysctl -n net.ipv4.conf.all.accept_redirects net.ipv4.conf.eth0.accept_redirects");
  const seen = [await read()];
  for (const on of [1, 1, 0]) {
    await operator.type(`sysctl -w net.ipv4.ip_forward=${on}`);
    seen.push(await read());
  }
  t.same(seen, ["1\n1\n", "0\n1\n", "0\n1\n", "1\n1\n"]);
});

t.test("nine redirects, each after twice the time; then none until a host was silent for 20 s", async (t) => {
  const lab = await Lab.open();
  lab.stack.addNeighbour("10.0.0.2", T1, lab.eth0);
  lab.stack.addNeighbour("10.0.0.3", T2, lab.eth0);
  lab.stack.ip.conf.write("all", "forwarding", 1);
  lab.stack.ip.conf.write("all", "log_martians", 1);
  const lines: string[] = [];
  lab.stack.ip.log.sink = (line) => lines.push(`${lab.clock.now()} ${line}`);
  const frame = udp({ destination: "10.0.0.3" }, "x");
  const times: number[] = [];
  const say = (): void => {
    lab.say(frame);
    if (lab.take().length === 2) times.push(lab.clock.now());
  };
  for (let at = 0; at < 15_000; at++) {
    say();
    lab.run(1);
  }
  t.same(times, [0, 41, 122, 283, 604, 1245, 2526, 5087, 10_208]);
  t.same(lines, [`10208 IPv4: host 10.0.0.2/if${lab.eth0.ifindex} ignores redirects for 10.0.0.3 to 10.0.0.3`]);
  lab.run(20_000);
  say();
  t.equal(times.length, 9);
  lab.run(20_481);
  say();
  t.equal(times.length, 10);
});

t.test("packets with addresses that may not be there are told of in the kernel's words (measured)", async (t) => {
  const lab = await Lab.open();
  const lines: string[] = [];
  lab.stack.ip.log.sink = (line) => lines.push(line);
  const frames = [
    udp({ source: "10.0.0.1" }, "x"),
    udp({ source: "224.0.0.1" }, "x"),
    udp({ destination: "127.0.0.1" }, "x"),
    udp({ destination: "0.0.0.0" }, "x"),
    udp({ source: "10.0.0.1", ...ALL_HOSTS }, "x"),
    udp({ source: "10.0.0.1", ...ALL }, "x"),
    arp({ sip: "10.0.0.1" }),
  ];
  for (const frame of frames) lab.say(frame);
  t.same(lines, [], "not unless it is asked for");
  await new Operator(lab.stack).type("sysctl -w net.ipv4.conf.eth0.log_martians=1");
  for (const frame of frames) lab.say(frame);
  t.same(lines.splice(0), [
    "IPv4: martian source 10.0.0.1 from 10.0.0.1, on dev eth0",
    "ll header: 00000000: 02 00 00 00 00 01 02 00 00 00 00 02 08 00",
    "IPv4: martian source 10.0.0.1 from 224.0.0.1, on dev eth0",
    "ll header: 00000000: 02 00 00 00 00 01 02 00 00 00 00 02 08 00",
    "IPv4: martian destination 127.0.0.1 from 10.0.0.2, dev eth0",
    "IPv4: martian destination 0.0.0.0 from 10.0.0.2, dev eth0",
    "IPv4: martian source 10.0.0.255 from 10.0.0.1, on dev eth0",
    "ll header: 00000000: ff ff ff ff ff ff 02 00 00 00 00 02 08 00",
    "IPv4: martian source 10.0.0.1 from 10.0.0.1, on dev eth0",
    "ll header: 00000000: ff ff ff ff ff ff 02 00 00 00 00 02 08 06",
  ]);
  for (let time = 0; time < 100; time++) lab.say(udp({ destination: "127.0.0.1" }, "x"));
  t.equal(lines.splice(0).length, 4, "ten in five seconds");
  lab.run(5000);
  lab.say(udp({ destination: "127.0.0.1" }, "x"));
  t.same(lines, ["net_ratelimit: 96 callbacks suppressed", "IPv4: martian destination 127.0.0.1 from 10.0.0.2, dev eth0"]);
});
