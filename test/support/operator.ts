/** The operator's commands on a stack in virtual time: words in, text and exit code out. */
import { runIp } from "../../firmware-ts/control/iproute/run-ip.ts";
import { TOOLS } from "../../firmware-ts/control/iproute/tools.ts";
import { ControlClient } from "../../firmware-ts/control/methods/client.ts";
import { stackMethods } from "../../firmware-ts/control/methods/index.ts";
import { LocalCaller } from "../../firmware-ts/control/rpc/local.ts";
import type { Stack } from "../../firmware-ts/stack.ts";

export interface Printed {
  stdout: string;
  stderr: string;
  code: number | null;
}

export class Operator {
  readonly caller: ControlClient;
  readonly #stack: Stack;

  /** @param namespaces what `ip -n NAME` reaches */
  constructor(stack: Stack, namespaces?: ReadonlyMap<string, Stack>) {
    this.#stack = stack;
    this.caller = new ControlClient(new LocalCaller(stackMethods(stack, namespaces)));
  }

  /** `ip …`, `sysctl …`, `nstat …` or `cat …`. */
  async run(program: string, words: readonly string[]): Promise<Printed> {
    let stdout = "";
    const print = (line: string): void => {
      stdout += `${line}\n`;
    };
    const around = { caller: this.caller, print, wallTime: () => this.#stack.clock.wallTime() };
    const { stderr, exit } = await (TOOLS.get(program)?.run ?? runIp)(words, around);
    return { stdout, stderr: stderr && `${stderr}\n`, code: exit };
  }

  /** A line as at the shell; what it printed, then what it complained about, then `[exit]` unless that is 0. */
  async type(line: string): Promise<string> {
    const [program = "", ...words] = line.split(" ");
    const { stdout, stderr, code } = await this.run(program, words);
    return `${stdout}${stderr}${code === 0 ? "" : `[${code}]`}`;
  }
}
