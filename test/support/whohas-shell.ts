/**
 * Run as a process of its own by whohas.ts: one line of JSON in, the words of a `whohas` command; one line out, what it printed and how
 * it ended. Each command is main.ts evaluated anew, so that what is tested is the command and not something like it.
 */
import { createInterface } from "node:readline";
import { format } from "node:util";

const answer = console.log;
const argv = process.argv.slice(0, 2);
let count = 0;

for await (const line of createInterface({ input: process.stdin })) {
  const result = { stdout: "", stderr: "", code: null as number | string | null | undefined };
  console.log = (...values: unknown[]) => {
    result.stdout += `${format(...values)}\n`;
  };
  console.error = (...values: unknown[]) => {
    result.stderr += `${format(...values)}\n`;
  };
  // Help and version are written by commander itself.
  const { write } = process.stdout;
  process.stdout.write = (text: string | Uint8Array) => {
    result.stdout += String(text);
    return true;
  };
  process.exitCode = 0;
  process.argv = [...argv, ...(JSON.parse(line) as string[])];
  try {
    await import(`../../firmware-ts/cli/main.ts?command=${count++}`);
    result.code = process.exitCode;
  } catch (error) {
    result.stderr += String(error);
  }
  process.stdout.write = write;
  process.exitCode = 0;
  answer(JSON.stringify(result));
}
