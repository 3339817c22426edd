/** The board pings a Linux kernel over IPv6: the words and exit status of `whohas ping` next to those of the machine's own (iputils 20221126). */
import t from "tap";
import { BOARD6 as BOARD, giveIp6, HOST6 as HOST, Host, settled6 } from "../support/host.ts";
import { missingForNetns, missingPrograms, Netns } from "../support/netns.ts";
import type { Ended } from "../support/own.ts";
import { realTime } from "../support/real-time.ts";
import { ended, Instance, whohas } from "../support/whohas.ts";

const skip = missingForNetns() || missingPrograms("ping");

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
  `-c 1 -I eth0 ${HOST}`,
  `-c 1 -I ${BOARD} ${HOST}`,
  `-c 1 -I eth0 -I ${BOARD} -s 16 ${HOST}`,
  `-c 1 -I 10.9.0.2 ${HOST}`,
  `-c 1 -I nodev ${HOST}`,
  `-c 1 -I fd09::77 ${HOST}`,
  `-c 1 -I x:y ${HOST}`,
  `-c 1 -I lo ${HOST}`,
  "-c 1 -I eth0 ff02::1",
  `-c 1 -I ${BOARD} ${BOARD}`,
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
    // The addresses of two interfaces.
    .replace(/ fe80::[\da-f:]+(?=%eth0)/g, " fe80::X")
    .replace(/time \d+ms/, "time Tms")
    .replace(/= [\d./]+ ms$/m, "= T ms");
  return { stdout: text, stderr, code };
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
  await giveIp6(theirs, "eth0", BOARD);
  await giveIp6(far, "far0", HOST);
  await host.ip6();
  for (const netns of [far, host.netns]) netns.run("sh", "-ec", ROUTER);
  const board = await Instance.start(["--no-app", "--device", `eth0=packet:${host.near}`, "--address", `${BOARD}/64`]);
  t.teardown(() => board.kill());
  theirs.ip("route", "add", "fd20::/64", "via", HOST);
  t.same(await whohas("-i", board.name, "route", "add", "fd20::/64", "via", HOST), { stdout: "", stderr: "", code: 0 });
  await settled6(board);
  const wanted = await Promise.all(COMMANDS.map((line) => ended(theirs.spawn("ping", line.split(" ")))));
  for (const [index, line] of COMMANDS.entries()) {
    const mine = await whohas("-i", board.name, "ping", ...line.split(" "));
    t.strictSame(untimed(mine), untimed(wanted[index] as Ended), `ping ${line}`);
  }
});
