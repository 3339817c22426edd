/**
 * Measures what the driver alone costs a frame, on a bus that does next to nothing, and prints it as one line of JSON:
 * `allocation-child.ts receive|send|forward BYTES [--time]`. For allocation.test.ts, which starts it with the flags it needs.
 */
import { E1000 } from "../../../drivers/e1000/e1000.ts";
import { VirtualClock } from "../../../hal/clock.ts";
import type { ControllerHost } from "../../../hal/ethernet.ts";
import { SimulatedInterrupt } from "../../../hal/interrupt.ts";
import type { DmaMemory, MmioBus } from "../../../hal/mmio.ts";
import { Checksum, DropCounters, type SkBuff, SkBuffPool } from "../../../hal/skbuff.ts";
import { allocation, type Runnable } from "../../bench/measure.ts";
import { MAC, Offset } from "./fake-chip.ts";

const BURST = 32;
const SAMPLES = 100_000;
const HEADERS = 42;

/** Descriptors are done as soon as they are given; registers are words. */
class BareBus implements MmioBus {
  readonly description = "bare bus";
  readonly simulated = true;
  readonly interrupt: SimulatedInterrupt = new SimulatedInterrupt();
  readonly dma: DmaMemory;
  onFailed: MmioBus["onFailed"] = null;
  readonly #registers = new Uint32Array(0x2000);
  #next = 0;

  constructor() {
    const memory = new ArrayBuffer(8 << 20);
    this.dma = { bytes: new Uint8Array(memory), words: new Uint32Array(memory), base: 0x9000_0000 };
  }

  async open(): Promise<void> {
    this.#registers[Offset.STATUS >> 2] = 0x83;
  }

  async close(): Promise<void> {}

  read32(offset: number): number {
    if (offset === Offset.MDIC) return 0x1000_1140;
    return this.#registers[offset >> 2]!;
  }

  write32(offset: number, value: number): void {
    if (offset === Offset.CTRL) return;
    if (offset === Offset.TDT) {
      for (let at = this.read32(Offset.TDH); at !== value; at = at + 1 === 256 ? 0 : at + 1) this.#done(Offset.TDBAL, at, 1);
      this.#registers[Offset.TDH >> 2] = value;
    }
    this.#registers[offset >> 2] = value;
  }

  /** So many frames of so many bytes have come. */
  deliver(count: number, length: number): void {
    for (let frame = 0; frame < count; frame++) {
      const word = this.#done(Offset.RDBAL, this.#next, 0x63);
      this.dma.words[word - 1] = length;
      this.#next = this.#next + 1 === 256 ? 0 : this.#next + 1;
    }
    this.#registers[Offset.ICR >> 2] = 0x80;
    this.interrupt.onAssert?.();
    this.#registers[Offset.ICR >> 2] = 0;
  }

  #done(base: number, at: number, status: number): number {
    const word = (this.#registers[base >> 2]! - this.dma.base) / 4 + 4 * at + 3;
    this.dma.words[word] = status;
    return word;
  }
}

/** Polls as a scheduler does; sends back what it receives, or not. */
class BareHost implements ControllerHost {
  readonly pool: SkBuffPool = new SkBuffPool();
  readonly drops: DropCounters = new DropCounters();
  readonly #driver: E1000;
  readonly #forwards: boolean;
  scheduled = false;
  received = 0;

  constructor(driver: E1000, forwards: boolean) {
    this.#driver = driver;
    this.#forwards = forwards;
  }

  schedule(): boolean {
    this.scheduled = true;
    return true;
  }

  receive(skb: SkBuff): void {
    this.received++;
    if (!this.#forwards || !this.#driver.transmit(skb)) skb.consume();
  }

  complete(): boolean {
    this.scheduled = false;
    return true;
  }

  polled(): void {}
  wake(): void {}
  carrier(): void {}

  failed(error: Error): void {
    throw error;
  }
}

const [mode = "receive", bytes = "60", ...options] = process.argv.slice(2);
const length = Number(bytes);
const clock = new VirtualClock();
const bus = new BareBus();
const driver = new E1000(clock, bus, { mac: MAC });
const host = new BareHost(driver, mode === "forward");
const opened = driver.open(host);
await clock.advance(50);
await opened;

function send(): void {
  for (let frame = 0; frame < BURST; frame++) {
    const skb = host.pool.allocate() as SkBuff;
    skb.tail = skb.data + length;
    if ((frame & 3) === 0) {
      // Now and then with a checksum to fill in, at one of two places: contexts are written, too.
      skb.checksum = Checksum.PARTIAL;
      skb.csumStart = skb.data + HEADERS - 8 - (frame & 4);
      skb.csumOffset = 6;
    }
    driver.transmit(skb);
  }
  clock.advanceSync(0.01);
}

function receive(): void {
  bus.deliver(BURST, length);
  while (host.scheduled) driver.poll(64);
}

const turn = mode === "send" ? send : receive;
const subject: Runnable = {
  run: (count) => {
    for (let frame = 0; frame < count; frame += BURST) turn();
  },
};
for (let round = 0; round < 6; round++) subject.run(SAMPLES);
const before = driver.statistics.rxPackets + driver.statistics.txPackets;
let nanoseconds = Number.POSITIVE_INFINITY;
const rounds = 9;
for (let round = 0; round < rounds; round++) {
  const start = process.hrtime.bigint();
  subject.run(SAMPLES);
  nanoseconds = Math.min(nanoseconds, Number(process.hrtime.bigint() - start) / SAMPLES);
}
const frames = (driver.statistics.rxPackets + driver.statistics.txPackets - before) / (rounds * SAMPLES);
const figures = options.includes("--time") ? null : allocation(subject, SAMPLES, 5);
console.log(JSON.stringify({ mode, length, frames, nanoseconds, allocation: figures }));
