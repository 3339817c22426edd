/** Runs each case many times and counts requests over all runs, because some numbers depend on a drawn time. */
import type { Case } from "../contract/case.ts";
import type { DutKind } from "../contract/dut.ts";
import { type Tally, tally } from "../stage/tally.ts";
import { type CaseResult, runCases } from "./runner.ts";

/** A case's runs on one DUT. */
export interface Measured {
  case: Case;
  tallies: Tally[];
  /** Failed runs, each with the reason. */
  failures: string[];
}

/**
 * In real time all runs of all cases go on at once. Each run has a seed of its own, `seed` and the numbers after it. A kernel takes no
 * seed.
 */
export async function measureCases(kind: DutKind, cases: readonly Case[], runs: number, seed: number): Promise<Measured[]> {
  const measured = cases.map((one): Measured => ({ case: one, tallies: [], failures: [] }));
  const take = (results: readonly CaseResult[]): void => {
    for (const [at, result] of results.entries()) {
      const { tallies, failures } = measured[at % cases.length] as Measured;
      if (result.trace) tallies.push(tally(result.trace.frames));
      if (result.status !== "passed") failures.push(result.reason);
    }
  };
  if (kind.realTime) {
    // The runner tells cases apart by their objects.
    const all = Array.from({ length: runs }, () => cases.map((one) => ({ ...one }))).flat();
    const seeds = all.map((_, at) => seed + Math.floor(at / cases.length));
    take(await runCases(kind, all, { jobs: all.length, seeds, retry: false }));
  } else {
    for (let run = 0; run < runs; run++) take(await runCases(kind, cases, { seed: seed + run }));
  }
  return measured;
}

/** As a table in Markdown. */
export function measuredTable(measured: readonly Measured[]): string {
  const head = ["case", "runs", "not ok", "datagrams", "to everybody", "to it alone", "mean", "how often", "seconds between"];
  const rows = measured.map(({ case: one, tallies, failures }) => {
    const alone = tallies.map((each) => each.alone);
    const gaps = tallies.flatMap((each) => each.gaps).map((gap) => gap / 1000);
    return [
      one.id,
      `${tallies.length}`,
      `${failures.length}`,
      span(tallies.map((each) => each.datagrams)),
      span(tallies.map((each) => each.everybody)),
      span(alone),
      tallies.length === 0 ? "" : mean(alone).toFixed(1),
      histogram(alone),
      gaps.length === 0 ? "" : span(gaps, 1),
    ];
  });
  return [head, head.map((_, at) => (at === 0 ? "---" : "---:")), ...rows].map((row) => `| ${row.join(" | ")} |\n`).join("");
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

/** `8`, or `5..14` where not all are the same. */
function span(values: readonly number[], digits = 0): string {
  if (values.length === 0) return "";
  const [low, high] = [Math.min(...values), Math.max(...values)].map((value) => value.toFixed(digits));
  return low === high ? `${low}` : `${low}..${high}`;
}

/** `6x3 7x5`: six in three runs, seven in five. */
function histogram(values: readonly number[]): string {
  const kinds = [...new Set(values)].sort((a, b) => a - b);
  return kinds.map((kind) => `${kind}x${values.filter((value) => value === kind).length}`).join(" ");
}
