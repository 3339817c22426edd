/** `whohas run` as a user meets it: how it starts, how it refuses to, how it ends, and what it leaves behind. */

import { existsSync, readFileSync, rmSync, statSync } from "node:fs";
import t from "tap";
import { BOARD, HOST, Host } from "../support/host.ts";
import { missingForNetns, missingPrograms, run } from "../support/netns.ts";
import { scratchFolder } from "../support/own.ts";
import { realTime } from "../support/real-time.ts";
import { eventually } from "../support/waiting.ts";
import { fileOf, Instance, UNPRIVILEGED, WIRES, whohas, whohasProcess } from "../support/whohas.ts";

const skip = missingForNetns();
const NO_APP = ["--no-app", "--address", `${BOARD}/24`];

/** State of an interface: whether it is up, and how many have asked it to be promiscuous. */
function stateOf(iface: string): { flags: string[]; promiscuity: number } {
  const [link] = JSON.parse(run("ip", ["-d", "-j", "link", "show", iface])) as { flags: string[]; promiscuity: number }[];
  return { flags: link?.flags ?? [], promiscuity: link?.promiscuity ?? -1 };
}

t.test("words", async (t) => {
  for (const words of [["--help"], ["-h"], ["help"]]) {
    const { stdout, stderr, code } = await whohas(...words);
    t.match([stdout, stderr, code], [/^Usage: whohas .*\n[\s\S]*\n {2}neighbour {2}/, "", 0], words.join(" "));
  }
  for (const words of [
    ["run", "--help"],
    ["udp", "send", "--help"],
  ]) {
    t.match(await whohas(...words), { stdout: /^Usage: whohas /, stderr: "", code: 0 }, words.join(" "));
  }
  const { version } = JSON.parse(readFileSync("package.json", "utf8")) as { version: string };
  for (const flag of ["--version", "-V"]) t.strictSame(await whohas(flag), { stdout: `${version}\n`, stderr: "", code: 0 }, flag);
  const none = await whohas();
  t.match(none, { stdout: "", stderr: /^Usage: whohas /, code: 2 }, "no words at all");

  const wrong: [string, RegExp][] = [
    ["bogus", /^Object "bogus" is unknown, try "whohas help"\.\n$/],
    ["run --bogus", /^whohas: unknown option '--bogus'\n$/],
    ["run --duration 5", /^whohas: .*--duration.*\n$/],
    ["run --virtual-time", /^--virtual-time has no end of its own.*\n$/],
    ["run --virtual-time --duration 1s --no-app --device packet:lo", /^--virtual-time needs everything simulated.*\n$/],
    ["run --name a/b", /^whohas: "a\/b" is not an instance's name.*\n$/],
    ["run --device packet:lo", /^whohas: telemetry has nowhere to go.*\n$/],
    ["run --no-app --device enc28j60:simm", /^whohas: --device .*simm.*\n$/],
    ["run --no-app --device packet:lo --address 10.9.0.300/24", /^whohas: .*10\.9\.0\.300.*\n$/],
    ["run /nonexistent.yaml", /^whohas: cannot read the rig file \/nonexistent\.yaml: there is no such file\n$/],
    ["run /dev/zero", /^whohas: cannot read the rig file \/dev\/zero: it is a device, not a file\n$/],
    ["check /dev/zero", /^whohas: cannot read the rig file \/dev\/zero: it is a device, not a file\n$/],
    ["udp send 10.9.0.1 hi", /^whohas: .*10\.9\.0\.1.*\n$/],
    ["ping bogus", /^whohas: .*bogus.*\n$/],
  ];
  for (const [line, stderr] of wrong) t.match(await whohas(...line.split(" ")), { stdout: "", stderr, code: 2 }, line);
});

t.test("a full neighbour table is said once a second, in the kernel's words, and counted", async (t) => {
  const rig = fileOf(`board: { io: none }
devices: { eth0: { driver: enc28j60, bus: { kind: sim }, addresses: [10.9.0.2/24] } }
sysctl: { net.ipv4.neigh.default.gc_thresh2: 0, net.ipv4.neigh.default.gc_thresh3: 0 }
telemetry: { to: "10.9.0.1:8094", every: 250ms }
`);
  const words = ["run", "--virtual-time", "--duration", "2s", rig];
  const { stdout } = await whohasProcess(words);
  const overflow = "neighbour: arp_cache: neighbor table overflow!";
  const said = stdout.split("\n").filter((line) => /^ne(ighbour|t_ratelimit):/.test(line));
  t.same(said, [overflow, "net_ratelimit: 3 callbacks suppressed", overflow]);
  t.match(stdout, /^neighbours {4}8 refused by a full table$/m);
  const events = (await whohasProcess([...words, "--json"])).stdout
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line) as { event: string });
  t.match(
    events.filter(({ event }) => event === "neighbours"),
    [{ kind: "overflow", text: overflow }, { text: /suppressed/ }, { text: overflow }],
  );
  t.match(events.at(-1), { event: "summary", neighbours: { tableFulls: 8 } });
});

t.test("a reader that goes away", async (t) => {
  const head = ["sh", "-c", '"$@" | head -n 1', "sh"];
  const { stdout, stderr } = await whohasProcess(["run", "--virtual-time", "--duration", "10m"], head);
  t.match(stdout, /^eth0: simulated ENC28J60 .*\n$/);
  t.equal(stderr, "", "the run comes to its end, and says nothing of it");
});

t.test("commands without an instance", async (t) => {
  for (const line of ["neigh help", "n h", "route --help", "monitor help", "link -h"]) {
    const { stdout, stderr, code } = await whohas("-i", "nobody", ...line.split(" "));
    t.match([stdout, stderr, code], ["", /^Usage: whohas (neigh|route|monitor|link) /, 255], line);
  }
  for (const line of ["neigh", "link", "address", "route", "udp send 10.9.0.1:9 hi", "udp listen 9", "ping -c 1 10.9.0.1"]) {
    const { stdout, stderr, code } = await whohas("-i", "nobody", ...line.split(" "));
    t.match([stdout, stderr, code], ["", /^no instance nobody in \S+; start it with: whohas run --name nobody\n$/, 3], line);
  }
});

t.test("a damaged rig file: a line for each thing that is wrong, and nothing is opened", async (t) => {
  const path = fileOf(`devices:
  eth0: { driver: enc28j60, bus: { kind: sim }, adresses: [10.9.0.2/24] }
  eth1: { driver: enc28j60, bus: { kind: serprog } }
telemetry: { to: 10.9.0.256:8094, every: 3 }
`);
  for (const command of ["run", "check"]) {
    const { stdout, stderr, code } = await whohas(command, path);
    const lines = stderr.trimEnd().split("\n");
    t.equal(code, 2, command);
    t.equal(stdout, "");
    t.equal(lines.length, 4, "four mistakes, four lines");
    const [first = "", second = "", third = "", fourth = ""] = lines.map((line) =>
      line.replace(path, "RIG").replace(/^whohas: /, ""),
    );
    t.match(first, /^RIG:2:\d+: devices\.eth0\.adresses: unknown key; did you mean addresses\?$/);
    t.match(second, /^RIG:3:\d+: devices\.eth1\.bus(\.port)?: missing; say e\.g\. port: \/dev\/ttyACM0$/);
    t.match(third, /^RIG:4:\d+: telemetry\.to: .*10\.9\.0\.256/);
    t.match(fourth, /^RIG:4:\d+: telemetry\.every: .*3/);
  }
});

realTime(t, "what cannot be opened", { skip: skip || missingPrograms("setpriv") }, async (t) => {
  const missing = await whohasProcess(["run", ...NO_APP, "--device", "packet:nope0"]);
  t.match(missing, { stdout: "", stderr: /^whohas: packet: no interface nope0 here; .*\n$/, code: 1 }, "no such interface");
  const host = new Host();
  t.teardown(() => host.remove());
  const env = { WHOHAS_RUNTIME_DIR: `${scratchFolder}-run` };
  t.teardown(() => rmSync(env.WHOHAS_RUNTIME_DIR, { recursive: true, force: true }));
  const refused = await whohasProcess(["run", ...NO_APP, "--device", `packet:${host.near}`], UNPRIVILEGED, env);
  t.match(refused, { stdout: "", stderr: /^whohas: packet: .*(CAP_NET_RAW|root).*\n$/, code: 1 }, "no permission");
  const there = await whohasProcess(["run", ...NO_APP, "--device", "enc28j60:spidev:/dev/spidev0.0"]);
  t.match(there, { stdout: "", stderr: /^whohas: .*spidev.*\n$/, code: 1 }, "no such bus");
});

t.jobs = 2;

for (const wire of WIRES) {
  realTime(t, `start and end on ${wire.name}`, { skip, buffered: true }, async (t) => {
    const host = new Host();
    t.teardown(() => host.remove());
    const words = [...NO_APP, "--device", wire.spec(host.near)];
    const found = stateOf(host.near);
    const ping = async () => (await host.exec("ping", "-n", "-q", "-c", "2", "-i", "0.01", "-w", "60", BOARD)).code;

    for (const signal of ["SIGINT", "SIGTERM"] as const) {
      const board = await Instance.start(words);
      t.teardown(() => board.kill());
      t.equal(statSync(board.socket).mode & 0o777, 0o600, "a socket for its owner");
      t.equal(await ping(), 0);
      const { code, summary } = await board.stop(signal);
      t.equal(code, 0, `${signal}: exit code`);
      t.equal(summary?.arp.repliesSent !== undefined, true, "a summary");
      t.notOk(existsSync(board.socket), "no socket stays behind");
      t.strictSame(stateOf(host.near), found, "the interface is as it was");
    }

    const twice = `twice${WIRES.indexOf(wire)}`;
    const first = await Instance.start(words, { name: twice });
    t.teardown(() => first.kill());
    const second = await whohasProcess(["run", "--name", twice, ...words]);
    t.match(
      second,
      { stdout: "", stderr: new RegExp(`^whohas: instance ${twice} is already running as ${first.child.pid}; .*\n$`), code: 1 },
      "the name is taken",
    );
    t.equal(await ping(), 0, "and the one that has it goes on");

    t.equal((await first.stop("SIGKILL")).signal, "SIGKILL");
    t.ok(existsSync(first.socket), "a socket without an owner");
    t.equal((await whohas("-i", twice, "neigh")).code, 3, "nobody is there");
    const third = await Instance.start(words, { name: twice });
    t.teardown(() => third.kill());
    t.equal(await ping(), 0, "starts over all the same");

    host.netns.ip("link", "delete", host.iface);
    await third.until((event) => event["change"] === "failed", "failure of the device");
    const shown = (await whohas("-i", twice, "-d", "link")).stdout;
    t.match(shown, /eth0: <NO-CARRIER,BROADCAST,MULTICAST,UP>/, "the interface was deleted under it: no link");
    t.match(shown, new RegExp(`error .*${host.near} was removed`), "and why");
    const lost = await whohas("-i", twice, "udp", "send", "--count", "2", "--interval", "1ms", `${HOST}:9`, "hi");
    t.equal(lost.code, 1, "what is sent now fails");
    await eventually(() => !third.ended, "still there");
    t.equal((await third.stop()).code, 0, "and it still ends as it should");
  });
}
