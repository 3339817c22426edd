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
  if (kind === "frame") return steps.map((step) => step.text.replace(EPHEMERAL, "$1:ephemeral > "));
  return steps.map((step) => (kind === "command" ? normalised(step.text) : step.text));
}

/** A source port that was drawn: 32768..60999 (net.ipv4.ip_local_port_range). */
const EPHEMERAL = /(udp [\d.]+):(?:3[2-9]|[45]\d|60)\d{3} > /;

/** Seconds are counted from other moments, and the order of a dump is the hash table's. */
function normalised(text: string): string {
  const masked = text
    .replace(/\bused \d+\/\d+\/\d+probes/g, "used …probes")
    .replace(/"(used|confirmed|updated|refcnt)":\d+/g, '"$1":…')
    .replace(/ ref \d+/g, "")
    .replace(/\breachable \d+/g, "reachable …");
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

/**
 * A frame is early or late by what went before it: the frame before, or what the tester or the operator did last. Where one of the two
 * agrees the time is right; what the rig itself takes between two steps of a case is nobody's fault.
 */
function compareTimes(left: Trace, right: Trace, timings: readonly [Timing, Timing]): Difference[] {
  const [a, b] = [gaps(left), gaps(right)];
  for (const [at, one] of a.entries()) {
    const other = b[at];
    if (!other) break;
    const late = (longer: number): number => Math.max(...timings.map((timing) => window(timing, longer).to - longer));
    const agrees = (x: number, y: number): boolean => Math.abs(x - y) <= late(Math.max(x, y));
    if (agrees(one.frame, other.frame) || agrees(one.cause, other.cause)) continue;
    const say = (gap: Gaps): string => `${gap.cause.toFixed(1)} ms after what went before: ${gap.text}`;
    return [{ where: "times", left: say(one), right: `${say(other)} (may differ by ${late(one.cause).toFixed(0)} ms)` }];
  }
  return [];
}

interface Gaps {
  text: string;
  /** Since the frame before, 0 for the first. */
  frame: number;
  /** Since the last step of any kind that may have caused it. */
  cause: number;
}

function gaps(trace: Trace): Gaps[] {
  const frames = trace.steps.filter((step) => step.kind === "frame");
  const causes = trace.steps.filter((step) => step.kind === "frame" || step.kind === "sent" || step.kind === "command");
  return frames.map((frame, at) => {
    const before = causes.filter((step) => step !== frame && step.time <= frame.time).map((step) => step.time);
    const last = frames[at - 1]?.time ?? frame.time;
    return { text: frame.text, frame: frame.time - last, cause: frame.time - Math.max(...before, Number.NEGATIVE_INFINITY) };
  });
}
