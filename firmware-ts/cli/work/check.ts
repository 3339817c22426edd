/** `whohas check`: prints what a rig file would open, and opens nothing. */

import { readRigFile } from "../../board/read-rig.ts";
import type { Rig } from "../../board/rig/rig.ts";
import { describeRig, RigError } from "../../board/rig-file.ts";
import { Exit } from "../contract/exit.ts";
import { printable, printableJson } from "./printable.ts";

export interface CheckOptions {
  /** One object instead of lines: `{ file, rig, opens, problems }`. */
  readonly json: boolean;
  /** JSON on several lines. */
  readonly pretty: boolean;
}

/** Prints the rig's parts. With `json` problems go to standard output, too. Rejects with RigFileError; without `json` with RigError. */
export async function check(file: string, { json, pretty }: CheckOptions): Promise<number> {
  const reading = readRigFile(file, { firmware: true });
  if (!json) {
    for (const line of describeRig(await reading)) console.log(printable(line));
    return Exit.DONE;
  }
  const found = await reading.catch((error: unknown) => {
    if (error instanceof RigError) return error;
    throw error;
  });
  console.log(printableJson(found instanceof RigError ? refused(file, found) : accepted(file, found), pretty));
  return found instanceof RigError ? Exit.WORDS : Exit.DONE;
}

function accepted(file: string, rig: Rig): object {
  return { file, rig: rig.name, opens: describeRig(rig), problems: [] };
}

function refused(file: string, { problems }: RigError): object {
  return {
    file,
    problems: problems.map(({ line, column, path, message, code }) => ({ line, column, path, message, code })),
  };
}
