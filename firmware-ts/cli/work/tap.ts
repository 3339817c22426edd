/** `whohas tap`: the board's first controller as an interface of this machine. */

import { SystemClock } from "../../../hal/clock.ts";
import type { Rig } from "../../board/rig/rig.ts";
import { type RunRequest, rigFor } from "../../board/run-options.ts";
import { TapBridge, type TapBridgeSummary } from "../../board/tap-bridge.ts";
import { formatMac } from "../../net/ethernet.ts";
import { Exit } from "../contract/exit.ts";
import { printable } from "./printable.ts";
import { dropsText, standInLines } from "./report-words.ts";
import { untilTold, type WayDown } from "./way-down.ts";

export interface TapRequest extends RunRequest {
  /** The interface's name. */
  name: string;
}

export async function tap(request: TapRequest): Promise<number> {
  const rig = await rigFor(request);
  return untilTold((down) => tapOn(rig, request.name, down));
}

async function tapOn(rig: Rig, name: string, { terminal, told }: WayDown): Promise<number> {
  const clock = new SystemClock();
  const print = (line: string): void => terminal.print(line);
  try {
    let broken: (error: Error) => void = () => {};
    const failure = new Promise<Error>((resolve) => {
      broken = resolve;
    });
    const carrier = (up: boolean): void => print(`${name}: link ${up ? "up" : "down"}`);
    const bridge = await TapBridge.make(rig, name, clock, { carrier, failed: broken });
    let failed: Error | null = null;
    try {
      await bridge.start();
      for (const line of startLines(bridge)) print(printable(line));
      failed = await Promise.race([told.then(() => null), failure]);
    } finally {
      await bridge.stop();
    }
    summaryLines(bridge.summary()).forEach(print);
    if (failed === null) return Exit.DONE;
    terminal.complain(`whohas: ${printable(failed.message)}`);
    return Exit.NO;
  } finally {
    clock.stop();
  }
}

function startLines(bridge: TapBridge): string[] {
  const { config, interface: name, fallback, gateway } = bridge;
  const link = bridge.hasCarrier ? "up" : "down";
  const lines = [`${name}: ${config.name}, ${bridge.description}, ${formatMac(bridge.address)}, link ${link}`];
  lines.push(...standInLines(config.name, fallback, gateway));
  const [own] = config.addresses;
  const address = own ? `${own.address}/${own.prefix}` : "ADDRESS/PREFIX";
  lines.push(`ready: ${name} is up; give it its address: ip address add ${address} dev ${name}`);
  return lines;
}

function summaryLines({ received, sent, errors, drops }: TapBridgeSummary): string[] {
  return [
    "",
    `received  ${received.frames} frames, ${received.bytes} bytes; ${errors.rx} errors`,
    `sent      ${sent.frames} frames, ${sent.bytes} bytes; ${errors.tx} errors`,
    `drops     ${dropsText(drops)}`,
  ];
}
