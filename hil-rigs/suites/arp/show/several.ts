/** A table with one entry of each kind, for commands that select from it. */
import type { Bench } from "../../../contract/bench.ts";
import { calm } from "../kit/setup.ts";

/** One of each kind, made so that no timer runs but that of the reachable one. */
export async function several(bench: Bench): Promise<void> {
  calm(bench);
  const add = "neigh add 10.0.0";
  for (const rest of [
    ".20 dev e0 lladdr 02:00:00:00:00:20 nud stale",
    ".21 dev e0 lladdr 02:00:00:00:00:21 nud reachable",
    ".22 dev e0 lladdr 02:00:00:00:00:22",
    ".23 dev e0 nud failed",
    ".24 dev e0 lladdr 02:00:00:00:00:24 nud noarp",
    ".25 dev e0 nud none",
    ".26 dev e0 lladdr 02:00:00:00:00:26 nud stale extern_learn protocol bgp",
    ".27 dev e0 lladdr 02:00:00:00:00:27 nud stale router protocol static",
  ])
    await bench.must(`${add}${rest}`);
}

export function sorted(text: string): string[] {
  return text
    .split("\n")
    .filter((line) => line !== "")
    .sort();
}

export const LINES = {
  20: "10.0.0.20 dev e0 lladdr 02:00:00:00:00:20 STALE ",
  21: "10.0.0.21 dev e0 lladdr 02:00:00:00:00:21 REACHABLE ",
  22: "10.0.0.22 dev e0 lladdr 02:00:00:00:00:22 PERMANENT ",
  23: "10.0.0.23 dev e0 FAILED ",
  24: "10.0.0.24 dev e0 lladdr 02:00:00:00:00:24 NOARP ",
  25: "10.0.0.25 dev e0 ",
  26: "10.0.0.26 dev e0 lladdr 02:00:00:00:00:26 extern_learn STALE proto bgp ",
  27: "10.0.0.27 dev e0 lladdr 02:00:00:00:00:27 router STALE proto static ",
} as const;

export type Last = keyof typeof LINES;
