/**
 * The ladder of a case: time runs downwards, frames are arrows between the tester and the device, and beside the device stands the state
 * of each entry of its neighbour table. The same rungs are drawn as text (text.ts) and on the page (page/report.js).
 */
import type { RecordedResult, RecordedStep } from "./record.ts";

/** `right`: a frame of the tester; `left`: of the device; the others are done to the device, read from it, or judged. */
export type Way = "right" | "left" | "operator" | "table" | "ok" | "wrong";

export interface Rung {
  /** In ms since the case began. */
  at: number;
  way: Way;
  text: string;
  /** The step in full, where `text` is shorter; empty otherwise. */
  more: string;
  /** A step of the tester or the operator: the same on each device that plays the case. */
  stimulus: boolean;
  /** Entries of the table that change at this rung: an index of `entries`, the new state (empty: gone), and what is known besides. */
  changes: [entry: number, state: string, more: string][];
}

export interface Ladder {
  /** Names of the entries that change in the case. */
  entries: string[];
  rungs: Rung[];
}

export function ladderOf({ steps }: RecordedResult): Ladder {
  const entries: string[] = [];
  const rungs: Rung[] = [];
  for (const step of steps) {
    const { entry } = step;
    if (!entry) {
      rungs.push({ at: step.at, changes: [], ...drawn(step) });
      continue;
    }
    if (!entries.includes(entry.name)) entries.push(entry.name);
    const probes = entry.probes > 0 ? `probes ${entry.probes}` : "";
    const change: Rung["changes"][number] = [
      entries.indexOf(entry.name),
      entry.state,
      [entry.lladdr, probes].filter((part) => part !== "").join(" "),
    ];
    const cause = causeOf(rungs, step.at);
    if (cause && !cause.changes.some(([index]) => index === change[0])) cause.changes.push(change);
    else rungs.push({ at: step.at, way: "table", text: "", more: "", stimulus: false, changes: [change] });
  }
  return { entries, rungs };
}

/** The frame or command of the same moment that brought a change; there is none for a timer's change. */
function causeOf(rungs: readonly Rung[], at: number): Rung | undefined {
  const cause = rungs.findLast(({ way }) => way === "right" || way === "left" || way === "operator");
  return cause?.at === at ? cause : undefined;
}

function drawn(step: RecordedStep): Omit<Rung, "at" | "changes"> {
  const { kind, text, label = text } = step;
  switch (kind) {
    case "sent":
      return { way: "right", text: label, more: label === text ? "" : text, stimulus: true };
    case "frame":
    case "report":
      return { way: "left", text: label, more: label === text ? "" : text, stimulus: false };
    case "command": {
      const [first = "", ...rest] = text.split("\n");
      return { way: "operator", text: first.replace(/ -> (?:exit 0|ok)$/, ""), more: rest.length > 0 ? text : "", stimulus: true };
    }
    case "check": {
      if (step.passed) return { way: "ok", text, more: "", stimulus: false };
      const { expected = "", actual = "" } = step;
      return {
        way: "wrong",
        text: `${text}: expected ${expected || "nothing"}, got ${actual || "nothing"}`,
        more: "",
        stimulus: false,
      };
    }
    default:
      return { way: "table", text, more: "", stimulus: false };
  }
}
