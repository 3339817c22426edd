/** Compares the behaviour of two DUTs in the same script, step by step, up to the first difference. */
import type { Moment, Note } from "./play.ts";
import type { Step } from "./steps.ts";
import { isFrame6 } from "./steps6.ts";

export type Channel = "answer" | "frames" | "table" | "events" | "errors";

export interface Mismatch {
  /** Number of the step before the difference, from 0. */
  step: number;
  channel: Channel;
  /** Lines of each DUT in the channel that differs. */
  left: string[];
  right: string[];
}

/**
 * @param at the step's number, from 0
 * @param ordered everything comes from the step itself and so has one order; effects of timers have none between neighbours
 */
export function mismatchAt(at: number, step: Step, one: Moment, other: Moment, ordered: boolean): Mismatch | null {
  for (const [channel, left, right] of channels(ordered && isTraffic(step), one, other))
    if (left.join("\n") !== right.join("\n")) return { step: at, channel, left, right };
  return null;
}

/** True for a frame or a datagram. Commands walk through the table, which has no order. */
function isTraffic(step: Step): boolean {
  return isFrame6(step) || step.do === "arp" || step.do === "echo" || step.do === "datagram" || step.do === "udp";
}

/** The channels to compare, the most telling one first. */
function channels(ordered: boolean, one: Moment, other: Moment): [Channel, string[], string[]][] {
  const notes = (all: readonly Note[]): string[] => (ordered ? [...all] : byNeighbour(all)).map((note) => note.text);
  return [
    ["answer", [one.answer], [other.answer]],
    ["frames", notes(one.frames), notes(other.frames)],
    ["table", one.table, other.table],
    ["events", notes(one.events), notes(other.events)],
    ["errors", one.errors, other.errors],
  ];
}

function byNeighbour(notes: readonly Note[]): Note[] {
  return [...notes].sort((a, b) => (a.about < b.about ? -1 : a.about > b.about ? 1 : 0));
}

/** Lines that only one of the two has. Both sides are complete if only their order differs. */
export function onlyIn(mismatch: Mismatch): { left: string[]; right: string[] } {
  const { left, right } = mismatch;
  const less = (all: readonly string[], others: readonly string[]): string[] => all.filter((line) => !others.includes(line));
  const only = { left: less(left, right), right: less(right, left) };
  return only.left.length + only.right.length > 0 ? only : { left, right };
}

/** A text that mismatches of the same make have in common: without addresses, lengths and counts. */
export function makeOf(script: readonly Step[], mismatch: Mismatch): string {
  const { left, right } = onlyIn(mismatch);
  const step = script[mismatch.step];
  const stimulus = step?.do === "ip" ? step.command.split(" ").slice(0, 2).join(" ") : step?.do === "nd" ? step.message : step?.do;
  const bare = (line: string): string =>
    line
      .replace(/([0-9a-f]{2}:){5}[0-9a-f]{2}/g, "MAC")
      .replace(/\d+\.\d+\.\d+\.\d+/g, "IP")
      .replace(/\b(?:fd00|fe80|ff02|2001)[0-9a-f:]*:[0-9a-f:]*/g, "IP6")
      .replace(/"[^"]*"/g, "…")
      .replace(/length \d+/g, "length N");
  const lines = [left, right].map((side) => [...new Set(side.map(bare))].sort().join(", "));
  return [stimulus, mismatch.channel, ...lines].join(" | ");
}
