/** A sender's cost in requests, over many draws of the reachable time; the kernel's figures are in docs/arp-cost.md. */
import t from "tap";
import { whohasSim } from "../../../hil-rigs/duts/whohas/sim.ts";
import { type Measured, measureCases, measuredTable } from "../../../hil-rigs/run/measure.ts";
import { telemetry } from "../../../hil-rigs/suites/telemetry/index.ts";

const RUNS = 100;

function measured(id: string, runs: number): Promise<Measured[]> {
  return measureCases(
    whohasSim,
    telemetry.cases.filter((one) => one.id === id),
    runs,
    1,
  );
}

t.test("a datagram every 3 s for 300 s: the host is asked as often as the kernel asks it", async (t) => {
  const [{ tallies, failures }] = (await measured("TEL-01/3-s", RUNS)) as [Measured];
  t.strictSame(failures, []);
  t.equal(tallies.length, RUNS);
  t.ok(
    tallies.every(({ everybody, datagrams }) => everybody === 1 && datagrams === 100),
    "everybody is asked once, and nothing is lost",
  );
  const alone = tallies.map((each) => each.alone);
  t.ok(Math.max(...alone) - Math.min(...alone) >= 6, "as the reachable time is drawn");
  const mean = alone.reduce((sum, count) => sum + count, 0) / RUNS;
  t.ok(mean > 7.5 && mean < 9.5, `${mean} on average`);
  const gaps = tallies.flatMap((each) => each.gaps);
  t.ok(gaps.length > 0 && gaps.every((gap) => gap >= 20_000 && gap <= 53_000), "every 20 to 50 s, and up to an interval more");
});

t.test("two runs with the same seed ask at the same times, two seeds do not", async (t) => {
  const [[first], [again], [both]] = await Promise.all([
    measured("TEL-03/2-s", 1),
    measured("TEL-03/2-s", 1),
    measured("TEL-03/2-s", 2),
  ]);
  t.strictSame(first?.tallies, again?.tallies);
  t.notSame(both?.tallies[0], both?.tallies[1]);
});

t.test("the table tells a run that was not as the case says", async (t) => {
  const wrong = { id: "X", title: "", source: "", run: async (bench) => bench.expect("never", 1, 2) } satisfies Measured["case"];
  const table = measuredTable(await measureCases(whohasSim, [wrong], 2, 1));
  t.match(table, /^\| X \| 2 \| 2 \| 0 \| 0 \| 0 \| 0\.0 \| 0x2 \| {2}\|$/m);
});
