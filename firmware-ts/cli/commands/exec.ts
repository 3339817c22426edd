/** Words of `whohas exec`. */
import type { Command } from "commander";
import { PROFILE_NAMES } from "../../neigh/profile.ts";
import type { CommandContext } from "../contract/command.ts";
import { collect, seed, word } from "../contract/readers.ts";
import { specForms } from "../contract/spec-help.ts";
import type { ExecOptions } from "../work/exec.ts";

/** The options as commander reads them. */
interface ExecWords extends Omit<ExecOptions, "words" | "devices" | "addresses" | "servers" | "app"> {
  device: string[];
  address: string[];
  dns: string[];
}

export function register(program: Command, { action }: CommandContext): void {
  program
    .command("exec")
    .argument("[rig]", "rig file; without it the devices given, or the built-in simulated bench")
    .argument("[words...]", "node, its -r and --import, the program and its words")
    .usage("[options] [rig] -- node [-r MODULE] [--import MODULE] PROGRAM [WORDS]")
    .description("run a Node program whose dgram, net, dns and all that use them are bound to the rig's stack")
    .option("--name <instance>", "name for the other commands' -i", "default")
    .option("--device <spec>", "a device instead of the rig's, SPEC as below; repeatable", collect, [])
    .option("--address <cidr>", "address of the first device; repeatable, of each family one a device", collect, [])
    .option("--gateway <address>", "default route's next hop; a link-local one is on the first device")
    .option(
      "--dns <address>",
      "server of names, ADDR, ADDR:PORT or [ADDR6]:PORT; repeatable; default those of a DHCP lease",
      collect,
      [],
    )
    .option("--seed <number>", "of everything random", seed)
    .option("--profile <name>", `whose behaviour neighbours have: ${PROFILE_NAMES.join(", ")}`, word(PROFILE_NAMES))
    .option("--user <name>", "become this user, NAME or NAME:GROUP, before anything is opened")
    .option("--keep-rights", "the program has all rights of its user, not only those that the devices need", false)
    .addHelpText("after", specForms)
    .action(
      action(async (rig: string | undefined, words: string[], { device, address, dns, ...options }: ExecWords) => {
        const { exec } = await import("../work/exec.ts");
        const all = rig === undefined ? words : [rig, ...words];
        return exec({ ...options, words: all, app: false, devices: device, addresses: address, servers: dns });
      }),
    );
}
