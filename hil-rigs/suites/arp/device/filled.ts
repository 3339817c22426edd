/** A table with an entry of each kind, for cases that look at what a change of the device leaves of it. */
import type { Bench } from "../../../contract/bench.ts";
import { calm } from "../kit/setup.ts";

/** States of the entries 10.0.0.20 and on, in the order of their making. */
const MADE = ["stale", "permanent", "noarp", "reachable", "failed"] as const;

export async function fill(bench: Bench, extern = false): Promise<void> {
  calm(bench);
  for (const [n, nud] of MADE.entries())
    await bench.must(`neigh add 10.0.0.${20 + n} dev e0 nud ${nud}${nud === "failed" ? "" : ` lladdr 02:00:00:00:00:${20 + n}`}`);
  if (extern) await bench.must("neigh add 10.0.0.25 dev e0 nud stale lladdr 02:00:00:00:00:25 extern_learn");
  bench.events();
}

export function left(bench: Bench): string[] {
  return bench.dut
    .neighbours()
    .map(({ dst, state }) => `${dst} ${state}`)
    .sort();
}

export const EVERYTHING: readonly string[] = [
  "10.0.0.20 STALE",
  "10.0.0.21 PERMANENT",
  "10.0.0.22 NOARP",
  "10.0.0.23 REACHABLE",
  "10.0.0.24 FAILED",
];
