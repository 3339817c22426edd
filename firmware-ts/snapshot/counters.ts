/** The counters of a stack, out of their objects and back into them. */
import type { Snapshot } from "./form.ts";

/** An object whose own fields are counts, or typed arrays of counts. */
type Counts = object;
type Saved = Snapshot["counters"][string];

/** Reads every count that is not 0, by name; those of an array as `name.7`. */
export function countsOf(counts: Counts): Saved {
  const saved: Record<string, number> = {};
  for (const [name, value] of Object.entries(counts)) {
    if (typeof value === "number" && value !== 0) saved[name] = value;
    if (value instanceof Float64Array) for (const [at, each] of value.entries()) if (each !== 0) saved[`${name}.${at}`] = each;
  }
  return saved;
}

/** Adds what was saved; names that there are none of now are passed over, for a later whohas may count other things. */
export function addCounts(counts: Counts, saved: Saved): void {
  const fields = counts as Record<string, unknown>;
  for (const [path, value] of Object.entries(saved)) {
    const [name = "", at] = path.split(".");
    if (!Object.hasOwn(fields, name)) continue;
    const field = fields[name];
    if (typeof field === "number" && at === undefined) fields[name] = field + value;
    if (field instanceof Float64Array && at !== undefined && Number(at) < field.length)
      field[Number(at)] = (field[Number(at)] ?? 0) + value;
  }
}

/** The objects of a stack that count, by the names of their groups in a snapshot. */
export type CounterGroups = Readonly<Record<string, Counts>>;
