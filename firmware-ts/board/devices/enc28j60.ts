/** ENC28J60: the chip's model on a simulated wire, or the chip behind a bridge. */
import { Enc28j60 } from "../../../drivers/enc28j60/enc28j60.ts";
import { BusPirateBus as BusPirate } from "../../../hal/bridges/bus-pirate/bus-pirate.ts";
import { SerialPortStream } from "../../../hal/bridges/serial-port.ts";
import { SerprogBus as Serprog } from "../../../hal/bridges/serprog/serprog.ts";
import { SpidevBus as Spidev } from "../../../hal/bridges/spidev.ts";
import { TcpStream } from "../../../hal/bridges/tcp-stream.ts";
import { type Clock, VirtualClock } from "../../../hal/clock.ts";
import type { ByteStream } from "../../../hal/serial.ts";
import { Enc28j60Chip } from "../../../hal/simulated/enc28j60/chip.ts";
import { EthernetSegment } from "../../../hal/simulated/segment.ts";
import { SimulatedSpiBus } from "../../../hal/simulated/spi-bus.ts";
import type { SpiBus } from "../../../hal/spi.ts";
import { type ChipConfig, chipOptions } from "../chip-config.ts";
import { readTcpPort } from "../names.ts";
import type { BusPirateBus, DeviceConfig, SerprogBus, SimulatedBus, SpidevBus } from "../rig.ts";
import { bare, interfaceOnWire, type Part, stableMac, type Workshop } from "./part.ts";

type RealBus = SerprogBus | SpidevBus | BusPirateBus;

export function simulatedEnc28j60(config: DeviceConfig, bus: SimulatedBus, shop: Workshop): Part {
  const { clock, random, pins } = shop;
  const segment = new EthernetSegment(clock, random.fork(`segment/${config.name}`), bus.segment);
  const chip = enc28j60Chip(clock, segment, config.name, bus.chip);
  const address = config.mac ?? stableMac(random, config.name);
  const controller = new Enc28j60(new SimulatedSpiBus(chip, clock), clock, {
    address,
    interrupt: chip.interrupt,
    ...(pins && { pins }),
  });
  const { iface } = bus;
  const wire = iface === undefined ? null : interfaceOnWire(shop, segment, iface, address);
  return { controller, segment, wantsGateway: iface === undefined, fallback: null, wire };
}

export function realEnc28j60(config: DeviceConfig, bus: RealBus, { clock, random, pins }: Workshop): Part {
  const address = config.mac ?? stableMac(random, config.name);
  return bare(new Enc28j60(spiBus(bus, clock), clock, { address, ...(pins && { pins }) }));
}

function spiBus(bus: RealBus, clock: Clock): SpiBus {
  const { spiHz } = bus;
  switch (bus.kind) {
    case "serprog": {
      const { baud, pipelining, answerTimeout } = bus;
      return new Serprog(clock, streamOf(bus, clock), { spiHz, baud, pipelining, answerTimeout });
    }
    case "bus-pirate":
      return new BusPirate(clock, new SerialPortStream(clock, { path: bus.port, baud: bus.baud }), { spiHz, baud: bus.baud });
    case "spidev":
      return new Spidev({ path: bus.path, spiHz, ...(bus.interrupt && { interruptGpio: bus.interrupt }) });
  }
}

/** The chip's model, at the pace that the clock allows for. */
export function enc28j60Chip(clock: Clock, segment: EthernetSegment, name: string, chip: ChipConfig = {}): Enc28j60Chip {
  // Timers of an operating system are too coarse for the 67 us that a frame takes at 10 Mbit/s: in real time the line takes none.
  return new Enc28j60Chip(clock, segment, name, {
    ...chipOptions(chip),
    lineRate: clock instanceof VirtualClock ? 10_000_000 : Number.POSITIVE_INFINITY,
  });
}

function streamOf({ port, baud, interrupt }: SerprogBus, clock: Clock): ByteStream {
  const tcp = readTcpPort(port);
  if (tcp) return new TcpStream(clock, tcp);
  return new SerialPortStream(clock, { path: port, baud, ...(interrupt ? { interruptInput: interrupt } : {}) });
}
