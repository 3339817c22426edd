/**
 * `whohas tap`: the kernel's own stack over our driver. One namespace has the interface that we make, the other the host at the far
 * end of the chip's wire; between the two kernels are the driver, a pseudo terminal, the bridge and the chip.
 */

import { createHash, randomBytes } from "node:crypto";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import t, { type Test } from "tap";
import { Background } from "../support/background.ts";
import { answered, BOARD, HOST, Host } from "../support/host.ts";
import { missingForNetns, missingPrograms, Netns } from "../support/netns.ts";
import { realTime } from "../support/real-time.ts";
import { eventually } from "../support/waiting.ts";
import { adopt, ended, fileOf, folder, whohasProcess } from "../support/whohas.ts";

const skip =
  missingForNetns() ||
  missingPrograms("socat", "ping") ||
  (existsSync("/dev/net/tun") ? false : "needs /dev/net/tun") ||
  (existsSync("/dev/ptmx") ? false : "needs /dev/ptmx");

const IFACE = "whohas0";

interface Plugged {
  bridge: Background;
  tap: Background;
  host: Host;
  kernel: Netns;
}

async function plugged(t: Test, bridgeWords: string[], words: string[] = []): Promise<Plugged> {
  const host = new Host();
  t.teardown(() => host.remove());
  const kernel = new Netns();
  t.teardown(() => kernel.remove());
  const path = join(folder, `tap${kernel.name}`);
  const bridge = await Background.start(["bridge-sim", "--pty", path, "--wire", host.near, ...bridgeWords]);
  t.teardown(() => bridge.kill());
  const rig = fileOf(`devices: { eth0: { driver: enc28j60, bus: { kind: serprog, port: ${path}, baud: 2000000, answerTimeout: 5s },
  mac: 02:00:00:00:0e:28, addresses: [${BOARD}/24] } }\n`);
  const tap = await Background.start(["tap", rig, ...words], ["ip", "netns", "exec", kernel.name]);
  t.teardown(() => tap.kill());
  return { bridge, tap, host, kernel };
}

const sum = (path: string): string => createHash("sha256").update(readFileSync(path)).digest("hex");

/** Sends a file over TCP from one namespace to the other. */
async function transfer(from: Netns, to: Netns, address: string, file: string): Promise<string> {
  const got = `${file}.got`;
  const receiver = ended(to.spawn("socat", ["-u", "TCP-LISTEN:5000,reuseaddr", `CREATE:${got}`]));
  const sender = adopt(from.spawn("socat", ["-u", `FILE:${file}`, `TCP:${address}:5000,retry=50,interval=0.1`]));
  const [{ code, stderr }] = await Promise.all([ended(sender), receiver]);
  if (code !== 0) throw new Error(`socat ended with ${code}: ${stderr}`);
  return got;
}

/** A chip with room for four full frames loses what a kernel sends in bursts; it all arrives, but at the pace of retransmissions. */
const BACK = 1 << 16;

for (const [words, bytes] of [
  [["--firmware", "responder"], 1 << 20],
  // Some 90 kB/s on an idle machine: a machine that is not shall pass as well.
  [["--firmware", "uno", "--baud", "2000000"], 1 << 18],
] as const) {
  realTime(t, `ping, and ${bytes} bytes by TCP: ${words.join(" ")}`, { skip }, async (t) => {
    const { bridge, tap, host, kernel } = await plugged(t, [...words]);
    t.equal(tap.ready, `${IFACE} is up; give it its address: ip address add ${BOARD}/24 dev ${IFACE}`);
    const [link] = JSON.parse(kernel.ip("-j", "link", "show", IFACE)) as { address: string; flags: string[] }[];
    t.equal(link?.address, "02:00:00:00:0e:28", "the interface has the controller's address");
    t.ok(link?.flags.includes("LOWER_UP"), "and its carrier");
    kernel.ip("address", "add", `${BOARD}/24`, "dev", IFACE);

    t.equal(await answered(kernel, HOST, 10), 10, "pings");
    const file = join(folder, `sent${bytes}`);
    writeFileSync(file, randomBytes(bytes));
    t.equal(sum(await transfer(kernel, host.netns, HOST, file)), sum(file), "what arrives at the host is what was sent");
    const back = join(folder, `back${bytes}`);
    writeFileSync(back, randomBytes(BACK));
    t.equal(sum(await transfer(host.netns, kernel, BOARD, back)), sum(back), "and the other way");

    const end = await tap.stop();
    t.match([end.code, end.stderr], [0, ""]);
    t.match(end.stdout, /^received {2}\d+ frames, \d+ bytes; /m);
    t.match(end.stdout, /^sent {6}\d+ frames, \d+ bytes; 0 errors$/m);
    t.equal(kernel.ip("-o", "link", "show").includes(IFACE), false, "the interface is gone");
    t.match((await bridge.stop()).stdout, /^data sheet {2}0 violations$/m);
  });
}

realTime(t, "the interface follows the board's link, and ends with it", { skip }, async (t) => {
  const { bridge, tap, host, kernel } = await plugged(t, [], ["--name", "wire7"]);
  const flags = (): string => kernel.ip("-o", "link", "show", "wire7");
  t.match(flags(), /LOWER_UP/);
  host.netns.ip("link", "set", host.iface, "down");
  await tap.until(/^wire7: link down$/m);
  t.match(flags(), /NO-CARRIER/);
  host.netns.ip("link", "set", host.iface, "up");
  await tap.until(/^wire7: link up$/m);
  await eventually(() => /LOWER_UP/.test(flags()), "carrier");
  kernel.ip("link", "delete", "wire7");
  await eventually(() => tap.child.exitCode !== null, "the end of the command");
  t.match([tap.child.exitCode, tap.stderr], [1, /^whohas: tap: interface wire7 was removed\n$/]);
  t.equal((await bridge.stop()).code, 0);
});

realTime(t, "what cannot be opened", { skip: skip || missingPrograms("setpriv") }, async (t) => {
  const kernel = new Netns();
  t.teardown(() => kernel.remove());
  const within = ["ip", "netns", "exec", kernel.name];
  const refused = async (words: string[], why: RegExp): Promise<void> => {
    const { stderr, code } = await whohasProcess(["tap", ...words], within);
    t.match([stderr, code], [why, 1], words.join(" "));
    t.equal(stderr.split("\n").length, 2, "in one line");
    t.notMatch(kernel.ip("-o", "link", "show"), IFACE, "no interface was made");
  };
  await refused(["--name", "lo"], /^whohas: tap: there is an interface lo already; take another name.*\n$/);
  await refused(["--device", "enc28j60:serprog:/dev/ttyNOWHERE"], /^whohas: \/dev\/ttyNOWHERE: there is no such port; .*\n$/);
});
