/** The joules that the suite of strategies notes: by hand, by the parameters of the example, and beside those of `whohas energy`. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import t from "tap";
import { parametersOf, valuesOf } from "../../../../firmware-ts/board/energy/parameters.ts";
import { EnergyComparison } from "../../../../firmware-ts/board/energy-comparison.ts";
import { busRateOf, energyDevice } from "../../../../firmware-ts/board/energy-twin.ts";
import { parseRig } from "../../../../firmware-ts/board/rig-file.ts";
import type { Frame } from "../../../../hil-rigs/contract/frame.ts";
import { whohasSim } from "../../../../hil-rigs/duts/whohas/sim.ts";
import { measureCases } from "../../../../hil-rigs/run/measure.ts";
import { EXAMPLE_NODE, type Seen, tallyOf } from "../../../../hil-rigs/suites/strategies/energy.ts";
import { strategies } from "../../../../hil-rigs/suites/strategies/index.ts";
import { ROOT } from "../../../support/sources.ts";

const example = parseRig(readFileSync(join(ROOT, "test/fixtures/rigs/energy.yaml"), "utf8"), "energy.yaml");

function frame(kind: "udp" | "arp", time: number, length = 42): Frame {
  return { kind, time, length } as Frame;
}

function seen(frames: readonly Frame[], more: Partial<Seen> = {}): Seen {
  return { start: 1000, end: 61_000, frames, answered: new Set(), received: { frames: 0, bytes: 0 }, delays: [], ...more };
}

t.test("the parameters are those of test/fixtures/rigs/energy.yaml", async (t) => {
  const device = energyDevice(example);
  const values = valuesOf(parametersOf(example.energy ?? {}, device.driver, busRateOf(device)));
  for (const [name, value] of Object.entries(EXAMPLE_NODE))
    if (!name.startsWith("battery")) t.equal(values[name as keyof typeof values], value, name);
});

t.test("by hand: a datagram wakes the node; its question follows 5 s later, and an answer ends the wait", async (t) => {
  const frames = [frame("udp", 0, 100), frame("udp", 10_000, 100), frame("arp", 15_000), frame("udp", 30_000, 100)];
  const delays = [{ from: 10_000, to: 30_000 }];
  const answered = { answered: new Set([15_000]), received: { frames: 1, bytes: 60 }, delays };
  const tally = tallyOf(seen(frames, answered));
  t.match(tally, { span: 60_000, wakes: 2, datagrams: 2, sent: { frames: 2, bytes: 200 } }, "what was before does not count");
  t.match(tally.resolution, { waiting: 5000, sent: { frames: 1, bytes: 60 }, received: { frames: 1, bytes: 60 } });
  t.equal(tally.asleep, 55_000);
  t.same(tally.bus, { transactions: 2 * 47 + 2 * 10 + 7 + 9, bytes: 2 * 101 + 200 + 2 * 20 + 60 + 13 + 60 + 26 });
});

t.test("by hand: without an answer each question is waited for, the last one for a second; nothing counts twice", async (t) => {
  const frames = [frame("udp", 2000), ...[2000, 3000, 4000].map((time) => frame("arp", time))];
  t.match(tallyOf(seen(frames)), { wakes: 1, resolution: { waiting: 3000 } });
  t.match(tallyOf(seen(frames, { delays: [{ from: 2000, to: 4500 }] })), { wakes: 1, resolution: { waiting: 3000 } });
  t.match(tallyOf(seen([frame("udp", 2000)], { delays: [{ from: 2000, to: 60_000 }] })).resolution, { waiting: 5000 });
  t.match(tallyOf(seen([frame("udp", 60_990)], { delays: [{ from: 60_990, to: 61_000 }] })).resolution, { waiting: 10 });
});

t.test("beside `whohas energy`, a datagram a minute: the same within 3 %", async (t) => {
  const rig = { ...example, telemetry: { ...example.telemetry, every: 60_000 } } as typeof example;
  // As many datagrams as the case has: the first one finds no entry, and has no 5 s behind it.
  const duration = 15.5 * 60_000;
  const results = await new EnergyComparison(rig, { strategies: ["dynamic", "static"], duration }).run();
  for (const { strategy, ways } of results) {
    const { perDatagram } = ways.find(({ way }) => way === "owed")?.ledger ?? {};
    const cases = strategies.cases.filter(({ id }) => id === `STR-quiet/${strategy}/60-s`);
    const [measured] = await measureCases(whohasSim, cases, 1, 1);
    const joules = measured?.figures[0]?.["joules per 1000 datagrams"] ?? Number.NaN;
    t.ok(Math.abs(joules / (1000 * (perDatagram ?? 0)) - 1) < 0.03, `${strategy}: ${joules} and ${1000 * (perDatagram ?? 0)}`);
  }
});
