/**
 * Writes the evidence to files: DIR/DUT.json with every result, and for each failed case DIR/DUT/CASE/ with
 * `failure.txt`, `trace.txt` (everything in order), `frames.pcapng` (the DUT's frames inbound, the tester's outbound), `events.txt` and
 * `table.txt` (before and after).
 */
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Direction, pcapngHeader, pcapngPacket } from "../../firmware-ts/control/pcapng.ts";
import type { CaseResult } from "../run/runner.ts";

export function writeReport(directory: string, results: readonly CaseResult[]): void {
  mkdirSync(directory, { recursive: true });
  for (const dut of new Set(results.map((result) => result.dut))) {
    const own = results.filter((result) => result.dut === dut);
    // Files of the last run are no evidence of this one.
    rmSync(join(directory, dut), { recursive: true, force: true });
    writeFileSync(join(directory, `${dut}.json`), `${JSON.stringify(own.map(summary), null, 2)}\n`);
    for (const result of own) if (result.status === "failed" || result.status === "expected") writeEvidence(directory, result);
  }
}

function summary(result: CaseResult): object {
  const { case: one, status, reason, trace, took, again } = result;
  const { id, title, source } = one;
  const checks = (trace?.checks ?? []).map(({ name, passed, expected, actual }) =>
    passed ? { name, passed } : { name, passed, expected, actual },
  );
  return {
    id,
    title,
    source,
    status,
    ...(reason === "" ? {} : { reason }),
    ...(again === "" ? {} : { again }),
    took: Math.round(took),
    checks,
  };
}

function writeEvidence(directory: string, result: CaseResult): void {
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
  writeFileSync(join(folder, "frames.pcapng"), capture(result));
}

/** All frames on the wire, as a pcapng file. */
export function capture(result: CaseResult): Uint8Array {
  const { trace, epoch } = result;
  // A frame and the DUT's answer may have the same time. The sort keeps the order of the record then.
  const frames = [...(trace?.wire ?? [])].sort((a, b) => a.frame.time - b.frame.time);
  const packets = frames.map(({ frame, sent }) =>
    pcapngPacket(frame.port === "p0" ? 0 : 1, epoch + frame.time, frame.bytes, sent ? Direction.OUT : Direction.IN),
  );
  return Buffer.concat([pcapngHeader(["p0", "p1"]), ...packets]);
}
