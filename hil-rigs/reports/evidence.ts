/**
 * The evidence of a case in DIR/DEVICE/CASE/: `failure.txt`, `trace.txt` (everything in order), `frames.pcapng` (the DUT's frames inbound,
 * the tester's outbound), `events.txt` and `table.txt` (before and after).
 */
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { CaseResult } from "../run/runner.ts";
import { capture } from "./captures.ts";

export function writeEvidence(directory: string, result: CaseResult): void {
  const { trace } = result;
  if (!trace) return;
  // Slashes in a case's id make folders, as intended.
  const folder = join(directory, result.dut, result.case.id.replace(/[^\w./-]/g, "_"));
  mkdirSync(folder, { recursive: true });
  const write = (name: string, text: string): void => writeFileSync(join(folder, name), text);
  const failed = trace.checks.filter((check) => !check.passed);
  const lines = failed.map(({ name, expected, actual }) => `${name}\n  expected ${expected}\n  got      ${actual}`);
  write("failure.txt", `${result.case.id} on ${result.dut}: ${result.case.title}\n\n${lines.join("\n")}\n`);
  write("trace.txt", `${trace.lines().join("\n")}\n`);
  write("table.txt", `before\n${result.before}\nafter\n${result.after}`);
  const events = trace.steps.filter((step) => step.kind === "event").map((step) => `${step.text}\n`);
  write("events.txt", events.join(""));
  writeFileSync(join(folder, "frames.pcapng"), capture([result]));
}
