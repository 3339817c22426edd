/** The kernel's own files in /proc that tell of IPv6 and ours, and the counters of IPv6 as `nstat` prints them. */
import { setTimeout } from "node:timers/promises";
import t, { type Test } from "tap";
import { Lab } from "../../../support/lab.ts";
import { missingForNetns, missingPrograms, Netns } from "../../../support/netns.ts";
import { Operator } from "../../../support/operator.ts";
import { OURS } from "./as-linux.ts";

const skip = missingForNetns() || missingPrograms("ip", "sysctl", "nstat", "cat");

/** A namespace of the kernel's and a stack of ours with the same devices and addresses. */
async function pair(test: Test): Promise<{ netns: Netns; lab: Lab; operator: Operator }> {
  const netns = new Netns();
  test.teardown(() => netns.remove());
  netns.ip("link", "add", "eth0", "type", "veth", "peer", "name", "far0");
  const settings = ["lo.disable_ipv6=0", "eth0.accept_dad=0", "eth0.router_solicitations=0", "eth0.disable_ipv6=0"];
  for (const one of settings) netns.run("sysctl", "-qw", `net.ipv6.conf.${one}`);
  netns.ip("link", "set", "eth0", "address", OURS);
  for (const end of ["far0", "eth0"]) netns.ip("link", "set", end, "up");
  while (!netns.ip("-6", "address", "show", "dev", "eth0", "-tentative").includes("fe80")) await setTimeout(10);
  const lab = await Lab.open({ addresses: [], loopback: true, ip6: true });
  lab.stack.ip6?.conf.write(lab.eth0, "accept_dad", 0);
  lab.run(100_000);
  return { netns, lab, operator: new Operator(lab.stack) };
}

/** The lines without the devices' numbers, in the order of their text: the kernel's order is that of a hash. */
function sorted(text: string): string[] {
  return text
    .split("\n")
    .map((line) => line.replace(/^([0-9a-f]{32}) [0-9a-f]{2} /, "$1 NN "))
    .sort();
}

t.test("/proc/net/if_inet6: every address with its scope and its flags", { skip }, async (t) => {
  const { netns, operator } = await pair(t);
  for (const words of [
    "fd00::1/64 dev eth0",
    "fd00::2/64 dev eth0 nodad",
    "fd00::3/64 dev eth0 home preferred_lft 0",
    "fd00::4/128 dev eth0 valid_lft 1000 preferred_lft 500",
    "fec0::1/64 dev eth0",
    "fd00::5/96 dev lo",
    "fd00::6/64 dev eth0 noprefixroute mngtmpaddr",
  ]) {
    netns.ip("-6", "address", "add", ...words.split(" "));
    await operator.type(`ip -6 address add ${words}`);
  }
  t.same(sorted(await operator.type("cat /proc/net/if_inet6")), sorted(netns.run("cat", "/proc/net/if_inet6")));
});

t.test("/proc/net/snmp6 and nstat: the same names in the same order, in the same columns", { skip }, async (t) => {
  const { netns, operator } = await pair(t);
  // The kernel tells routers of its groups.
  const names = (text: string): string[] =>
    text
      .split("\n")
      .filter((line) => !/^Icmp6OutType143/.test(line))
      .map((line) => line.replace(/(?<=\s)\d+ *(?=$| +0\.0$)/, "N"));
  t.same(names(await operator.type("cat /proc/net/snmp6")), names(netns.run("cat", "/proc/net/snmp6")));
  for (const pattern of ["Ip6*", "Icmp6*", "Udp6*", "UdpLite6*"]) {
    const ours = names(await operator.type(`nstat -az ${pattern}`));
    t.same(ours, names(netns.run("nstat", "-az", pattern)), pattern);
  }
});

t.test("nstat: the groups of both families in the kernel's order", { skip }, async (t) => {
  const { netns, operator } = await pair(t);
  const groups = (text: string): string[] => {
    const names = text.split("\n").map((line) => /^(Ip6|IpExt|Ip|Icmp6|Icmp|Udp6|Udp|TcpExt)[A-Z]/.exec(line)?.[1]);
    return [...new Set(names.filter((name) => name !== undefined))];
  };
  t.same(groups(await operator.type("nstat -az")), groups(netns.run("nstat", "-az")));
});

t.test("packets are counted where the kernel counts them", { skip }, async (t) => {
  const { netns, lab, operator } = await pair(t);
  // The kernel tells routers of its groups at times of its own choice.
  netns.run("sysctl", "-qw", "net.ipv6.conf.eth0.disable_ipv6=1");
  await operator.type("nstat -n");
  netns.run("nstat", "-n");
  // Two echo requests to ourselves, and their answers.
  netns.run("ping", "-6", "-q", "-c", "2", "-i", "0.01", "-s", "100", "::1");
  const pinger = lab.stack.ping.open();
  for (const seq of [1, 2]) pinger.send(lab.stack.ping.to("::1"), seq, 100);
  lab.run(10);
  const counted = (text: string): string[] =>
    text.split("\n").filter((line) => /^(Ip6|Icmp6|Udp6)/.test(line) && !line.startsWith("Icmp6OutMLD"));
  t.same(counted(await operator.type("nstat")), counted(netns.run("nstat")));
});

t.test("/proc/net/stat/ndisc_cache has the kernel's columns; without IPv6 there is none of these files", async (t) => {
  const { stack } = await Lab.open({ ip6: true });
  const operator = new Operator(stack);
  const [head = "", row = ""] = (await operator.type("cat /proc/net/stat/ndisc_cache")).split("\n");
  const [arpHead = "", arpRow = ""] = (await operator.type("cat /proc/net/stat/arp_cache")).split("\n");
  t.equal(head, arpHead);
  t.equal(row.length, arpRow.length);
  await operator.type("ip -6 neigh add fd00::2 lladdr 02:00:00:00:00:02 dev eth0");
  t.match(await operator.type("cat /proc/net/stat/ndisc_cache"), /\n00000001 00000001 /, "an entry");
  const four = new Operator((await Lab.open()).stack);
  for (const path of ["/proc/net/stat/ndisc_cache", "/proc/net/if_inet6", "/proc/net/snmp6"]) {
    t.equal(await four.type(`cat ${path}`), `cat: ${path}: No such file or directory\n[1]`);
  }
});

t.test("/proc/net/snmp and netstat have the groups of IPv4 alone", async (t) => {
  const { stack } = await Lab.open({ ip6: true });
  const operator = new Operator(stack);
  const heads = (text: string): string[] =>
    text.split("\n").flatMap((line, at) => (at % 2 === 0 && line ? [line.split(" ", 2).join(" ")] : []));
  t.same(heads(await operator.type("cat /proc/net/snmp")), [
    "Ip: InReceives",
    "Icmp: InMsgs",
    "Tcp: ActiveOpens",
    "Udp: InDatagrams",
  ]);
  t.same(heads(await operator.type("cat /proc/net/netstat")), ["TcpExt: SyncookiesSent", "IpExt: InNoRoutes"]);
});

/** The lines of eth0 and lo without what is not counted here: users and uses. */
function uncounted(text: string): string[] {
  return text
    .split("\n")
    .filter((line) => !line.endsWith(" far0"))
    .map((line) => line.replace(/ [0-9a-f]{8} [0-9a-f]{8}(?= [0-9a-f]{8} +\S+$)/, " U U"));
}

t.test("/proc/net/ipv6_route: both tables, each in the kernel's order, with the kernel's flags", { skip }, async (t) => {
  const { netns, operator } = await pair(t);
  const same = async (when: string): Promise<void> => {
    t.same(uncounted(await operator.type("cat /proc/net/ipv6_route")), uncounted(netns.run("cat", "/proc/net/ipv6_route")), when);
  };
  await same("as it begins");
  for (const words of [
    "address add fd00::1/64 dev eth0 nodad",
    "address add fd00:1::1 peer fd00:1::2/128 dev eth0 nodad",
    "route add unreachable fd03::/64",
    "route add prohibit fd04::/64 metric 5",
    "route add blackhole fd05::/64",
    "route add throw fd06::/64",
    "route add fd07::/64 via fd00::9",
    "route add fd07::/48 via fd00::9",
    "route add fd07::/64 via fd00::a metric 7 pref low",
    "route add fd08::1 via fd00::9 expires 100",
    "route add fd09::1 dev eth0 pref high",
    "route add fd0b::/64 via fd77::77 dev eth0 onlink proto static",
    "route add fd0c::/64 dev lo",
  ]) {
    netns.ip("-6", ...words.split(" "));
    t.equal(await operator.type(`ip -6 ${words}`), "", words);
  }
  await same("without a default route");
  for (const words of ["route add default via fd00::9 pref high", "route add default dev eth0 metric 3000"]) {
    netns.ip("-6", ...words.split(" "));
    await operator.type(`ip -6 ${words}`);
  }
  await same("with two");
});

t.test("/proc/net/igmp6: the groups of each device", { skip }, async (t) => {
  const { netns, operator } = await pair(t);
  for (const words of ["fd00::1:1/64 dev eth0 nodad", "fd00::2:1/64 dev eth0 nodad", "fd00::5/64 dev eth0 nodad"]) {
    netns.ip("-6", "address", "add", ...words.split(" "));
    await operator.type(`ip -6 address add ${words}`);
  }
  const lines = (text: string): string[] =>
    text
      .split("\n")
      .filter((line) => !/ far0 /.test(line))
      .map((line) => line.replace(/^\d+/, "N"));
  t.same(lines(await operator.type("cat /proc/net/igmp6")), lines(netns.run("cat", "/proc/net/igmp6")));
});
