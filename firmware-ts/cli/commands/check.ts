/** Words of `whohas check`. */
import type { Command } from "commander";
import type { CommandContext } from "../contract/command.ts";

export function register(program: Command, { action }: CommandContext): void {
  program
    .command("check")
    .argument("<rig>", "rig file")
    .description("check a rig file and print what would be opened, opening nothing")
    .action(action(async (file: string) => (await import("../work/check.ts")).check(file)));
}
