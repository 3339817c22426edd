/** The e1000's driver on bare rings (ring-engine.ts), with a host that has no use for frames: what driver and engine cost by themselves. */
import { E1000 } from "../../drivers/e1000/e1000.ts";
import { VirtualClock } from "../../hal/clock.ts";
import type { ControllerHost } from "../../hal/ethernet.ts";
import { PollLoop } from "../../hal/kit/poll-loop.ts";
import { DropCounters, type SkBuff, SkBuffPool } from "../../hal/skbuff.ts";
import { mac, US } from "../support/wire-format.ts";
import { RingEngine } from "./ring-engine.ts";
import { TICK } from "./wire-bench.ts";

const BUDGET = 64;
/** Size of the packets' memory, where the chip sees it. */
const SHARED = 2 * 1024 * 1024;

export class DriverBench implements ControllerHost {
  readonly clock: VirtualClock = new VirtualClock();
  readonly engine: RingEngine = new RingEngine(true);
  readonly pool: SkBuffPool;
  readonly drops: DropCounters = new DropCounters();
  received = 0;
  readonly #driver: E1000;
  readonly #loop: PollLoop;

  private constructor() {
    const { bytes } = this.engine.dma;
    this.pool = new SkBuffPool({ memory: bytes.subarray(bytes.length - SHARED) });
    this.#driver = new E1000(this.clock, this.engine, { mac: Uint8Array.from(mac(US)) });
    this.#loop = new PollLoop(this.clock, () => this.#driver.poll(BUDGET));
  }

  static async open(): Promise<DriverBench> {
    const bench = new DriverBench();
    bench.#loop.start();
    const opened = bench.#driver.open(bench);
    await bench.clock.advance(100);
    await opened;
    return bench;
  }

  /** Sends a packet of so many bytes, whatever lies in its memory. */
  send(length: number): void {
    const skb = this.pool.allocate() as SkBuff;
    skb.put(length);
    if (!this.#driver.transmit(skb)) throw new Error("the ring is full");
  }

  tick(): void {
    this.clock.advanceSync(TICK);
  }

  schedule(): boolean {
    return this.#loop.schedule();
  }

  receive(skb: SkBuff): void {
    this.received++;
    skb.consume();
  }

  complete(): boolean {
    return this.#loop.complete();
  }

  polled(): void {
    this.#loop.again();
  }

  wake(): void {}

  carrier(): void {}

  failed(error: Error): void {
    throw error;
  }

  repaired(): void {}
}
