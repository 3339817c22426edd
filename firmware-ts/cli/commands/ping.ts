/** Words of `whohas ping`. */
import { type Command, Option } from "commander";
import type { CommandContext } from "../contract/command.ts";
import { destination, iputilsInteger, seconds } from "../contract/readers.ts";

/** The largest payload that an IPv4 packet holds behind its header and ICMP's. */
const MAX_DATA = 65_507;
/** As iputils has it. */
const MAX_COUNT = 2n ** 63n - 1n;

interface Options {
  b?: boolean;
  c?: number;
  i: number;
  s: number;
  W: number;
}

export function register(program: Command, { globals, action }: CommandContext): void {
  program
    .command("ping")
    .argument("<destination>", "IPv4 address", destination)
    .description("echo requests, as iputils' ping")
    .option("-b", "allow a broadcast address")
    .option("-c <count>", "stop after so many", iputilsInteger("ping", 1, MAX_COUNT))
    .addOption(new Option("-i <seconds>", "between two requests").argParser(seconds).default(1000, "1"))
    .option("-s <bytes>", "data bytes", iputilsInteger("ping", 0, MAX_DATA), 56)
    .addOption(new Option("-W <seconds>", "wait so long for the last reply").argParser(seconds).default(10_000, "10"))
    .action(
      action(async (to: string, { b = false, c, i, s, W }: Options) => {
        const { ping } = await import("../work/ping.ts");
        return ping(globals, { to, broadcast: b, count: c, interval: i, size: s, timeout: W });
      }),
    );
}
