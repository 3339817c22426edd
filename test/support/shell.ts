/**
 * Programs in a namespace, one after the other, by one shell. Each of them alone takes four programs to start (own.ts, `ip netns exec`),
 * and a comparison of two tools has hundreds of lines.
 */
import type { Netns } from "./netns.ts";
import type { Ended } from "./own.ts";
import { ended } from "./whohas.ts";

/**
 * @param lines the program of each line, and its words; its standard input is empty
 * @param settled shell text that waits, after a line for which it is given, until the kernel has done what it does later
 * @returns for each line what the program printed, and its exit code
 */
export async function typedIn(
  netns: Netns,
  lines: readonly (readonly string[])[],
  settled: (words: readonly string[]) => string = () => "",
): Promise<Ended[]> {
  const script = lines.map(
    (words) => `${words.map(quoted).join(" ")} </dev/null; printf '\\0%d\\0' $?; printf '\\0' >&2\n${settled(words)}\n`,
  );
  const shell = netns.spawn("sh", ["-s"], { stdio: ["pipe", "pipe", "pipe"] });
  shell.stdin?.end(script.join(""));
  const { stdout, stderr } = await ended(shell);
  const printed = stdout.split("\0");
  const complaints = stderr.split("\0");
  if (complaints.length !== lines.length + 1) throw new Error(`the shell ended before its last line: ${complaints.at(-1)}`);
  return lines.map((_, at) => ({
    stdout: printed[at * 2] ?? "",
    stderr: complaints[at] ?? "",
    code: Number(printed[at * 2 + 1]),
  }));
}

function quoted(word: string): string {
  return `'${word.replaceAll("'", "'\\''")}'`;
}
