/**
 * The attacks of thc-ipv6 (Debian's package) at a stack on an AF_PACKET device, from a namespace. Nothing is thrown, every frame that came up
 * stands in the books, tables and memory stay bounded, a static entry and one in use live, and what the board sends goes out all the
 * while. THC_SECONDS is the time of each attack; the nightly run takes more of it than `npm test`.
 */
import type { ChildProcess } from "node:child_process";
import { setTimeout as sleep } from "node:timers/promises";
import t from "tap";
import { PacketController } from "../../drivers/packet/packet.ts";
import { keyText } from "../../firmware-ts/control/methods/by-family.ts";
import { AddressFlags } from "../../firmware-ts/ip6/routing/addresses.ts";
import { formatMac } from "../../firmware-ts/net/ethernet.ts";
import { Stack } from "../../firmware-ts/stack.ts";
import { SystemClock } from "../../hal/clock.ts";
import { SeededRandom } from "../../hal/random.ts";
import { Ledger } from "../fuzz/ledger.ts";
import { missingForNetns, missingPrograms, type Netns, VethPair } from "../support/netns.ts";
import { realTime } from "../support/real-time.ts";
import { eventually } from "../support/waiting.ts";
import { adopt, ended } from "../support/whohas.ts";

const SECONDS = Number(process.env["THC_SECONDS"] ?? 0.3);
/** Most of them do not take a whole processor, and some begin with a pause. */
const AT_ONCE = 6;
/** Most time for one that is ended when it has done its work, in s. */
const LONGEST = 30;
const BOARD = "fd09::2";
const LOCAL = "fe80::ff:fe00:2";
/** Its entry is permanent. */
const COLLECTOR = "fd09::1";
/** Its entry is dynamic, and confirmed by traffic. */
const USED = "fd09::3";
/** Nobody has it. */
const NOBODY = "fd09::77";
/** The board would like to have it. */
const NEW = "fd09::d05";
const MAC = "02:00:00:00:00:02";
const FAR = "far0";
/** Time between two datagrams to each, in ms. */
const EVERY = 20;

/** Program and words; most of them go on until they are ended. */
const ATTACKS: readonly string[] = [
  `flood_router6 ${FAR}`,
  `flood_router6 -HFD ${FAR}`,
  `flood_router26 ${FAR}`,
  `flood_router26 -s -R ${FAR}`,
  `flood_advertise6 ${FAR}`,
  `flood_advertise6 ${FAR} ${BOARD}`,
  `flood_solicitate6 ${FAR}`,
  `flood_solicitate6 -a ${FAR} ${BOARD} ${BOARD}`,
  `flood_rs6 -S ${FAR} ${BOARD}`,
  `flood_redir6 ${FAR} ${BOARD}`,
  `flood_mld6 ${FAR}`,
  `flood_mld26 ${FAR}`,
  `flood_mldrouter6 ${FAR}`,
  `flood_unreach6 -R ${FAR} ${BOARD}`,
  `fake_advertise6 -w 0 ${FAR} ${COLLECTOR} ${BOARD} 02:00:00:00:00:66`,
  `fake_advertise6 -r -s -w 0 ${FAR} ${COLLECTOR} ${BOARD} 02:00:00:00:00:66`,
  `kill_router6 ${FAR} ${COLLECTOR}`,
  `redir6 ${FAR} ${BOARD} 2001:db8::5 fe80::1 fe80::66`,
  `toobig6 -u ${FAR} ${BOARD} ${COLLECTOR} 1280`,
  `smurf6 -i 0 ${FAR} ${BOARD} ${BOARD}`,
  `rsmurf6 ${FAR} ${BOARD}`,
  `ndpexhaust26 -r -p ${FAR} fd09::`,
  `ndpexhaust26 -R -U ${FAR} fd09::`,
  `randicmp6 -p ${FAR} ${BOARD}`,
  `exploit6 ${FAR} ${BOARD}`,
  `fragmentation6 -fp ${FAR} ${BOARD}`,
  `implementation6 -p ${FAR} ${BOARD}`,
  ...[1, 2, 3, 4, 5, 6, 7].map((number) => `denial6 ${FAR} ${BOARD} ${number}`),
  ...["-1 -IFSDHRJ", "-2", "-3", "-4", "-5 -H", "-7", "-9", "-X -FDH"].map((what) => `fuzz_ip6 -a ${what} ${FAR} ${LOCAL}`),
];

const skip = missingForNetns() || missingPrograms("atk6-flood_router6", "timeout", "stdbuf", "ping");

/** Bytes of a megabyte, and how much more memory the process may take at the end than after the first attacks. */
const MEGABYTE = 2 ** 20;
const GROWTH = 64;
/** max_addresses, with its own two and one that is another's; and the bound of routes by the word of routers, with those of addresses and groups. */
const MOST_ADDRESSES = 19;
const MOST_ROUTES = 1100;

function spawn(netns: Netns, attack: string, seconds: number): ChildProcess {
  const [program = "", ...words] = attack.split(" ");
  return netns.spawn("timeout", ["-s", "KILL", String(seconds), "stdbuf", "-oL", `atk6-${program}`, ...words]);
}

/** Waits until an attack says that it has begun. */
async function started(attack: ChildProcess): Promise<void> {
  adopt(attack);
  let said = "";
  attack.stdout?.on("data", (bytes: Buffer) => {
    said += bytes.toString();
  });
  await eventually(() => said.includes("Started"), "the attack begins");
}

/** Gives the far end IPv6 and its addresses, which are its own at once. */
function prepare(netns: Netns): void {
  for (const setting of ["accept_dad=0", "router_solicitations=0", "accept_ra=0", "disable_ipv6=0"]) {
    netns.run("sysctl", "-qw", `net.ipv6.conf.${FAR}.${setting}`);
  }
  for (const address of [COLLECTOR, USED]) netns.ip("address", "add", `${address}/64`, "dev", FAR, "nodad");
}

realTime(t, "the attacks of thc-ipv6", { skip }, async (t) => {
  const pair = new VethPair();
  t.teardown(() => pair.remove());
  prepare(pair.far);
  const clock = new SystemClock();
  t.teardown(() => clock.stop());
  const stack = new Stack({ clock, random: new SeededRandom(6), families: [6] });
  const address = Uint8Array.from(MAC.split(":").map((octet) => Number.parseInt(octet, 16)));
  const device = stack.addDevice("eth0", new PacketController(clock, { interface: pair.near, address }));
  await device.open();
  t.teardown(() => stack.close());
  stack.addAddress(device, `${BOARD}/64`);
  const { ip6 } = stack;
  if (!ip6) throw new Error("a stack without IPv6");
  await eventually(
    () => ip6.addresses.list.length === 2 && ip6.addresses.list.every(({ flags }) => (flags & AddressFlags.TENTATIVE) === 0),
    "addresses",
  );
  const { table } = stack.neighbours(6);
  const [link] = JSON.parse(pair.far.ip("-j", "link", "show", FAR)) as { address: string }[];
  const far = link?.address ?? "";
  stack.addNeighbour(COLLECTOR, far, device);

  const socket = stack.udp.open(5000);
  const [toCollector, toUsed] = [socket.to(COLLECTOR, 9), socket.to(USED, 9)];
  const told = { sent: 0, other: 0 };
  const tick = setInterval(() => {
    for (const { status } of [socket.send(new Uint8Array(40), toCollector), socket.send(new Uint8Array(40), toUsed, 0, true)]) {
      if (status === "sent") told.sent++;
      else told.other++;
    }
  }, EVERY);
  t.teardown(() => clearInterval(tick));
  const state = (of: string): string | undefined => {
    const entry = table.list().find((one) => keyText(one) === of);
    return entry && `${entry.nudState} ${formatMac(entry.address)}`;
  };
  await eventually(() => told.sent > 4, "datagrams go out");
  const [known, used] = [state(COLLECTOR), state(USED)];
  t.ok(known?.endsWith(far) && used?.endsWith(far), `${known}, ${used}`);

  // First of all: a table that a flood has filled takes nobody new for five seconds, as a kernel's.
  const thief = spawn(pair.far, `parasite6 ${FAR} 02:00:00:00:00:66`, LONGEST);
  await started(thief);
  socket.send(new Uint8Array(40), socket.to(NOBODY, 9));
  await eventually(
    () => state(NOBODY)?.endsWith("00:66") === true,
    "parasite6 answers for somebody who is not there, as it would a kernel",
  );
  thief.kill("SIGTERM");
  t.same([state(COLLECTOR), state(USED)], [known, used], "and changes neither entry");

  const claimant = spawn(pair.far, `dos-new-ip6 ${FAR}`, LONGEST);
  await started(claimant);
  stack.addAddress(device, `${NEW}/64`);
  const mine = (): number => ip6.addresses.list.find(({ local }) => local === stack.layers.address(NEW))?.flags ?? 0;
  await eventually(() => (mine() & AddressFlags.DADFAILED) !== 0, "an address that dos-new-ip6 claims is not taken into use");
  claimant.kill("SIGTERM");

  const ledger = new Ledger(stack, device);
  let frames = 0;
  let memory = 0;
  for (let at = 0; at < ATTACKS.length; at += AT_ONCE) {
    const some = ATTACKS.slice(at, at + AT_ONCE);
    ledger.open();
    Object.assign(told, { sent: 0, other: 0 });
    await Promise.all(some.map((attack) => ended(spawn(pair.far, attack, SECONDS))));
    await sleep(EVERY * 2);
    frames += ledger.processed;
    const which = some.join(", ");
    t.equal(ledger.fault, null, `${which}: ${ledger.processed} frames, each has its place`);
    t.ok(told.sent > 0 && told.other === 0, `${which}: ${told.sent} datagrams went out, ${told.other} did not`);
    t.same([state(COLLECTOR), state(USED)], [known, used], "both entries are as they were");
    t.ok(table.gc.entries <= table.gc.thresh3, `${table.gc.entries} entries`);
    t.ok(ip6.addresses.list.length <= MOST_ADDRESSES, `${ip6.addresses.list.length} addresses`);
    t.ok(ip6.routes.list.length <= MOST_ROUTES, `${ip6.routes.list.length} routes`);
    if (at === 0) memory = process.memoryUsage().rss;
  }
  const grown = (process.memoryUsage().rss - memory) / MEGABYTE;
  t.ok(grown < GROWTH, `${grown.toFixed(1)} MiB more after ${frames} frames`);
  t.comment(`${frames} frames in ${ATTACKS.length} attacks of ${SECONDS} s, ${grown.toFixed(1)} MiB grown`);

  const { code } = await ended(pair.far.spawn("ping", ["-6", "-n", "-q", "-c", "1", "-W", "20", "-I", COLLECTOR, BOARD]));
  t.equal(code, 0, "the board answers as before");
});
