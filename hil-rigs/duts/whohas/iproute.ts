/** `ip` for our stack, in the stack's own process: takes the words of `ip`, returns its output and its exit code. */
import { runIp } from "../../../firmware-ts/control/iproute/run-ip.ts";
import type { Caller } from "../../../firmware-ts/control/methods/client.ts";
import type { Clock } from "../../../hal/clock.ts";
import type { IpResult } from "../../contract/dut.ts";

export async function stackIp(caller: Caller, clock: Clock, words: readonly string[]): Promise<IpResult> {
  let stdout = "";
  const print = (line: string): void => {
    stdout += `${line}\n`;
  };
  const { stderr, exit } = await runIp(words, { caller, print, wallTime: () => clock.wallTime() });
  return { stdout, stderr: stderr === "" ? "" : `${stderr}\n`, exit };
}
