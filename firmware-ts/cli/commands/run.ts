/** Words of `whohas run`. */
import type { Command } from "commander";
import { parseCaptureSpec } from "../../board/capture/spec.ts";
import { parseListenPlace } from "../../board/rig/units.ts";
import type { Endpoint } from "../../ip/endpoint.ts";
import { PROFILE_NAMES } from "../../neigh/profile.ts";
import type { CommandContext } from "../contract/command.ts";
import { collect, duration, reading, seed, word } from "../contract/readers.ts";
import { specForms } from "../contract/spec-help.ts";
import type { RunOptions } from "../work/running.ts";

/** Loopback: whoever may connect may read. */
const DEFAULT_PLACE = "127.0.0.1:9610";

/** The options as commander reads them. */
interface RunWords extends Omit<RunOptions, "file" | "devices" | "addresses" | "metrics"> {
  device: string[];
  address: string[];
  metrics?: Endpoint<string> | true;
}

export function register(program: Command, { globals, action }: CommandContext): void {
  program
    .command("run")
    .argument("[rig]", "rig file, - for standard input; without it the built-in simulated bench")
    .description("bring up a rig and run its firmware until told to stop")
    .option("--name <instance>", "name for the other commands' -i", "default")
    .option("--device <spec>", "a device instead of the rig's, SPEC as below; repeatable", collect, [])
    .option("--address <cidr>", "address of the first device; repeatable, of each family one a device", collect, [])
    .option("--gateway <address>", "default route's next hop; a link-local one is on the first device")
    .option("--duration <time>", "stop after this long, e.g. 30s or 1h", duration)
    .option("--virtual-time", "simulated time: as fast as it goes", false)
    .option("--seed <number>", "of everything random", seed)
    .option("--profile <name>", `whose behaviour neighbours have: ${PROFILE_NAMES.join(", ")}`, word(PROFILE_NAMES))
    .option("--json", "an object a line", false)
    .option("--quiet", "only the ready line and the summary", false)
    .option("--no-app", "no telemetry, only the stack")
    .option(
      "--capture <file>",
      "all frames, as pcapng: - (standard output) or FILE[,size=10M][,every=1h][,keep=5]; size and every say when a new file begins",
      reading(parseCaptureSpec),
    )
    .option(
      "--metrics [place]",
      `figures for Prometheus by HTTP at /metrics of [ADDR:]PORT, ${DEFAULT_PLACE} without one; behind the rig file`,
      reading(parseListenPlace),
    )
    .option("--user <name>", "become this user, NAME or NAME:GROUP, before anything is opened")
    .addHelpText("after", specForms)
    .action(
      action(async (file: string | undefined, { device, address, json, metrics, ...options }: RunWords) => {
        const { run } = await import("../work/run.ts");
        const request = { ...options, devices: device, addresses: address, json: json || globals.json };
        const place = metrics === true ? parseListenPlace(DEFAULT_PLACE) : metrics;
        return run({ ...(place && { metrics: place }), ...(file === undefined ? {} : { file }), ...request });
      }),
    );
}
