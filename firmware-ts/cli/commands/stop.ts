/** Words of `whohas stop`. */
import type { Command } from "commander";
import type { CommandContext } from "../contract/command.ts";
import { textOnly } from "../contract/globals.ts";

export function register(program: Command, { globals, action }: CommandContext): void {
  program
    .command("stop")
    .argument("<name>", "instance")
    .description("end a running instance as SIGTERM does, and wait until it has ended")
    .action(
      action(async (name: string) => {
        textOnly(globals, "stop");
        return (await import("../work/stop.ts")).stop(name);
      }),
    );
}
