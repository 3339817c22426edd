/** The account of a run as people read it: a table at the end, one line a second at most until then. */
import type { Row } from "./fuzzer.ts";

const HEADS = ["target", "sessions", "inputs", "frames", "unaccounted", "exceptions", "behaviours", "digest"] as const;

/** A table of the rows and their sums, as lines. */
export function table(rows: readonly Row[]): string[] {
  const sum = (key: "sessions" | "inputs" | "frames" | "unaccounted" | "exceptions" | "behaviours"): number =>
    rows.reduce((total, row) => total + row[key], 0);
  const all: Row = {
    target: "all",
    sessions: sum("sessions"),
    inputs: sum("inputs"),
    frames: sum("frames"),
    unaccounted: sum("unaccounted"),
    exceptions: sum("exceptions"),
    behaviours: sum("behaviours"),
    digest: "",
  };
  const cells = [HEADS.map(String), ...[...rows, all].map((row) => HEADS.map((head) => String(row[head])))];
  const widths = HEADS.map((_, column) => Math.max(...cells.map((line) => (line[column] ?? "").length)));
  // Names stand to the left, numbers to the right.
  const padded = (cell: string, column: number): string =>
    column === 0 ? cell.padEnd(widths[column] ?? 0) : cell.padStart(widths[column] ?? 0);
  return cells.map((line) => line.map(padded).join("  ").trimEnd());
}

/** `3,200,000 inputs, 84,000 a second`: how far a run is. */
export function progressLine(rows: readonly Row[], seconds: number): string {
  const inputs = rows.reduce((total, row) => total + row.inputs, 0);
  const behaviours = rows.reduce((total, row) => total + row.behaviours, 0);
  const rate = seconds > 0 ? Math.round(inputs / seconds) : 0;
  return `${grouped(inputs)} inputs in ${Math.round(seconds)} s, ${grouped(rate)} a second; ${behaviours} behaviours`;
}

function grouped(count: number): string {
  return count.toLocaleString("en-US");
}
