/** `whohas check`: prints what a rig file would open, and opens nothing. */

import { readRigFile } from "../../board/read-rig.ts";
import { describeRig } from "../../board/rig-file.ts";
import { Exit } from "../contract/exit.ts";

export function check(file: string): number {
  for (const line of describeRig(readRigFile(file))) console.log(line);
  return Exit.DONE;
}
