/**
 * Compares the behaviour of two DUTs in the same case: the frames, their order and the gaps between them, the output of commands, the table
 * and the changes told. The case's checks decide whether the behaviour is right.
 *
 * The comparison is exact, except for things that are drawn: the order of a dump, the order of changes told by a walk through a hash table
 * with a random seed (comparable.ts), and things that a case declares (`drawn`, `shuffled`, `crowd`).
 */
import type { Timing } from "../contract/dut.ts";
import { comparable, sameText } from "./comparable.ts";
import type { Difference } from "./difference.ts";
import { compareTimes } from "./gaps.ts";
import type { CaseResult } from "./runner.ts";

/** Returns the first difference of each kind. */
export function compareResults(left: CaseResult, right: CaseResult, timings: readonly [Timing, Timing]): Difference[] {
  if (!left.trace || !right.trace) return [];
  const one = left.case;
  const [a, b] = [comparable(left.trace, one), comparable(right.trace, one)];
  const differences: Difference[] = [];
  for (const where of ["frames", "commands", "table", "events"] as const) {
    const difference = firstDifference(a[where], b[where]);
    if (difference) differences.push({ where, ...difference });
  }
  // With different frames their times cannot be matched.
  const paired = differences.every((difference) => difference.where !== "frames") && !one.shuffled?.includes("frames");
  if (paired && !one.drawn && !one.sized && one.crowd === undefined)
    differences.push(...compareTimes(left.trace, right.trace, timings));
  return differences;
}

function firstDifference(left: readonly string[], right: readonly string[]): { left: string; right: string } | null {
  for (let at = 0; at < Math.max(left.length, right.length); at++) {
    const [one = "", other = ""] = [left[at], right[at]];
    if (!sameText(one, other)) return { left: one, right: other };
  }
  return null;
}
