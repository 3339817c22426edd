/** The contract between `whohas` and one of its commands. */
import type { Command } from "commander";
import type { Globals } from "./globals.ts";

/** Everything that a command gets when it registers. */
export interface CommandContext {
  /** The flags before the object. */
  readonly globals: Globals;
  /**
   * Wraps the work of a command as an action of commander, which drops what an action returns: the exit status reaches the process. A
   * command without a status ends with 0.
   */
  action<Words extends unknown[]>(work: (...words: Words) => Promise<number>): (...words: Words) => Promise<void>;
}

/** The module of a command: it adds its name, help, options and action to the program, and loads its work when it runs. */
export interface CliCommand {
  register(program: Command, context: CommandContext): void;
}
