/** ENC28J60: the chip's model on a simulated wire, or the chip behind a bridge. */
import { Enc28j60 } from "../../../drivers/enc28j60/enc28j60.ts";
import { SerialPortStream } from "../../../hal/bridges/serial-port.ts";
import { SerprogBus as Serprog } from "../../../hal/bridges/serprog/serprog.ts";
import { TcpStream } from "../../../hal/bridges/tcp-stream.ts";
import { type Clock, VirtualClock } from "../../../hal/clock.ts";
import type { ByteStream } from "../../../hal/serial.ts";
import { Enc28j60Chip } from "../../../hal/simulated/enc28j60/chip.ts";
import { EthernetSegment } from "../../../hal/simulated/segment.ts";
import { SimulatedSpiBus } from "../../../hal/simulated/spi-bus.ts";
import { readTcpPort } from "../names.ts";
import type { DeviceConfig, SerprogBus, SimulatedBus } from "../rig.ts";
import { bare, interfaceOnWire, type Part, stableMac, type Workshop } from "./part.ts";

export function simulatedEnc28j60(config: DeviceConfig, bus: SimulatedBus, shop: Workshop): Part {
  const { clock, random, pins } = shop;
  const segment = new EthernetSegment(clock, random.fork(`segment/${config.name}`), bus.segment);
  const chip = enc28j60Chip(clock, segment, config.name);
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

export function serprogEnc28j60(config: DeviceConfig, bus: SerprogBus, { clock, random, pins }: Workshop): Part {
  const { spiHz, baud } = bus;
  const spi = new Serprog(clock, streamOf(bus, clock), { spiHz, baud });
  return bare(new Enc28j60(spi, clock, { address: config.mac ?? stableMac(random, config.name), ...(pins && { pins }) }));
}

/** The chip's model, at the pace that the clock allows for. */
export function enc28j60Chip(clock: Clock, segment: EthernetSegment, name: string): Enc28j60Chip {
  // Timers of an operating system are too coarse for the 67 us that a frame takes at 10 Mbit/s: in real time the line takes none.
  return new Enc28j60Chip(clock, segment, name, {
    lineRate: clock instanceof VirtualClock ? 10_000_000 : Number.POSITIVE_INFINITY,
  });
}

function streamOf({ port, baud, interrupt }: SerprogBus, clock: Clock): ByteStream {
  const tcp = readTcpPort(port);
  if (tcp) return new TcpStream(clock, tcp);
  return new SerialPortStream(clock, { path: port, baud, ...(interrupt ? { interruptInput: interrupt } : {}) });
}
