/** Words of `whohas energy`. */
import { type Command, Option } from "commander";
import { parseMeterSpec } from "../../board/energy-meter-spec.ts";
import { parseVolts } from "../../board/rig/electric.ts";
import { STRATEGY_NAMES, type StrategyName } from "../../neigh/strategies/index.ts";
import type { CommandContext } from "../contract/command.ts";
import { reading, seed, span } from "../contract/readers.ts";
import type { EnergyOptions } from "../work/energy.ts";

export function register(program: Command, { globals, action }: CommandContext): void {
  program
    .command("energy")
    .argument("[rig]", "rig file, - for standard input; without it the built-in bench")
    .description("joules of a rig's node by cause, under several strategies, in virtual time")
    .addOption(
      new Option("--duration <time>", "simulated time of each strategy, e.g. 30d").argParser(span).default(86_400_000, "1d"),
    )
    .option("--strategies <names>", `some of ${STRATEGY_NAMES.join(",")}`, reading(strategies), STRATEGY_NAMES)
    .option("--svg <file>", "draws the comparison, too")
    .option("--measured <file>", "a meter's CSV file (Joulescope, Otii), held beside the model")
    .option("--volts <volts>", "supply of a measured file that has the current alone, e.g. 3.6V", reading(parseVolts))
    .option(
      "--meter <spec>",
      "a meter, read now and held beside the model: hwmon:NAME, ina219[@0x40][,shunt=0.1] or ina226… at the rig's board",
      reading(parseMeterSpec),
    )
    .addOption(new Option("--meter-time <time>", "how long it is read").argParser(span).default(10_000, "10s"))
    .option("--seed <number>", "of everything random; without it the rig's", seed)
    .option("-j, --json", "as JSON", false)
    .action(
      action(async (file: string | undefined, options: EnergyOptions) => {
        const { energy } = await import("../work/energy.ts");
        return energy(file, { ...options, json: options.json || globals.json, pretty: globals.pretty });
      }),
    );
}

function strategies(text: string): readonly StrategyName[] {
  const names = text.split(",").map((name) => {
    const found = STRATEGY_NAMES.find((known) => known === name);
    if (found === undefined) throw new Error(`${name || "nothing"} is no strategy; there are ${STRATEGY_NAMES.join(", ")}`);
    return found;
  });
  return [...new Set(names)];
}
