/** Reads rig files from the disk. Loaded for a run that has one: YAML and the schema take time and memory. */
import { readText } from "./read-text.ts";
import type { Rig } from "./rig/rig.ts";
import { whyUnreadable } from "./rig/wording.ts";
import { parseRig } from "./rig-file.ts";

/** The file cannot be read. */
export class RigFileError extends Error {
  readonly code: "RIG_FILE" = "RIG_FILE";

  constructor(message: string) {
    super(message);
    this.name = "RigFileError";
  }
}

/** @throws RigFileError, RigError */
export function readRigFile(path: string): Rig {
  let text: string;
  try {
    text = readText(path);
  } catch (error) {
    throw new RigFileError(`cannot read the rig file ${path}: ${whyUnreadable(error)}`);
  }
  return parseRig(text, path);
}
