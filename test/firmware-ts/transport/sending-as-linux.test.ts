/** Options of sending sockets beside the kernel: what is too long for its path, TTL and service of groups, our own listeners of a group. */
import t from "tap";
import { formatIp } from "../../../firmware-ts/ip/endpoint.ts";
import type { PathMtuDiscovery } from "../../../firmware-ts/ip/layer.ts";
import type { UdpSocket } from "../../../firmware-ts/transport/udp-socket.ts";
import { GroupKernel } from "../../support/group-kernel.ts";
import { Lab } from "../../support/lab.ts";
import { missingForNetns, missingPrograms } from "../../support/netns.ts";
import { realTime } from "../../support/real-time.ts";
import { icmp, T1, udp } from "../../support/wire-format.ts";
import { icmp6, udp6 } from "../../support/wire-format6.ts";

/** A datagram of so many bytes with these options, what comes of it, and its packets. `heard`: it came back to ourselves. */
type Step = readonly [options: Options, to: string, bytes: number, answer: string, ...packets: string[]];

interface Options {
  readonly discovery?: PathMtuDiscovery;
  readonly ttl?: number;
  readonly groupTtl?: number;
  readonly service?: number;
  readonly loop?: boolean;
}

const [HOST, GROUP, HOST6, GROUP6] = ["10.0.0.2", "239.1.2.3", "fd00::2", "ff05::99"];

/** Names of IP_MTU_DISCOVER, and of its values. */
const DISCOVERY: readonly PathMtuDiscovery[] = ["dont", "want", "do", "probe", "interface", "omit"];

const BEFORE: readonly Step[] = [
  [{}, HOST, 1472, "ok", "1500 DF id ttl 64"],
  [{}, HOST, 1473, "ok", "1500 + id ttl 64", "21 @1480 id ttl 64"],
  [{ discovery: "dont" }, HOST, 1472, "ok", "1500 id ttl 64"],
  [{ discovery: "dont" }, HOST, 1473, "ok", "1500 + id ttl 64", "21 @1480 id ttl 64"],
  [{ discovery: "do" }, HOST, 1472, "ok", "1500 DF ttl 64"],
  [{ discovery: "do" }, HOST, 1473, "EMSGSIZE"],
  [{ discovery: "probe" }, HOST, 1472, "ok", "1500 DF ttl 64"],
  [{ discovery: "probe" }, HOST, 1473, "EMSGSIZE"],
  [{ discovery: "interface" }, HOST, 1472, "ok", "1500 id ttl 64"],
  [{ discovery: "interface" }, HOST, 1473, "EMSGSIZE"],
  [{ discovery: "omit" }, HOST, 1473, "ok", "1500 + id ttl 64", "21 @1480 id ttl 64"],
  [{}, GROUP, 1473, "ok", "1500 + id ttl 1", "21 @1480 id ttl 1"],
  [{ discovery: "do" }, GROUP, 100, "ok", "128 DF ttl 1"],
  [{ discovery: "do" }, GROUP, 1473, "EMSGSIZE"],
  [{ groupTtl: 7 }, GROUP, 10, "ok", "38 DF id ttl 7"],
  [{ ttl: 9 }, GROUP, 10, "ok", "38 DF id ttl 1"],
  [{ ttl: 9, service: 0x10 }, HOST, 10, "ok", "38 DF id ttl 9 tos 10"],
  [{ groupTtl: 2, service: 0x10 }, GROUP, 10, "ok", "38 DF id ttl 2 tos 10"],
  [{}, HOST6, 1452, "ok", "1500 hops 64"],
  [{}, HOST6, 1453, "ok", "1496 fragment hops 64", "61 fragment hops 64"],
  [{ discovery: "dont" }, HOST6, 1453, "ok", "1496 fragment hops 64", "61 fragment hops 64"],
  [{ discovery: "do" }, HOST6, 1453, "EMSGSIZE"],
  [{ discovery: "probe" }, HOST6, 1453, "EMSGSIZE"],
  [{ groupTtl: 7, ttl: 9 }, GROUP6, 10, "ok", "58 hops 7"],
  [{ groupTtl: 7, ttl: 9, service: 0x10 }, HOST6, 10, "ok", "58 hops 9 class 10"],
];

/** After a router's word that packets of 600 and of 1300 bytes are the longest. */
const AFTER: readonly Step[] = [
  [{}, HOST, 500, "ok", "528 DF id ttl 64"],
  [{}, HOST, 1000, "ok", "596 + id ttl 64", "452 @576 id ttl 64"],
  [{ discovery: "dont" }, HOST, 1000, "ok", "596 + id ttl 64", "452 @576 id ttl 64"],
  [{ discovery: "do" }, HOST, 1000, "EMSGSIZE"],
  [{ discovery: "probe" }, HOST, 1000, "ok", "1028 DF ttl 64"],
  [{ discovery: "interface" }, HOST, 1000, "ok", "1028 id ttl 64"],
  [{ discovery: "omit" }, HOST, 1000, "ok", "1028 id ttl 64"],
  [{}, HOST6, 1400, "ok", "1296 fragment hops 64", "208 fragment hops 64"],
  [{ discovery: "do" }, HOST6, 1400, "EMSGSIZE"],
  [{ discovery: "probe" }, HOST6, 1400, "ok", "1448 hops 64"],
];

/** A datagram that is too long, and what the socket is told then, beside the errno (IP_RECVERR, IPV6_RECVERR). */
const TOLD: readonly (readonly [options: Options, to: string, bytes: number, told: string])[] = [
  [{}, HOST, 1473, "-"],
  [{ discovery: "do" }, HOST, 1472, "-"],
  [{ discovery: "do" }, HOST, 1473, "local EMSGSIZE 1500"],
  [{ discovery: "interface" }, HOST, 3000, "local EMSGSIZE 1500"],
  [{}, HOST, 65_507, "-"],
  [{}, HOST, 65_508, "local EMSGSIZE 1500"],
  [{}, HOST, 65_535, "local EMSGSIZE 1500"],
  [{}, HOST, 65_536, "-"],
  [{ discovery: "do" }, GROUP, 1473, "local EMSGSIZE 1500"],
  [{ discovery: "do" }, HOST6, 1453, "local EMSGSIZE 1500"],
  [{}, HOST6, 65_528, "local EMSGSIZE 1500"],
  [{}, HOST6, 70_000, "local EMSGSIZE 1500"],
];

const SPORT = 5000;

function tooLong4(): Uint8Array {
  const ours = udp({ source: "10.0.0.1", destination: HOST, sport: SPORT, dport: 9 }, new Uint8Array(64));
  return icmp({ icmpType: 3, code: 4, icmpId: 0, sequence: 600 }, ours.subarray(14));
}

function tooLong6(): Uint8Array {
  const ours = udp6({ source: "fd00::1", destination: HOST6, sport: SPORT, dport: 9 }, new Uint8Array(64));
  return icmp6({ source: HOST6, destination: "fd00::1" }, 2, [0, 0, 5, 0x14, ...ours.subarray(14)]);
}

/** Length, DF, the place of a fragment (`+`: others follow the first), whether there is an identification, TTL and service; null for what is no datagram. */
function packetLine(frame: Uint8Array): string | null {
  const type = (frame[12]! << 8) | frame[13]!;
  if (type === 0x86dd) return packetLine6(frame);
  if (type !== 0x0800 || frame[23] !== 17) return null;
  const word = (at: number): number => (frame[at]! << 8) | frame[at + 1]!;
  const field = word(20);
  const place = field & 0x1fff ? [`@${(field & 0x1fff) * 8}`] : field & 0x2000 ? ["+"] : [];
  const tos = frame[15] === 0 ? [] : [`tos ${frame[15]!.toString(16)}`];
  return [word(16), ...(field & 0x4000 ? ["DF"] : []), ...place, ...(word(18) ? ["id"] : []), `ttl ${frame[22]}`, ...tos].join(" ");
}

function packetLine6(frame: Uint8Array): string | null {
  if (frame[20] !== 17 && frame[20] !== 44) return null;
  const service = ((frame[14]! & 15) << 4) | (frame[15]! >> 4);
  const length = 40 + ((frame[18]! << 8) | frame[19]!);
  const fragment = frame[20] === 44 ? ["fragment"] : [];
  return [length, ...fragment, `hops ${frame[21]}`, ...(service === 0 ? [] : [`class ${service.toString(16)}`])].join(" ");
}

/** Options in the kernel's numbers, for `set`: those of the step, and the defaults of the others. */
function numbered({ discovery = "want", ttl = -1, groupTtl = 1, service = 0, loop = true }: Options, six: boolean): string {
  const value = DISCOVERY.indexOf(discovery);
  const common = six
    ? { 23: value, 16: ttl, 18: groupTtl, 67: service, 19: Number(loop) }
    : { 10: value, 2: ttl, 33: groupTtl, 1: service, 34: Number(loop) };
  return Object.entries(common)
    .map((each) => each.join("="))
    .join(" ");
}

realTime(t, "the kernel", { skip: missingForNetns() || missingPrograms("python3") }, async (t) => {
  const kernel = await GroupKernel.open();
  t.teardown(() => kernel.close());
  const { far, farName } = kernel.veth;
  far.ip("route", "add", "224.0.0.0/4", "dev", farName);
  const play = async (steps: readonly Step[]): Promise<void> => {
    for (const [options, to, bytes, answer, ...packets] of steps) {
      const name = `${JSON.stringify(options)} ${bytes} bytes to ${to}`;
      t.equal(await kernel.ask(`a set ${to} ${numbered(options, to.includes(":"))}`), "ok", name);
      t.equal(await kernel.ask(`a send ${to} ${bytes}`), answer, name);
      t.same(await kernel.lines(packets.length, packetLine), packets, name);
    }
  };
  await play(BEFORE);
  for (const [options, to, bytes, told] of TOLD) {
    const name = `${JSON.stringify(options)} ${bytes} bytes to ${to}: told`;
    await kernel.ask(`a set ${to} ${numbered(options, to.includes(":"))} ${to.includes(":") ? 25 : 11}=1`);
    await kernel.ask(`a send ${to} ${bytes}`);
    t.equal(await kernel.ask(`a errors ${to}`), told, name);
    await kernel.ask(`a set ${to} ${to.includes(":") ? 25 : 11}=0`);
  }
  // The packets of those that were not too long.
  await kernel.lines(2 + 1 + 45, packetLine);
  t.same([await kernel.ask(`a mtu ${HOST}`), await kernel.ask(`a mtu ${HOST6}`)], ["1500", "1500"]);
  kernel.say(tooLong4());
  kernel.say(tooLong6());
  await play(AFTER);
  t.same([await kernel.ask(`a mtu ${HOST}`), await kernel.ask(`a mtu ${HOST6}`)], ["600", "1300"]);
});

t.test("our stack", async (t) => {
  const lab = await Lab.open({ ip6: true, addresses: ["10.0.0.1/24", "fd00::1/64"] });
  for (const peer of [HOST, HOST6]) lab.stack.addNeighbour(peer, T1, lab.eth0);
  lab.stack.addRoute({ to: "224.0.0.0/4", device: lab.eth0 });
  const socket = lab.stack.udp.open(SPORT);
  const play = (steps: readonly Step[]): void => {
    for (const [options, to, bytes, answer, ...packets] of steps) {
      const name = `${JSON.stringify(options)} ${bytes} bytes to ${to}`;
      apply(socket, options);
      const { status, reason } = socket.send(new Uint8Array(bytes), socket.to(to, 9));
      t.equal(reason === "PKT_TOO_BIG" ? "EMSGSIZE" : status === "sent" ? "ok" : reason, answer, name);
      lab.run(0);
      t.same(
        lab.take().flatMap(({ bytes }) => packetLine(bytes) ?? []),
        packets,
        name,
      );
    }
  };
  play(BEFORE);
  const mtus = (): number[] => [HOST, HOST6].map((to) => socket.pathMtu(socket.to(to, 9)));
  for (const [options, to, bytes, told] of TOLD) {
    apply(socket, options);
    let heard = "-";
    socket.onError = ({ local, errno, info, destination }, port) => {
      heard = `${local ? "local" : "icmp"} ${errno} ${info}`;
      t.same([formatIp(destination), port], [to, 9]);
    };
    socket.send(new Uint8Array(bytes), socket.to(to, 9));
    t.equal(heard, told, `${JSON.stringify(options)} ${bytes} bytes to ${to}: told`);
  }
  lab.run(0);
  lab.take();
  socket.onError = null;
  apply(socket, {});
  t.same(mtus(), [1500, 1500]);
  lab.say(tooLong4());
  lab.say(tooLong6());
  play(AFTER);
  apply(socket, {});
  t.same(mtus(), [600, 1300]);
  t.equal(lab.inUse, 0);
});

function apply(socket: UdpSocket, { discovery = "want", ttl = 0, groupTtl = 0, service = 0, loop = true }: Options): void {
  socket.pathMtuDiscovery = discovery;
  socket.ttl = ttl;
  socket.multicastTtl = groupTtl;
  socket.tos = service;
  socket.multicastLoop = loop;
}

t.test("who wants no copy of what he sends to a group gets none; groups leave by the device that is named", async (t) => {
  const lab = await Lab.open();
  const socket = lab.stack.udp.open(SPORT);
  const heard: number[] = [];
  socket.onDatagram = (_bytes, _at, length) => heard.push(length);
  socket.join(GROUP, lab.eth0);
  lab.run(2000);
  lab.take();
  t.equal(socket.send(new Uint8Array(1), socket.to(GROUP, SPORT)).reason, "IP_OUTNOROUTES");
  socket.multicastDevice = lab.eth0;
  for (const [length, loop] of [
    [2, true],
    [3, false],
    [4, true],
  ] as const) {
    socket.multicastLoop = loop;
    t.equal(socket.send(new Uint8Array(length), socket.to(GROUP, SPORT)).status, "sent");
    lab.run(0);
  }
  t.same(heard, [2, 4]);
  t.same(
    lab.take().flatMap(({ bytes }) => packetLine(bytes) ?? []),
    ["30 DF id ttl 1", "31 DF id ttl 1", "32 DF id ttl 1"],
  );
  socket.groups.block(GROUP, "10.0.0.1", lab.eth0);
  socket.send(new Uint8Array(5), socket.to(GROUP, SPORT));
  lab.run(0);
  t.same(heard, [2, 4], "nor does one who blocks his own address");
  t.equal(lab.inUse, 0);
});
