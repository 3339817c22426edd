/** From a device of a rig to its controller, with whatever has to stand behind it. How each kind is made is in devices/. */
import { PacketController } from "../../drivers/packet/packet.ts";
import { TapController } from "../../drivers/tap/tap.ts";
import type { ChipPins } from "../../hal/chip-pins.ts";
import type { Clock } from "../../hal/clock.ts";
import type { Random } from "../../hal/random.ts";
import { qemuE1000, simulatedE1000 } from "./devices/e1000.ts";
import { realEnc28j60, simulatedEnc28j60 } from "./devices/enc28j60.ts";
import { FallbackPart } from "./devices/fallback.ts";
import { bare, type Part, type Workshop } from "./devices/part.ts";
import { type DeviceConfig, RIG_DEFAULTS, type SimulatedBus } from "./rig.ts";

export type { Part } from "./devices/part.ts";

/**
 * @param onWire the interface that is the device's wire stopped working, or is back (null); what the controller itself has to say goes
 * to its host
 * @param pins the chip's reset and power, where the rig has them on pins of the board
 */
export function makePart(
  config: DeviceConfig,
  clock: Clock,
  random: Random,
  onWire: (trouble: Error | null) => void,
  pins: ChipPins | null = null,
): Part {
  const shop: Workshop = { clock, random, onWire, pins };
  const stands = config.fallback === "simulated" && config.bus.kind !== "sim" && config.bus.kind !== "interface";
  const part = make(config, shop);
  return stands ? new FallbackPart(part, () => model(config, SIMULATED, shop)) : part;
}

/** What takes the hardware's place: a wire of its own with a gateway at the far end. */
const SIMULATED: SimulatedBus = { kind: "sim", segment: RIG_DEFAULTS.segment };

function make(config: DeviceConfig, shop: Workshop): Part {
  const { bus, mac } = config;
  switch (bus.kind) {
    case "sim":
      return model(config, bus, shop);
    case "serprog":
    case "spidev":
    case "bus-pirate":
      return realEnc28j60(config, bus, shop);
    case "qemu":
      return qemuE1000(config, bus, shop);
    case "interface": {
      const options = { interface: bus.iface, ...(mac ? { address: mac } : {}) };
      return bare(config.driver === "tap" ? new TapController(shop.clock, options) : new PacketController(shop.clock, options));
    }
  }
}

function model(config: DeviceConfig, bus: SimulatedBus, shop: Workshop): Part {
  return config.driver === "e1000" ? simulatedE1000(config, bus, shop) : simulatedEnc28j60(config, bus, shop);
}
