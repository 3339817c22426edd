/**
 * The record of a run: all of it that reports show, as plain data. `record.json` of a report holds it; docs/record.schema.json is its
 * JSON Schema, for other programs.
 */
import * as v from "valibot";

/** Raised when an old record cannot be read as a new one. */
export const RECORD_VERSION = 1;

const Entry = v.object({
  /** The entry's address and device, as in `10.0.0.2 dev e0`. */
  name: v.string(),
  /** NUD state, `NONE` for none; empty when the entry is gone. */
  state: v.string(),
  lladdr: v.string(),
  probes: v.number(),
});

const Step = v.object({
  kind: v.picklist(["sent", "frame", "report", "command", "table", "event", "check"]),
  /** In ms since the case began. */
  at: v.number(),
  /** The step in full. */
  text: v.string(),
  /** The frame in a few words. */
  label: v.optional(v.string()),
  /** A check's verdict. */
  passed: v.optional(v.boolean()),
  /** A failed check: the value that was right, and the one that was there. */
  expected: v.optional(v.string()),
  actual: v.optional(v.string()),
  /** The entry that a change of the table is about. */
  entry: v.optional(Entry),
});

const Result = v.object({
  device: v.string(),
  status: v.picklist(["passed", "failed", "expected", "skipped"]),
  /** Why it was skipped, the first failed check, or why it was expected. */
  reason: v.string(),
  /** The failed check of the first run, when the case was run again. */
  again: v.string(),
  /** In ms of real time. */
  took: v.number(),
  /** Wall time at which the case began, in ms since 1970-01-01 UTC. */
  began: v.number(),
  steps: v.array(Step),
  /** Steps in the middle of a very long case that are not in the record. */
  leftOut: v.number(),
});

const RecordedCaseSchema = v.object({
  id: v.string(),
  title: v.string(),
  /** The standard, its section or the measurement behind the case. */
  source: v.string(),
  /** 4 or 6. */
  family: v.number(),
  /** One for each device that played it. */
  results: v.array(Result),
});

export const RunRecordSchema = v.object({
  version: v.literal(RECORD_VERSION),
  /** Name and version of the program that made the record. */
  tool: v.string(),
  /** The words after the program's name. */
  words: v.array(v.string()),
  /** ISO 8601. */
  started: v.string(),
  /** In ms of real time. */
  took: v.number(),
  seed: v.number(),
  /** The machine: its system, its architecture and its Node. */
  host: v.string(),
  /** The run was ended before its last case: the cases that were not played are missing. */
  interrupted: v.boolean(),
  devices: v.array(v.object({ name: v.string(), description: v.string(), realTime: v.boolean() })),
  cases: v.array(RecordedCaseSchema),
});

export type RunRecord = v.InferOutput<typeof RunRecordSchema>;
export type RecordedCase = v.InferOutput<typeof RecordedCaseSchema>;
export type RecordedResult = v.InferOutput<typeof Result>;
export type RecordedStep = v.InferOutput<typeof Step>;
