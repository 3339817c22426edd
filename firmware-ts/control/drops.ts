/** Drops by their reason, for summaries and `ip -d link`. */
import { dropReasonName } from "../../hal/drop-reason.ts";

/** Drops by the name of their reason, those that happened. */
export function dropsOf(counters: { readonly counts: Float64Array }): Record<string, number> {
  const drops: Record<string, number> = {};
  counters.counts.forEach((count, reason) => {
    if (count > 0) drops[dropReasonName(reason)] = count;
  });
  return drops;
}
