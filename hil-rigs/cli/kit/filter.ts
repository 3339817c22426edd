/** The option that chooses cases. */
import { type Command, Option } from "commander";
import { collect } from "./named.ts";

/** `case` is the older name of `filter`. */
export interface FilterFlags {
  filter: string[];
  case: string[];
}

export function withFilter(command: Command): Command {
  return command
    .option("--filter <glob>", "only cases whose id matches, * for anything; repeatable", collect, [])
    .addOption(new Option("--case <glob>").argParser(collect).default([]).hideHelp());
}

export function globsOf(flags: FilterFlags): string[] {
  return [...flags.filter, ...flags.case];
}
