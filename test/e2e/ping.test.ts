/** A Linux kernel pings the board: every size that a frame can hold, and as fast as it can. */
import t from "tap";
import { answered, BOARD, Host } from "../support/host.ts";
import { missingForNetns, missingPrograms } from "../support/netns.ts";
import { realTime } from "../support/real-time.ts";
import { fileOf, Instance, WIRES, whohas } from "../support/whohas.ts";

const skip = missingForNetns() || missingPrograms("ping");

for (const wire of WIRES) {
  realTime(t, `the host's kernel pings the board on ${wire.name}`, { skip }, async (t) => {
    const host = new Host();
    t.teardown(() => host.remove());
    const board = await Instance.start(["--no-app", "--device", wire.spec(host.near), "--address", `${BOARD}/24`]);
    t.teardown(() => board.kill());
    for (const size of [0, 1, 56, 1000, 1472]) {
      t.equal(await answered(host.netns, BOARD, 10, size), 10, `${size} bytes`);
    }
    const { stdout } = await host.exec("ping", "-n", "-q", "-f", "-c", "500", "-w", "10", BOARD);
    t.match(stdout, "500 packets transmitted, 500 received, 0% packet loss", "flood");
    const { code, summary } = await board.stop();
    t.equal(code, 0, "exit code of run");
    t.strictSame(summary.drops, {}, "nothing was dropped");
    t.equal(summary.arp.repliesSent, 1, "the host had to ask for our address once");
    t.equal(summary.arp.requestsBroadcast, 0, "its request told us who it is: no question of ours was needed");
  });
}

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
  t.equal((await command("-n", "blue", "ping", "-c", "1", "-W", "0.1", "10.9.0.2")).code, 1, "that is another namespace's");
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
