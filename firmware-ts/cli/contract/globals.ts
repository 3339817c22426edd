/** The flags before the object: ours, and those of `ip`. */
import { applyFlag, ipOptions } from "../../control/iproute/options.ts";
import { IpError, type IpOptions } from "../../control/iproute/words.ts";
import { CommandError } from "./exit.ts";

export interface Globals extends IpOptions {
  instance: string;
}

/** Flags that are commands of their own. */
const ASKING: readonly string[] = ["--help", "-h", "--version", "-V"];

/** Splits the command line into the flags before the object, the object, and its words. */
export function parseGlobals(args: readonly string[]): { globals: Globals; rest: string[] } {
  const globals: Globals = { instance: "default", ...ipOptions() };
  let at = 0;
  for (let arg = args[0]; arg?.startsWith("-") && !ASKING.includes(arg); arg = args[++at]) {
    if (arg === "-i" || arg === "--instance") globals.instance = value(args, ++at, arg);
    else if (apply(globals, arg, args[at + 1])) at++;
  }
  return { globals, rest: args.slice(at) };
}

/** @throws CommandError for -j before a command that has no JSON to print */
export function textOnly({ json }: Globals, command: string): void {
  if (json) throw new CommandError(`whohas: ${command} has no JSON; leave -j out`);
}

/** Returns whether the flag had a value. */
function apply(globals: Globals, flag: string, value: string | undefined): boolean {
  try {
    return applyFlag(globals, flag, value);
  } catch (error) {
    if (!(error instanceof IpError)) throw error;
    throw new CommandError(error.message.replace('"ip -help"', '"whohas --help"'), error.exit);
  }
}

function value(args: readonly string[], at: number, flag: string): string {
  const found = args[at];
  if (found === undefined) throw new CommandError(`${flag} needs a value; say e.g. ${flag} default`);
  return found;
}
