/** A case's ladder as text, for a terminal. */
import { ladderOf, type Rung, type Way } from "./ladder.ts";
import type { RecordedCase, RecordedResult } from "./record.ts";

/** The column between the lifelines: an arrow, or the foot of whatever is done at the device. */
const ARROWS: Readonly<Record<Way, string>> = {
  right: "───────>│",
  left: "<───────│",
  operator: "        │",
  table: "        │",
  ok: "        │",
  wrong: "        │",
};
const MARKS: Readonly<Record<Way, string>> = { right: "", left: "", operator: "$ ", table: "  ", ok: "✓ ", wrong: "✗ " };

/** All ladders of a case: one for each device that played it. Ends with a newline. */
export function caseText(one: RecordedCase): string {
  return one.results.map((result) => resultText(one, result)).join("\n");
}

function resultText(one: RecordedCase, result: RecordedResult): string {
  const { entries, rungs } = ladderOf(result);
  const head = [`${one.id} on ${result.device}: ${result.status}`, one.title, `source: ${one.source}`];
  if (result.reason !== "") head.push(`${result.status === "failed" ? "first failed check" : "reason"}: ${result.reason}`);
  if (result.again !== "") head.push(`played again, because with others beside it: ${result.again}`);
  if (result.leftOut > 0) head.push(leftOut(result.leftOut));
  if (rungs.length === 0) return `${head.join("\n")}\n`;
  const lines = rungs.map((rung) => rungText(rung, entries));
  return `${[...head, "", "         ms  tester   device", ...lines].join("\n")}\n`;
}

/** Says that the ladder of a very long case has a gap. */
export function leftOut(steps: number): string {
  return `${steps} steps in the middle are left out`;
}

function rungText({ at, way, text, changes }: Rung, entries: readonly string[]): string {
  const states = changes.map(([entry, state, more]) => `${entries[entry]} ${state || "gone"}${more === "" ? "" : ` (${more})`}`);
  const told = states.length > 0 ? `[${states.join("; ")}]` : "";
  const said = [`${MARKS[way]}${text}`.trimEnd(), told].filter((part) => part !== "").join("  ");
  return `${at.toFixed(3).padStart(11)}  │${ARROWS[way]} ${said}`.trimEnd();
}
