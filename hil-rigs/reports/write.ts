/**
 * Writes a run's report to a folder:
 *
 *     report.html        what passed where, and the ladder of each case; one file, for any browser
 *     record.json        all of it as data (record.ts)
 *     results.tap        a line for each case
 *     junit.xml          for CI servers
 *     DEVICE.pcapng      every frame; comments tell cases and changes of the neighbour table
 *     DEVICE/CASE/       the evidence of a case that failed (evidence.ts)
 */
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { CaseResult } from "../run/runner.ts";
import { capture } from "./captures.ts";
import { writeEvidence } from "./evidence.ts";
import { junit } from "./junit.ts";
import { makeRecord, type RunFacts } from "./make-record.ts";
import { page } from "./page.ts";
import { tap } from "./tap.ts";

export const RECORD_FILE = "record.json";

/** @param results of all devices of the run */
export function writeReport(directory: string, results: readonly CaseResult[], facts: RunFacts): void {
  mkdirSync(directory, { recursive: true });
  const record = makeRecord(results, facts);
  writeFileSync(join(directory, RECORD_FILE), `${JSON.stringify(record)}\n`);
  writeFileSync(join(directory, "report.html"), page(record));
  writeFileSync(join(directory, "results.tap"), tap(record));
  writeFileSync(join(directory, "junit.xml"), junit(record));
  for (const { name } of facts.kinds) {
    const own = results.filter(({ dut }) => dut === name);
    writeFileSync(join(directory, `${name}.pcapng`), capture(own));
    // Files of the last run are no evidence of this one.
    rmSync(join(directory, name), { recursive: true, force: true });
    for (const result of own) if (result.status === "failed" || result.status === "expected") writeEvidence(directory, result);
  }
}
