/** One `run` or `compare`: plays cases on devices, tells results as they come, ends early at SIGINT, and writes the report. */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { VERSION } from "../../../firmware-ts/cli/contract/version.ts";
import type { Case } from "../../contract/case.ts";
import type { DutKind } from "../../contract/dut.ts";
import { readRecord } from "../../reports/read.ts";
import { RECORD_FILE, writeReport } from "../../reports/write.ts";
import { EXPECTATIONS } from "../../run/expectations.ts";
import { Refusal } from "../../run/refusal.ts";
import { type CaseResult, runCases, staleExpectations } from "../../run/runner.ts";
import { Progress } from "./progress.ts";

export interface RunFlags {
  report?: string;
  rerunFailed: boolean;
  jobs?: number;
  seed: number;
  verbose: boolean;
}

export class Session {
  readonly #flags: RunFlags;
  readonly #kinds: readonly DutKind[];
  readonly #cases: readonly Case[];
  readonly #started: number = Date.now();
  readonly #stop: AbortController = new AbortController();
  readonly #results: CaseResult[] = [];

  /** @param cases all that were asked for; with `--rerun-failed` those of them that failed in the report that is there */
  constructor(kinds: readonly DutKind[], cases: readonly Case[], flags: RunFlags) {
    this.#kinds = kinds;
    this.#flags = flags;
    this.#cases = flags.rerunFailed ? failedBefore(cases, flags.report) : cases;
    // The second SIGINT ends the process: whoever insists does not wait for the cases that are running.
    process.once("SIGINT", () => this.#stop.abort());
  }

  get interrupted(): boolean {
    return this.#stop.signal.aborted;
  }

  /** @param quiet results are not told as they come */
  async play(kind: DutKind, quiet = false): Promise<CaseResult[]> {
    const began = performance.now();
    const { jobs, seed, verbose } = this.#flags;
    const progress = new Progress(kind.name, this.#cases.length);
    const results = await runCases(kind, this.#cases, {
      ...(jobs === undefined ? {} : { jobs }),
      seed,
      expectations: EXPECTATIONS,
      signal: this.#stop.signal,
      onResult: (result) => {
        const lines = quiet ? [] : linesOf(result, verbose);
        if (lines.length > 0) progress.clear();
        for (const line of lines) console.log(line);
        progress.step(result.status === "failed");
      },
    });
    progress.clear();
    this.#results.push(...results);
    this.#summarise(kind, results, performance.now() - began);
    return results;
  }

  /** Writes the report, if one was asked for. */
  report(): void {
    const { report, seed } = this.#flags;
    if (report === undefined) return;
    writeReport(report, this.#results, {
      tool: `whohas-rig ${VERSION}`,
      words: process.argv.slice(2),
      started: this.#started,
      took: Date.now() - this.#started,
      seed,
      interrupted: this.interrupted,
      kinds: this.#kinds,
    });
    console.log(`report: ${join(report, "report.html")}`);
  }

  #summarise(kind: DutKind, results: readonly CaseResult[], took: number): void {
    const count = (status: string): number => results.filter((result) => result.status === status).length;
    const checks = results.flatMap((result) => result.trace?.checks ?? []);
    const failed = checks.filter((check) => !check.passed).length;
    const [passed, no, expected, skipped] = ["passed", "failed", "expected", "skipped"].map(count);
    const left = this.#cases.length - results.length;
    const cases = `${passed} passed, ${no} failed, ${expected} as expected, ${skipped} skipped${left > 0 ? `, ${left} not played` : ""}`;
    console.log(`${kind.name}: ${cases}; ${checks.length} checks, ${failed} not ok; ${(took / 1000).toFixed(1)} s`);
    for (const { case: id, reason } of staleExpectations(results, EXPECTATIONS)) {
      console.log(`stale: ${id} passes on ${kind.name}, yet is expected not to: ${reason}`);
    }
  }
}

/** The lines that a result is worth. */
export function linesOf({ case: one, status, reason, took, again }: CaseResult, verbose: boolean): string[] {
  const lines: string[] = [];
  if (again !== "" && status === "passed") lines.push(`unsteady ${one.id} passed alone, but with others beside it: ${again}`);
  if (status !== "passed" || verbose)
    lines.push(`${status.padEnd(8)} ${one.id} ${reason === "" ? one.title : reason} (${Math.round(took)} ms)`);
  return lines;
}

function failedBefore(cases: readonly Case[], report: string | undefined): Case[] {
  if (report === undefined)
    throw new Refusal("--rerun-failed needs --report DIR, the folder of the run whose failed cases it plays");
  if (!existsSync(join(report, RECORD_FILE))) throw new Refusal(`--rerun-failed: there is no ${RECORD_FILE} in ${report} yet`);
  const failed = new Set(
    readRecord(report).cases.flatMap(({ id, results }) => (results.some(({ status }) => status === "failed") ? [id] : [])),
  );
  const again = cases.filter(({ id }) => failed.has(id));
  if (again.length === 0) throw new Refusal(`--rerun-failed: none of these cases failed in ${report}`);
  return again;
}
