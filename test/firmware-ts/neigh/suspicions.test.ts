/** Frames that contradict what is known of a neighbour: each is counted by its kind, and few are told. */
import t from "tap";
import type { Suspicion } from "../../../firmware-ts/neigh/suspicions.ts";
import { formatMac } from "../../../firmware-ts/net/ethernet.ts";
import { Lab } from "../../support/lab.ts";
import { arp, arpReply, T1, T2 } from "../../support/wire-format.ts";

interface Watched {
  lab: Lab;
  told: string[];
  counts: () => number[];
}

async function watched(): Promise<Watched> {
  const lab = await Lab.open();
  const told: string[] = [];
  const { suspicions } = lab.stack.neighbours(4).table;
  suspicions.listener = ({ kind, key, was, claimed, missed }: Suspicion) => {
    told.push([kind, key & 0xff, formatMac(was), formatMac(claimed), missed].join(" "));
  };
  const counts = (): number[] => [suspicions.changed, suspicions.flipFlops, suspicions.contradicted, suspicions.refused];
  return { lab, told, counts };
}

const from = (sha: string, sip = "10.0.0.2"): Uint8Array => arp({ sha, sip, tip: sip });

t.test("a change, and back again", async (t) => {
  const { lab, told, counts } = await watched();
  lab.poke();
  lab.say(arpReply());
  lab.run(2000);
  t.same([counts(), told], [[0, 0, 0, 0], []], "nothing so far");
  lab.say(from(T2));
  t.same([counts(), told], [[1, 0, 0, 0], [`changed 2 ${T1} ${T2} 0`]]);
  lab.run(10_000);
  lab.say(from(T1));
  lab.run(10_000);
  lab.say(from("02:00:00:00:00:99"));
  t.same(counts(), [2, 1, 0, 0]);
  t.same(told.slice(1), [`flip-flop 2 ${T2} ${T1} 0`, `changed 2 ${T1} 02:00:00:00:00:99 0`]);
  lab.say(from("02:00:00:00:00:99"));
  t.same(counts(), [2, 1, 0, 0], "the same once more is none");
});

t.test("two stations answer one request: the second is not believed, and told", async (t) => {
  const { lab, told, counts } = await watched();
  lab.poke();
  lab.say(arpReply());
  lab.say(arpReply({ sha: T2 }));
  t.same([counts(), told], [[0, 0, 0, 1], [`refused 2 ${T1} ${T2} 0`]]);
  t.equal(lab.entry().address[5], 2);
});

t.test("a static entry is contradicted, and stays; an operator contradicts nobody", async (t) => {
  const { lab, told, counts } = await watched();
  lab.stack.addNeighbour("10.0.0.2", T1, lab.eth0);
  lab.say(from(T1));
  t.same(counts(), [0, 0, 0, 0]);
  lab.say(from(T2));
  lab.say(arp({ sha: T2 }));
  t.same([counts(), told], [[0, 0, 2, 0], [`static 2 ${T1} ${T2} 0`]]);
  t.equal(lab.state(), "PERMANENT");
  lab.stack.addNeighbour("10.0.0.2", T2, lab.eth0);
  t.same(counts(), [0, 0, 2, 0]);
});

t.test("an address for a neighbour that had failed is none", async (t) => {
  const { lab, counts } = await watched();
  lab.poke();
  lab.say(arpReply());
  lab.run(120_000);
  lab.poke();
  lab.run(20_000);
  t.equal(lab.state(), "FAILED");
  lab.say(from(T2));
  t.same([lab.state(), counts()], ["STALE", [0, 0, 0, 0]]);
});

t.test(
  "a neighbour is told of every 10 s, all of them ten times in 5 s; the others are counted and told with the next",
  async (t) => {
    const { lab, told, counts } = await watched();
    for (let n = 10; n < 110; n++) lab.stack.addNeighbour(`10.0.0.${n}`, T1, lab.eth0);
    for (let round = 0; round < 100; round++) lab.say(from(T2, "10.0.0.10"));
    t.equal(told.length, 1, "one neighbour");
    for (let n = 11; n < 110; n++) lab.say(from(T2, `10.0.0.${n}`));
    t.equal(told.length, 10, "all");
    t.same([counts(), told[1]], [[0, 0, 199, 0], `static 11 ${T1} ${T2} 99`]);
    lab.run(5000);
    lab.say(from(T2, "10.0.0.109"));
    t.equal(told.at(-1), `static 109 ${T1} ${T2} 90`);
    const values = Object.fromEntries(lab.stack.counters());
    t.match(values, { ArpAddressChanges: 0, ArpAddressFlipFlops: 0, ArpStaticContradictions: 200, ArpAddressRefusals: 0 });
  },
);
