/** Words of `whohas instances`. */
import type { Command } from "commander";
import type { CommandContext } from "../contract/command.ts";

export function register(program: Command, { globals, action }: CommandContext): void {
  program
    .command("instances")
    .description("list the running instances, with their process and their socket")
    .option("-j, --json", "as JSON", false)
    .action(
      action(async ({ json }: { json: boolean }) => {
        const { instances } = await import("../work/instances.ts");
        return instances({ json: json || globals.json, pretty: globals.pretty });
      }),
    );
}
