/** Our stack in virtual time, on ideal controllers and simulated cables without delay: a case takes as long as it computes. */
import { VirtualClock } from "../../../hal/clock.ts";
import { SeededRandom } from "../../../hal/random.ts";
import { EthernetSegment, type SegmentPort } from "../../../hal/simulated/segment.ts";
import { WireNic } from "../../../hal/simulated/wire-nic.ts";
import {
  ALL_NEEDS,
  BOTH_FAMILIES,
  type Dut,
  type DutKind,
  type DutOptions,
  PORTS,
  type PortName,
  plansOf,
  type RawFrame,
} from "../../contract/dut.ts";
import type { AddressPlan, DeviceName } from "../../contract/plan.ts";
import { macBytes } from "../../wire/bytes.ts";
import { hearAllMulticast, RunningStack } from "./running.ts";
import { StackDut } from "./stack-dut.ts";

/** Time step of a wait for a frame, in ms. */
const STEP = 1;

export class SimulatedDut extends RunningStack implements Dut {
  onFrame: (frame: RawFrame) => void = () => {};
  readonly #clock = new VirtualClock();
  readonly #ports = new Map<PortName, SegmentPort>();

  async start(options: DutOptions): Promise<void> {
    const plans = plansOf(options);
    this.stack = new StackDut(
      this.#clock,
      options.seed,
      plans.map(({ family }) => family),
      options.strategy,
    );
    for (const device of options.devices) await this.#cable(device, plans);
    this.#clock.advanceSync(0);
  }

  async #cable(device: DeviceName, plans: readonly AddressPlan[]): Promise<void> {
    const port = PORTS[device];
    const [first] = plans as [AddressPlan];
    const segment = new EthernetSegment(this.#clock, new SeededRandom(port));
    const nic = new WireNic(this.#clock, segment, device, Uint8Array.from(macBytes(first.dut[device].mac)), { queue: 40_000 });
    const wireFrame = (bytes: Uint8Array, length: number): void =>
      this.onFrame({ time: this.#clock.now(), port, bytes: bytes.slice(0, length) });
    this.#ports.set(port, segment.attach(port, { wireFrame, wireLink: () => {} }));
    hearAllMulticast(nic);
    await this.running.add(device, nic, plans);
  }

  async stop(): Promise<void> {
    await this.stack?.close();
    const left = this.stack?.stack.network.pool.inUse ?? 0;
    if (left > 0) throw new Error(`${left} packet buffers are left behind`);
  }

  now(): number {
    return this.#clock.now();
  }

  async wait(ms: number, done: () => boolean): Promise<boolean> {
    const end = this.#clock.now() + ms;
    this.#clock.advanceSync(0);
    while (!done()) {
      const left = end - this.#clock.now();
      if (left <= 0) return false;
      // Nothing is to be seen before something happens.
      const idle = Math.floor(this.#clock.next - this.#clock.now());
      this.#clock.advanceSync(Math.min(Math.max(STEP, idle), left));
    }
    return true;
  }

  /** Time at which the next timer of an entry is due, in now()'s ms; infinity while none is armed. */
  nextTimer(): number {
    return this.running.nextTimer();
  }

  get managed(): boolean {
    return this.running.managed;
  }

  send(port: PortName, bytes: Uint8Array): void {
    this.#port(port).transmit(bytes, 0, bytes.length);
  }

  async plug(port: PortName, plugged: boolean): Promise<void> {
    this.#port(port).plugged = plugged;
    this.#clock.advanceSync(0);
  }

  #port(name: PortName): SegmentPort {
    const port = this.#ports.get(name);
    if (!port) throw new Error(`no port ${name}: the case does not need e1`);
    return port;
  }
}

export const whohasSim: DutKind = {
  name: "whohas-sim",
  description: "our stack in virtual time on a simulated wire",
  timing: { timers: "exact", slack: 0 },
  can: ALL_NEEDS,
  families: BOTH_FAMILIES,
  realTime: false,
  settle: 0,
  missing: () => null,
  async open() {
    return { create: () => new SimulatedDut(), close: async () => {} };
  },
};
