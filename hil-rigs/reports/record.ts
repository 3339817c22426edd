/**
 * The record of a run: all of it that reports show, as plain data. `record.json` of a report holds it; docs/record.schema.json is its
 * JSON Schema, for other programs.
 */
import * as v from "valibot";
import type { Status } from "../run/runner.ts";
import type { StepKind } from "../stage/trace.ts";

/** Raised when an old record cannot be read as a new one. */
export const RECORD_VERSION = 1;

/** The state of an entry of the neighbour table. */
export interface RecordedEntry {
  /** The entry's address and device, as in `10.0.0.2 dev e0`. */
  name: string;
  /** NUD state, `NONE` for none; empty when the entry is gone. */
  state: string;
  lladdr: string;
  probes: number;
}

export interface RecordedStep {
  kind: StepKind;
  /** In ms since the case began. */
  at: number;
  /** The step in full. */
  text: string;
  /** The frame in a few words. */
  label?: string | undefined;
  /** A check's verdict. */
  passed?: boolean | undefined;
  /** A failed check: the value that was right, and the one that was there. */
  expected?: string | undefined;
  actual?: string | undefined;
  /** The entry that a change of the table is about. */
  entry?: RecordedEntry | undefined;
}

/** A case on one device. */
export interface RecordedResult {
  device: string;
  status: Status;
  /** Why it was skipped, the first failed check, or why it was expected. */
  reason: string;
  /** The failed check of the first run, when the case was run again. */
  again: string;
  /** In ms of real time. */
  took: number;
  /** Wall time at which the case began, in ms since 1970-01-01 UTC. */
  began: number;
  steps: RecordedStep[];
  /** Steps in the middle of a very long case that are not in the record. */
  leftOut: number;
}

export interface RecordedCase {
  id: string;
  title: string;
  /** The standard, its section or the measurement behind the case. */
  source: string;
  /** 4 or 6. */
  family: number;
  /** One for each device that played it. */
  results: RecordedResult[];
}

export interface RunRecord {
  version: typeof RECORD_VERSION;
  /** Name and version of the program that made the record. */
  tool: string;
  /** The words after the program's name. */
  words: string[];
  /** ISO 8601. */
  started: string;
  /** In ms of real time. */
  took: number;
  seed: number;
  /** The machine: its system, its architecture and its Node. */
  host: string;
  /** The run was ended before its last case: the cases that were not played are missing. */
  interrupted: boolean;
  devices: { name: string; description: string; realTime: boolean }[];
  cases: RecordedCase[];
}

const step: v.GenericSchema<unknown, RecordedStep> = v.object({
  kind: v.picklist(["sent", "frame", "report", "command", "table", "event", "check"]),
  at: v.number(),
  text: v.string(),
  label: v.optional(v.string()),
  passed: v.optional(v.boolean()),
  expected: v.optional(v.string()),
  actual: v.optional(v.string()),
  entry: v.optional(v.object({ name: v.string(), state: v.string(), lladdr: v.string(), probes: v.number() })),
});

const result: v.GenericSchema<unknown, RecordedResult> = v.object({
  device: v.string(),
  status: v.picklist(["passed", "failed", "expected", "skipped"]),
  reason: v.string(),
  again: v.string(),
  took: v.number(),
  began: v.number(),
  steps: v.array(step),
  leftOut: v.number(),
});

const recordedCase: v.GenericSchema<unknown, RecordedCase> = v.object({
  id: v.string(),
  title: v.string(),
  source: v.string(),
  family: v.number(),
  results: v.array(result),
});

export const RunRecordSchema: v.GenericSchema<unknown, RunRecord> = v.object({
  version: v.literal(RECORD_VERSION),
  tool: v.string(),
  words: v.array(v.string()),
  started: v.string(),
  took: v.number(),
  seed: v.number(),
  host: v.string(),
  interrupted: v.boolean(),
  devices: v.array(v.object({ name: v.string(), description: v.string(), realTime: v.boolean() })),
  cases: v.array(recordedCase),
});
