/** Runs cases on DUTs of one kind, each on a DUT of its own, several at once in real time, and keeps the evidence. */
import { setImmediate } from "node:timers/promises";
import { type Case, type Expectation, familyOf, needsOf, SHORT_TIMERS, topologyOf } from "../contract/case.ts";
import type { Dut, DutKind, DutRack } from "../contract/dut.ts";
import { PLANS } from "../contract/plan.ts";
import { CaseBench, CaseStopped } from "../stage/case-bench.ts";
import { rowLine } from "../stage/neigh-row.ts";
import type { Check, Trace } from "../stage/trace.ts";
import { globMatches } from "./glob.ts";

/** `expected`: the list of expectations has every failed check. */
export type Status = "passed" | "failed" | "expected" | "skipped";

export interface CaseResult {
  case: Case;
  dut: string;
  status: Status;
  /** The reason for skipping, the first failed check, or the reason why it was expected. */
  reason: string;
  /** The failed check of the first run, when the case was run again. */
  again: string;
  /** Null when it was skipped. */
  trace: Trace | null;
  /** `ip -s neigh` at the case's beginning and end. */
  before: string;
  after: string;
  /** Wall time of the DUT's time 0, in ms since 1970-01-01 UTC. */
  epoch: number;
  /** Duration, in ms of real time. */
  took: number;
}

export interface RunOptions {
  /** Cases at once in real time. Default 16. */
  jobs?: number;
  /** Default 1. */
  seed?: number;
  /** One seed for each case, instead. */
  seeds?: readonly number[];
  /** Runs failed cases once more in real time. Default true. */
  retry?: boolean;
  expectations?: readonly Expectation[];
  /** Once aborted, no further case begins. */
  signal?: AbortSignal;
  /** Called as each case ends. */
  onResult?: (result: CaseResult) => void;
}

const JOBS = 16;
const LIMIT = 15_000;

/**
 * In real time, cases run in waves: all DUTs of a wave are started, then their cases run together, then all DUTs are stopped, because
 * starting and stopping one blocks the process for longer than the times that cases measure. A case that fails runs once more, alone, and
 * only a second failure counts.
 * @returns in the order of the cases; without those that had not begun when `signal` was aborted
 */
export async function runCases(kind: DutKind, cases: readonly Case[], options: RunOptions = {}): Promise<CaseResult[]> {
  const { expectations = [], onResult, seed = 1, seeds = [], retry = true, signal } = options;
  const results = new Map<Case, CaseResult>();
  const rack = await kind.open();
  const runWave = async (wave: readonly Case[], again: boolean): Promise<void> => {
    // Cases in virtual time leave the event loop no turn, in which a signal would be heard.
    if (signal && !kind.realTime) await setImmediate();
    if (signal?.aborted) return;
    const runs = wave.map((one) => new CaseRun(kind, rack, one, seeds[cases.indexOf(one)] ?? seed));
    await Promise.all(runs.map((run) => run.start()));
    await Promise.all(runs.map((run) => run.run()));
    for (const run of runs) {
      await run.stop();
      const result = run.result(expectations);
      const first = results.get(run.case);
      if (first) result.again = first.reason;
      results.set(run.case, result);
      if (again || !kind.realTime || !retry || result.status !== "failed") onResult?.(result);
    }
  };
  try {
    const size = kind.realTime ? Math.max(1, options.jobs ?? JOBS) : 1;
    const together = cases.filter((each) => !each.alone);
    for (let at = 0; at < together.length; at += size) await runWave(together.slice(at, at + size), false);
    for (const one of cases.filter((each) => each.alone)) await runWave([one], false);
    const failed = kind.realTime && retry ? cases.filter((each) => results.get(each)?.status === "failed") : [];
    for (const one of failed) await runWave([one], true);
  } finally {
    await rack.close();
  }
  return cases.flatMap((each) => results.get(each) ?? []);
}

/** One case on a DUT of its own. It never throws: every error becomes a failed check. */
class CaseRun {
  readonly case: Case;
  readonly #kind: DutKind;
  readonly #lacks: string;
  readonly #dut: Dut;
  readonly #bench: CaseBench;
  #started = false;
  #before = "";
  #after = "";
  #epoch = 0;
  #took = 0;

  constructor(kind: DutKind, rack: DutRack, one: Case, seed: number) {
    this.case = one;
    this.#kind = kind;
    this.#lacks = lacks(kind, one);
    this.#dut = rack.create();
    this.#bench = new CaseBench(this.#dut, {
      timing: kind.timing,
      family: familyOf(one),
      settle: kind.settle,
      limit: one.limit ?? LIMIT,
      seed,
    });
  }

  async start(): Promise<void> {
    if (this.#lacks !== "") return;
    await this.#guard("the DUT starts", async () => {
      const { strategy } = this.case;
      const { seed } = this.#bench;
      const plan = PLANS[familyOf(this.case)];
      await this.#dut.start({ devices: topologyOf(this.case).devices, plan, seed, ...(strategy ? { strategy } : {}) });
      prepare(this.#bench, this.case);
      this.#before = this.#table();
      this.#started = true;
    });
  }

  async run(): Promise<void> {
    if (!this.#started) return;
    const began = performance.now();
    this.#epoch = Date.now() - this.#dut.now();
    this.#bench.begin();
    await this.#guard("the case runs", async () => {
      await topologyOf(this.case).prepare?.(this.#bench);
      await this.case.run(this.#bench);
    });
    await this.#guard("the DUT answers", async () => {
      this.#bench.finish();
      this.#after = this.#table();
    });
    this.#took = performance.now() - began;
  }

  async stop(): Promise<void> {
    if (this.#lacks === "") await this.#guard("the DUT stops", () => this.#dut.stop());
  }

  result(expectations: readonly Expectation[]): CaseResult {
    const skipped = this.#lacks !== "";
    const verdict = skipped
      ? { status: "skipped" as const, reason: `${this.#kind.name} has no ${this.#lacks}` }
      : judge(this.#kind.name, this.case, this.#bench.trace.checks, expectations);
    return {
      case: this.case,
      dut: this.#kind.name,
      ...verdict,
      again: "",
      trace: skipped ? null : this.#bench.trace,
      before: this.#before,
      after: this.#after,
      epoch: this.#epoch,
      took: this.#took,
    };
  }

  async #guard(name: string, work: () => Promise<void>): Promise<void> {
    try {
      await work();
    } catch (error) {
      if (!(error instanceof CaseStopped)) this.#bench.expect(name, String(error), "");
    }
  }

  #table(): string {
    const lines = this.#dut.neighbours().map((row) => `${rowLine(row)}\n`);
    return lines.sort().join("");
  }
}

/** The things that a case needs and the kind lacks, as text; empty for none. */
function lacks(kind: DutKind, one: Case): string {
  const family = familyOf(one);
  if (!kind.families.has(family)) return `IPv${family} yet`;
  return needsOf(one)
    .filter((need) => !kind.can.has(need))
    .map((need) => (kind.remedies?.[need] ? `${need}: it needs ${kind.remedies[need]}` : need))
    .join(", ");
}

function prepare(bench: CaseBench, one: Case): void {
  if (one.timers === "kernel") return;
  for (const dev of topologyOf(one).devices)
    for (const [name, value] of Object.entries(SHORT_TIMERS[familyOf(one)])) bench.param(name, value, dev);
}

function judge(
  dut: string,
  one: Case,
  checks: readonly Check[],
  expectations: readonly Expectation[],
): { status: Status; reason: string } {
  const failed = checks.filter((check) => !check.passed);
  if (failed.length === 0) return { status: "passed", reason: "" };
  const reasons = failed.map((check) => expectationFor(dut, one, check, expectations)?.reason);
  if (reasons.every((reason) => reason !== undefined)) return { status: "expected", reason: [...new Set(reasons)].join("; ") };
  const { name, expected, actual } = failed[reasons.indexOf(undefined)] as Check;
  return { status: "failed", reason: `${name}: expected ${expected || "nothing"}, got ${actual || "nothing"}` };
}

function expectationFor(dut: string, one: Case, check: Check, expectations: readonly Expectation[]): Expectation | undefined {
  return expectations.find(
    (each) => each.dut === dut && globMatches(each.case, one.id) && globMatches(each.check ?? "*", check.name),
  );
}

/** Returns the expectations whose cases ran and passed: their difference is gone, or never existed. */
export function staleExpectations(results: readonly CaseResult[], expectations: readonly Expectation[]): Expectation[] {
  return expectations.filter((each) => {
    const ran = results.filter(
      (result) => result.dut === each.dut && result.status !== "skipped" && globMatches(each.case, result.case.id),
    );
    return ran.length > 0 && ran.every((result) => result.status === "passed");
  });
}
