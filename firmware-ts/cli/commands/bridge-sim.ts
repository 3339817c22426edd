/** Words of `whohas bridge-sim`. */
import type { Command } from "commander";
import { type BridgeFirmware, FIRMWARE_BAUDS, parseBridgeFirmware } from "../../board/bridge-sim.ts";
import { type ChipConfig, parseErrata, parseRevision } from "../../board/rig/chip-config.ts";
import { TELEMETRY_PORT } from "../../board/run-options.ts";
import type { CommandContext } from "../contract/command.ts";
import { textOnly } from "../contract/globals.ts";
import { iface, interfaceAddress, reading, seed, tcpPort, word } from "../contract/readers.ts";
import type { BridgeSimRequest } from "../work/bridge-sim.ts";

/** The options as commander reads them. */
interface BridgeSimWords extends Omit<BridgeSimRequest, "iface" | "sink" | "chip">, ChipConfig {
  readonly wire?: string;
  readonly strict: boolean;
}

export function register(program: Command, { globals, action }: CommandContext): void {
  program
    .command("bridge-sim")
    .description("a simulated SPI bridge with an ENC28J60, for any serprog client to open")
    .option("--pty <path>", "as a serial port of that name")
    .option("--tcp <port>", "as a TCP port: [ADDR:]PORT, of this machine alone without ADDR", tcpPort)
    .option(
      "--firmware <kind>",
      "who plays the bridge: responder (a program), pico-serprog (the same, reading as that firmware reads), uno (our firmware in a simulated ATmega328P), or the Intel HEX file of any other",
      reading(parseBridgeFirmware),
      "responder" satisfies BridgeFirmware,
    )
    .option("--baud <rate>", "of the line of uno: 115200 or 2000000", word(FIRMWARE_BAUDS), "115200")
    .option("--revision <name>", "of the chip: B1, B4, B5, B7", reading(parseRevision))
    .option("--errata <list>", "that the chip has, as in 13+14, or none; without it those of its revision", reading(parseErrata))
    .option("--strict", "the chip ignores bit field commands to MAC and MII registers", false)
    .option("--wire <interface>", "the chip's wire is this Linux interface; without it a simulated one with a gateway", iface)
    .option("--gateway <cidr>", "the simulated gateway's address", interfaceAddress, "192.168.10.1/24")
    .option("--seed <number>", "of everything random", seed, 1)
    .option("--quiet", "only the ready line and the summary", false)
    .action(
      action(async ({ wire, revision, errata, strict, ...options }: BridgeSimWords) => {
        textOnly(globals, "bridge-sim");
        const { bridgeSim } = await import("../work/bridge-sim.ts");
        const chip = { strict, ...(revision && { revision }), ...(errata && { errata }) };
        return bridgeSim({ ...options, chip, ...(wire === undefined ? {} : { iface: wire }), sink: TELEMETRY_PORT });
      }),
    );
}
