/** e1000 (82540EM): our model of the chip on a simulated wire, or QEMU's. */
import { E1000 } from "../../../drivers/e1000/e1000.ts";
import { QemuBus as Qemu } from "../../../hal/bridges/qemu/bus.ts";
import { QemuWire } from "../../../hal/bridges/qemu/wire.ts";
import { VirtualClock } from "../../../hal/clock.ts";
import { E1000Chip } from "../../../hal/simulated/e1000/chip.ts";
import { EthernetSegment } from "../../../hal/simulated/segment.ts";
import { type DeviceConfig, type QemuBus, RIG_DEFAULTS, type SimulatedBus } from "../rig.ts";
import { interfaceOnWire, type Part, stableMac, type Workshop } from "./part.ts";

export function simulatedE1000(config: DeviceConfig, bus: SimulatedBus, shop: Workshop): Part {
  const { clock, random } = shop;
  const segment = new EthernetSegment(clock, random.fork(`segment/${config.name}`), bus.segment);
  const mac = config.mac ?? stableMac(random, config.name);
  // In real time the line takes no time, as with the ENC28J60: a frame's 0.7 us are less than any timer can tell.
  const lineRate = clock instanceof VirtualClock ? 1_000_000_000 : Number.POSITIVE_INFINITY;
  const controller = new E1000(clock, new E1000Chip(clock, segment, config.name, { mac, lineRate }));
  const { iface } = bus;
  const wire = iface === undefined ? null : interfaceOnWire(shop, segment, iface, mac);
  return { controller, segment, wantsGateway: iface === undefined, fallback: null, wire };
}

/** QEMU's chip; its wire goes to a segment of ours and from there to the interface, so that it can be captured like every other. */
export function qemuE1000(config: DeviceConfig, bus: QemuBus, shop: Workshop): Part {
  const { clock, random } = shop;
  const segment = new EthernetSegment(clock, random.fork(`segment/${config.name}`), RIG_DEFAULTS.segment);
  const address = config.mac ?? stableMac(random, config.name);
  const controller = new E1000(clock, new Qemu(clock, { wire: new QemuWire(segment, config.name), address }));
  const wire = interfaceOnWire(shop, segment, bus.iface, address);
  return { controller, segment, wantsGateway: false, fallback: null, wire };
}
