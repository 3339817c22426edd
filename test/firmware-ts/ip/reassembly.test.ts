/** Fragments that come in and wait: how they are put together, and what bounds them. IPv4's rules; those of IPv6 are played in ip6/. */
import t from "tap";
import { Coverage, UnitMap } from "../../../firmware-ts/ip/reassembly.ts";
import { DropReason } from "../../../hal/drop-reason.ts";
import { Lab } from "../../support/lab.ts";
import { ipv4Frame, T1, udp } from "../../support/wire-format.ts";

const UDP = 17;
const MORE = 0x2000;
const TEXT = Array.from({ length: 4000 }, (_, at) => at & 0xff);
/** The datagram, its UDP header in front. */
const DATAGRAM = [...udp({ dport: 4444 }, TEXT).subarray(34)];

function part(from: number, to: number, id = 1, fields = {}): Uint8Array {
  const fragment = (from / 8) | (to < DATAGRAM.length ? MORE : 0);
  return ipv4Frame({ id, fragment, ...fields }, UDP, DATAGRAM.slice(from, to));
}

interface Listening {
  lab: Lab;
  got: number[][];
}

async function listening(options = {}): Promise<Listening> {
  const lab = await Lab.open(options);
  const got: number[][] = [];
  lab.stack.addNeighbour("10.0.0.2", T1, lab.eth0);
  lab.socket.onDatagram = (bytes, at, length) => got.push([...bytes.subarray(at, at + length)]);
  return { lab, got };
}

function counters({ stack }: Lab): Record<string, number> {
  const { reasmReqds, reasmOKs, reasmFails, reasmTimeout, reasmOverlaps } = stack.ip.counters.ip;
  return { reasmReqds, reasmOKs, reasmFails, reasmTimeout, reasmOverlaps };
}

t.test("in every order: delivered whole, with nothing left", async (t) => {
  const cuts = [0, 1400, 1408, 2800, DATAGRAM.length];
  const parts = cuts.slice(1).map((to, n) => part(cuts[n]!, to));
  const orders = [
    [0, 1, 2, 3],
    [3, 2, 1, 0],
    [2, 0, 3, 1],
    [1, 3, 0, 2],
  ];
  for (const order of orders) {
    const { lab, got } = await listening();
    for (const n of order) lab.say(parts[n]!);
    t.same([got, lab.inUse, lab.stack.network.longPool.inUse, lab.eth0.drops.total], [[TEXT], 0, 0, 0], order.join(" "));
    t.match(counters(lab), { reasmReqds: 4, reasmOKs: 1, reasmFails: 0 });
  }
});

t.test("an overlap ends the packet, and the same again does not", async (t) => {
  const { lab, got } = await listening();
  lab.say(part(0, 1400));
  lab.say(part(0, 1400));
  lab.say(part(800, 1200));
  t.same([lab.eth0.drops.get(DropReason.DUP_FRAG), lab.inUse], [2, 1]);
  lab.say(part(1392, 2800));
  t.match(counters(lab), { reasmOverlaps: 1, reasmFails: 1, reasmOKs: 0 });
  t.same([got, lab.inUse], [[], 0]);
});

t.test("together longer than a packet can be", async (t) => {
  const { lab, got } = await listening();
  lab.say(ipv4Frame({ fragment: 65_528 / 8 }, UDP, new Uint8Array(100)));
  for (let from = 0; from < 65_528; from += 1480) {
    const to = Math.min(from + 1480, 65_528);
    lab.say(ipv4Frame({ fragment: (from / 8) | MORE }, UDP, new Uint8Array(to - from)));
  }
  t.same([got, lab.inUse], [[], 0]);
  t.match(counters(lab), { reasmOKs: 0, reasmFails: 1 });
});

t.test("three hundred packets whose fragments come mixed up", async (t) => {
  const { lab, got } = await listening();
  const cuts = [0, 1400, 2800, DATAGRAM.length];
  for (let n = 2; n >= 0; n--) for (let id = 0; id < 300; id++) lab.say(part(cuts[n]!, cuts[n + 1]!, id));
  t.equal(got.length, 300);
  t.ok(got.every((data) => data.length === TEXT.length && data.every((octet, at) => octet === TEXT[at])));
  t.same([lab.inUse, lab.stack.network.longPool.size], [0, 1], "one long packet at a time");
});

t.test("the bound is ipfrag_high_thresh, and a quarter of the pool", async (t) => {
  const { lab } = await listening();
  lab.stack.ip.settings.fragHighThresh = 20_000;
  for (let id = 0; id < 100; id++) lab.say(part(0, 8, id));
  t.ok(lab.inUse >= 5 && lab.inUse <= 8, `${lab.inUse} buffers`);
  t.equal(lab.eth0.drops.get(DropReason.NOMEM), 100 - lab.inUse);
  lab.stack.ip.settings.fragHighThresh = 0;
  lab.run(30_000);
  t.equal(lab.inUse, 0);
  lab.say(part(0, 8));
  t.equal(lab.inUse, 0, "0: none is taken in");
});

t.test("each packet has its own time, and the device its own packets", async (t) => {
  const { lab } = await listening();
  for (const id of [1, 2, 3]) {
    lab.say(part(0, 800, id));
    lab.run(10_000);
  }
  t.match(counters(lab), { reasmTimeout: 1 });
  lab.run(10_000);
  t.match([counters(lab), lab.inUse], [{ reasmTimeout: 2, reasmFails: 2 }, 1]);
  await lab.eth0.close();
  t.equal(lab.inUse, 0);
  lab.run(60_000);
  t.match(counters(lab), { reasmTimeout: 2 });
});

t.test("a map of units knows none, some and all of any range", (t) => {
  const map = new UnitMap();
  const there = new Set<number>();
  const { NONE, SOME, ALL } = Coverage;
  let seed = 1;
  const below = (limit: number): number => {
    seed = Math.imul(seed, 1_103_515_245) + 12_345;
    return (seed >>> 8) % limit;
  };
  for (let turn = 0; turn < 2000; turn++) {
    const from = below(8192 - 200);
    const end = from + 1 + below(200);
    const units = Array.from({ length: end - from }, (_, n) => there.has(from + n));
    const expected = units.every(Boolean) ? ALL : units.some(Boolean) ? SOME : NONE;
    if (map.covers(from * 8, end * 8 - below(8)) !== expected) t.fail(`${from} to ${end} at turn ${turn}`);
    if (turn % 20 > 0) continue;
    map.add(from * 8, end * 8);
    for (let unit = from; unit < end; unit++) there.add(unit);
    if (turn % 500 > 0) continue;
    map.clear();
    there.clear();
  }
  t.end();
});
