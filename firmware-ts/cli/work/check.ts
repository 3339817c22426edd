/** `whohas check`: prints what a rig file would open, and opens nothing. */

import { readRigFile } from "../../board/read-rig.ts";
import { describeRig } from "../../board/rig-file.ts";
import { Exit } from "../contract/exit.ts";
import { printable } from "./printable.ts";

export function check(file: string): number {
  for (const line of describeRig(readRigFile(file))) console.log(printable(line));
  return Exit.DONE;
}
