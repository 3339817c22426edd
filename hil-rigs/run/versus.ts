/** Compares two kinds of DUT over the same cases, and repeats a case that differs. */
import type { Expectation } from "../contract/case.ts";
import type { DutKind } from "../contract/dut.ts";
import { compareResults } from "./compare.ts";
import type { Difference } from "./difference.ts";
import { type CaseResult, runCases } from "./runner.ts";

/**
 * `expected`: the list of expectations has the difference. `unsteady`: the two differed while cases ran beside one another on a late
 * machine, and not when the case was repeated alone. `skipped`: one of the two lacks a need of the case.
 */
export type Outcome = "same" | "different" | "expected" | "unsteady" | "skipped";

export interface Versus {
  id: string;
  title: string;
  outcome: Outcome;
  /** The differences, or those of the first run. */
  differences: Difference[];
  /** The reason for `expected` and `skipped`. */
  reason: string;
}

export interface VersusOptions {
  seed: number;
  expectations: readonly Expectation[];
}

/** A difference counts as the machine's own if AGREED of REPEATS repetitions do not show it. */
const AGREED = 2;
const REPEATS = 3;

/** Compares the results of two kinds. Both have the same cases in the same order. */
export async function holdAgainst(
  kinds: readonly [DutKind, DutKind],
  results: readonly [readonly CaseResult[], readonly CaseResult[]],
  options: VersusOptions,
): Promise<Versus[]> {
  const found: Versus[] = [];
  for (const [at, left] of results[0].entries()) found.push(await hold(kinds, left, results[1][at] as CaseResult, options));
  return found;
}

async function hold(
  kinds: readonly [DutKind, DutKind],
  left: CaseResult,
  right: CaseResult,
  options: VersusOptions,
): Promise<Versus> {
  const { id, title } = left.case;
  const timings = [kinds[0].timing, kinds[1].timing] as const;
  const say = (outcome: Outcome, differences: Difference[] = [], reason = ""): Versus => ({
    id,
    title,
    outcome,
    differences,
    reason,
  });
  const lacking = [left, right].find((result) => result.status === "skipped");
  if (lacking) return say("skipped", [], lacking.reason);
  const first = compareResults(left, right, timings);
  if (first.length === 0) return say("same");
  const expected = [left, right].find((result) => result.status === "expected");
  if (expected) return say("expected", first, expected.reason);
  let agreed = 0;
  let last = first;
  for (let repeat = 0; repeat < REPEATS && agreed < AGREED; repeat++) {
    const [one, other] = [await again(kinds[0], left, options), await again(kinds[1], right, options)];
    const differences = compareResults(one, other, timings);
    if (differences.length === 0) agreed++;
    else last = differences;
  }
  return agreed < AGREED ? say("different", last) : say("unsteady", first);
}

/** Runs the case again by itself. In virtual time the result would be the same, so it is returned. */
async function again(kind: DutKind, result: CaseResult, options: VersusOptions): Promise<CaseResult> {
  if (!kind.realTime) return result;
  const [only] = await runCases(kind, [result.case], { ...options, retry: false });
  return only as CaseResult;
}

/** The last line: `1016 cases compared, 0 differences, 2 repeated as unsteady`. */
export function versusLine(found: readonly Versus[]): string {
  const count = (...outcomes: Outcome[]): number => found.filter(({ outcome }) => outcomes.includes(outcome)).length;
  const compared = `${found.length - count("skipped")} cases compared`;
  const also = [
    [count("expected"), "as expected"],
    [count("skipped"), "not compared"],
  ] as const;
  const more = also.flatMap(([number, what]) => (number > 0 ? `, ${number} ${what}` : ""));
  return `${compared}, ${count("different")} differences, ${count("unsteady")} repeated as unsteady${more.join("")}`;
}
