/**
 * Programs in a namespace, one after the other, by one shell. Each of them alone takes four programs to start (own.ts, `ip netns exec`),
 * and a comparison of two tools has hundreds of lines.
 */
import type { Netns } from "./netns.ts";
import type { Ended } from "./own.ts";
import { ended } from "./whohas.ts";

/**
 * @param lines the program of each line, and its words; its standard input is empty
 * @param behind what the shell does behind a line without being heard, or ""
 * @returns for each line what the program printed, and its exit code
 */
export async function typedIn(
  netns: Netns,
  lines: readonly (readonly string[])[],
  behind: (words: readonly string[]) => string = () => "",
): Promise<Ended[]> {
  const script = lines.map(
    (words) => `${words.map(quoted).join(" ")} </dev/null; printf '\\0%d\\0' $?; printf '\\0' >&2\n${behind(words)}\n`,
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

const CHANGES = /^ip(?: -\S+)* (?:address (?:add|change|replace)|link set)/;

/**
 * Waits behind a line of `ip` that changes addresses or a link, as `typedIn` takes it: the kernel makes an IPv6 address its own, gives it
 * its local route and hears of a carrier on a thread of its own, which on a busy machine comes later than the next line. A device that
 * is down has none of them: half a second is waited for it.
 */
export function untilKernelHasDone(device: string): (words: readonly string[]) => string {
  const waits = `
for each in $(seq 50); do
  { ip -6 address show dev ${device} tentative; ip link show dev ${device}; } 2>/dev/null | grep -qE 'inet6|LOWERLAYERDOWN' ||
    [ $(ip -6 -o address show dev ${device} 2>/dev/null | wc -l) -gt \
      $(ip -6 route show table local type local dev ${device} 2>/dev/null | wc -l) ] || break
  sleep 0.01
done`;
  return (words) => (CHANGES.test(words.join(" ")) ? waits : "");
}

function quoted(word: string): string {
  return `'${word.replaceAll("'", "'\\''")}'`;
}
