/** The board pings a Linux kernel over IPv6: the words and exit status of `whohas ping` next to those of the machine's own (iputils 20221126). */
import { setTimeout } from "node:timers/promises";
import t from "tap";
import { Host } from "../support/host.ts";
import { missingForNetns, missingPrograms, Netns } from "../support/netns.ts";
import type { Ended } from "../support/own.ts";
import { realTime } from "../support/real-time.ts";
import { ended, Instance, whohas } from "../support/whohas.ts";

const skip = missingForNetns() || missingPrograms("ping");

/** The host's end of the cable. */
const FAR = "far0";
const HOST = "fd09::1";
const BOARD = "fd09::2";

/** fd09::1 answers; nobody has fd09::9 to fd09::11. There is no route but those to fd09::/64 and, by fd09::1, to fd20::/64. */
const COMMANDS = [
  `-c 2 -i 0.2 ${HOST}`,
  `-6 -c 1 ${HOST}`,
  `-c 1 -s 0 ${HOST}`,
  `-c 2 -i 0.2 -s 15 ${HOST}`,
  `-c 1 -s 16 ${HOST}`,
  `-c 1 -s 1452 ${HOST}`,
  `-b -c 1 ${HOST}`,
  `-c 1 ${BOARD}`,
  "-c 1 ::1",
  "-6 -c 1 -s 8 ::1",
  "-c 1 -W 0.5 fd09::9",
  "-c 1 fd09::10",
  "-c 3 fd09::11",
  "-c 1 2001:db8::1",
  "-6 -c 1 10.9.0.1",
  `-4 -c 1 ${HOST}`,
  `-4 -6 -c 1 ${HOST}`,
  `-c 0 ${HOST}`,
  `-c 1 -s x ${HOST}`,
  "-c 1 fd20::1",
  "-c 2 -i 0.2 fd20::2",
  "-c 1 fd20::3",
  "-c 1 -s 1400 fd20::4",
];

/** On fd09::1, the router to fd20::/64: nobody there, nobody may go there, no route, and a narrow one. */
const ROUTER = `
sysctl -qw net.ipv6.conf.all.forwarding=1
sysctl -qw net.ipv6.icmp.ratelimit=0
ip route add unreachable fd20::1
ip route add prohibit fd20::2
ip link add narrow mtu 1300 type veth peer name end
sysctl -qw net.ipv6.conf.narrow.disable_ipv6=0
ip link set narrow up
ip route add fd20::4 dev narrow
`;

function untimed({ stdout, stderr, code }: Ended): Ended {
  const text = stdout
    .replace(/time=[\d.]+ ms/g, "time=T ms")
    .replace(/time \d+ms/, "time Tms")
    .replace(/= [\d./]+ ms$/m, "= T ms");
  return { stdout: text, stderr, code };
}

/** Gives a kernel's device IPv6, and an address that is its own at once. */
async function address(netns: Netns, device: string, own: string): Promise<void> {
  for (const setting of ["accept_dad=0", "router_solicitations=0", "disable_ipv6=0"]) {
    netns.run("sysctl", "-qw", `net.ipv6.conf.${device}.${setting}`);
  }
  netns.run("sysctl", "-qw", "net.ipv6.conf.lo.disable_ipv6=0");
  netns.ip("address", "add", `${own}/64`, "dev", device);
  while (netns.ip("-6", "address", "show", "dev", device, "tentative") !== "") await setTimeout(10);
}

realTime(t, "the words of ping over IPv6", { skip }, async (t) => {
  const host = new Host();
  const theirs = new Netns();
  const far = new Netns();
  t.teardown(() => {
    theirs.remove();
    far.remove();
    host.remove();
  });
  // Their kernel in the board's place: the same addresses on a cable of its own.
  theirs.ip("link", "add", "eth0", "type", "veth", "peer", "name", "far0", "netns", far.name);
  theirs.ip("link", "set", "eth0", "up");
  far.ip("link", "set", "far0", "up");
  await address(theirs, "eth0", BOARD);
  await address(far, "far0", HOST);
  await address(host.netns, FAR, HOST);
  for (const netns of [far, host.netns]) netns.run("sh", "-ec", ROUTER);
  const board = await Instance.start(["--no-app", "--device", `eth0=packet:${host.near}`, "--address", `${BOARD}/64`]);
  t.teardown(() => board.kill());
  theirs.ip("route", "add", "fd20::/64", "via", HOST);
  t.same(await whohas("-i", board.name, "route", "add", "fd20::/64", "via", HOST), { stdout: "", stderr: "", code: 0 });
  // Until the board's address is its own.
  while ((await whohas("-i", board.name, "-6", "address", "show", "tentative")).stdout !== "") await setTimeout(100);
  const wanted = await Promise.all(COMMANDS.map((line) => ended(theirs.spawn("ping", line.split(" ")))));
  for (const [index, line] of COMMANDS.entries()) {
    const mine = await whohas("-i", board.name, "ping", ...line.split(" "));
    t.strictSame(untimed(mine), untimed(wanted[index] as Ended), `ping ${line}`);
  }
});
