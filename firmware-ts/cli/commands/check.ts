/** Words of `whohas check`. */
import type { Command } from "commander";
import type { CommandContext } from "../contract/command.ts";

export function register(program: Command, { globals, action }: CommandContext): void {
  program
    .command("check")
    .argument("<rig>", "rig file, - for standard input")
    .description("check a rig file and print what would be opened, opening nothing")
    .option("-j, --json", "as JSON: what would be opened, or the problems with line and column", false)
    .action(
      action(async (file: string, { json }: { json: boolean }) => {
        const { check } = await import("../work/check.ts");
        return check(file, { json: json || globals.json, pretty: globals.pretty });
      }),
    );
}
