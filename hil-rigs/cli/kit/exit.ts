/** Exit codes of `whohas-rig`, and the type of its commands. */
import type { Command } from "commander";

/** `NO`: something failed or differed. `WORDS`: wrong words, or a device that is missing here. `INTERRUPTED`: as a shell tells SIGINT. */
export const Exit = { DONE: 0, NO: 1, WORDS: 2, INTERRUPTED: 130 } as const;

/** Adds a command to the program. The command calls `end` with an exit code other than DONE. */
export type AddCommand = (program: Command, end: (code: number) => void) => void;
