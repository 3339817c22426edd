/** Words of `whohas sim`. */
import { type Command, Option } from "commander";
import { MOST_HOSTS } from "../../board/field.ts";
import { PROFILE_NAMES } from "../../neigh/profile.ts";
import type { CommandContext } from "../contract/command.ts";
import { integer, seed, span, word } from "../contract/readers.ts";
import type { SimOptions } from "../work/sim.ts";

export function register(program: Command, { globals, action }: CommandContext): void {
  program
    .command("sim")
    .description("a field of telemetry nodes and their gateway on a simulated switch, in virtual time")
    .option("--hosts <number>", `telemetry nodes, 1 to ${MOST_HOSTS}`, integer(1, MOST_HOSTS), 1000)
    .addOption(time("--duration <time>", "simulated time, e.g. 30s or 24h").default(3_600_000, "1h"))
    .addOption(time("--interval <time>", "between two readings of a node").default(10_000, "10s"))
    .option("--seed <number>", "of everything random", seed, 1)
    .option("--profile <name>", `whose behaviour neighbours have: ${PROFILE_NAMES.join(", ")}`, word(PROFILE_NAMES), "linux")
    .option("--static-gateway", "every node has a static entry for the gateway", false)
    .option("-j, --json", "as JSON", false)
    .action(
      action(async (options: SimOptions) => {
        const { sim } = await import("../work/sim.ts");
        return sim({ ...options, json: options.json || globals.json, pretty: globals.pretty });
      }),
    );
}

function time(flags: string, description: string): Option {
  return new Option(flags, description).argParser(span);
}
