/** `whohas bridge-sim`: a simulated SPI bridge with a simulated chip, on a pseudo terminal or a TCP port. */

import { SystemClock } from "../../../hal/clock.ts";
import {
  BridgeSim,
  type BridgeSimListener,
  type BridgeSimOptions,
  type BridgeSimSummary,
  type EndpointConfig,
} from "../../board/bridge-sim.ts";
import { CommandError, Exit } from "../contract/exit.ts";
import { printable } from "./printable.ts";
import { dropsText } from "./report-words.ts";
import type { Terminal } from "./terminal.ts";
import { untilTold, type WayDown } from "./way-down.ts";

export interface BridgeSimRequest extends Omit<BridgeSimOptions, "endpoint"> {
  pty?: string;
  tcp?: { host: string; port: number };
  quiet: boolean;
}

export async function bridgeSim({ pty, tcp, quiet, ...options }: BridgeSimRequest): Promise<number> {
  const endpoint = endpointOf(pty, tcp);
  return untilTold((down) => bridgeSimOn({ ...options, endpoint }, quiet, down));
}

/** @throws CommandError unless there is one of the two */
function endpointOf(pty: BridgeSimRequest["pty"], tcp: BridgeSimRequest["tcp"]): EndpointConfig {
  if (pty !== undefined && tcp === undefined) return { kind: "pty", path: pty };
  if (tcp !== undefined && pty === undefined) return { kind: "tcp", ...tcp };
  throw new CommandError("bridge-sim: where shall it be? Say --pty PATH or --tcp PORT, one of the two");
}

async function bridgeSimOn(options: BridgeSimOptions, quiet: boolean, { terminal, told }: WayDown): Promise<number> {
  const clock = new SystemClock();
  try {
    const sim = await BridgeSim.make(clock, options, listener(terminal, quiet));
    try {
      await sim.start();
      terminal.print(sim.description);
      terminal.print(`ready: ${sim.endpoint.description}`);
      await told;
    } finally {
      await sim.stop();
    }
    for (const line of summaryLines(sim.summary())) terminal.print(line);
    return Exit.DONE;
  } finally {
    clock.stop();
  }
}

function listener(terminal: Terminal, quiet: boolean): BridgeSimListener {
  return {
    connection: (connected) => {
      if (!quiet) terminal.print(connected ? "opened" : "closed");
    },
    wire: (trouble) => terminal.complain(`whohas: ${printable(trouble?.message ?? "the wire is back")}`),
  };
}

function summaryLines({ line, commands, mcu, chip, violations, drops }: BridgeSimSummary): string[] {
  const lines = [
    "",
    `line        opened ${line.connections} times, ${line.refused} refused; ${line.bytesIn} bytes in, ${line.bytesOut} out, ${line.lost} lost`,
  ];
  if (commands) lines.push(`commands    ${commands.served} served, ${commands.refused} refused`);
  if (mcu) lines.push(`mcu         ${mcu.lag} ms left out, this machine being too slow; ${mcu.overruns} bytes overrun`);
  lines.push(
    `chip        ${chip.received} frames received, ${chip.transmitted} sent; ${chip.filtered} filtered out, ${chip.overflowed} without room`,
    `data sheet  ${violations} violations`,
    `drops       ${dropsText(drops)}`,
  );
  return lines;
}
