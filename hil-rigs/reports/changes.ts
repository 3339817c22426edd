/** The difference between two runs: cases whose status changed, that came, or that are gone. */
import type { RecordedResult, RunRecord } from "./record.ts";

export interface Change {
  id: string;
  device: string;
  /** `absent`: the run did not play the case on the device. */
  was: RecordedResult["status"] | "absent";
  is: RecordedResult["status"] | "absent";
  /** The later result's, or the earlier one's if there is no later one. */
  reason: string;
}

/** In the order of the later run; what is gone comes behind. */
export function changesOf(before: RunRecord, after: RunRecord): Change[] {
  const old = resultsOf(before);
  const changes: Change[] = [];
  for (const [key, { id, result }] of resultsOf(after)) {
    const was = old.get(key)?.result.status ?? "absent";
    old.delete(key);
    const { device, status: is, reason } = result;
    if (was !== is) changes.push({ id, device, was, is, reason });
  }
  for (const { id, result } of old.values())
    changes.push({ id, device: result.device, was: result.status, is: "absent", reason: result.reason });
  return changes;
}

function resultsOf({ cases }: RunRecord): Map<string, { id: string; result: RecordedResult }> {
  return new Map(cases.flatMap(({ id, results }) => results.map((result) => [`${result.device} ${id}`, { id, result }] as const)));
}
