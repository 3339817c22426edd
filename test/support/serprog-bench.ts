/** A chip model behind a simulated bridge: everything between a SerprogBus and the wire, in virtual time. */
import { readFileSync } from "node:fs";
import { ANSWER_TIMEOUT, type Pipelining, SerprogBus } from "../../hal/bridges/serprog/serprog.ts";
import { VirtualClock } from "../../hal/clock.ts";
import { SeededRandom } from "../../hal/random.ts";
import { Atmega328p } from "../../hal/simulated/avr/atmega328p.ts";
import { SerialLine } from "../../hal/simulated/bridges/serial-line.ts";
import { PICO_SERPROG, SerprogResponder, type SerprogResponderOptions } from "../../hal/simulated/bridges/serprog-responder.ts";
import { Enc28j60Chip, type Enc28j60Options } from "../../hal/simulated/enc28j60/chip.ts";
import { Enc28j60Pins } from "../../hal/simulated/enc28j60/pins.ts";
import { EthernetSegment } from "../../hal/simulated/segment.ts";
import type { SpiDevice } from "../../hal/simulated/spi-bus.ts";
import type { SpiBatch } from "../../hal/spi.ts";

export type BridgeKind = "responder" | "pico-serprog" | "avr-115200" | "avr-2000000";
export const BRIDGES: readonly BridgeKind[] = ["responder", "pico-serprog", "avr-2000000"];

/** Latency that USB and its drivers add, each way, in ms. */
const USB_LATENCY = 0.25;

const FIRMWARE = new URL("../../hal/bridges/firmware/", import.meta.url);

export interface SerprogBench {
  clock: VirtualClock;
  segment: EthernetSegment;
  chip: Enc28j60Chip;
  line: SerialLine;
  bus: SerprogBus;
  responder: SerprogResponder | null;
  stop(): void;
}

export interface SerprogBenchOptions extends SerprogResponderOptions {
  /** As the bus is asked. Default `auto`. */
  pipelining?: Pipelining;
  answerTimeout?: number;
  /** Options of the chip, besides strict. */
  chip?: Enc28j60Options;
  /** The device between bridge and chip. Default the chip itself. */
  device?: (chip: Enc28j60Chip) => SpiDevice;
}

export async function serprogBench(kind: BridgeKind, options: SerprogBenchOptions = {}): Promise<SerprogBench> {
  const { pipelining = "auto", answerTimeout = ANSWER_TIMEOUT, device, chip: silicon, ...bridge } = options;
  const asked = { spiHz: 10_000_000, pipelining, answerTimeout };
  const clock = new VirtualClock();
  const segment = new EthernetSegment(clock, new SeededRandom(1));
  const chip = new Enc28j60Chip(clock, segment, "chip", { strict: true, ...silicon });
  const part = device?.(chip) ?? chip;
  if (kind === "responder") {
    const responder = new SerprogResponder(clock, part, { interrupt: chip.interrupt, ...bridge });
    const line = new SerialLine(clock, responder, { baud: 2_000_000 });
    const bus = new SerprogBus(clock, line, { ...asked, baud: 2_000_000 });
    return { clock, segment, chip, line, bus, responder, stop: () => {} };
  }
  if (kind === "pico-serprog") {
    const responder = new SerprogResponder(clock, part, { ...PICO_SERPROG, ...bridge });
    const line = new SerialLine(clock, responder, { latency: USB_LATENCY });
    const bus = new SerprogBus(clock, line, asked);
    return { clock, segment, chip, line, bus, responder, stop: () => {} };
  }
  const baud = Number(kind.slice(4));
  const hex = readFileSync(new URL(`bridge-uno-${baud}.hex`, FIRMWARE), "utf8");
  const mcu = await Atmega328p.load(clock, {
    hex,
    name: `bridge-uno-${baud}.hex`,
    spi: new Enc28j60Pins(part),
    interrupt: chip.interrupt,
  });
  mcu.start();
  const line = new SerialLine(clock, mcu);
  const bus = new SerprogBus(clock, line, { ...asked, baud });
  return { clock, segment, chip, line, bus, responder: null, stop: () => mcu.stop() };
}

/** Runs a batch to its end, well or ill. */
export async function runBatch({ bus, clock }: Pick<SerprogBench, "bus" | "clock">, batch: SpiBatch): Promise<SpiBatch> {
  let done = false;
  batch.onDone = () => {
    done = true;
  };
  if (bus.transfer(batch)) return batch;
  for (let ms = 0; !done && ms < 5000; ms++) await clock.advance(1);
  if (!done) throw new Error("the batch never ended");
  return batch;
}
