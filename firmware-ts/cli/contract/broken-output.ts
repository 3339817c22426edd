/** The end of a command that has nothing to put back, when its output cannot be written. */
import { closeSync, openSync } from "node:fs";
import { isatty } from "node:tty";
import { errnoWords } from "../../board/errno-words.ts";
import { Exit } from "./exit.ts";

/** Standard error has so long to take the last words, in ms. */
const LIMIT = 5000;

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

/**
 * Puts /dev/null in the place of terminals that are no longer there: Node aborts when it cannot give one its settings back (EIO), and
 * koffi complains of a descriptor that is closed.
 */
function leaveClosed(terminals: readonly number[]): void {
  for (const fd of terminals) {
    if (isatty(fd)) continue;
    closeSync(fd);
    // The lowest number that is free.
    openSync("/dev/null", "r+");
  }
}

function outputFailed(error: NodeJS.ErrnoException): void {
  process.exitCode = error.code === "EPIPE" ? Exit.SIGPIPE : Exit.NO;
  if (error.code !== "EPIPE") sayLast(`cannot write to standard output: ${errnoWords(error)}`);
  void afterErrors(() => process.exit());
}

function nothingToSay(): void {}

/** Node has pipes take what they can and the rest later, but waits for terminals, which ^S holds. */
interface NodeHandle {
  setBlocking?(blocking: boolean): unknown;
}

/** Prints on standard error without waiting for its reader; {@link endInTime} waits. */
export function sayLast(text: string): void {
  const { _handle: handle } = process.stderr as typeof process.stderr & { readonly _handle?: NodeHandle | null };
  handle?.setBlocking?.(false);
  console.error(text);
}

/**
 * For the end of a command: the process ends when standard error has taken everything, and after 5 s in any case. Standard output has
 * all the time that its reader takes.
 */
export function endInTime(): void {
  const { stdout, stderr } = process;
  if (stderr.writableLength > 0) void afterErrors(() => stdout.write("", () => process.exit()));
}

async function afterErrors(end: () => void): Promise<void> {
  const { SystemClock } = await import("../../../hal/clock.ts");
  const clock = new SystemClock();
  clock.timer(end).arm(LIMIT);
  process.stderr.write("", () => {
    clock.stop();
    end();
  });
}
