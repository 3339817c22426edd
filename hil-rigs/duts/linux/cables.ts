/** Cables made of veth pairs, with the tester at one end, in real time. */
import { closeSync } from "node:fs";
import { type DutOptions, PORTS, type PortName, type RawFrame } from "../../contract/dut.ts";
import type { DeviceName } from "../../contract/plan.ts";
import { ipBatch, type TesterNetwork } from "./namespaces.ts";
import type { TesterSocket } from "./tester-socket.ts";

/** The cables of one DUT. */
export class Cables {
  readonly network: TesterNetwork;
  readonly #socket: TesterSocket;
  readonly #ports = new Map<PortName, { near: string; index: number }>();
  /** Called on each frame, while wait() waits for one. */
  #wake: (() => void) | null = null;

  constructor(network: TesterNetwork) {
    this.network = network;
    this.#socket = network.tester;
  }

  /**
   * Lays one cable for each device, with the tester's ends up and silent. The DUT's end is named `e0`, `e1` in `namespace`; without a
   * namespace it stays in the tester's, under the name that is returned.
   */
  lay(options: DutOptions, namespace: number | null, onFrame: (frame: RawFrame) => void): Map<DeviceName, string> {
    const ends = new Map<DeviceName, string>();
    const lines: string[] = [];
    const nears: [PortName, string][] = [];
    for (const device of options.devices) {
      const near = this.network.name();
      const far = namespace === null ? `${near}d` : device;
      const where = namespace === null ? "" : ` netns ${this.network.path(namespace)}`;
      lines.push(
        `link add ${near} type veth peer name ${far} address ${options.plan.dut[device].mac}${where}`,
        `link set ${near} arp off up`,
      );
      if (namespace === null) lines.push(`link set ${far} arp off up`);
      ends.set(device, far);
      nears.push([PORTS[device], near]);
    }
    ipBatch(...lines);
    for (const [port, near] of nears) {
      const index = this.#socket.attach(near, (time, bytes) => {
        onFrame({ time, port, bytes });
        this.#wake?.();
      });
      this.#ports.set(port, { near, index });
    }
    return ends;
  }

  send(port: PortName, bytes: Uint8Array): void {
    this.#socket.send(this.#port(port).index, bytes);
  }

  plug(port: PortName, plugged: boolean): void {
    ipBatch(`link set ${this.#port(port).near} ${plugged ? "up" : "down"}`);
  }

  /** Dut.wait in real time: asks `done` after each frame and at the end. */
  wait(ms: number, done: () => boolean): Promise<boolean> {
    const ask = (): boolean => {
      this.#socket.drain();
      return done();
    };
    if (ask()) return Promise.resolve(true);
    return new Promise((resolve) => {
      const end = (result: boolean): void => {
        clearTimeout(timer);
        this.#wake = null;
        resolve(result);
      };
      const timer = setTimeout(() => end(ask()), Math.ceil(ms));
      this.#wake = () => {
        if (done()) end(true);
      };
    });
  }

  /** Removes the cables. @param namespace as given to lay(): its end removes them; null deletes them one by one */
  take(namespace: number | null): void {
    const ports = [...this.#ports.values()];
    this.#ports.clear();
    for (const { index } of ports) this.#socket.detach(index);
    if (namespace !== null) closeSync(namespace);
    else if (ports.length > 0) ipBatch(...ports.map(({ near }) => `link delete ${near}`));
  }

  #port(name: PortName): { near: string; index: number } {
    const port = this.#ports.get(name);
    if (!port) throw new Error(`no port ${name}: the case does not need e1`);
    return port;
  }
}
