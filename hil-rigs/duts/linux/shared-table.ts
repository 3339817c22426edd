/** The kernel has one ARP table for all its namespaces: who else uses it may make it tidy away what a case has there. */
import { readFileSync } from "node:fs";

/** Fewer entries than this are never collected periodically: gc_thresh1, unless somebody has set it, which only the initial namespace shows. */
const NEVER_BELOW = 128;

export interface Collections {
  /** Forced ones since the machine's start. */
  forced: number;
  /** There are so many entries that the periodic one takes some. */
  possible: boolean;
}

/**
 * From /proc/net/stat/arp_cache: a line a processor, in hexadecimal, `entries` on each the same. To be called in the initial namespace,
 * the only one that shows it.
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
