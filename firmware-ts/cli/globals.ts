/** The flags before the object, as `ip` has them. */
import { CommandError, Exit } from "./exit.ts";

export interface Globals {
  instance: string;
  json: boolean;
  pretty: boolean;
  /** How often -s was given. */
  statistics: number;
  details: boolean;
  oneline: boolean;
}

/** Splits the command line into the flags before the object, the object, and its words. */
export function parseGlobals(args: readonly string[]): { globals: Globals; rest: string[] } {
  const globals: Globals = { instance: "default", json: false, pretty: false, statistics: 0, details: false, oneline: false };
  let at = 0;
  for (; at < args.length; at++) {
    const arg = args[at] as string;
    if (!arg.startsWith("-") || arg === "--help" || arg === "-h" || arg === "--version" || arg === "-V") break;
    const flag = arg.replace(/^--?/, "");
    if (flag === "i" || flag === "instance") globals.instance = value(args, ++at, arg);
    else if (flag === "4") continue;
    else if (flag === "6") throw new CommandError("IPv6 is not there yet", Exit.IP_WORDS);
    else if (flag === "j" || flag === "json") globals.json = true;
    else if (flag === "p" || flag === "pretty") globals.pretty = true;
    else if (flag === "s" || flag === "stats" || flag === "statistics") globals.statistics++;
    else if (flag === "d" || flag === "details") globals.details = true;
    else if (flag === "o" || flag === "oneline") globals.oneline = true;
    else throw new CommandError(`Option "${arg}" is unknown, try "whohas --help".`, Exit.IP_WORDS);
  }
  return { globals, rest: args.slice(at) };
}

function value(args: readonly string[], at: number, flag: string): string {
  const found = args[at];
  if (found === undefined) throw new CommandError(`${flag} needs a value; say e.g. ${flag} default`);
  return found;
}
