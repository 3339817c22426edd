/** Watches the neighbour tables that all namespaces of the kernel share: their other users can make the kernel collect a case's entries. */
import { readFileSync } from "node:fs";
import type { Family } from "../../contract/plan.ts";

const FILES: Readonly<Record<Family, string>> = { 4: "/proc/net/stat/arp_cache", 6: "/proc/net/stat/ndisc_cache" };

/** The kernel never collects periodically with fewer entries: the default of gc_thresh1, which only the initial namespace shows. */
const NEVER_BELOW = 128;

export interface Collections {
  /** Forced collections since the machine's start. */
  forced: number;
  /** There are so many entries that the periodic collection removes some. */
  possible: boolean;
}

/** The collections of several families' tables in one. @returns null where one of their files cannot be seen */
export function allCollections(families: readonly Family[]): Collections | null {
  const each = families.map((family) => collections(family));
  let all: Collections = { forced: 0, possible: false };
  for (const one of each) {
    if (!one) return null;
    all = { forced: all.forced + one.forced, possible: all.possible || one.possible };
  }
  return all;
}

/**
 * Reads a table's file in /proc/net/stat: one line for each processor, in hexadecimal, with the same `entries` on each. Call it in the initial
 * namespace, the only one that shows the file.
 * @returns null elsewhere, as in a container
 */
export function collections(family: Family = 4): Collections | null {
  const text = statistics(FILES[family]);
  if (text === null) return null;
  const [names = "", ...rows] = text.trim().split("\n");
  const columns = names.trim().split(/\s+/);
  const value = (row: string, name: string): number => Number.parseInt(row.trim().split(/\s+/)[columns.indexOf(name)] ?? "0", 16);
  const forced = rows.reduce((sum, row) => sum + value(row, "forced_gc_runs"), 0);
  return { forced, possible: rows.some((row) => value(row, "entries") >= NEVER_BELOW) };
}

function statistics(path: string): string | null {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return null;
  }
}
