/** From a device of a rig to its controller, with whatever has to stand behind it. */

import { Enc28j60 } from "../../drivers/enc28j60/enc28j60.ts";
import { PacketController } from "../../drivers/packet/packet.ts";
import type { Clock } from "../../hal/clock.ts";
import { VirtualClock } from "../../hal/clock.ts";
import { ControllerError, type EthernetController } from "../../hal/ethernet.ts";
import type { Random } from "../../hal/random.ts";
import { ControllerPort } from "../../hal/simulated/controller-port.ts";
import { Enc28j60Chip } from "../../hal/simulated/enc28j60/chip.ts";
import { EthernetSegment } from "../../hal/simulated/segment.ts";
import { SimulatedSpiBus } from "../../hal/simulated/spi-bus.ts";
import { type DeviceConfig, notThereYet, RIG_DEFAULTS, type SimulatedBus } from "./rig.ts";

/** One device's controller and what belongs to it. */
export interface Part {
  readonly controller: EthernetController;
  /** The simulated wire, if there is one. */
  readonly segment: EthernetSegment | null;
  /** The far end of the wire is free: a simulated gateway belongs there. */
  readonly wantsGateway: boolean;
  /** A fallback was taken: what was asked for, and why it is not there. */
  readonly fallback: string | null;
  /** What has to be open before the controller is. */
  readonly wire: ControllerPort | null;
}

/**
 * @param onFailed the interface that is the device's wire stopped working; what the controller itself has to say goes to its host
 * @throws ControllerError NOT_THERE_YET when the device cannot be opened and has no fallback
 */
export function makePart(config: DeviceConfig, clock: Clock, random: Random, onFailed: (error: Error) => void): Part {
  const missing = notThereYet(config);
  if (missing === null) {
    if (config.bus.kind === "sim") return simulatedEnc28j60(config, config.bus, clock, random, null, onFailed);
    if (config.bus.kind === "interface") return packet(config, config.bus.iface, clock);
  }
  const reason = missing ?? `${config.name}: ${config.driver} on ${config.bus.kind} cannot be opened`;
  if (config.fallback === "simulated" && config.driver === "enc28j60") {
    const bus: SimulatedBus = { kind: "sim", segment: RIG_DEFAULTS.segment };
    return simulatedEnc28j60(config, bus, clock, random, reason, onFailed);
  }
  throw new ControllerError("NOT_THERE_YET", reason);
}

function packet(config: DeviceConfig, iface: string, clock: Clock): Part {
  const controller = new PacketController(clock, { interface: iface, ...(config.mac ? { address: config.mac } : {}) });
  return { controller, segment: null, wantsGateway: false, fallback: null, wire: null };
}

function simulatedEnc28j60(
  config: DeviceConfig,
  bus: SimulatedBus,
  clock: Clock,
  random: Random,
  fallback: string | null,
  onFailed: (error: Error) => void,
): Part {
  const segment = new EthernetSegment(clock, random.fork(`segment/${config.name}`), bus.segment);
  // Timers of an operating system are too coarse for the 67 us that a frame takes at 10 Mbit/s: in real time the line takes none.
  const lineRate = clock instanceof VirtualClock ? 10_000_000 : Number.POSITIVE_INFINITY;
  const chip = new Enc28j60Chip(clock, segment, config.name, { lineRate });
  const address = config.mac ?? stableMac(random.fork(`mac/${config.name}`));
  const controller = new Enc28j60(new SimulatedSpiBus(chip, clock), clock, { address, interrupt: chip.interrupt });
  const { iface } = bus;
  const wire =
    iface === undefined
      ? null
      : new ControllerPort(clock, segment, iface, new PacketController(clock, { interface: iface, address }), { onFailed });
  return { controller, segment, wantsGateway: iface === undefined, fallback, wire };
}

/** A locally administered unicast address that is the same for the same seed and name. */
function stableMac(random: Random): Uint8Array {
  const mac = Uint8Array.from({ length: 6 }, () => random.below(256));
  mac[0] = 0x02;
  return mac;
}
