/** What the `ip`-shaped commands share: abbreviations, arguments, JSON. */
import { CommandError, Exit } from "./exit.ts";
import type { Globals } from "./globals.ts";

/** `word` is an abbreviation of `full`, as `ip` takes them. */
export function isPrefix(word: string, full: string): boolean {
  return word !== "" && full.startsWith(word);
}

/** The next word, which a key word needs. */
export function take(words: string[]): string {
  const word = words.shift();
  if (word === undefined) throw new CommandError('Command line is not complete. Try option "help"', Exit.IP_WORDS);
  return word;
}

export function printJson(value: unknown, globals: Globals): void {
  console.log(globals.pretty ? JSON.stringify(value, null, 4) : JSON.stringify(value));
}

/** The words of a `show [dev DEV]`; anything else is refused. */
export function showDevice(object: string, words: readonly string[]): { dev?: string } {
  const [command = "show", ...rest] = words;
  if (!(isPrefix(command, "show") || isPrefix(command, "list") || command === "lst")) {
    throw new CommandError(`Command "${command}" is unknown, try "whohas ${object} help".`, Exit.IP_WORDS);
  }
  const keyword = rest[0] === "dev";
  if (keyword) rest.shift();
  const dev = keyword ? take(rest) : rest.shift();
  // A bare word is a device to `link` and `address`, and a prefix to `route`, which has no such filter yet.
  if (object === "route" && dev !== undefined && !keyword) {
    throw new CommandError(`"${dev}" is unknown here; route has show [ dev DEV ]`, Exit.IP_WORDS);
  }
  const [extra] = rest;
  if (extra !== undefined) throw new CommandError(`Error: either "dev" is duplicate, or "${extra}" is a garbage.`, Exit.IP_WORDS);
  return dev === undefined ? {} : { dev };
}
