/** Makes the record of a run from its results. */
import { arch, release, type } from "node:os";
import { familyOf } from "../contract/case.ts";
import type { DutKind } from "../contract/dut.ts";
import type { CaseResult } from "../run/runner.ts";
import { type Step, timeOf } from "../stage/trace.ts";
import { label } from "./labels.ts";
import { RECORD_VERSION, type RecordedCase, type RecordedResult, type RecordedStep, type RunRecord } from "./record.ts";

/** Facts of a run that its results do not tell. */
export interface RunFacts {
  /** Name and version of the program. */
  tool: string;
  words: readonly string[];
  /** Wall time, in ms since 1970-01-01 UTC. */
  started: number;
  /** In ms. */
  took: number;
  seed: number;
  interrupted: boolean;
  kinds: readonly DutKind[];
}

/** Most steps of a case at its beginning and at its end: some fill a table with thousands of commands, which nobody reads. */
const LONG = 1000;

/** @param results of all devices; the cases in the order of their first results */
export function makeRecord(results: readonly CaseResult[], facts: RunFacts): RunRecord {
  const cases = new Map<string, RecordedCase>();
  for (const result of results) {
    const { id, title, source } = result.case;
    const recorded = cases.get(id) ?? { id, title, source, family: familyOf(result.case), results: [] };
    recorded.results.push(recordedResult(result));
    cases.set(id, recorded);
  }
  return {
    version: RECORD_VERSION,
    tool: facts.tool,
    words: [...facts.words],
    started: new Date(facts.started).toISOString(),
    took: Math.round(facts.took),
    seed: facts.seed,
    host: `${type()} ${release()} ${arch()}, Node ${process.versions.node}`,
    interrupted: facts.interrupted,
    devices: facts.kinds.map(({ name, description, realTime }) => ({ name, description, realTime })),
    cases: [...cases.values()],
  };
}

function recordedResult({ dut, status, reason, again, took, epoch, trace }: CaseResult): RecordedResult {
  const steps = trace?.inOrder() ?? [];
  const start = steps[0] ? timeOf(steps[0]) : 0;
  const kept = steps.filter(({ check }, at) => at < LONG || at >= steps.length - LONG || check?.passed === false);
  return {
    device: dut,
    status,
    reason,
    again,
    took: Math.round(took * 10) / 10,
    began: Math.round(epoch + start),
    steps: kept.map((step) => recordedStep(step, start)),
    leftOut: steps.length - kept.length,
  };
}

function recordedStep(step: Step, start: number): RecordedStep {
  const { kind, frame, check, change } = step;
  const at = Math.round((timeOf(step) - start) * 1000) / 1000;
  if (check) {
    const { name, passed, expected, actual } = check;
    return { kind, at, text: name, passed, ...(passed ? {} : { expected, actual }) };
  }
  if (change) {
    const { kind: told, dst, dev, state, lladdr, probes } = change.event;
    return {
      kind,
      at,
      text: step.text,
      entry: { name: `${dst} dev ${dev}`, state: told === "deleted" ? "" : state, lladdr, probes },
    };
  }
  return { kind, at, text: step.text, ...(frame ? { label: label(frame, step.text) } : {}) };
}
