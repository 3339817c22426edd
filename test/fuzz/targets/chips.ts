/** Frames to a stack on the drivers of real chips, whose models are as they should be: the e1000 by its rings, the ENC28J60 by SPI. */
import { E1000 } from "../../../drivers/e1000/e1000.ts";
import { Enc28j60 } from "../../../drivers/enc28j60/enc28j60.ts";
import { E1000Chip } from "../../../hal/simulated/e1000/chip.ts";
import { Enc28j60Chip } from "../../../hal/simulated/enc28j60/chip.ts";
import type { ErrataOptions } from "../../../hal/simulated/enc28j60/errata.ts";
import { SimulatedSpiBus } from "../../../hal/simulated/spi-bus.ts";
import { type BenchOptions, type Silicon, STATION } from "../stack-bench.ts";
import type { Target } from "../target.ts";
import { makeWireCase, mutateWireCase, WireSubject } from "../wire-subject.ts";

/** Errata that lose frames by chance: the books could not tell a lost frame from a fault. */
const CALM: ErrataOptions = { 5: false, 6: false, 12: false, 13: false, 14: false, 15: false, 16: false, 18: false };
/** A chip's driver looks after its chip while time passes, which takes time here. In ms. */
const PATIENCE = 3000;
const MEMORY = 1 << 20;
const RING = 16;

const e1000: BenchOptions["silicon"] = (clock, segment): Silicon => {
  const chip = new E1000Chip(clock, segment, "eth0", { mac: STATION, memoryBytes: MEMORY });
  const controller = new E1000(clock, chip, { rxRing: RING, txRing: RING, interruptRate: 0 });
  const { counters } = chip;
  return {
    controller,
    kept: () => counters.runts + counters.tooLong + counters.filtered + counters.control + counters.missed + counters.deaf,
    settle: 1,
    ownBuffers: true,
  };
};

const enc28j60: BenchOptions["silicon"] = (clock, segment, random): Silicon => {
  const chip = new Enc28j60Chip(clock, segment, "eth0", { lineRate: Number.POSITIVE_INFINITY, errata: CALM, strict: true });
  const bus = new SimulatedSpiBus(chip, clock);
  const wired = random.below(2) === 0;
  const controller = new Enc28j60(bus, clock, { address: STATION, ...(wired && { interrupt: chip.interrupt }) });
  const { counters } = chip;
  const { statistics } = controller;
  return {
    controller,
    kept: () =>
      counters.runts +
      counters.tooLong +
      counters.filtered +
      counters.control +
      counters.overflowed +
      counters.deaf +
      counters.jammed +
      // Frames that the chip has stored and found bad.
      statistics.rxErrors -
      statistics.rxOverErrors,
    // Without the interrupt line the chip is asked every 5 ms.
    settle: wired ? 1 : 6,
    ownBuffers: false,
  };
};

function target(name: string, turns: number, silicon: BenchOptions["silicon"]): Target {
  return {
    name,
    session: 1000,
    turns,
    corpus: "frames.hex",
    open: (seed) => WireSubject.open(seed, { silicon, patience: PATIENCE }),
    make: (random) => makeWireCase(random, 32),
    mutate: mutateWireCase,
  };
}

export const E1000_FRAMES: Target = target("e1000", 10, e1000);
export const ENC28J60_FRAMES: Target = target("enc28j60", 5, enc28j60);
