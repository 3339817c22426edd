/** Reads rig files from the disk or standard input. Loaded for a run that has one: YAML and the schema take time and memory. */

import { whyUnreadable } from "./errno-words.ts";
import { readStandardInput, readText } from "./read-text.ts";
import type { Rig } from "./rig/rig.ts";
import { type ParseOptions, parseRig } from "./rig-file.ts";

/** The path that stands for standard input. */
const STANDARD_INPUT = "-";

/** The file cannot be read. */
export class RigFileError extends Error {
  readonly code: "RIG_FILE" = "RIG_FILE";

  constructor(message: string) {
    super(message);
    this.name = "RigFileError";
  }
}

/**
 * @param path `-`: standard input
 * Rejects with RigFileError or RigError.
 */
export async function readRigFile(path: string, options: ParseOptions = {}): Promise<Rig> {
  const piped = path === STANDARD_INPUT;
  let text: string;
  try {
    text = piped ? await readStandardInput() : readText(path);
  } catch (error) {
    throw new RigFileError(`cannot read the rig ${piped ? "from standard input" : `file ${path}`}: ${whyUnreadable(error)}`);
  }
  return parseRig(text, piped ? "<stdin>" : path, options);
}
