/** Holds what two DUTs showed of the same script against each other, step by step, up to the first difference. */
import type { Moment, Note } from "./play.ts";
import type { Step } from "./steps.ts";

export type Channel = "answer" | "frames" | "table" | "events" | "errors";

export interface Mismatch {
  /** After which step, counted from 0. */
  step: number;
  channel: Channel;
  /** What the one had more than, or other than, the other; a line each. */
  left: string[];
  right: string[];
}

/**
 * @param at the step's number, from 0
 * @param ordered all of it comes from the step itself, and so in one order; what timers cause has none between neighbours
 */
export function mismatchAt(at: number, step: Step, one: Moment, other: Moment, ordered: boolean): Mismatch | null {
  for (const [channel, left, right] of channels(ordered && isTraffic(step), one, other))
    if (left.join("\n") !== right.join("\n")) return { step: at, channel, left, right };
  return null;
}

/** A frame or a datagram; commands work through the table, which has no order. */
function isTraffic({ do: what }: Step): boolean {
  return what === "arp" || what === "echo" || what === "datagram" || what === "udp";
}

/** What is to be the same, in the order in which it tells most. */
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

/** Lines that only one of the two has; both whole where it is the order that differs. */
export function onlyIn(mismatch: Mismatch): { left: string[]; right: string[] } {
  const { left, right } = mismatch;
  const less = (all: readonly string[], others: readonly string[]): string[] => all.filter((line) => !others.includes(line));
  const only = { left: less(left, right), right: less(right, left) };
  return only.left.length + only.right.length > 0 ? only : { left, right };
}

/** Alike for mismatches of the same make: addresses, lengths and counts are left out. */
export function makeOf(script: readonly Step[], mismatch: Mismatch): string {
  const { left, right } = onlyIn(mismatch);
  const step = script[mismatch.step];
  const stimulus = step?.do === "ip" ? step.command.split(" ").slice(0, 2).join(" ") : step?.do;
  const bare = (line: string): string =>
    line
      .replace(/([0-9a-f]{2}:){5}[0-9a-f]{2}/g, "MAC")
      .replace(/\d+\.\d+\.\d+\.\d+/g, "IP")
      .replace(/"[^"]*"/g, "…")
      .replace(/length \d+/g, "length N");
  const lines = [left, right].map((side) => [...new Set(side.map(bare))].sort().join(", "));
  return [stimulus, mismatch.channel, ...lines].join(" | ");
}
