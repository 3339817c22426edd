/** Watches the ARP table that all namespaces of the kernel share: its other users can make the kernel collect a case's entries. */
import { readFileSync } from "node:fs";

/** The kernel never collects periodically with fewer entries: the default of gc_thresh1, which only the initial namespace shows. */
const NEVER_BELOW = 128;

export interface Collections {
  /** Forced collections since the machine's start. */
  forced: number;
  /** There are so many entries that the periodic collection removes some. */
  possible: boolean;
}

/**
 * Reads /proc/net/stat/arp_cache: one line for each processor, in hexadecimal, with the same `entries` on each. Call it in the initial
 * namespace, the only one that shows the file.
 * @returns null elsewhere, as in a container
 */
export function collections(): Collections | null {
  const text = statistics();
  if (text === null) return null;
  const [names = "", ...rows] = text.trim().split("\n");
  const columns = names.trim().split(/\s+/);
  const value = (row: string, name: string): number => Number.parseInt(row.trim().split(/\s+/)[columns.indexOf(name)] ?? "0", 16);
  const forced = rows.reduce((sum, row) => sum + value(row, "forced_gc_runs"), 0);
  return { forced, possible: rows.some((row) => value(row, "entries") >= NEVER_BELOW) };
}

function statistics(): string | null {
  try {
    return readFileSync("/proc/net/stat/arp_cache", "utf8");
  } catch {
    return null;
  }
}
