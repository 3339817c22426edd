/** Words of `whohas udp send` and `whohas udp listen`. */
import { type Command, Option } from "commander";
import type { CommandContext } from "../contract/command.ts";
import { count, duration, endpoint } from "../contract/readers.ts";
import type { UdpListenOptions, UdpSendOptions } from "../work/udp.ts";

export function register(program: Command, { globals, action }: CommandContext): void {
  const udp = program.command("udp").description("datagrams from and to a running instance");
  udp
    .command("send")
    .argument("<destination>", "ADDR:PORT", endpoint)
    .argument("[text]", "payload", "")
    .description("send datagrams; one line each: sent, queued, or failed and why")
    .option("--from <address>", "source ADDR[:PORT]")
    .option("--count <number>", "how many", count, 1)
    .addOption(new Option("--interval <time>", "between two of them").argParser(duration).default(1000, "1s"))
    .option("--confirm", "the next hop is known to be alive (MSG_CONFIRM)", false)
    .action(
      action(async (to: string, text: string, options: Omit<UdpSendOptions, "to" | "text">) => {
        const { udpSend } = await import("../work/udp.ts");
        return udpSend(globals, { ...options, to, text });
      }),
    );
  udp
    .command("listen")
    .argument("<port>", "[ADDR:]PORT; ADDR may be a group, which is joined meanwhile")
    .description("print datagrams as they come: ADDR:PORT LENGTH TEXT")
    .option("--dev <device>", "by which a group is heard; default that by which datagrams to it go")
    .option("--count <number>", "end after so many", count)
    .action(
      action(async (bind: string, options: Omit<UdpListenOptions, "bind">) => {
        const { udpListen } = await import("../work/udp.ts");
        return udpListen(globals, { ...options, bind });
      }),
    );
}
