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
 * @param onInput gets the text of standard input, which cannot be read twice
 * Rejects with RigFileError or RigError.
 */
export async function readRigFile(path: string, options: ParseOptions = {}, onInput?: (text: string) => void): Promise<Rig> {
  const piped = path === STANDARD_INPUT;
  let text: string;
  try {
    text = piped ? await readStandardInput() : readText(path);
  } catch (error) {
    throw new RigFileError(`cannot read the rig ${piped ? "from standard input" : `file ${path}`}: ${whyUnreadable(error)}`);
  }
  if (piped) onInput?.(text);
  return parseRig(text, piped ? "<stdin>" : path, options);
}
