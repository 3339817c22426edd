/** The part of the bench that is about the neighbour table: ours, the kernel's, and ours again, so that a change of load shows. */
import { execFileSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { type KernelFigures, measureKernelTable, missingForKernelTable } from "./kernel-table.ts";
import type { Cost, TableFigures } from "./neigh-table.bench.ts";

/** Name of the table among the subjects of the bench. */
export const TABLE_SUBJECT = "neigh table, 1000000 entries";
const ENTRIES = 1_000_000;
const LIMIT = 120_000;

export interface TableReport {
  /** Before and after the kernel's. */
  ours: readonly [TableFigures, TableFigures];
  /** null where it cannot be asked. */
  kernel: KernelFigures | null;
  missing: string | null;
}

export function reportTable(directory: string): TableReport {
  const before = ours();
  const missing = missingForKernelTable();
  const kernel = missing === null ? measureKernelTable(directory, ENTRIES) : null;
  return { ours: [before, ours()], kernel, missing };
}

function ours(): TableFigures {
  const root = fileURLToPath(new URL("../..", import.meta.url));
  const bench = fileURLToPath(new URL("./neigh-table.bench.ts", import.meta.url));
  const words = ["--expose-gc", "--import", "./firmware-ts/cli/dev.mjs", bench, `${ENTRIES}`];
  const env = { PATH: process.env["PATH"] };
  return JSON.parse(execFileSync(process.execPath, words, { cwd: root, env, encoding: "utf8", timeout: LIMIT })) as TableFigures;
}

/** As lines of text: name, ours, the kernel's. */
export function tableLines({ ours, kernel, missing }: TableReport): string[][] {
  const [one, other] = ours;
  const range = (of: (figures: TableFigures) => number): string => {
    const [low, high] = [of(one), of(other)].sort((a, b) => a - b) as [number, number];
    return `${low.toFixed(0)}..${high.toFixed(0)}`;
  };
  const line = (name: string, unit: string, of: (figures: TableFigures) => number, theirs?: number): string[] => {
    // The worse of the two: what is said is what holds.
    const worse = Math.max(of(one), of(other));
    const ratio = theirs === undefined ? "" : `${(theirs / worse).toFixed(1)}x ours`;
    return [name, range(of), unit, theirs === undefined ? "" : theirs.toFixed(0), ratio];
  };
  const timed = (name: string, of: (figures: TableFigures) => Cost, theirs?: Cost): string[][] => [
    line(name, "ns", (figures) => of(figures).wall, theirs?.wall),
    line("  processor time", "ns", (figures) => of(figures).cpu, theirs?.cpu),
  ];
  const beside = kernel ? "ip -batch" : `ip -batch: ${missing}`;
  return [
    [TABLE_SUBJECT, "ours", "", beside, ""],
    line("memory of an entry", "B", ({ bytes }) => bytes, kernel?.bytes),
    ...timed("insert (neigh add)", ({ insert }) => insert, kernel?.insert),
    ...timed("change of its address (neigh replace)", ({ update }) => update, kernel?.update),
    ...timed("look-up of a random one", ({ find }) => find),
    ...timed("made REACHABLE, its timer armed", ({ arm }) => arm),
    ...timed("a timer fires, all others armed", ({ fireAmongMany }) => fireAmongMany),
    ...timed("a timer fires, none other armed", ({ fireAlone }) => fireAlone),
  ];
}
