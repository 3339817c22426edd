/** Words of `whohas capture`, which are tcpdump's. */
import type { Command } from "commander";
import { parseCaptureSpec } from "../../board/capture/spec.ts";
import { MAX_SNAPLEN } from "../../control/methods/capture.ts";
import { PcapFilter } from "../../control/pcap-filter/index.ts";
import { UNDERSTOOD } from "../../control/pcap-filter/words.ts";
import type { CommandContext } from "../contract/command.ts";
import { CommandError } from "../contract/exit.ts";
import { itemsHelp } from "../contract/help.ts";
import { count, integer, reading } from "../contract/readers.ts";
import type { CaptureOptions } from "../work/capture.ts";

/** The options as commander reads them. */
interface CaptureWords {
  i: string;
  w?: CaptureOptions["file"];
  c?: number;
  s: number;
}

export function register(program: Command, { globals, action }: CommandContext): void {
  program
    .command("capture")
    .argument("[filter...]", "frames that are meant, in words of pcap-filter(7), as below")
    .description("frames of a running instance, in and out, until told to stop")
    .option("-i <device>", "one device, or any", "any")
    .option(
      "-w <file>",
      "pcapng: - (standard output) or FILE[,size=10M][,every=1h][,keep=5]; without it a line for each frame",
      reading(parseCaptureSpec),
    )
    .option("-c <count>", "end after so many", count)
    .option("-s <bytes>", "of each frame at most; 0: all", integer(0, MAX_SNAPLEN), 0)
    .option("-n", "no names; there never are any")
    .option("-U", "write each frame at once, as it is done anyway")
    .option("-l", "print each line at once, as it is done anyway")
    .addHelpText("after", (context) => itemsHelp(context, `FILTER is made of: ${UNDERSTOOD}`, []))
    .action(
      action(async (words: string[], { i, w, c, s }: CaptureWords) => {
        const filter = words.join(" ");
        checkFilter(filter);
        const { capture } = await import("../work/capture.ts");
        return capture(globals, {
          filter,
          device: i === "any" ? undefined : i,
          file: w,
          count: c,
          snaplen: s === 0 ? MAX_SNAPLEN : s,
        });
      }),
    );
}

/** Wrong words need no instance. */
function checkFilter(filter: string): void {
  try {
    new PcapFilter(filter);
  } catch (error) {
    throw new CommandError(`whohas: ${(error as Error).message}`);
  }
}
