/** `ip` for our stack, in the process that it runs in: the words of `ip`, what it prints, how it ends. */
import { runIp as run } from "../../../firmware-ts/control/iproute/run-ip.ts";
import { LocalCaller } from "../../../firmware-ts/control/local-caller.ts";
import type { Methods } from "../../../firmware-ts/control/rpc.ts";
import type { IpResult } from "../../contract/dut.ts";

export async function runIp(methods: Methods, words: readonly string[], wallTime: () => number): Promise<IpResult> {
  const caller = new LocalCaller(methods);
  let stdout = "";
  const print = (line: string): void => {
    stdout += `${line}\n`;
  };
  const { stderr, exit } = await run(words, { caller, print, wallTime });
  caller.close();
  return { stdout, stderr: stderr && `${stderr}\n`, exit };
}
