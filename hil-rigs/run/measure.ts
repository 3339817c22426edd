/** Runs each case many times and counts requests over all runs, because some numbers depend on a drawn time. */
import type { Case } from "../contract/case.ts";
import type { DutKind } from "../contract/dut.ts";
import { type Tally, tally } from "../stage/tally.ts";
import { type CaseResult, runCases } from "./runner.ts";

/** A case's runs on one DUT. */
export interface Measured {
  case: Case;
  tallies: Tally[];
  /** The figures that each run noted; empty where the case notes none. */
  figures: Readonly<Record<string, number>>[];
  /** Failed runs, each with the reason. */
  failures: string[];
}

/**
 * In real time all runs of all cases go on at once. Each run has a seed of its own, `seed` and the numbers after it. A kernel takes no
 * seed.
 */
export async function measureCases(kind: DutKind, cases: readonly Case[], runs: number, seed: number): Promise<Measured[]> {
  const measured = cases.map((one): Measured => ({ case: one, tallies: [], figures: [], failures: [] }));
  const take = (results: readonly CaseResult[]): void => {
    for (const [at, result] of results.entries()) {
      const { tallies, figures, failures } = measured[at % cases.length] as Measured;
      if (result.trace) tallies.push(tally(result.trace.frames));
      if (result.trace && Object.keys(result.trace.figures).length > 0) figures.push(result.trace.figures);
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

/**
 * Figures that cases noted, as a table in Markdown. The part of an id behind its last `/` is a column, what stands before it a row; a cell
 * has the mean of each figure in the order in which they were noted, and the greatest where it is another.
 */
export function figuresTable(measured: readonly Measured[]): string {
  const parts = measured.map((one) => {
    const cut = one.case.id.lastIndexOf("/");
    return { one, row: one.case.id.slice(0, cut), column: one.case.id.slice(cut + 1) };
  });
  const columns = [...new Set(parts.map(({ column }) => column))];
  const names = Object.keys(measured[0]?.figures[0] ?? {});
  const head = [`${names.join(" · ")}`, ...columns];
  const rows = [...new Set(parts.map(({ row }) => row))].map((row) => {
    const cell = (column: string): string => {
      const found = parts.find((part) => part.row === row && part.column === column);
      return found ? names.map((name) => meanAndMost(found.one.figures.map((figures) => figures[name] ?? 0))).join(" · ") : "";
    };
    return [row, ...columns.map(cell)];
  });
  return [head, head.map((_, at) => (at === 0 ? "---" : "---:")), ...rows].map((row) => `| ${row.join(" | ")} |\n`).join("");
}

/** `2.1 (7)`: on average, and at most; one number where all are the same. What never came to an end is `never`. */
function meanAndMost(values: readonly number[]): string {
  const ended = values.filter(Number.isFinite);
  const never = values.length - ended.length;
  if (ended.length === 0) return "never";
  const most = Math.max(...ended);
  const text = most === Math.min(...ended) ? brief(most) : `${brief(mean(ended))} (${brief(most)})`;
  return never === 0 ? text : `${text}, ${never} never`;
}

/** Whole numbers from ten on, one decimal below. */
function brief(value: number): string {
  return Number.isInteger(value) || value >= 10 ? value.toFixed(0) : value.toFixed(1);
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
