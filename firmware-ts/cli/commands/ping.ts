/** Words of `whohas ping`. */
import { type Command, Option } from "commander";
import { parseIpv4 } from "../../ip/address.ts";
import { isIpv6 } from "../../ip/ip6-text.ts";
import type { CommandContext } from "../contract/command.ts";
import { CommandError } from "../contract/exit.ts";
import { collect, destination, iputilsInteger, seconds } from "../contract/readers.ts";

/** The largest payload that an IPv4 packet holds behind its header and ICMP's. */
const MAX_DATA = 65_507;
/** As iputils has it. */
const MAX_COUNT = 2n ** 63n - 1n;

interface Options {
  4?: boolean;
  6?: boolean;
  b?: boolean;
  c?: number;
  i: number;
  I: string[];
  s: number;
  W: number;
}

/** Refuses an address of another family than the one that is asked for, as iputils does. */
function checkFamily(to: string, four: boolean, six: boolean): void {
  if (four && six) throw new CommandError("ping: only one -4 or -6 option may be specified");
  if (to.includes(":") ? four : six) throw new CommandError(`ping: ${to}: Address family for hostname not supported`);
}

/** The choice of -I: of several words of a kind the last one holds. An address with a zone chooses that device as well. */
function chosen(words: readonly string[]): { dev: string | undefined; source: string | undefined } {
  let dev: string | undefined;
  let source: string | undefined;
  for (const word of words) {
    const [address = "", zone] = word.split("%");
    if (!word.includes(":") && parseIpv4(word) === null) dev = word;
    else if (parseIpv4(word) === null && !isIpv6(address)) throw new CommandError(`ping: invalid source address: ${word}`);
    else {
      source = address;
      dev = zone ?? dev;
    }
  }
  return { dev, source };
}

export function register(program: Command, { globals, action }: CommandContext): void {
  program
    .command("ping")
    .argument("<destination>", "address; one of IPv6 may name a device, fe80::1%eth0", destination)
    .description("echo requests, as iputils' ping")
    .option("-4", "an IPv4 address is meant")
    .option("-6", "an IPv6 address is meant")
    .option("-b", "allow a broadcast address")
    .option("-c <count>", "stop after so many", iputilsInteger("ping", 1, MAX_COUNT))
    .addOption(new Option("-i <seconds>", "between two requests").argParser(seconds).default(1000, "1"))
    .option("-I <device|address>", "the device, or the source address, of the requests; repeatable, one of each", collect, [])
    .option("-s <bytes>", "data bytes", iputilsInteger("ping", 0, MAX_DATA), 56)
    .addOption(new Option("-W <seconds>", "wait so long for the last reply").argParser(seconds).default(10_000, "10"))
    .action(
      action(async (to: string, { 4: four = false, 6: six = false, b = false, c, i, I, s, W }: Options) => {
        checkFamily(to, four || globals.family === "inet", six || globals.family === "inet6");
        const { ping } = await import("../work/ping.ts");
        return ping(globals, { to, broadcast: b, count: c, interval: i, size: s, timeout: W, ...chosen(I) });
      }),
    );
}
