/**
 * A Linux kernel pings the board: every size that a frame can hold, and as fast as it can. The board pings a Linux kernel: the words and
 * exit status of `whohas ping` next to those of the machine's own (iputils 20221126).
 */
import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import type { Readable } from "node:stream";
import { setTimeout } from "node:timers/promises";
import t from "tap";
import { answered, BOARD, BOARD6, HOST, Host, manyOverIp6 } from "../support/host.ts";
import { missingForNetns, missingPrograms, Netns } from "../support/netns.ts";
import { bound, type Ended } from "../support/own.ts";
import { realTime } from "../support/real-time.ts";
import { commandLine, ended, fileOf, folder, Instance, WIRES, whohas } from "../support/whohas.ts";

const skip = missingForNetns() || missingPrograms("ping");

for (const wire of WIRES) {
  realTime(t, `the host's kernel pings the board on ${wire.name}`, { skip }, async (t) => {
    const host = new Host();
    t.teardown(() => host.remove());
    await host.ip6();
    const addresses = [`${BOARD}/24`, `${BOARD6}/64`].flatMap((address) => ["--address", address]);
    const board = await Instance.start(["--no-app", "--device", wire.spec(host.near), ...addresses]);
    t.teardown(() => board.kill());
    for (const size of [0, 1, 56, 1000, 1472]) {
      t.equal(await answered(host.netns, BOARD, 10, size), 10, `${size} bytes`);
    }
    const { stdout } = await host.exec("ping", "-n", "-q", "-f", "-c", "500", "-w", "10", BOARD);
    t.match(stdout, "500 packets transmitted, 500 received, 0% packet loss", "flood");
    await manyOverIp6(t, host.exec, board);
    const { code, summary } = await board.stop();
    t.equal(code, 0, "exit code of run");
    t.strictSame(summary.drops, {}, "nothing was dropped");
    t.equal(summary.arp.repliesSent, 1, "the host had to ask for our address once");
    t.equal(summary.arp.requestsBroadcast, 0, "its request told us who it is: no question of ours was needed");
  });
}

/** 10.9.0.1 answers, also to everybody; nobody has 10.9.0.9. There is no route beyond 10.9.0.0/24. */
const COMMANDS = [
  `-c 2 -i 0.2 ${HOST}`,
  `-c 1 -s 0 ${HOST}`,
  `-c 2 -i 0.2 -s 15 ${HOST}`,
  `-c 1 -s 16 ${HOST}`,
  `-c 1 -s 1473 ${HOST}`,
  `-c 1 -s 65507 ${HOST}`,
  `-c 1 ${BOARD}`,
  "-c 1 127.0.0.1",
  "-c 1 -W 0.5 10.9.0.9",
  "-c 1 -W 0.5 -s 8 10.9.0.9",
  "-c 1 10.9.0.10",
  "-c 3 10.9.0.11",
  "-c 1 10.9.0.0",
  "-c 1 8.8.8.8",
  "-c 1 -s 8 8.8.8.8",
  "-b -c 1 8.8.8.8",
  "-c 1 240.0.0.1",
  "-c 1 255.255.255.255",
  "-b -c 1 255.255.255.255",
  "-c 1 10.9.0.255",
  "-c 1 -s 0 10.9.0.255",
  "-b -c 1 -W 0.5 10.9.0.255",
  "-bc1 -W 0.5 -s 1 10.9.0.255",
  `-b -c 1 ${HOST}`,
  `-c 0 ${HOST}`,
  `-c -1 ${HOST}`,
  `-c x ${HOST}`,
  `-c 1.5 ${HOST}`,
  `-c +1 ${HOST}`,
  `-c 9223372036854775808 ${HOST}`,
  `-c 0 8.8.8.8`,
  `-c 1 -s x ${HOST}`,
  `-c 1 -s 9223372036854775808 ${HOST}`,
  "-c 1 20.0.0.1",
  "-c 2 -i 0.2 20.0.0.2",
  "-c 1 20.0.0.3",
  "-c 1 -s 1400 20.0.0.4",
  "-c 1 20.0.0.5",
  `-c 1 -I eth0 ${HOST}`,
  `-c 1 -I ${BOARD} ${HOST}`,
  `-c 1 -I eth0 -I ${BOARD} -s 8 ${HOST}`,
  `-c 1 -I fd00::1 ${HOST}`,
  `-c 1 -I nodev ${HOST}`,
  `-c 1 -I 10.9.0.77 ${HOST}`,
  `-c 1 -I x:y ${HOST}`,
  `-c 1 -I ${BOARD} ${BOARD}`,
];

/** On 10.9.0.1, the router to 20.0.0.0/8: nobody there, nobody may go there, no route, a narrow one, and one by another gateway. */
const ROUTER = `
sysctl -qw net.ipv4.ip_forward=1 net.ipv4.icmp_ratemask=0
ip route add unreachable 20.0.0.1
ip route add prohibit 20.0.0.2
ip link add narrow mtu 1000 type veth peer name end
ip link set narrow up
ip route add 20.0.0.4 dev narrow
ip route add 20.0.0.5 via 10.9.0.3
`;

function untimed({ stdout, stderr, code }: Ended): Ended {
  const text = stdout
    .replace(/time=[\d.]+ ms/g, "time=T ms")
    .replace(/time \d+ms/, "time Tms")
    .replace(/= [\d./]+ ms$/m, "= T ms");
  return { stdout: text, stderr, code };
}

/** Ctrl-C between the first request and the second. @param starts it takes its time to start, and then speaks at once */
async function interrupted(child: ChildProcess, starts: boolean): Promise<Ended> {
  const over = ended(child);
  if (starts) await once(child.stdout as Readable, "data");
  await setTimeout(500);
  child.kill("SIGINT");
  return untimed(await over);
}

realTime(t, "the words of ping", { skip }, async (t) => {
  const host = new Host();
  const theirs = new Netns();
  t.teardown(() => {
    theirs.remove();
    host.remove();
  });
  // Their kernel in the board's place: the same addresses on a cable of its own.
  const far = new Netns();
  t.teardown(() => far.remove());
  theirs.ip("link", "add", "eth0", "type", "veth", "peer", "name", "far0", "netns", far.name);
  theirs.ip("link", "set", "eth0", "up");
  far.ip("link", "set", "far0", "up");
  theirs.ip("address", "add", `${BOARD}/24`, "brd", "+", "dev", "eth0");
  far.ip("address", "add", `${HOST}/24`, "dev", "far0");
  for (const netns of [far, host.netns]) {
    netns.run("sysctl", "-qw", "net.ipv4.icmp_echo_ignore_broadcasts=0");
    netns.run("sh", "-ec", ROUTER);
  }
  const board = await Instance.start(["--no-app", "--device", `eth0=packet:${host.near}`, "--address", `${BOARD}/24`]);
  t.teardown(() => board.kill());
  theirs.ip("route", "add", "20.0.0.0/8", "via", HOST);
  t.equal((await whohas("-i", board.name, "route", "add", "20.0.0.0/8", "via", HOST)).code, 0);
  const wanted = await Promise.all(COMMANDS.map((line) => ended(theirs.spawn("ping", line.split(" ")))));
  for (const [index, line] of COMMANDS.entries()) {
    const mine = await whohas("-i", board.name, "ping", ...line.split(" "));
    t.strictSame(untimed(mine), untimed(wanted[index] as Ended), `ping ${line}`);
  }
  for (const size of [1473, 8000, 65_507]) {
    t.equal(await answered(host.netns, BOARD, 1, size), 1, `${size} bytes from the host, in fragments`);
  }
  for (const to of [HOST, "10.9.0.12"]) {
    const [program, args] = commandLine(["-i", board.name, "ping", to]);
    const env = { ...process.env, WHOHAS_RUNTIME_DIR: join(folder, "run") };
    const mine = await interrupted(bound(program, args, { stdio: ["ignore", "pipe", "pipe"], env }), true);
    t.strictSame(mine, await interrupted(theirs.spawn("ping", [to]), false), `ping ${to}, and Ctrl-C`);
  }
});

t.test("the board pings itself by lo, and each of its namespaces its own", async (t) => {
  const device = (address: string): string => `driver: enc28j60, bus: { kind: sim }, addresses: [${address}/24]`;
  const rig = fileOf(`devices:
  eth0: { ${device("10.9.0.2")} }
  eth1: { ${device("10.9.1.2")}, netns: blue }
`);
  const board = await Instance.start(["--no-app", rig]);
  t.teardown(() => board.kill());
  const command = (...words: string[]): ReturnType<typeof whohas> => whohas("-i", board.name, ...words);
  for (const to of ["127.0.0.1", "10.9.0.2"]) {
    const { stdout, code } = await command("ping", "-c", "2", "-i", "0.01", to);
    t.match(stdout, "2 packets transmitted, 2 received, 0% packet loss", to);
    t.equal(code, 0);
  }
  t.equal((await command("-n", "blue", "ping", "-c", "1", "10.9.1.2")).code, 0);
  t.equal((await command("-n", "blue", "ping", "-c", "1", "-W", "0.1", "10.9.0.2")).code, 2, "that is another namespace's");
  const links = async (...flags: string[]): Promise<string[]> =>
    (await command(...flags, "-br", "link")).stdout.split("\n").map((line) => line.split(" ")[0] ?? "");
  t.same(
    [await links(), await links("-n", "blue")],
    [
      ["lo", "eth0", ""],
      ["lo", "eth1", ""],
    ],
  );
  t.match(await command("link", "show", "lo"), {
    stdout:
      /^1: lo: <LOOPBACK,UP,LOWER_UP> mtu \d+ qdisc noqueue state UNKNOWN .*\n {4}link\/loopback 00:00:00:00:00:00 brd 00:00:00:00:00:00\n$/,
  });
  for (const words of [["link"], ["sysctl", "-a"], ["udp", "send", "10.9.1.1:9"], ["arping", "-c", "1", "10.9.1.1"]]) {
    const refused = { code: 255, stdout: "", stderr: 'Cannot open network namespace "nope": No such file or directory\n' };
    t.strictSame(await command("-n", "nope", ...words), refused, words.join(" "));
  }
  t.match((await command("-n", "blue", "sysctl", "net.ipv4.neigh.eth1.locktime")).stdout, "net.ipv4.neigh.eth1.locktime = 100");
  t.equal((await command("sysctl", "net.ipv4.neigh.eth1.locktime")).code, 1);
});
