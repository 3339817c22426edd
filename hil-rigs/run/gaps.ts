/**
 * Compares the times of frames. The time of a frame counts from the frame before, from the last frame with the same text (each
 * retransmission arms the next), or from the last step of the tester or the operator. The time is right if one of them agrees. The bench's
 * own time between two steps of a case does not count.
 */
import type { Timing } from "../contract/dut.ts";
import { window } from "../stage/tolerance.ts";
import type { Step, Trace } from "../stage/trace.ts";
import type { Difference } from "./difference.ts";

/** Least and most of a time. */
interface Range {
  least: number;
  most: number;
}

interface Gaps {
  text: string;
  /** ms since the last step that may have caused it: since its end, and since its beginning. */
  cause: Range;
  /** ms since the frame before; null for the first. */
  frame: Range | null;
  /** ms since the last frame of the same text; null for the first. */
  same: Range | null;
}

/** Returns the first frame whose time differs between two traces with the same frames. */
export function compareTimes(left: Trace, right: Trace, timings: readonly [Timing, Timing]): Difference[] {
  const [a, b] = [gaps(left), gaps(right)];
  const late = (gap: number): number => Math.max(...timings.map((timing) => window(timing, gap).to - gap));
  const agree = (x: Range | null, y: Range | null): boolean => {
    if (!x || !y) return false;
    const apart = Math.max(x.least - y.most, y.least - x.most, 0);
    return apart <= late(Math.max(x.least, y.least));
  };
  for (const [at, one] of a.entries()) {
    const other = b[at];
    if (!other) break;
    if (agree(one.cause, other.cause) || agree(one.frame, other.frame) || agree(one.same, other.same)) continue;
    const say = (gap: Gaps): string => `${gap.cause.least.toFixed(1)} ms after what went before: ${gap.text}`;
    const may = late(Math.max(one.cause.least, other.cause.least)).toFixed(0);
    return [{ where: "times", left: say(one), right: `${say(other)} (may differ by ${may} ms)` }];
  }
  return [];
}

function gaps(trace: Trace): Gaps[] {
  const frames = trace.steps.filter((step) => step.kind === "frame");
  const causes = trace.steps.filter((step) => step.kind === "frame" || step.kind === "sent" || step.kind === "command");
  const last = new Map<string, number>();
  let before: Step | null = null;
  return frames.map((frame) => {
    const { time, text } = frame;
    const found: Gaps = {
      text,
      cause: since(latest(causes, frame), time),
      frame: before ? exactly(time - before.time) : null,
      same: last.has(text) ? exactly(time - (last.get(text) as number)) : null,
    };
    before = frame;
    last.set(text, time);
    return found;
  });
}

function latest(causes: readonly Step[], frame: Step): Step | null {
  const earlier = causes.filter((step) => step !== frame && step.time <= frame.time);
  return earlier.reduce<Step | null>((found, step) => (found && found.time > step.time ? found : step), null);
}

/** A first frame with nothing before it cannot be late. */
function since(cause: Step | null, time: number): Range {
  return cause ? { least: Math.max(0, time - cause.end), most: time - cause.time } : exactly(0);
}

function exactly(ms: number): Range {
  return { least: ms, most: ms };
}
