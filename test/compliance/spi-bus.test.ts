/** The contract of an SPI bus, on the simulated one and behind each bridge. */
import { BusPirateBus } from "../../hal/bridges/bus-pirate/bus-pirate.ts";
import { VirtualClock } from "../../hal/clock.ts";
import { SeededRandom } from "../../hal/random.ts";
import { BusPirateResponder } from "../../hal/simulated/bridges/bus-pirate-responder.ts";
import { SerialLine } from "../../hal/simulated/bridges/serial-line.ts";
import { Enc28j60Chip } from "../../hal/simulated/enc28j60/chip.ts";
import { Enc28j60Pins } from "../../hal/simulated/enc28j60/pins.ts";
import { EthernetSegment } from "../../hal/simulated/segment.ts";
import { SimulatedSpiBus } from "../../hal/simulated/spi-bus.ts";
import type { SpiBus } from "../../hal/spi.ts";
import { FakeSpidev, spidevOn } from "../support/fake-spidev.ts";
import { BRIDGES, serprogBench } from "../support/serprog-bench.ts";
import { type SpiBusBench, spiBusSuite } from "./spi-bus.ts";

function bench(connect: (clock: VirtualClock, chip: Enc28j60Chip) => SpiBus): SpiBusBench {
  const clock = new VirtualClock();
  const chip = new Enc28j60Chip(clock, new EthernetSegment(clock, new SeededRandom(1)), "chip");
  return { clock, chip, bus: connect(clock, chip), stop: () => {} };
}

spiBusSuite({
  name: "simulated",
  synchronous: true,
  refusesWhenClosed: false,
  bench: async () => bench((clock, chip) => new SimulatedSpiBus(chip, clock)),
});

spiBusSuite({
  name: "simulated, with a round trip",
  synchronous: false,
  refusesWhenClosed: false,
  bench: async () => bench((clock, chip) => new SimulatedSpiBus(chip, clock, 2)),
});

for (const kind of BRIDGES) {
  spiBusSuite({ name: `serprog, ${kind}`, synchronous: false, refusesWhenClosed: true, bench: () => serprogBench(kind) });
}

spiBusSuite({
  name: "Bus Pirate",
  synchronous: false,
  refusesWhenClosed: true,
  bench: async () =>
    bench((clock, chip) => {
      const line = new SerialLine(clock, new BusPirateResponder(clock, new Enc28j60Pins(chip)), { baud: 115_200, latency: 1 });
      return new BusPirateBus(clock, line, { spiHz: 8_000_000 });
    }),
});

spiBusSuite({
  name: "spidev, with the kernel played",
  synchronous: true,
  refusesWhenClosed: true,
  bench: async () => bench((_, chip) => spidevOn(new FakeSpidev(new Enc28j60Pins(chip)))),
});
