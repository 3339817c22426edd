/** "Fragmentation needed" about our own datagrams: believed by the kernel and by us for the same messages, with the same figures. */
import t from "tap";
import { Lab, say } from "../../support/lab.ts";
import { missingForNetns } from "../../support/netns.ts";
import { Operator } from "../../support/operator.ts";
import { realTime } from "../../support/real-time.ts";
import { icmp, ipv4Frame, T1, type UdpFields, udp } from "../../support/wire-format.ts";
import { Kernel } from "./exchange.ts";

/** The mtu of a router's message, the datagram of ours that it quotes, and the code. */
function needed(mtu: number, fields: UdpFields = {}, code = 4): Uint8Array {
  const ours = udp({ source: "10.0.0.1", destination: "10.0.0.2", sport: 600, dport: 9, ...fields }, "x");
  return icmp({ icmpType: 3, code, icmpId: 0, sequence: mtu }, ours.subarray(14));
}

function neededFor(mtu: number, frame: Uint8Array): Uint8Array {
  return icmp({ icmpType: 3, code: 4, icmpId: 0, sequence: mtu }, frame.subarray(14));
}

const OURS = { source: "10.0.0.1", destination: "10.0.0.2" };

/** Messages in their order, and what `ip route get 10.0.0.2` says behind `cache` from then on; or a command. */
const STORY: readonly (readonly [what: string, message: Uint8Array | string, cache: string])[] = [
  ["a port of ours that nobody has", needed(1000, { sport: 7 }), ""],
  ["another code", needed(1000, {}, 3), ""],
  ["a source that is not ours", needed(1000, { source: "10.0.0.9" }), ""],
  ["longer than the device has it", needed(2000), ""],
  ["as long", needed(1500), "expires Ns mtu 1500"],
  ["shorter", needed(1499), "expires Ns mtu 1499"],
  ["another port of the same host", needed(1000, { dport: 77 }), "expires Ns mtu 1000"],
  ["longer again", needed(1200), "expires Ns mtu 1000"],
  ["the shortest", needed(552), "expires Ns mtu 552"],
  ["too short", needed(551), "expires Ns mtu lock 552"],
  ["longer when it is locked", needed(700), "expires Ns mtu lock 552"],
  ["flushed", "ip route flush cache", ""],
  ["none at all, as old routers say it", needed(0), "expires Ns mtu lock 552"],
  ["flushed again", "ip route flush cache", ""],
  ["an echo request that nobody here has sent", neededFor(800, icmp(OURS, [1])), ""],
  ["an echo reply", neededFor(800, icmp({ ...OURS, icmpType: 0 }, [1])), "expires Ns mtu 800"],
  ["a protocol that we do not have", neededFor(700, ipv4Frame(OURS, 253, new Uint8Array(8))), "expires Ns mtu 800"],
  ["flushed once more", "ip route flush cache", ""],
  ["a shorter one is the least", "sysctl -w net.ipv4.route.min_pmtu=296", ""],
  ["the shortest by that", needed(296), "expires Ns mtu 296"],
  ["too short by that", needed(295), "expires Ns mtu lock 296"],
  ["none is shorter than 68", "sysctl -w net.ipv4.route.min_pmtu=67", "expires Ns mtu lock 296"],
  ["flushed at last", "ip route flush cache", ""],
  ["a longer one is the least", "sysctl -w net.ipv4.route.min_pmtu=1000", ""],
  ["too short", needed(600), "expires Ns mtu lock 1000"],
];

/** The line behind `cache`, with its seconds left out. */
function cacheOf(printed: string): string {
  return (/cache ?(.*)/.exec(printed)?.[1] ?? "?").replace(/\d+sec/, "Ns").trim();
}

realTime(t, "believed or not: the kernel", { skip: missingForNetns() }, async (t) => {
  const kernel = await Kernel.open();
  t.teardown(() => kernel.close());
  const { far } = kernel.veth;
  const program = "import socket, time; s = socket.socket(2, 2); s.bind(('', 600)); print(1, flush=True); time.sleep(60)";
  const holder = far.spawn("python3", ["-c", program]);
  t.teardown(() => holder.kill());
  await new Promise((resolve) => holder.stdout?.once("data", resolve));
  for (const [what, message, cache] of STORY) {
    if (typeof message === "string") far.run("sh", "-c", `${message} 2>&1 || true`);
    else await kernel.answers(message);
    t.equal(cacheOf(far.ip("route", "get", "10.0.0.2")), cache, what);
  }
});

t.test("believed or not: our stack", async (t) => {
  const lab = await Lab.open();
  lab.stack.addNeighbour("10.0.0.2", T1, lab.eth0);
  lab.stack.udp.open(600);
  const operator = new Operator(lab.stack);
  for (const [what, message, cache] of STORY) {
    if (typeof message === "string") await operator.type(message);
    else lab.say(message);
    t.equal(cacheOf((await operator.run("ip", ["route", "get", "10.0.0.2"])).stdout), cache, what);
  }
  t.equal(lab.inUse, 0);
});

/** Sends a datagram; returns the lengths of the frames in which it went out. */
function framesOf(lab: Lab, bytes: number): number[] {
  lab.take();
  lab.poke("10.0.0.2", new Uint8Array(bytes));
  return lab.take().map((frame) => frame.bytes.length);
}

async function told(mtu: number): Promise<Lab> {
  const lab = await Lab.open();
  lab.stack.addNeighbour("10.0.0.2", T1, lab.eth0);
  lab.poke();
  lab.say(needed(mtu, { sport: lab.socket.port }));
  lab.take();
  return lab;
}

t.test("a datagram beyond it goes out in fragments, until the news is ten minutes old", async (t) => {
  const lab = await told(1000);
  t.same([framesOf(lab, 972), framesOf(lab, 973)], [[1014], [1010, 60]]);
  const pinger = lab.stack.ping.open();
  t.equal(say(pinger.send(lab.stack.ping.to("10.0.0.2"), 1, 973)), "sent");
  lab.run(0);
  t.equal(lab.take().length, 2);
  t.equal(lab.poke("10.0.0.3", new Uint8Array(1472)), "queued", "another host is not meant");
  lab.run(599_999);
  t.same(framesOf(lab, 973), [1010, 60]);
  lab.run(1);
  t.same(framesOf(lab, 973), [1015]);
  t.equal(lab.inUse, 0);
});

t.test("it is believed for as long as the operator says", async (t) => {
  const lab = await Lab.open();
  const operator = new Operator(lab.stack);
  lab.stack.addNeighbour("10.0.0.2", T1, lab.eth0);
  lab.poke();
  await operator.type("sysctl -w net.ipv4.route.mtu_expires=60");
  lab.say(needed(1000, { sport: lab.socket.port }));
  lab.run(59_999);
  t.same(framesOf(lab, 973), [1010, 60]);
  lab.run(1);
  t.same(framesOf(lab, 973), [1015]);
});

t.test("the socket hears of it, with the code", async (t) => {
  const lab = await Lab.open();
  const told: unknown[] = [];
  lab.stack.udp.open(600).onError = ({ code, errno, info }) => told.push([code, errno, info]);
  lab.say(needed(1000));
  t.same(told, [[4, "EMSGSIZE", 1000]]);
});

t.test("a ping's own request counts as well", async (t) => {
  const lab = await Lab.open();
  lab.stack.addNeighbour("10.0.0.2", T1, lab.eth0);
  const pinger = lab.stack.ping.open();
  const peer = lab.stack.ping.to("10.0.0.2");
  lab.say(neededFor(800, icmp({ ...OURS, icmpId: pinger.id }, [1])));
  const framesOfPing = (bytes: number): number => {
    lab.take();
    t.equal(say(pinger.send(peer, 1, bytes)), "sent");
    lab.run(0);
    return lab.take().length;
  };
  t.same([framesOfPing(773), framesOfPing(772)], [2, 1]);
});

t.test("below what may be asked for, routers may fragment", async (t) => {
  const lab = await told(400);
  t.equal(framesOf(lab, 525).length, 2);
  t.equal(lab.poke("10.0.0.2", new Uint8Array(524)), "sent");
  t.equal(lab.take()[0]?.bytes[20], 0, "no DF");
});

t.test("an echo as long as it came is answered all the same, in fragments", async (t) => {
  const lab = await told(600);
  lab.say(icmp({ fragment: 0x4000 }, new Uint8Array(1000)));
  t.same(
    lab.take().map(({ bytes }) => [bytes.length, bytes[20]]),
    [
      [610, 0x20],
      [466, 0],
    ],
  );
});

t.test("another route to the host knows nothing of it", async (t) => {
  const lab = await told(1000);
  lab.stack.addRoute({ to: "10.0.0.2/32", device: lab.eth0 });
  t.equal(lab.poke("10.0.0.2", new Uint8Array(1472)), "sent");
});

t.test("no more than a thousand destinations are remembered, the oldest gives way", async (t) => {
  const lab = await Lab.open({ addresses: ["10.0.0.1/8"] });
  lab.stack.udp.open(600);
  for (let n = 0; n <= 1024; n++) lab.say(needed(1000, { destination: `10.1.${n >> 8}.${n & 255}` }));
  const room = (host: string): number => lab.socket.to(host, 9).room;
  t.same([room("10.1.0.0"), room("10.1.0.1"), room("10.1.4.0")], [1480, 980, 980]);
});
