/** `solicit` beside Debian's rdisc6 and ndisc6: the same advertisements to both, the same words and wrong words, the same frames. */
import t from "tap";
import { PacketController } from "../../../../drivers/packet/packet.ts";
import { SystemClock } from "../../../../hal/clock.ts";
import { FakeHost } from "../../../support/controller-host.ts";
import { Lab6 } from "../../../support/lab6.ts";
import { missingForNetns, missingPrograms, VethPair } from "../../../support/netns.ts";
import { Operator, type Printed } from "../../../support/operator.ts";
import { realTime } from "../../../support/real-time.ts";
import { eventually } from "../../../support/waiting.ts";
import { ended } from "../../../support/whohas.ts";
import { US } from "../../../support/wire-format.ts";
import { ip6, line6, na, OUR_LL, PEER_IP6, PEER_LL } from "../../../support/wire-format6.ts";
import { mtuOption, pio, ra, rio } from "../../../support/wire-routers6.ts";

const skip = missingForNetns() || missingPrograms("rdisc6", "ndisc6");

const text = (domain: string): number[] => [...Buffer.from(domain)];
const rdnss = (lifetime: number[], ...servers: string[]): number[] => [
  25,
  1 + 2 * servers.length,
  0,
  0,
  ...lifetime,
  ...servers.flatMap(ip6),
];
const MINUTE = [0, 0, 0, 60];
const ONE = [0, 0, 0, 1];
const EVER = [255, 255, 255, 255];

/** Advertisements, whole and odd. */
const ROUTERS: readonly Uint8Array[] = [
  ra(),
  ra({ limit: 0, lifetime: 0, link: null }),
  ra({ limit: 255, flags: 0x34, lifetime: 0xffff, reachable: 0xffff_ffff, retrans: 1, link: null }),
  ra({ limit: 1, flags: 0x18, lifetime: 1 }),
  ra({ flags: 0xc8, reachable: 20_000, retrans: 1200, options: [...mtuOption(1000), ...mtuOption(1280), ...mtuOption(1500)] }),
  ra({ options: [...pio("2001:db8:5::"), ...pio("2001:db8:5:6:7:8:9:aa", { length: 60, flags: 0x80, valid: 1, preferred: 0 })] }),
  ra({ options: pio("::", { length: 129, flags: 0x40, valid: 0xffff_ffff, preferred: 0xffff_ffff }) }),
  ra({ options: [...rio("::", 0, 0, 0, 1), ...rio("2001:db8:5:6::", 64, 9, 2, 2), ...rio("2001:db8:5:6:7:8:9:10", 48, 1, 1, 3)] }),
  ra({ options: [...rio("2001:db8::", 64, 9, 1, 1), ...rio("2001:db8::", 48, 0xffff_ffff, 3, 2)] }),
  ra({ options: [...rdnss(MINUTE, "2001:db8::53"), ...rdnss(ONE, "2001:db8::53", "2001:db8::54"), ...rdnss(EVER, "::1")] }),
  ra({ options: [25, 1, 0, 0, ...MINUTE, 25, 2, 0, 0, ...MINUTE, ...MINUTE, ...MINUTE] }),
  ra({
    options: [31, 4, 0, 0, ...MINUTE, 7, ...text("example"), 3, ...text("com"), 0, 3, ...text("lab"), 4, ...text("here"), 0, 0, 0],
  }),
  ra({ options: [31, 1, 0, 0, ...MINUTE, 31, 2, 0, 0, ...ONE, 3, ...text("abc"), 0, 0, 0, 0] }),
  ra({
    link: null,
    options: [1, 2, ...ip6("1:203:405:607:809:a0b:c0d:0").slice(0, 14), 2, 1, 2, 3, 4, 5, 6, 7, 200, 1, 0, 0, 0, 0, 0, 0],
  }),
  ra({ options: [5, 0, 0, 0, 0, 0, 5, 0] }),
  ra({ options: [5, 2, 0, 0, 0, 0, 5, 0] }),
  ra({ options: [5] }),
  ra({ hops: 254 }),
  ra({ code: 1 }),
  ra({ source: "2001:db8::1" }),
  na({ source: PEER_LL, target: PEER_LL }),
];

/** Advertisements of fd00::2, and others. */
const NEIGHBOURS: readonly Uint8Array[] = [
  na({ target: "fd00::3" }),
  na({ target: PEER_IP6, link: null }),
  na({ target: PEER_IP6, source: PEER_IP6, link: "02:00:00:00:00:0c" }),
  na({ target: PEER_IP6, destination: "ff02::1", flags: "O" }),
  na({ target: PEER_IP6, destination: "ff02::1", flags: "SO", link: "02:00:00:00:00:0d" }),
  na({ target: PEER_IP6, flags: "O", link: "02:00:00:00:00:0e" }),
  na({ target: PEER_IP6, flags: "S", link: "02:00:00:00:00:0f" }),
  na({ target: PEER_IP6, source: PEER_IP6, link: "02:00:00:00:00:10" }),
  na({ target: PEER_IP6, source: PEER_IP6, destination: "ff02::1", flags: "O", link: "02:00:00:00:00:11" }),
  na({ target: PEER_IP6, hops: 64 }),
  ra(),
];

/** Words, with the tool that has them, and what is said to each meanwhile. */
const LISTENING: readonly (readonly [tool: string, words: string, frames: readonly Uint8Array[]])[] = [
  ["rdisc6", "-d -r 1 -w 400 eth0", ROUTERS],
  ["rdisc6", "-dqr1 --wait=400 eth0", ROUTERS],
  ["rdisc6", "-d1 -w 400 eth0", ROUTERS.slice(9)],
  ["ndisc6", "-d -m -r 1 -w 400 fd00::2 eth0", NEIGHBOURS],
  ["ndisc6", "-d fd00::2 eth0", NEIGHBOURS],
  ["ndisc6", "-dq fd00::2 eth0", NEIGHBOURS],
];

const ALONE: readonly (readonly [tool: string, words: string])[] = [
  ["rdisc6", "-r 2 -w 20 eth0"],
  ["rdisc6", "-r 1 -w 20 -q eth0"],
  ["rdisc6", "eth0 --ret 1 --wa 0x10"],
  ["rdisc6", "-r 0 eth0"],
  ["rdisc6", "-r 02 -w 20 eth0"],
  ["rdisc6", `-s ${OUR_LL} -r 1 -w 20 eth0`],
  ["rdisc6", "-s fe80::77 -r 1 eth0"],
  ["rdisc6", "-r 1 nodev"],
  ["rdisc6", "-r 1 lo"],
  ["rdisc6", "-q lo"],
  ["rdisc6", "-r x eth0"],
  ["rdisc6", "-r -1 eth0"],
  ["rdisc6", "-w 4294967296 eth0"],
  ["rdisc6", "-z eth0"],
  ["rdisc6", "--nope eth0"],
  ["rdisc6", "-w"],
  ["rdisc6", ""],
  ["rdisc6", "a b c"],
  ["ndisc6", "-r 2 -w 20 fd00::2 eth0"],
  ["ndisc6", "-r 1 -w 20 fe80::2 eth0"],
  ["ndisc6", "-r 1 -w 20 -q fd00::2 eth0"],
  ["ndisc6", "-r 1 10.0.0.1 eth0"],
  ["ndisc6", "fd00::2 nodev"],
  ["ndisc6", "fd00::2 lo"],
];

/** The name of the program is another. */
function named({ stdout, stderr, code }: Printed, tool: string): Printed {
  return { stdout, stderr: stderr.replaceAll(tool, "solicit"), code };
}

const wordsOf = (line: string): string[] => line.split(" ").filter((word) => word !== "");

/** The frames that are questions. */
function questions(frames: readonly Uint8Array[]): string[] {
  return frames.map((frame) => line6(frame)).filter((line) => /^(rs|who-has) /.test(line));
}

realTime(t, "as rdisc6 and ndisc6", { skip }, async (t) => {
  const clock = new SystemClock();
  t.teardown(() => clock.stop());
  const veth = new VethPair();
  t.teardown(() => veth.remove());
  const { far, farName, near } = veth;
  far.ip("link", "set", farName, "down");
  far.ip("link", "set", farName, "address", US, "name", "eth0");
  const conf = "net.ipv6.conf.eth0";
  far.run(
    "sysctl",
    "-qw",
    `${conf}.accept_dad=0`,
    `${conf}.router_solicitations=0`,
    `${conf}.accept_ra=0`,
    `${conf}.disable_ipv6=0`,
  );
  far.ip("link", "set", "eth0", "up");
  const wire = new FakeHost(clock);
  const controller = new PacketController(clock, { interface: near });
  await wire.open(controller);
  t.teardown(() => wire.close());
  controller.setReceiveMode({ promiscuous: true, allMulticast: true, groups: [] });
  await wire.until(() => far.ip("-6", "address", "show", "dev", "eth0", "-tentative").includes("fe80"), "an address");

  /** Our stack hears them a little later. */
  const ours = async (line: string, frames: readonly Uint8Array[]): Promise<[Printed, string[]]> => {
    const lab = await Lab6.open({ addresses: [], loopback: true });
    const running = new Operator(lab.stack).run("solicit", wordsOf(line));
    await lab.lab.clock.advance(10);
    for (const frame of frames) lab.say(frame);
    await lab.lab.clock.advance(20_000);
    const asked = questions(lab.lab.take().map(({ bytes }) => bytes));
    lab.stack.close();
    return [await running, asked];
  };

  for (const [tool, line, frames] of LISTENING) {
    const over = ended(far.spawn(tool, wordsOf(line)));
    // Below the heading, a line for each socket that listens.
    await eventually(() => far.run("cat", "/proc/net/raw6").split("\n").length > 2, `${tool} listens`);
    for (const frame of frames) wire.send(frame);
    const theirs = await over;
    const [mine] = await ours(line, frames);
    t.strictSame(mine, named(theirs, tool), `${tool} ${line}`);
  }
  for (const [tool, line] of ALONE) {
    wire.frames.length = 0;
    const theirs = await ended(far.spawn(tool, wordsOf(line)));
    const [mine, asked] = await ours(line, []);
    t.strictSame(mine, named(theirs, tool), `${tool} ${line}`);
    t.strictSame(asked, questions(wire.frames), `the frames of ${tool} ${line}`);
  }
});
