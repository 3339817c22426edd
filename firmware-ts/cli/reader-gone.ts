/**
 * Ends the process when the reader of its output is gone (`whohas run | head`). Import it for its effect: once in a process, however many
 * commands that runs.
 */

/** Status of a program that SIGPIPE ended, as a shell sees it. */
const NO_READER = 141;

process.stdout.once("error", (error: NodeJS.ErrnoException) => {
  if (error.code !== "EPIPE") throw error;
  // Each line that follows fails too.
  process.stdout.on("error", () => {});
  // SIGTERM brings a running instance down in order.
  if (process.listenerCount("SIGTERM") === 0) process.exit(NO_READER);
  process.kill(process.pid, "SIGTERM");
});
