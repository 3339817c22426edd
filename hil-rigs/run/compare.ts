/**
 * Holds what two DUTs did in the same case against each other: the frames they sent and their order, the gaps between them, what
 * commands printed, what the table showed, which changes were told. Whether it was right is the checks' business.
 *
 * Everything is held exactly, but for what is known to be drawn: the order of a dump, and of what an operation tells that goes through a
 * hash table with a random seed (comparable.ts); and what a case declares of itself (`drawn`, `shuffled`, `crowd`).
 */
import type { Timing } from "../contract/dut.ts";
import { comparable, sameText } from "./comparable.ts";
import type { Difference } from "./difference.ts";
import { compareTimes } from "./gaps.ts";
import type { CaseResult } from "./runner.ts";

/** The first difference of each kind. */
export function compareResults(left: CaseResult, right: CaseResult, timings: readonly [Timing, Timing]): Difference[] {
  if (!left.trace || !right.trace) return [];
  const one = left.case;
  const [a, b] = [comparable(left.trace, one), comparable(right.trace, one)];
  const differences: Difference[] = [];
  for (const where of ["frames", "commands", "table", "events"] as const) {
    const difference = firstDifference(a[where], b[where]);
    if (difference) differences.push({ where, ...difference });
  }
  // Without the same frames there is no telling which belongs to which.
  const paired = differences.every((difference) => difference.where !== "frames") && !one.shuffled?.includes("frames");
  if (paired && !one.drawn && one.crowd === undefined) differences.push(...compareTimes(left.trace, right.trace, timings));
  return differences;
}

function firstDifference(left: readonly string[], right: readonly string[]): { left: string; right: string } | null {
  for (let at = 0; at < Math.max(left.length, right.length); at++) {
    const [one = "", other = ""] = [left[at], right[at]];
    if (!sameText(one, other)) return { left: one, right: other };
  }
  return null;
}
