#!/usr/bin/env node
/** The `whohas` command: flags as `ip` has them, then the object, then its words. What an object needs is loaded when it is named. */
import { systemErrorWords } from "../board/errno-words.ts";
import { COMMANDS } from "./commands/index.ts";
import { endInTime, endWithOutput, sayLast } from "./contract/broken-output.ts";
import { CommandError, Exit } from "./contract/exit.ts";
import { parseGlobals } from "./contract/globals.ts";
import { VERSION } from "./contract/version.ts";
import { printableError, printableLines } from "./work/printable.ts";

async function main(args: readonly string[]): Promise<number> {
  const { globals, rest } = parseGlobals(args);
  const [object = "", ...words] = askedAbout(rest);
  if (object === "--version" || object === "-V") {
    console.log(VERSION);
    return Exit.DONE;
  }
  if (Object.hasOwn(COMMANDS, object)) {
    const { Program } = await import("./program.ts");
    return (await Program.load(globals, [object])).run([object, ...words]);
  }
  const needsHelp = object === "" || object === "help" || object.startsWith("-");
  if (!needsHelp) {
    const { ipCommand } = await import("./work/ip.ts");
    const command = ipCommand(globals, object, words);
    if (command) return command();
    throw new CommandError(`Object "${object}" is unknown, try "whohas help".`);
  }
  const { Program } = await import("./program.ts");
  const program = await Program.all(globals);
  if (object === "") throw new CommandError(program.help);
  if (object !== "help") return program.run([object, ...words]);
  program.printHelp();
  return Exit.DONE;
}

/** `help run` asks what `run --help` asks. */
function askedAbout(words: readonly string[]): readonly string[] {
  const [first, ...about] = words;
  return first === "help" && about.length > 0 ? [...about, "--help"] : words;
}

/** Prints one line for people, and returns the exit status. */
function explain(error: unknown): number {
  if (error instanceof CommandError) {
    sayLast(printableLines(error.message));
    return error.exitCode;
  }
  const system = systemErrorWords(error);
  if (system !== undefined) {
    console.error(printableLines(`whohas: ${system}`));
    return Exit.NO;
  }
  const { code, message } = error as { code?: unknown; message?: unknown };
  if (typeof code === "string" && typeof message === "string") {
    sayLast(printableLines(message.startsWith("whohas") ? message : `whohas: ${message}`));
    return /^(RIG_|SPEC_|UNIT_|IPV6_|INSTANCE_NAME|INVALID_PARAMS)/.test(code) ? Exit.WORDS : Exit.NO;
  }
  sayLast(printableError(error));
  return Exit.NO;
}

endWithOutput();
process.exitCode = await main(process.argv.slice(2)).catch(explain);
endInTime();
