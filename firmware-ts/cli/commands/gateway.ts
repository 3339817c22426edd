/** Words of `whohas gateway`. */
import type { Command } from "commander";
import { REGISTRAR_PORT } from "../../apps/registrar/message.ts";
import type { CommandContext } from "../contract/command.ts";
import { textOnly } from "../contract/globals.ts";
import { iface, integer } from "../contract/readers.ts";

interface GatewayWords {
  readonly dev: string;
  readonly keyFile: string;
  readonly port: number;
  readonly ipv6: boolean;
}

export function register(program: Command, { globals, action }: CommandContext): void {
  program
    .command("gateway")
    .description(
      "keeps permanent neighbour entries for nodes that register, so that this machine never asks for one that sleeps (root)",
    )
    .requiredOption("--dev <interface>", "the link on which the nodes are", iface)
    .requiredOption("--key-file <file>", "the common key, 32 to 128 hexadecimal digits")
    .option("--port <number>", "the UDP port on which nodes register", integer(1, 65_535), REGISTRAR_PORT)
    .option("--ipv6", "serve nodes of IPv6 instead of IPv4", false)
    .action(
      action(async ({ dev, keyFile, port, ipv6 }: GatewayWords) => {
        textOnly(globals, "gateway");
        const { gateway } = await import("../work/gateway.ts");
        return gateway({ device: dev, keyFile, port, six: ipv6 });
      }),
    );
}
