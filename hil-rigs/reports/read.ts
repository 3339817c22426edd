/** Reads the record of a run that a report holds. */
import { readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import * as v from "valibot";
import { Refusal } from "../run/refusal.ts";
import { RECORD_VERSION, type RunRecord, RunRecordSchema } from "./record.ts";
import { RECORD_FILE } from "./write.ts";

/**
 * @param path of a report's folder, or of its record.json
 * @throws Refusal when there is no record, or it is none of ours
 */
export function readRecord(path: string): RunRecord {
  let text: string;
  try {
    text = readFileSync(statSync(path).isDirectory() ? join(path, RECORD_FILE) : path, "utf8");
  } catch (error) {
    throw new Refusal(`${path} has no record of a run (${(error as NodeJS.ErrnoException).code}); "run … --report DIR" makes one`);
  }
  let data: unknown;
  try {
    data = JSON.parse(text);
  } catch (error) {
    throw new Refusal(`${path}: ${(error as Error).message}`);
  }
  const { version } = (data ?? {}) as { version?: unknown };
  if (version !== RECORD_VERSION)
    throw new Refusal(
      `${path} is a record of version ${JSON.stringify(version) ?? "unknown"}; this program reads version ${RECORD_VERSION}`,
    );
  const { success, output, issues } = v.safeParse(RunRecordSchema, data);
  if (!success) throw new Refusal(`${path}: ${v.getDotPath(issues[0]) ?? "the record"}: ${issues[0].message}`);
  return output;
}
