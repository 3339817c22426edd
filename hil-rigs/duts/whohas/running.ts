import type { DutSocket, IpResult, NeighEvent, NeighRow, SocketOptions } from "../../contract/dut.ts";
import type { StackDut } from "./stack-dut.ts";

/** What the DUTs with our stack in them have in common: what an operator and a program ask goes to the stack, once it runs. */
export abstract class RunningStack {
  protected stack: StackDut | null = null;

  protected get running(): StackDut {
    if (!this.stack) throw new Error("the DUT was not started");
    return this.stack;
  }

  async ip(words: readonly string[]): Promise<IpResult> {
    return this.running.ip(words);
  }

  neighbours(): NeighRow[] {
    return this.running.neighbours();
  }

  sysctl(key: string, value: string | undefined): string {
    return this.running.sysctl(key, value);
  }

  cat(path: string): string {
    return this.running.cat(path);
  }

  socket(options?: SocketOptions): DutSocket {
    return this.running.socket(options);
  }

  events(): NeighEvent[] {
    return this.stack?.events() ?? [];
  }
}
