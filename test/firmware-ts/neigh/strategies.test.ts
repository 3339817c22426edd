/** Strategies that live on proofs from above, or ask behind packets only (firmware-ts/neigh/strategies/). */
import { t } from "tap";
import { confirm } from "../../../firmware-ts/neigh/machine.ts";
import { Nud } from "../../../firmware-ts/neigh/states.ts";
import { makeStrategy, STRATEGY_NAMES, type StrategyName } from "../../../firmware-ts/neigh/strategies/index.ts";
import { UpdateFlags, update } from "../../../firmware-ts/neigh/update.ts";
import { mac, NeighBench } from "../../support/neigh-bench.ts";

const MINUTE = 60_000;

/** A bench whose neighbour 2 has just answered. */
async function open(name: StrategyName, within = 30 * MINUTE): Promise<NeighBench> {
  const bench = await NeighBench.open({ strategy: makeStrategy(name, { confirmed: { within } }) });
  bench.send();
  answer(bench);
  bench.run(1);
  bench.take();
  return bench;
}

function answer(bench: NeighBench): void {
  update(bench.entry(), mac(2), 0, Nud.REACHABLE, UpdateFlags.OVERRIDE);
}

/** Times and kinds of the frames so far. */
function frames(bench: NeighBench): string[] {
  return bench.take().filter((line) => line.includes("ask") || line.includes("out"));
}

t.test("confirmed: a proof holds for as long as the operator says, also one that comes when the entry is STALE", async (t) => {
  const bench = await open("confirmed");
  for (let n = 0; n < 12; n++) {
    bench.send();
    bench.run(10 * MINUTE);
    if (n % 3 === 2) confirm(bench.entry());
  }
  t.equal(frames(bench).filter((line) => line.includes("ask")).length, 0, "a proof in half an hour");
  bench.run(31 * MINUTE);
  t.equal(bench.state(), "STALE");
  bench.take();
  confirm(bench.entry());
  bench.run(5 * MINUTE);
  bench.send();
  t.equal(bench.state(), "REACHABLE");
  bench.run(MINUTE);
  t.equal(frames(bench).length, 1);
});

t.test("confirmed: without a proof the neighbour has five seconds from a packet on, then it is asked", async (t) => {
  const bench = await open("confirmed");
  bench.run(31 * MINUTE);
  bench.take();
  bench.send();
  bench.run(4000);
  t.equal(frames(bench).length, 1);
  bench.run(1000);
  t.match(frames(bench), [/ask 2 one/]);
});

t.test("piggyback: no question without a packet in front of it, at the same instant", async (t) => {
  const bench = await open("piggyback");
  bench.run(10 * MINUTE);
  t.same(frames(bench), []);
  bench.send();
  t.same(frames(bench), ["600001 out 2", "600001 ask 2 one nobody waits"]);
  t.equal(bench.state(), "STALE");
  answer(bench);
  t.equal(bench.state(), "REACHABLE");
  bench.send();
  bench.run(MINUTE);
  t.same(frames(bench), ["600001 out 2"]);
});

t.test("piggyback: the next packets ask again where nobody answers, everybody from the third on, then more seldom", async (t) => {
  const bench = await open("piggyback");
  bench.run(10 * MINUTE);
  bench.take();
  const kinds: string[] = [];
  for (let n = 0; n < 40; n++) {
    bench.send();
    const seen = frames(bench);
    t.match(seen[0], /out 2/, "each packet goes to the known address");
    kinds.push(seen[1]?.split(" ")[3] ?? "-");
    bench.run(MINUTE);
    t.same(frames(bench), [], "and nothing else happens");
  }
  t.equal(kinds.slice(0, 9).join(" "), "one one all all all - all - -");
  t.equal(kinds.filter((kind) => kind !== "-").length, 9);
  answer(bench);
  bench.run(MINUTE);
  bench.send();
  t.match(frames(bench)[1], /ask 2 one/);
});

t.test("dynamic and static have no object, so that the machine asks nobody", async (t) => {
  t.same(
    STRATEGY_NAMES.filter((name) => makeStrategy(name) === null),
    ["dynamic", "static"],
  );
  t.throws(() => makeStrategy("confirmed", { confirmed: { within: 999 } }), RangeError);
});
