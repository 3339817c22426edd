/** Words of `whohas ping`. */
import { type Command, Option } from "commander";
import type { CommandContext } from "../contract/command.ts";
import { count, destination, integer, seconds } from "../contract/readers.ts";

/** The largest payload that an IPv4 packet holds behind its header and ICMP's. */
const MAX_DATA = 65_507;

export function register(program: Command, { globals, action }: CommandContext): void {
  program
    .command("ping")
    .argument("<destination>", "IPv4 address", destination)
    .description("echo requests, as iputils' ping")
    .option("-c <count>", "stop after so many", count)
    .addOption(new Option("-i <seconds>", "between two requests").argParser(seconds).default(1000, "1"))
    .option("-s <bytes>", "data bytes", integer(0, MAX_DATA), 56)
    .addOption(new Option("-W <seconds>", "wait so long for the last reply").argParser(seconds).default(10_000, "10"))
    .action(
      action(async (to: string, { c, i, s, W }: { c?: number; i: number; s: number; W: number }) => {
        const { ping } = await import("../work/ping.ts");
        return ping(globals, { to, count: c, interval: i, size: s, timeout: W });
      }),
    );
}
