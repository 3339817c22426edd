/** The promises of the strategies of neighbours, over a few seeds in virtual time; docs/arp-cost.md has the table over 200. */
import t from "tap";
import { whohasSim } from "../../../hil-rigs/duts/whohas/sim.ts";
import { figuresTable, type Measured, measureCases } from "../../../hil-rigs/run/measure.ts";
import { EVENTS } from "../../../hil-rigs/suites/strategies/events.ts";
import { strategies } from "../../../hil-rigs/suites/strategies/index.ts";
import { INTERVALS, STRATEGIES } from "../../../hil-rigs/suites/strategies/play.ts";

const RUNS = 2;
const FAMILIES = ["STR", "STR6"] as const;

async function measured(ids: readonly string[]): Promise<Measured[]> {
  const cases = strategies.cases.filter(({ id }) => ids.includes(id));
  if (cases.length !== ids.length) throw new Error(`no such cases: ${ids}`);
  const all = await measureCases(whohasSim, cases, RUNS, 1);
  for (const { case: one, failures, figures } of all) {
    if (failures.length > 0 || figures.length !== RUNS) throw new Error(`${one.id}: ${failures[0]}`);
  }
  return all;
}

/** The values of a figure in all runs. */
function figure({ figures }: Measured, name: string): number[] {
  return figures.map((each) => each[name] ?? Number.NaN);
}

t.test("each event for each strategy at each pace, in both families", async (t) => {
  const ids = FAMILIES.flatMap((family) =>
    EVENTS.flatMap((event) =>
      STRATEGIES.flatMap((row) => INTERVALS.map((seconds) => `${family}-${event.name}/${row.name}/${seconds}-s`)),
    ),
  );
  t.same(strategies.cases.map(({ id }) => id).sort(), ids.sort());
});

t.test("pinned: no request in quiet, and nothing is lost", async (t) => {
  for (const one of await measured(
    FAMILIES.flatMap((family) => [`${family}-quiet/pinned-never/10-s`, `${family}-quiet/pinned-1h/10-s`]),
  )) {
    t.same(new Set(figure(one, "requests per 1000 datagrams")), new Set([0]), one.case.id);
    t.same(new Set(figure(one, "datagrams lost")), new Set([0]), one.case.id);
  }
});

t.test("pinned: heals within ten seconds of evidence", async (t) => {
  const ids = FAMILIES.flatMap((family) =>
    ["replaced-announced", "failover", "carrier", "node-reboot", "gateway-reboot"].flatMap((event) => [
      `${family}-${event}/pinned-never/10-s`,
      `${family}-${event}/pinned-1h/60-s`,
    ]),
  );
  for (const one of await measured(ids)) t.ok(Math.max(...figure(one, "seconds to heal")) <= 10, one.case.id);
});

t.test("pinned: heals within checkEvery without any evidence; never where it is never looked at", async (t) => {
  for (const family of FAMILIES) {
    const [never, hourly] = (await measured([
      `${family}-replaced-silent/pinned-never/60-s`,
      `${family}-replaced-silent/pinned-1h/60-s`,
    ])) as [Measured, Measured];
    t.ok(Math.max(...figure(hourly, "seconds to heal")) <= 3600, family);
    t.ok(figure(never, "seconds to heal").every((seconds) => seconds === Number.POSITIVE_INFINITY));
  }
});

t.test("pinned: spoofed words lead no datagram astray; Linux's way loses most of them meanwhile", async (t) => {
  for (const family of FAMILIES) {
    const [linux, pinned] = (await measured([`${family}-spoofing/dynamic/10-s`, `${family}-spoofing/pinned-1h/10-s`])) as [
      Measured,
      Measured,
    ];
    t.same(new Set(figure(pinned, "datagrams lost")), new Set([0]), family);
    t.same(new Set(figure(pinned, "seconds to heal")), new Set([0]), family);
    t.ok(Math.min(...figure(linux, "datagrams lost")) >= 3, family);
  }
});

t.test(
  "joules of a node that sleeps once nothing is owed: Linux's way takes eight times those of a pinned entry, at 10 s",
  async (t) => {
    for (const family of FAMILIES) {
      const all = await measured([`${family}-quiet/dynamic/10-s`, `${family}-quiet/pinned-1h/10-s`]);
      const [linux, pinned] = all.map((one) => figure(one, "joules per 1000 datagrams")) as [number[], number[]];
      t.ok(Math.min(...linux) > 8 * Math.max(...pinned), `${family}: ${linux} and ${pinned}`);
    }
  },
);

t.test("the table has a row for each event and strategy, and a column for each pace", async (t) => {
  const table = figuresTable(await measured(["STR-quiet/static/10-s", "STR-quiet/static/60-s", "STR-replaced-silent/static/60-s"]));
  t.equal(
    table,
    "| requests per 1000 datagrams · of them to everybody · datagrams lost · seconds to heal · joules per 1000 datagrams | 10-s | 60-s |\n" +
      "| --- | ---: | ---: |\n" +
      "| STR-quiet/static | 0 · 0 · 0 · 0 · 48 (48) | 0 · 0 · 0 · 0 · 56 (57) |\n" +
      "| STR-replaced-silent/static |  | 0 · 0 · 12 · never · 56 (57) |\n",
  );
});
