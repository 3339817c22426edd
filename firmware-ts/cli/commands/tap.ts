/** Words of `whohas tap`. */
import type { Command } from "commander";
import type { CommandContext } from "../contract/command.ts";
import { textOnly } from "../contract/globals.ts";
import { collect, iface, seed } from "../contract/readers.ts";
import { specForms } from "../contract/spec-help.ts";

export function register(program: Command, { globals, action }: CommandContext): void {
  program
    .command("tap")
    .argument("[rig]", "rig file; without it the built-in simulated bench")
    .description("the board's first controller as an interface of this machine: the kernel's stack over our driver")
    .option("--name <interface>", "what it is called", iface, "whohas0")
    .option("--device <spec>", "a device instead of the rig's, SPEC as below", collect, [])
    .option("--seed <number>", "of everything random", seed)
    .addHelpText("after", specForms)
    .action(
      action(async (file: string | undefined, given: { name: string; device: string[]; seed?: number }) => {
        textOnly(globals, "tap");
        const { tap } = await import("../work/tap.ts");
        const { device, ...options } = given;
        return tap({ ...options, devices: device, addresses: [], app: false, ...(file === undefined ? {} : { file }) });
      }),
    );
}
