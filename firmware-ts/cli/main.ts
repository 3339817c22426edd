#!/usr/bin/env node
/** The `whohas` command: flags as `ip` has them, then the object, then its words. */
import { Command, CommanderError, InvalidArgumentError } from "commander";
import { type BridgeFirmware, FIRMWARE_BAUDS, parseBridgeFirmware } from "../board/bridge-sim.ts";
import { type ChipConfig, parseErrata, parseRevision } from "../board/chip-config.ts";
import { parseInterfaceName } from "../board/names.ts";
import { describeRig } from "../board/rig-file.ts";
import { readRigFile, TELEMETRY_PORT } from "../board/run-options.ts";
import { parseDestination, parseDuration, parseEndpoint, parseInteger, parseInterfaceAddress } from "../board/units.ts";
import { PROFILE_NAMES } from "../neigh/profile.ts";
import { type BridgeSimRequest, bridgeSim } from "./bridge-sim.ts";
import { withInstance } from "./connect.ts";
import { CommandError, Exit } from "./exit.ts";
import { type Globals, parseGlobals } from "./globals.ts";
import { IP_HELP, ipCommand } from "./ip.ts";
import { ping } from "./ping.ts";
import { run } from "./run.ts";
import { tap } from "./tap.ts";
import { udpListen, udpSend } from "./udp.ts";
import { VERSION } from "./version.ts";

async function main(args: readonly string[]): Promise<number> {
  const { globals, rest } = parseGlobals(args);
  const [object = "", ...words] = rest;
  const own = program(globals);
  if (!own.commands.some((command) => command.name() === object)) {
    const ip = object === "" ? undefined : ipCommand(globals, object, words);
    if (ip) return ip();
    if (object !== "" && !object.startsWith("-") && object !== "help") {
      throw new CommandError(`Object "${object}" is unknown, try "whohas help".`);
    }
    if (object === "help") {
      own.outputHelp();
      return Exit.DONE;
    }
    if (object === "") throw new CommandError(own.helpInformation().trimEnd());
  }
  let exit: number = Exit.DONE;
  own.hook("postAction", (_program, action) => {
    exit = (action.getOptionValue("exit") as number | undefined) ?? Exit.DONE;
  });
  await own.parseAsync(rest, { from: "user" });
  return exit;
}

/** An option's or argument's reader, whose errors commander prints with the option's name. */
function reading<T>(read: (text: string) => T): (text: string) => T {
  return (text) => {
    try {
      return read(text);
    } catch (error) {
      throw new InvalidArgumentError((error as Error).message);
    }
  };
}

const duration = reading(parseDuration);
const count = reading((text) => parseInteger(text, 1, 1_000_000_000));
const seed = reading((text) => parseInteger(text, 0, Number.MAX_SAFE_INTEGER));
const profile = reading((text) => {
  const found = PROFILE_NAMES.find((name) => name === text);
  if (!found) throw new Error(`say one of ${PROFILE_NAMES.join(", ")}`);
  return found;
});
const endpoint = reading((text) => {
  parseEndpoint(text);
  return text;
});
const destination = reading((text) => parseDestination(text));
const seconds = reading((text) => {
  if (!/^\d+(\.\d+)?$/.test(text)) throw new Error("say seconds, e.g. 0.2");
  return Number(text) * 1000;
});

const iface = reading(parseInterfaceName);
const gatewayAddress = reading((text) => {
  parseInterfaceAddress(text);
  return text;
});
/** Loopback without an address: a bridge has no password. */
const tcpPort = reading((text) => {
  const [, host = "127.0.0.1", port] = /^(?:([0-9.]+):)?(\d+)$/.exec(text) ?? [];
  if (port === undefined) throw new Error("say a port, as in 4000, or 0.0.0.0:4000 for all of the network");
  return { host, port: parseInteger(port, 0, 65_535) };
});

function word<const T extends string>(words: readonly T[]): (text: string) => T {
  return reading((text) => {
    const found = words.find((known) => known === text);
    if (found === undefined) throw new Error(`say one of ${words.join(", ")}`);
    return found;
  });
}

/** What commander makes of bridge-sim's options. */
interface BridgeSimWords extends Omit<BridgeSimRequest, "iface" | "sink" | "chip">, ChipConfig {
  readonly wire?: string;
  readonly strict: boolean;
}

function collect(value: string, previous: string[]): string[] {
  return [...previous, value];
}

function program(globals: Globals): Command {
  const whohas = new Command("whohas")
    .description("A network stack for embedded Node boards, with neighbours as Linux has them.")
    .usage("[-i INSTANCE] [-n NETNS] [-4|-6] [-j] [-p] [-s] [-d] [-o] [-br] [-t|-ts] OBJECT ...")
    .version(VERSION, "-V, --version")
    .exitOverride()
    .configureOutput({ writeErr: () => {} })
    .helpCommand(false)
    .addHelpText(
      "after",
      `
Objects of a running instance, abbreviated as with ip:
${IP_HELP}

Flags before the object: -i INSTANCE (default "default"), -n network namespace, -4, -6, -j JSON, -p pretty, -s statistics,
-d details, -o one line, -br brief, -t and -ts time stamps.`,
    );

  whohas
    .command("run")
    .argument("[rig]", "rig file; without it the built-in simulated bench")
    .description("bring up a rig and run its firmware until told to stop")
    .option("--name <instance>", "name for the other commands' -i", "default")
    .option("--device <spec>", "a device instead of the rig's: NAME=DRIVER[:BUS[:PATH]][,mac=…]; repeatable", collect, [])
    .option("--address <cidr>", "address of the first device; repeatable, one a device", collect, [])
    .option("--gateway <address>", "default route's next hop")
    .option("--duration <time>", "stop after this long, e.g. 30s or 1h", duration)
    .option("--virtual-time", "simulated time: as fast as it goes", false)
    .option("--seed <number>", "of everything random", seed)
    .option("--profile <name>", `whose behaviour neighbours have: ${PROFILE_NAMES.join(", ")}`, profile)
    .option("--json", "an object a line", false)
    .option("--quiet", "only the ready line and the summary", false)
    .option("--no-app", "no telemetry, only the stack")
    .option("--capture <file>", "all frames, as pcapng")
    .action(async (file: string | undefined, given: Record<string, unknown>, command: Command) => {
      const { device, address, json, ...options } = given;
      const request = { ...options, devices: device, addresses: address, json: json === true || globals.json };
      const exit = await run({ ...(file === undefined ? {} : { file }), ...request } as Parameters<typeof run>[0]);
      command.setOptionValue("exit", exit);
    });

  whohas
    .command("check")
    .argument("<rig>", "rig file")
    .description("check a rig file and print what would be opened, opening nothing")
    .action((file: string) => {
      for (const line of describeRig(readRigFile(file))) console.log(line);
    });

  whohas
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
    .option("--gateway <cidr>", "the simulated gateway's address", gatewayAddress, "192.168.10.1/24")
    .option("--seed <number>", "of everything random", seed, 1)
    .option("--quiet", "only the ready line and the summary", false)
    .action(async (given: BridgeSimWords, command: Command) => {
      const { wire, revision, errata, strict, ...options } = given;
      const chip = { strict, ...(revision && { revision }), ...(errata && { errata }) };
      const request = { ...options, chip, ...(wire === undefined ? {} : { iface: wire }), sink: TELEMETRY_PORT };
      command.setOptionValue("exit", await bridgeSim(request));
    });

  whohas
    .command("tap")
    .argument("[rig]", "rig file; without it the built-in simulated bench")
    .description("the board's first controller as an interface of this machine: the kernel's stack over our driver")
    .option("--name <interface>", "what it is called", iface, "whohas0")
    .option("--device <spec>", "a device instead of the rig's: DRIVER[:BUS[:PATH]][,mac=…]", collect, [])
    .option("--seed <number>", "of everything random", seed)
    .action(async (file: string | undefined, given: { name: string; device: string[]; seed?: number }, command: Command) => {
      const { device, ...options } = given;
      const request = { ...options, devices: device, addresses: [], app: false, ...(file === undefined ? {} : { file }) };
      command.setOptionValue("exit", await tap(request));
    });

  const udp = whohas.command("udp").description("datagrams from and to a running instance").helpCommand(false);
  udp
    .command("send")
    .argument("<destination>", "ADDR:PORT", endpoint)
    .argument("[text]", "payload", "")
    .description("send datagrams; one line each: sent, queued, or failed and why")
    .option("--from <address>", "source ADDR[:PORT]")
    .option("--count <number>", "how many", count, 1)
    .option("--interval <time>", "between two of them", duration, 1000)
    .option("--confirm", "the next hop is known to be alive (MSG_CONFIRM)", false)
    .action(async (to: string, text: string, options: Omit<Parameters<typeof udpSend>[1], "to" | "text">, command: Command) => {
      command.setOptionValue("exit", await withInstance(globals, (client) => udpSend(client, { ...options, to, text })));
    });
  udp
    .command("listen")
    .argument("<port>", "[ADDR:]PORT")
    .description("print datagrams as they come: ADDR:PORT LENGTH TEXT")
    .option("--count <number>", "end after so many", count)
    .action(async (bind: string, options: { count?: number }, command: Command) => {
      command.setOptionValue("exit", await withInstance(globals, (client) => udpListen(client, bind, options.count)));
    });

  whohas
    .command("ping")
    .argument("<destination>", "IPv4 address", destination)
    .description("echo requests, as iputils' ping")
    .option("-c <count>", "stop after so many", count)
    .option("-i <seconds>", "between two requests", seconds, 1000)
    .option(
      "-s <bytes>",
      "data bytes",
      reading((text) => parseInteger(text, 0, 65_507)),
      56,
    )
    .option("-W <seconds>", "wait so long for the last reply", seconds, 10_000)
    .action(async (to: string, { c, i, s, W }: { c?: number; i: number; s: number; W: number }, command: Command) => {
      const options = { to, count: c, interval: i, size: s, timeout: W };
      command.setOptionValue("exit", await withInstance(globals, (client) => ping(client, options)));
    });

  for (const command of [...whohas.commands, ...udp.commands]) command.exitOverride().configureOutput({ writeErr: () => {} });
  return whohas;
}

/** One line for people, and how to end. Help and version are not errors. */
function explain(error: unknown): number {
  if (error instanceof CommanderError) {
    if (error.exitCode !== 0) console.error(error.message.replace(/^error: /, "whohas: "));
    return error.exitCode === 0 ? Exit.DONE : Exit.WORDS;
  }
  if (error instanceof CommandError) {
    console.error(error.message);
    return error.exitCode;
  }
  const { code, message } = error as { code?: unknown; message?: unknown };
  if (typeof code === "string" && typeof message === "string") {
    console.error(message.startsWith("whohas") ? message : `whohas: ${message}`);
    return /^(RIG_|SPEC_|UNIT_|IPV6_|INSTANCE_NAME|INVALID_PARAMS)/.test(code) ? Exit.WORDS : Exit.NO;
  }
  console.error(error);
  return Exit.NO;
}

process.exitCode = await main(process.argv.slice(2)).catch(explain);
