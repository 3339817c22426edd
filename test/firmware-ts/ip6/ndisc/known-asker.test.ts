/**
 * A known asker is answered on a short way. Two labs play the same: in one a setting changes before each frame, so that everything takes
 * the long way. Frames, states, counts and news are the same in both.
 */
import t from "tap";
import { Nud, nudName } from "../../../../firmware-ts/neigh/states.ts";
import { SeededRandom } from "../../../../hal/random.ts";
import { EthernetSegment } from "../../../../hal/simulated/segment.ts";
import { WireNic } from "../../../../hal/simulated/wire-nic.ts";
import type { LabOptions } from "../../../support/lab.ts";
import { Lab6 } from "../../../support/lab6.ts";
import { T1, T2 } from "../../../support/wire-format.ts";
import { echo6, type NdFields, ns, OUR_IP6, OUR_LL, PEER_IP6, PEER_LL } from "../../../support/wire-format6.ts";

const TO_GROUP: NdFields = { source: PEER_IP6, target: OUR_IP6 };
const TO_US: NdFields = { ...TO_GROUP, destination: OUR_IP6 };
const OF_LINK: NdFields = {};

/** Both labs, and the number of frames that each took the short way with. */
class Twins {
  readonly labs: readonly [long: Lab6, short: Lab6];
  readonly news: string[][] = [[], []];
  short = 0;
  shortOfLong = 0;

  private constructor(labs: [Lab6, Lab6]) {
    this.labs = labs;
    for (const [number, lab] of labs.entries()) {
      lab.eth0.setPromiscuous(true);
      lab.stack.neighbours(6).table.onChange((entry, event) => this.news[number]?.push(`${event} ${nudName(entry.nudState)}`));
      const { askers } = lab.ip6.ndisc;
      const answer = askers.answer.bind(askers);
      askers.answer = (skb, device) => {
        const answered = answer(skb, device);
        if (answered && number === 1) this.short++;
        else if (answered) this.shortOfLong++;
        return answered;
      };
    }
  }

  static async open(options: LabOptions = {}): Promise<Twins> {
    return new Twins([await Lab6.open(options), await Lab6.open(options)]);
  }

  each(act: (lab: Lab6) => unknown): void {
    for (const lab of this.labs) act(lab);
  }

  /** Both hear the frame; everything that can be seen of each. */
  hear(frame: Uint8Array): [long: unknown, short: unknown] {
    const [long, short] = this.labs;
    long.ip6.conf.write(long.eth0, "max_addresses", 16);
    this.each((lab) => lab.say(frame));
    return [this.#seen(long, 0), this.#seen(short, 1)];
  }

  #seen(lab: Lab6, number: number): unknown {
    const { table } = lab.stack.neighbours(6);
    const entries = table
      .list()
      .map((entry) => [entry.key, nudName(entry.nudState), entry.addressHigh, entry.addressLow, entry.updated]);
    return {
      frames: lab.lab.take().map(({ time, bytes }) => `${time} ${Buffer.from(bytes).toString("hex")}`),
      entries,
      statistics: { ...table.statistics },
      counters: lab.ip6.counters.list().filter(([, value]) => value !== 0),
      drops: [...lab.eth0.drops.counts],
      news: this.news[number],
      inUse: lab.inUse,
    };
  }
}

function framesOf(seen: unknown): string {
  return JSON.stringify((seen as { frames: string[] }).frames);
}

const ROWS: readonly (readonly [what: string, fields: NdFields, short: boolean])[] = [
  ["to the group", TO_GROUP, true],
  ["to us alone", TO_US, true],
  ["for the link-local address", OF_LINK, true],
  ["a traffic class and a flow label", { ...TO_GROUP, tclass: 0xb9, flow: 0x12345 }, true],
  ["bits in the reserved word", { ...TO_GROUP, reserved: 0xa5c30f81 }, true],
  ["another link address", { ...TO_GROUP, link: T2 }, false],
  ["from another station of that link address", { ...TO_GROUP, from: T2 }, true],
  ["no link address", { ...TO_US, link: null }, false],
  ["another option", { ...TO_GROUP, option: 14 }, false],
  ["an option of a wrong length", { ...TO_GROUP, units: 2 }, false],
  ["an option more", { ...TO_GROUP, more: [14, 1, 1, 2, 3, 4, 5, 6] }, false],
  ["a wrong checksum", { ...TO_GROUP, icmpSum: 0x1234 }, false],
  ["a hop limit of 254", { ...TO_GROUP, hops: 254 }, false],
  ["the code 1", { ...TO_GROUP, code: 1 }, false],
  ["version 4", { ...TO_GROUP, version: 4 }, false],
  ["a length that is too short", { ...TO_GROUP, length: 24 }, false],
  ["another target", { ...TO_GROUP, target: "fd00::9", destination: "ff02::1:ff00:1" }, false],
  ["a target in another group", { ...TO_GROUP, target: OUR_LL, destination: "ff02::1:ff00:9" }, false],
  ["to us alone, in a frame to the group", { ...TO_US, to: "33:33:ff:00:00:01" }, false],
  ["for another station", { ...TO_US, to: T2 }, false],
  ["to the group, in a frame for another station", { ...TO_GROUP, to: T2 }, false],
  ["another asker", { ...TO_GROUP, source: "fd00::3" }, false],
  ["a group asks", { ...TO_GROUP, source: "ff02::1" }, false],
  ["nobody asks", { ...TO_GROUP, source: "::", link: null }, false],
];

t.test("each row, and the first three in each state of the asker's entry: the same as on the long way", async (t) => {
  for (const state of ["STALE", "REACHABLE", "DELAY", "PROBE", "PERMANENT", "NOARP", "FAILED", "INCOMPLETE"] as const) {
    for (const [what, fields, short] of state === "STALE" ? ROWS : ROWS.slice(0, 3)) {
      const twins = await Twins.open();
      for (const known of [TO_GROUP, TO_US, OF_LINK]) twins.hear(ns(known));
      twins.each((lab) => {
        for (const peer of [PEER_IP6, PEER_LL]) Object.assign(lab.entry(peer) ?? {}, { nudState: Nud[state] });
        lab.run(3);
      });
      const [first, other] = twins.hear(ns(fields));
      t.same(other, first, `${what}, ${state}`);
      const valid = state !== "FAILED" && state !== "INCOMPLETE";
      t.same([twins.short, twins.shortOfLong], [short && valid ? 1 : 0, 0], `${what}, ${state}: the way`);
    }
  }
});

t.test("what has changed counts", async (t) => {
  const rows: [what: string, change: (lab: Lab6) => unknown, short: boolean][] = [
    ["nothing", () => 0, true],
    ["forwarding", (lab) => lab.ip6.conf.write(lab.eth0, "forwarding", 1), false],
    ["ndisc_tclass", (lab) => lab.ip6.conf.write(lab.eth0, "ndisc_tclass", 0xb8), false],
    ["the address is gone", (lab) => lab.stack.removeAddress(lab.eth0, `${OUR_IP6}/64`), false],
    ["the asker's address is ours", (lab) => lab.stack.addAddress(lab.eth0, `${PEER_IP6}/64`), false],

    ["our link address", (lab) => lab.eth0.setAddress(Uint8Array.of(2, 0, 0, 0, 0, 0x77)), false],
    ["the device was down", (lab) => lab.eth0.close(), false],
  ];
  for (const [what, change, short] of rows) {
    const twins = await Twins.open();
    twins.hear(ns(TO_GROUP));
    for (const lab of twins.labs) await change(lab);
    for (let time = 0; time < 2; time++) {
      const before = twins.short;
      const [long, other] = twins.hear(ns(TO_GROUP));
      t.same(other, long, what);
      if (time === 0) t.equal(twins.short > before, short, `${what}: the way`);
    }
  }
});

t.test("force_tllao gives a lone asker our link address, too", async (t) => {
  const twins = await Twins.open();
  twins.each((lab) => lab.ip6.conf.write(lab.eth0, "force_tllao", 1));
  for (let time = 0; time < 3; time++) {
    const [long, short] = twins.hear(ns(TO_US));
    t.same(short, long);
  }
  t.equal(twins.short, 2);
});

t.test("an entry that was removed is made anew", async (t) => {
  const twins = await Twins.open();
  twins.hear(ns(TO_GROUP));
  twins.each((lab) => lab.stack.neighbours(6).table.remove(lab.entry(PEER_IP6) as NonNullable<ReturnType<Lab6["entry"]>>));
  const [long, short] = twins.hear(ns(TO_GROUP));
  t.same(short, long);
  t.equal(twins.short, 0, "it is learned again");
  t.equal(twins.labs[1].state(), "DELAY", "the answer was sent by its entry");
});

t.test("the same asker by another device, which has our address, too: learned and answered there", async (t) => {
  const lab = await Lab6.open();
  const { lab: bench, stack } = lab;
  const wire = new EthernetSegment(bench.clock, new SeededRandom(2));
  const eth1 = stack.addDevice("eth1", new WireNic(bench.clock, wire, "eth1", Uint8Array.of(2, 0, 0, 0, 0, 9)));
  const heard: Uint8Array[] = [];
  const port = wire.attach("far", { wireFrame: (bytes, length) => heard.push(bytes.slice(0, length)), wireLink: () => {} });
  await eth1.open();
  stack.addAddress(eth1, `${OUR_IP6}/64`);
  lab.say(ns(TO_GROUP));
  lab.say(ns(TO_GROUP));
  lab.heard();
  const frame = ns(TO_GROUP);
  port.transmit(frame, 0, frame.length);
  lab.run(0);
  lab.run(0);
  t.same([lab.heard(), heard.length, heard[0]?.[11]], [[], 1, 9]);
  t.ok(lab.entry(PEER_IP6, eth1));
});

t.test("profile strict asks more of a sender: there is no short way", async (t) => {
  const twins = await Twins.open({ neighbours: { profile: "strict" } });
  for (let time = 0; time < 3; time++) {
    const [long, short] = twins.hear(ns(TO_GROUP));
    t.same(short, long);
  }
  t.equal(twins.short, 0);
});

t.test("more askers than are remembered: each is answered", async (t) => {
  const twins = await Twins.open();
  const wrong: number[] = [];
  for (let round = 0; round < 2; round++) {
    for (let host = 0; host < 130; host++) {
      const [long, short] = twins.hear(ns({ ...TO_GROUP, source: `fd00::${(0x1000 + host).toString(16)}` }));
      if (framesOf(short) !== framesOf(long)) wrong.push(host);
    }
  }
  t.same(wrong, []);
  t.ok(twins.short > 0, `${twins.short} of 130 on the short way`);
});

t.test("an echo request's answer: its checksum by increments is the whole sum, whatever its code and identifier", async (t) => {
  const lab = await Lab6.open();
  lab.stack.addNeighbour(PEER_IP6, T1, lab.eth0);
  for (const code of [0, 1, 255]) {
    for (const id of [0, 0xffff]) {
      for (let sequence = 0; sequence < 0x10000; sequence += 0x2aab) {
        const fields = { source: PEER_IP6, destination: OUR_IP6 };
        lab.say(echo6({ ...fields, code, id, sequence }, [1, 2, 3]));
        const right = echo6({ source: OUR_IP6, destination: PEER_IP6, code, id, sequence }, [1, 2, 3], 129);
        const [answer] = lab.lab.take();
        t.same(answer?.bytes.subarray(54, 65), right.subarray(54, 65), `code ${code}, ${id}, ${sequence}`);
      }
    }
  }
});
