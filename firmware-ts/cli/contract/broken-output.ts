/** The end of a command that has nothing to put back, when its output cannot be written. */
import { closeSync } from "node:fs";
import { isatty } from "node:tty";
import { errnoWords } from "../../board/errno-words.ts";
import { Exit } from "./exit.ts";

/**
 * Ends the process when standard output fails: as SIGPIPE ends others when nobody reads any more, and with a line that says why
 * otherwise. Standard error fails in silence.
 */
export function endWithOutput(): void {
  const { stdout, stderr } = process;
  // Commands may be run one after the other in one process.
  if (stdout.listeners("error").includes(outputFailed)) return;
  stdout.on("error", outputFailed);
  stderr.on("error", nothingToSay);
  const terminals = [0, 1, 2].filter((fd) => isatty(fd));
  process.on("exit", () => leaveClosed(terminals));
}

/** Closes terminals that are no longer there: Node aborts when it cannot give one its settings back (EIO), but not for a closed one. */
function leaveClosed(terminals: readonly number[]): void {
  for (const fd of terminals) if (!isatty(fd)) closeSync(fd);
}

function outputFailed(error: NodeJS.ErrnoException): void {
  if (error.code === "EPIPE") process.exit(Exit.SIGPIPE);
  console.error(`cannot write to standard output: ${errnoWords(error)}`);
  process.exit(Exit.NO);
}

function nothingToSay(): void {}
