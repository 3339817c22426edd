/**
 * Holds what two DUTs did in the same case against each other: the frames they sent and their order, the gaps between them, what
 * commands printed, what the table showed, which changes were told. Whether it was right is the checks' business.
 */
import type { Timing } from "../contract/dut.ts";
import { window } from "../rig/tolerance.ts";
import type { StepKind, Trace } from "../rig/trace.ts";
import type { CaseResult } from "./runner.ts";

export interface Difference {
  /** `frames`, `times`, `commands`, `table`, `events`. */
  where: string;
  /** What one did, and the other; empty: nothing more. */
  left: string;
  right: string;
}

const CHANNELS: readonly (readonly [where: string, kind: StepKind])[] = [
  ["frames", "frame"],
  ["commands", "command"],
  ["table", "table"],
  ["events", "event"],
];

/** The first difference of each kind. */
export function compareResults(left: CaseResult, right: CaseResult, timings: readonly [Timing, Timing]): Difference[] {
  if (!left.trace || !right.trace) return [];
  const differences: Difference[] = [];
  for (const [where, kind] of CHANNELS) {
    const difference = firstDifference(texts(left.trace, kind), texts(right.trace, kind));
    if (difference) differences.push({ where, ...difference });
  }
  const sameFrames = differences.every((difference) => difference.where !== "frames");
  if (sameFrames && !left.case.drawn) differences.push(...compareTimes(left.trace, right.trace, timings));
  return differences;
}

function texts(trace: Trace, kind: StepKind): string[] {
  const steps = trace.steps.filter((step) => step.kind === kind);
  return steps.map((step) => (kind === "command" ? normalised(step.text) : step.text));
}

/** Seconds are counted from other moments, and the order of a dump is the hash table's. */
function normalised(text: string): string {
  const masked = text
    .replace(/\bused \d+\/\d+\/\d+probes/g, "used …probes")
    .replace(/"(used|confirmed|updated|refcnt)":\d+/g, '"$1":…')
    .replace(/ ref \d+/g, "");
  const [command = "", ...printed] = masked.split("\n");
  return [command, ...printed.sort()].join("\n");
}

function firstDifference(left: readonly string[], right: readonly string[]): { left: string; right: string } | null {
  for (let at = 0; at < Math.max(left.length, right.length); at++) {
    const [one = "", other = ""] = [left[at], right[at]];
    if (one !== other) return { left: one, right: other };
  }
  return null;
}

function compareTimes(left: Trace, right: Trace, timings: readonly [Timing, Timing]): Difference[] {
  for (let at = 1; at < left.frames.length; at++) {
    const [a, b] = [gap(left, at), gap(right, at)];
    const longer = Math.max(a, b);
    const late = Math.max(...timings.map((timing) => window(timing, longer).to - longer));
    if (Math.abs(a - b) <= late) continue;
    const text = left.steps.filter((step) => step.kind === "frame")[at]?.text ?? "";
    return [
      { where: "times", left: `${a.toFixed(1)} ms before ${text}`, right: `${b.toFixed(1)} ms, may differ by ${late.toFixed(0)}` },
    ];
  }
  return [];
}

function gap(trace: Trace, at: number): number {
  return (trace.frames[at]?.time ?? 0) - (trace.frames[at - 1]?.time ?? 0);
}
