/** Pinned entries: silent as static ones, and they heal (firmware-ts/neigh/strategies/pinned.ts). */
import { t } from "tap";
import type { Neighbour } from "../../../firmware-ts/neigh/entry.ts";
import { confirm } from "../../../firmware-ts/neigh/machine.ts";
import { Nud } from "../../../firmware-ts/neigh/states.ts";
import { type PinnedOptions, PinnedStrategy } from "../../../firmware-ts/neigh/strategies/pinned.ts";
import { UpdateFlags, update } from "../../../firmware-ts/neigh/update.ts";
import { mac, NeighBench } from "../../support/neigh-bench.ts";

const HOUR = 3_600_000;
const DAY = 24 * HOUR;

/** A bench with a pinned neighbour 2 at mac(2), set by the operator and in use. */
async function open(options: PinnedOptions = {}): Promise<{ bench: NeighBench; strategy: PinnedStrategy; entry: Neighbour }> {
  const strategy = new PinnedStrategy(options);
  const bench = await NeighBench.open({ strategy });
  const entry = bench.entry();
  strategy.adopt(entry);
  strategy.pin(entry, mac(2));
  bench.send();
  bench.run(1);
  bench.take();
  return { bench, strategy, entry };
}

/** A frame of a station: an answer to us, or anything else that names its address. */
function says(entry: Neighbour, n: number, answer = false): void {
  update(entry, mac(n), 0, answer ? Nud.REACHABLE : Nud.STALE, UpdateFlags.OVERRIDE);
}

function count(strategy: PinnedStrategy, name: string): number {
  return strategy.report().counters.find(([key]) => key === name)?.[1] ?? Number.NaN;
}

function asked(bench: NeighBench): string[] {
  return bench.take().filter((line) => line.includes("ask"));
}

t.test("a pinned neighbour is sent to for an hour, and nobody is asked; then its address is asked once", async (t) => {
  const { bench, strategy, entry } = await open();
  for (let n = 0; n < 1199; n++) {
    bench.send();
    bench.run(3000);
  }
  t.same(asked(bench), []);
  t.equal(strategy.report().neighbours[0]?.proofAge, null, "it was set by hand and has not shown up yet");
  bench.run(1500);
  t.same(asked(bench), ["3598000 ask 2 one nobody waits"], "so that an answer, or that of another, is there within the hour");
  says(entry, 2, true);
  t.equal(bench.state(), "REACHABLE");
  t.same(
    strategy.report().neighbours.map(({ phase }) => phase),
    ["trusted"],
  );
  t.equal(strategy.report().budgetLeft, 239);
});

t.test("a proof from above, or by a frame, puts the look off", async (t) => {
  const { bench, entry } = await open();
  bench.run(HOUR / 2);
  confirm(entry);
  bench.run(HOUR / 2);
  says(entry, 2, true);
  bench.run(HOUR - 3000);
  t.same(asked(bench), []);
  bench.run(3000);
  t.equal(asked(bench).length, 2);
});

t.test("a claim moves nothing as long as the known address answers, and is an alarm", async (t) => {
  const { bench, strategy, entry } = await open();
  says(entry, 7);
  t.same(asked(bench), ["1 ask 2 one nobody waits"]);
  bench.send();
  t.same(bench.take(), ["1 out 2"], "what is sent meanwhile goes to the known address");
  says(entry, 7, true);
  says(entry, 2, true);
  t.same([bench.state(), entry.address], ["REACHABLE", mac(2)]);
  t.same([count(strategy, "spoofing_alarms"), count(strategy, "moved")], [1, 0]);
  t.equal(bench.table.suspicions.refused, 2);
});

t.test("an attacker who answers the request to everybody, too, gains nothing where the known address answers it", async (t) => {
  const { bench, strategy, entry } = await open();
  says(entry, 7);
  bench.run(1000);
  t.equal(asked(bench)[1], "1001 ask 2 all nobody waits", "the first request was lost");
  says(entry, 7, true);
  says(entry, 2, true);
  bench.run(5000);
  t.same([bench.state(), entry.address, count(strategy, "spoofing_alarms")], ["REACHABLE", mac(2), 1]);
});

t.test("a flood of claims costs one request in 5 s, 10 s … an hour, and never more than half of the budget", async (t) => {
  const { bench, strategy, entry } = await open({ framesPerDay: 40, checkEvery: Number.POSITIVE_INFINITY });
  const times: number[] = [];
  for (let s = 0; s < 2 * 86_400; s++) {
    says(entry, 7);
    for (const line of asked(bench)) times.push(Number(line.split(" ")[0]));
    if (bench.state() === "PROBE") says(entry, 2, true);
    bench.run(1000);
  }
  t.same(
    times.slice(0, 5).map((time) => Math.round(time / 1000)),
    [0, 5, 15, 35, 75],
  );
  t.ok(times.filter((time) => time < DAY).length <= 20);
  t.same([entry.address, count(strategy, "moved")], [mac(2), 0]);
  t.ok((strategy.report().budgetLeft ?? 0) >= 20, "the rest is there for other causes");
});

t.test("a neighbour that was replaced is found two seconds after its successor is heard", async (t) => {
  const { bench, strategy, entry } = await open();
  says(entry, 8);
  bench.run(1000);
  t.same(asked(bench), ["1 ask 2 one nobody waits", "1001 ask 2 all nobody waits"]);
  says(entry, 8, true);
  t.same(entry.address, mac(2), "the known address has its time to answer");
  bench.run(1000);
  t.same([bench.state(), entry.address, count(strategy, "moved")], ["REACHABLE", mac(8), 1]);
  bench.run(HOUR - 2000);
  t.equal(asked(bench).length, 1, "the new address is looked at in its turn");
});

t.test("two that answer for a silent neighbour move nothing", async (t) => {
  const { bench, strategy, entry } = await open();
  says(entry, 8);
  bench.run(1000);
  says(entry, 8, true);
  says(entry, 7, true);
  bench.run(1000);
  t.same([bench.state(), entry.address, count(strategy, "ambiguous")], ["STALE", mac(2), 1]);
});

t.test("a neighbour that does not answer is looked at again after 10 s, 20 s …; packets go to it all the while", async (t) => {
  const { bench, strategy, entry } = await open();
  bench.table.strategy?.doubt(entry, "silence");
  bench.run(2000);
  t.equal(bench.state(), "STALE");
  bench.take();
  bench.send();
  t.same(bench.take(), ["2001 out 2"]);
  bench.run(80_000);
  const looks = asked(bench);
  t.same(
    looks.filter((line) => line.includes("one")).map((line) => line.split(" ")[0]),
    ["12001", "34001", "76001"],
  );
  t.equal(looks.length, 6, "each asks the known address, then everybody");
  says(entry, 2, true);
  t.same([bench.state(), count(strategy, "unanswered")], ["REACHABLE", 4]);
});

t.test("a link that was lost and is back is a reason to look; the entry outlives it, as a static one does", async (t) => {
  const { bench, entry } = await open();
  bench.table.ifdown(bench.device, true);
  t.equal(bench.state(), "REACHABLE");
  bench.table.strategy?.carrierReturned(bench.device);
  t.same(asked(bench), ["1 ask 2 one nobody waits"]);
  says(entry, 2, true);
  bench.table.ifdown(bench.device, false);
  t.equal(bench.state(), "-", "a device that goes down takes it along");
});

t.test("a budget that is used up ends the looks, and the entry is as a static one until there is budget again", async (t) => {
  const { bench, strategy, entry } = await open({ framesPerDay: 4, checkEvery: Number.POSITIVE_INFINITY });
  bench.table.strategy?.doubt(entry, "silence");
  bench.run(HOUR);
  t.equal(asked(bench).length, 4);
  t.ok(count(strategy, "over_budget") > 0);
  t.same([strategy.report().budgetLeft, entry.address], [0, mac(2)]);
  bench.send();
  t.ok(bench.take().some((line) => line.endsWith("out 2")));
  bench.run(DAY);
  t.ok(asked(bench).length >= 2);
});

t.test("what it finds by itself it pins if a route leads there or somebody wants it; others are Linux's", async (t) => {
  const strategy = new PinnedStrategy();
  const bench = await NeighBench.open({ strategy });
  strategy.adopt({ key: 2, rest: null, device: bench.device });
  for (const key of [2, 3]) {
    bench.send(key);
    update(bench.entry(key), mac(key), 0, Nud.REACHABLE, UpdateFlags.OVERRIDE);
    bench.send(key);
  }
  bench.run(60_000);
  t.same([bench.state(2), bench.state(3)], ["REACHABLE", "STALE"]);
  t.same(
    strategy.report().neighbours.map(({ entry: { key } }) => key),
    [2],
  );
});

t.test("the operator has the last word", async (t) => {
  const { bench, strategy, entry } = await open();
  update(entry, mac(9), 0, Nud.PERMANENT, UpdateFlags.ADMIN | UpdateFlags.OVERRIDE);
  t.same(strategy.report().neighbours, []);
  says(entry, 7);
  bench.run(2 * HOUR);
  t.same([bench.state(), entry.address, asked(bench)], ["PERMANENT", mac(9), []]);
});

t.test("options out of their range are refused", async (t) => {
  t.throws(() => new PinnedStrategy({ checkEvery: 9999 }), RangeError);
  for (const framesPerDay of [0, 1.5, 10_001]) t.throws(() => new PinnedStrategy({ framesPerDay }), RangeError);
});
