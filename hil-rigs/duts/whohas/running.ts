/** The common part of the DUTs that hold our stack: passes the requests of operators and programs to the running stack. */
import type { EthernetController } from "../../../hal/ethernet.ts";
import type { AddressOptions, AddressProgram } from "../../contract/address-program.ts";
import type { DutSocket, IpResult, NeighEvent, NeighRow, SocketOptions } from "../../contract/dut.ts";
import type { ConnectOptions, DutListener, DutStream, ListenOptions } from "../../contract/stream.ts";
import type { StackDut } from "./stack-dut.ts";

export abstract class RunningStack {
  protected stack: StackDut | null = null;

  protected get running(): StackDut {
    if (!this.stack) throw new Error("the DUT was not started");
    return this.stack;
  }

  async ip(words: readonly string[]): Promise<IpResult> {
    return this.running.ip(words);
  }

  neighbours(dst?: string): NeighRow[] {
    return this.running.neighbours(dst);
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

  listen(port: number, options: ListenOptions = {}): DutListener {
    return this.running.listen(port, options);
  }

  connect(to: string, port: number, options: ConnectOptions = {}): DutStream {
    return this.running.connect(to, port, options);
  }

  getAddress(options: AddressOptions): AddressProgram {
    return this.running.getAddress(options);
  }

  managedTick(): void {
    this.running.managedTick();
  }

  events(): NeighEvent[] {
    return this.stack?.events() ?? [];
  }
}

/** Lets all multicast frames through, as a veth end does, whichever groups the stack joins. */
export function hearAllMulticast(controller: EthernetController): void {
  const setMode = controller.setReceiveMode.bind(controller);
  controller.setReceiveMode = (mode) => setMode({ ...mode, allMulticast: true });
  controller.setReceiveMode({ promiscuous: false, allMulticast: true, groups: [] });
}
