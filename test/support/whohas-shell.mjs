/**
 * Run as a process of its own by whohas.ts: one line of JSON in, the words of a `whohas` command; one line out, what it printed and how
 * it ended. Each command is main.ts evaluated anew, so that what is tested is the command and not something like it; the module of it
 * that is to be evaluated stands on the command line. JavaScript, so that with a compiled one no translator is started.
 */
import { createInterface } from "node:readline";
import { format } from "node:util";

const answer = console.log;
const argv = process.argv.slice(0, 2);
const main = process.argv[2];
let count = 0;

// Each command listens for the end of its output, as if it were the only one.
for (const emitter of [process, process.stdout, process.stderr]) emitter.setMaxListeners(0);

for await (const line of createInterface({ input: process.stdin })) {
  const result = { stdout: "", stderr: "", code: null };
  console.log = (...values) => {
    result.stdout += `${format(...values)}\n`;
  };
  console.error = (...values) => {
    result.stderr += `${format(...values)}\n`;
  };
  // Help and version are written by commander itself.
  const { write } = process.stdout;
  process.stdout.write = (text) => {
    result.stdout += String(text);
    return true;
  };
  process.exitCode = 0;
  process.argv = [...argv, ...JSON.parse(line)];
  try {
    await import(`${main}?command=${count++}`);
    result.code = process.exitCode;
  } catch (error) {
    result.stderr += String(error);
  }
  process.stdout.write = write;
  process.exitCode = 0;
  answer(JSON.stringify(result));
}
