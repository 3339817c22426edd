/** A pinned gateway that is a real kernel: quiet, impersonated, replaced. Timers are scaled: R is 500 ms instead of 1 s. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import t from "tap";
import { PacketController } from "../../drivers/packet/packet.ts";
import { parseRig } from "../../firmware-ts/board/rig-file.ts";
import { System } from "../../firmware-ts/board/system.ts";
import { PinnedStrategy } from "../../firmware-ts/neigh/strategies/pinned.ts";
import { formatMac } from "../../firmware-ts/net/ethernet.ts";
import { macAddress, Stack } from "../../firmware-ts/stack.ts";
import { SystemClock } from "../../hal/clock.ts";
import { SeededRandom } from "../../hal/random.ts";
import { missingForNetns, missingPrograms, type Netns, VethPair } from "../support/netns.ts";
import { programCommand } from "../support/own.ts";
import { realTime } from "../support/real-time.ts";
import { eventually, pause } from "../support/waiting.ts";

const skip = missingForNetns() || missingPrograms("python3");

const GATEWAY = "10.9.0.1";
const NODE = "10.9.0.2";
const OLD = "02:00:00:00:0a:01";
const NEW = "02:00:00:00:0a:02";
const OURS = "02:00:00:00:0a:99";

/** Announces the gateway's address as somebody else's. */
const LIE = `
import socket, sys
s = socket.socket(socket.AF_PACKET, socket.SOCK_RAW)
s.bind((sys.argv[1], 0))
mac, ip = bytes.fromhex("020000000077"), socket.inet_aton("${GATEWAY}")
s.send(b"\\xff" * 6 + mac + bytes.fromhex("0806000108000604" + "0001") + mac + ip + bytes(6) + ip)
`;

/** Datagrams that the gateway's kernel has got, for which nobody listens. */
function arrived(netns: Netns): number {
  const [names = "", values = ""] = netns.run("grep", "^Udp:", "/proc/net/snmp").split("\n");
  return Number(values.split(" ")[names.split(" ").indexOf("NoPorts")]);
}

realTime(t, "a kernel as the gateway of a pinned node", { skip }, async (t) => {
  const veth = new VethPair();
  t.teardown(() => veth.remove());
  const { far, farName } = veth;
  const move = (mac: string): void => {
    far.ip("link", "set", farName, "down");
    far.ip("link", "set", farName, "address", mac);
    far.ip("link", "set", farName, "up");
    far.ip("neigh", "replace", NODE, "lladdr", OURS, "dev", farName, "nud", "permanent");
  };
  // It announces its address when it comes up; a gateway that looks for nobody makes no frame that could be taken for a proof.
  far.run("sysctl", "-qw", `net.ipv4.conf.${farName}.arp_notify=1`, "net.ipv4.icmp_ratemask=8");
  far.ip("address", "add", `${GATEWAY}/24`, "dev", farName);
  move(OLD);

  const clock = new SystemClock();
  const strategy = new PinnedStrategy();
  const stack = new Stack({ clock, random: new SeededRandom(1), neighbours: { strategy } });
  const eth0 = stack.addDevice("eth0", new PacketController(clock, { interface: veth.near, address: macAddress(OURS) }));
  t.teardown(() => stack.close());
  await eth0.open();
  stack.addAddress(eth0, `${NODE}/24`);
  const arp = stack.neighbours(4);
  arp.table.parametersOf(eth0).retransTime = 500;
  t.ok(stack.pinNeighbour(GATEWAY, eth0, OLD));
  await eventually(() => eth0.hasCarrier, "the link");
  const socket = stack.udp.open();
  const collector = socket.to(GATEWAY, 9);
  const send = async (count: number): Promise<number> => {
    const before = arrived(far);
    for (let n = 0; n < count; n++) {
      socket.send(new Uint8Array(20), collector);
      await pause(5);
    }
    await eventually(() => arrived(far) - before >= count, "the datagrams", 2000).catch(() => undefined);
    return arrived(far) - before;
  };
  const asked = (): number[] => [arp.counters(eth0).requestsUnicast, arp.counters(eth0).requestsBroadcast];
  const count = (name: string): number => new Map(strategy.report().counters).get(name) ?? 0;
  const shown = (): string => formatMac(strategy.report().neighbours[0]?.entry.address ?? new Uint8Array(6));

  await eventually(() => strategy.report().neighbours[0]?.phase === "trusted", "the gateway, wherever it was seen coming up");
  const before = asked();
  t.equal(await send(50), 50, "quiet: every datagram arrives");
  t.same(asked(), before, "and nobody is asked");

  far.run("python3", "-c", LIE, farName);
  await eventually(() => count("spoofing_alarms") === 1, "the lie is seen through");
  t.equal(await send(20), 20, "impersonated: every datagram arrives");
  t.equal(shown(), OLD);

  move(NEW);
  await eventually(() => shown() === NEW, "the new gateway is found");
  t.equal(count("moved"), 1);
  await eventually(() => eth0.hasCarrier, "the link");
  t.equal(await send(20), 20, "replaced: datagrams arrive at the new one");
});

const KEY = "000102030405060708090a0b0c0d0e0f";
const MAIN = new URL("../../firmware-ts/cli/main.ts", import.meta.url);

realTime(t, "whohas gateway keeps a permanent entry in the kernel for a node that registers", { skip }, async (t) => {
  const veth = new VethPair();
  t.teardown(() => veth.remove());
  const { far, farName } = veth;
  far.ip("address", "add", `${GATEWAY}/24`, "dev", farName);
  const keyFile = join(mkdtempSync(join(tmpdir(), "whohas-key-")), "key");
  t.teardown(() => rmSync(dirname(keyFile), { recursive: true }));
  writeFileSync(keyFile, `${KEY}\n`);
  const [program, args] = programCommand(MAIN, ["gateway", "--dev", farName, "--key-file", keyFile]);
  const registrar = far.spawn(program, args);
  t.teardown(() => registrar.kill("SIGKILL"));
  let said = "";
  for (const stream of [registrar.stdout, registrar.stderr])
    stream?.setEncoding("utf8").on("data", (text: string) => (said += text));
  await eventually(() => said.includes("ready: registrar of"), `the registrar: ${said}`);

  const clock = new SystemClock();
  t.teardown(() => clock.stop());
  const rig = `devices: { eth0: { driver: packet, bus: { kind: interface, name: ${veth.near} }, mac: "${OURS}", addresses: [${NODE}/24] } }
neighbours: { strategy: registrar }
apps: [{ kind: registrar, to: "${GATEWAY}:7625", device: eth0, key: ${KEY}, every: 10s }]
`;
  const system = await System.make(parseRig(rig, "rig"), { clock });
  t.teardown(() => system.stop());
  await system.start();
  const entry = (): string => far.ip("neigh", "show", NODE, "dev", farName);
  await eventually(() => entry().includes(`lladdr ${OURS} PERMANENT`), "the kernel's entry");
  const { neighbours } = system.stack.neighbours(4).table.strategy?.report() ?? { neighbours: [] };
  t.equal(neighbours[0]?.phase, "trusted", "the gateway is pinned here");

  registrar.kill("SIGTERM");
  await eventually(() => said.includes("1 registered"), `its last line: ${said}`);
  t.notMatch(entry(), "PERMANENT", "it takes its entries along");
});
