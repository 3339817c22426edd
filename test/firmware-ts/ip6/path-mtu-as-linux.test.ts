/** "Packet too big" about our own datagrams: believed by the kernel and by us for the same messages, with the same figures. */
import t from "tap";
import type { Ip6Way } from "../../../firmware-ts/ip6/routing/output-route.ts";
import { Lab6 } from "../../support/lab6.ts";
import { missingForNetns, missingPrograms } from "../../support/netns.ts";
import { realTime } from "../../support/real-time.ts";
import { T1 } from "../../support/wire-format.ts";
import { echo6, icmp6, ip6Frame, OUR_IP6, PEER_IP6, type Udp6Fields, udp6 } from "../../support/wire-format6.ts";
import { Kernel6, openLab } from "./exchange.ts";

const GLOBAL = { source: PEER_IP6, destination: OUR_IP6 };
const OURS = { source: OUR_IP6, destination: PEER_IP6 };

/** The mtu of a router's message, and the packet of ours that it quotes. */
function about(mtu: number, frame: Uint8Array, code = 0): Uint8Array {
  return icmp6({ ...GLOBAL, code }, 2, [mtu >>> 24, (mtu >> 16) & 255, (mtu >> 8) & 255, mtu & 255, ...frame.subarray(14)]);
}

function tooBig(mtu: number, fields: Udp6Fields = {}, code = 0): Uint8Array {
  return about(mtu, udp6({ ...OURS, sport: 600, dport: 9, ...fields }, "x"), code);
}

/** Our datagram behind destination options. */
function behindOptions(): Uint8Array {
  const datagram = udp6({ ...OURS, sport: 600, dport: 9 }, "x").subarray(54);
  return ip6Frame(OURS, 60, [17, 0, 1, 4, 0, 0, 0, 0, ...datagram]);
}

/** The message with an octet less of the transport header. */
function cut(frame: Uint8Array): Uint8Array {
  return icmp6(GLOBAL, 2, frame.subarray(54 + 4, frame.length - 2));
}

/** Messages in their order, and the longest packet to fd00::2 from then on; `-` forgets it first. */
const STORY: readonly (readonly [what: string, message: Uint8Array | "-", mtu: number])[] = [
  ["a port of ours that nobody has", tooBig(1400, { sport: 7 }), 1500],
  ["longer than the device has it", tooBig(2000), 1500],
  ["as long", tooBig(1500), 1500],
  ["shorter", tooBig(1499), 1499],
  ["another code", tooBig(1498, {}, 7), 1498],
  ["another port of the same host", tooBig(1400, { dport: 77 }), 1400],
  ["behind an extension header", about(1390, behindOptions()), 1390],
  ["longer again", tooBig(1450), 1390],
  ["the shortest", tooBig(1280), 1280],
  ["forgotten", "-", 1500],
  ["too short", tooBig(1279), 1500],
  ["none at all", tooBig(0), 1500],
  ["more than a number holds", tooBig(-1), 1500],
  ["a protocol that we do not have", about(1400, ip6Frame(OURS, 253, new Uint8Array(8))), 1500],
  ["a quote that is cut off", cut(tooBig(1400)), 1500],
  ["an echo request that nobody here has sent", about(1400, echo6({ ...OURS, id: 9 })), 1400],
  ["a source that is not ours", tooBig(1390, { source: "fd00::9" }), 1390],
];

realTime(t, "believed or not: the kernel", { skip: missingForNetns() || missingPrograms("python3") }, async (t) => {
  const kernel = await Kernel6.open();
  t.teardown(() => kernel.close());
  const program = "import socket, time; s = socket.socket(10, 2); s.bind(('::', 600)); print(1, flush=True); time.sleep(60)";
  const holder = kernel.veth.far.spawn("python3", ["-c", program]);
  t.teardown(() => holder.kill());
  await new Promise((resolve) => holder.stdout?.once("data", resolve));
  for (const [what, message, mtu] of STORY) {
    if (message === "-") kernel.ip("-6", "route", "flush", "cache");
    else await kernel.answers(message);
    const printed = kernel.ip("-6", "route", "get", PEER_IP6);
    t.equal(Number(/ mtu (\d+)/.exec(printed)?.[1] ?? 1500), mtu, what);
  }
});

function room(lab: Lab6): number {
  const way = lab.ip6.way(lab.address(PEER_IP6), null) as Ip6Way;
  lab.ip6.refresh(way);
  return way.room + 40;
}

t.test("believed or not: our stack", async (t) => {
  const lab = await openLab();
  lab.stack.udp.open(600);
  for (const [what, message, mtu] of STORY) {
    if (message === "-") lab.ip6.fib.paths.clear();
    else lab.say(message);
    t.equal(room(lab), mtu, what);
  }
  t.equal(lab.inUse, 0);
});

t.test("longer datagrams go out in fragments from then on, for ten minutes", async (t) => {
  const lab = await Lab6.open();
  lab.stack.addNeighbour(PEER_IP6, T1, lab.eth0);
  const framesOf = (bytes: number): number => {
    lab.lab.take();
    t.equal(lab.poke(PEER_IP6, new Uint8Array(bytes)), "sent");
    return lab.lab.take().length;
  };
  t.equal(framesOf(1452), 1);
  lab.say(tooBig(1300, { sport: lab.socket.port }));
  t.same([framesOf(1253), framesOf(1252)], [2, 1]);
  t.equal(lab.poke("fd00::3", new Uint8Array(1452)), "queued", "to others it may");
  lab.run(599_999);
  t.equal(framesOf(1253), 2);
  lab.run(1);
  t.equal(framesOf(1452), 1);
});
