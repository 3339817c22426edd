/** A chip model behind a simulated bridge: everything between a SerprogBus and the wire, in virtual time. */
import { readFileSync } from "node:fs";
import { SerprogBus } from "../../hal/bridges/serprog/serprog.ts";
import { VirtualClock } from "../../hal/clock.ts";
import { SeededRandom } from "../../hal/random.ts";
import { Atmega328p } from "../../hal/simulated/avr/atmega328p.ts";
import { SerialLine } from "../../hal/simulated/bridges/serial-line.ts";
import { SerprogResponder, type SerprogResponderOptions } from "../../hal/simulated/bridges/serprog-responder.ts";
import { Enc28j60Chip } from "../../hal/simulated/enc28j60/chip.ts";
import { Enc28j60Pins } from "../../hal/simulated/enc28j60/pins.ts";
import { EthernetSegment } from "../../hal/simulated/segment.ts";

export type BridgeKind = "responder" | "avr-115200" | "avr-2000000";
export const BRIDGES: readonly BridgeKind[] = ["responder", "avr-2000000"];

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

export async function serprogBench(kind: BridgeKind, options: SerprogResponderOptions = {}): Promise<SerprogBench> {
  const clock = new VirtualClock();
  const segment = new EthernetSegment(clock, new SeededRandom(1));
  const chip = new Enc28j60Chip(clock, segment, "chip", { strict: true });
  if (kind === "responder") {
    const responder = new SerprogResponder(clock, chip, { interrupt: chip.interrupt, ...options });
    const line = new SerialLine(clock, responder, { baud: 2_000_000 });
    const bus = new SerprogBus(clock, line, { spiHz: 10_000_000, baud: 2_000_000 });
    return { clock, segment, chip, line, bus, responder, stop: () => {} };
  }
  const baud = Number(kind.slice(4));
  const hex = readFileSync(new URL(`bridge-uno-${baud}.hex`, FIRMWARE), "utf8");
  const mcu = await Atmega328p.load(clock, {
    hex,
    name: `bridge-uno-${baud}.hex`,
    spi: new Enc28j60Pins(chip),
    interrupt: chip.interrupt,
  });
  mcu.start();
  const line = new SerialLine(clock, mcu);
  const bus = new SerprogBus(clock, line, { spiHz: 10_000_000, baud });
  return { clock, segment, chip, line, bus, responder: null, stop: () => mcu.stop() };
}
