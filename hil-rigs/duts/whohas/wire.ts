/** Our stack in real time, on Linux interfaces through AF_PACKET: its frames go over the wire as another machine would see them. */
import { PacketController } from "../../../drivers/packet/packet.ts";
import { SystemClock } from "../../../hal/clock.ts";
import {
  ALL_NEEDS,
  BOTH_FAMILIES,
  type Dut,
  type DutKind,
  type DutOptions,
  type PortName,
  plansOf,
  type RawFrame,
} from "../../contract/dut.ts";
import { macBytes } from "../../wire/bytes.ts";
import { Cables } from "../linux/cables.ts";
import { missingForNamespaces, TesterNetwork } from "../linux/namespaces.ts";
import { hearAllMulticast, RunningStack } from "./running.ts";
import { StackDut } from "./stack-dut.ts";

/** Time limit for a controller to report its link, in ms. */
const LINK_PATIENCE = 2000;

/** Turns of the event loop to wait. A frame needs two from the socket to the stack's answer: one to notice it, one to poll. */
const TURNS = 3;

function nextTurn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

class WireDut extends RunningStack implements Dut {
  onFrame: (frame: RawFrame) => void = () => {};
  readonly #clock = new SystemClock();
  readonly #cables: Cables;

  constructor(network: TesterNetwork) {
    super();
    this.#cables = new Cables(network);
  }

  async start(options: DutOptions): Promise<void> {
    const ends = this.#cables.lay(options, null, (frame) => this.onFrame(frame));
    const plans = plansOf(options);
    const stack = new StackDut(
      this.#clock,
      options.seed,
      plans.map(({ family }) => family),
      options.strategy,
    );
    this.stack = stack;
    for (const [device, name] of ends) {
      const address = Uint8Array.from(macBytes(options.plan.dut[device].mac));
      const controller = new PacketController(this.#clock, { interface: name, address, ringFrames: 512 });
      hearAllMulticast(controller);
      await stack.add(device, controller, plans);
    }
    const end = this.now() + LINK_PATIENCE;
    while (stack.stack.devices.some((device) => !device.hasCarrier)) {
      if (this.now() > end) throw new Error("the link did not come up");
      await this.wait(1, () => false);
    }
  }

  async stop(): Promise<void> {
    await this.stack?.close();
    this.#clock.stop();
    this.#cables.take(null);
  }

  now(): number {
    return performance.now();
  }

  async wait(ms: number, done: () => boolean): Promise<boolean> {
    if (await this.#cables.wait(ms, done)) return true;
    // The timer may fire before frames that arrived earlier are delivered: the stack gets those later in the same turn.
    for (let turn = 0; turn < TURNS; turn++) await nextTurn();
    return done();
  }

  send(port: PortName, bytes: Uint8Array): void {
    this.#cables.send(port, bytes);
  }

  async plug(port: PortName, plugged: boolean): Promise<void> {
    this.#cables.plug(port, plugged);
  }
}

export const whohasWire: DutKind = {
  name: "whohas-wire",
  description: "our stack in real time on a veth pair, through AF_PACKET",
  timing: { timers: "exact", slack: 40 },
  can: ALL_NEEDS,
  families: BOTH_FAMILIES,
  realTime: true,
  settle: 3,
  missing: missingForNamespaces,
  async open() {
    const network = await TesterNetwork.open();
    return { create: () => new WireDut(network), close: async () => network.close() };
  },
};
