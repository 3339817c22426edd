/** Makes the controller of a rig's device, with everything that has to stand behind it. kinds/ says how each kind is made. */
import { FallbackPart } from "./fallback.ts";
import { busKind, deviceKind } from "./kinds/lookup.ts";
import type { Maker } from "./kinds/part.ts";
import { type SimulatedBus, sim } from "./kinds/sim.ts";
import { type DeviceConfig, RIG_DEFAULTS } from "./rig/rig.ts";

/** The bus of a model that takes the hardware's place: a wire of its own with a gateway at the far end. */
const SIMULATED: SimulatedBus = { kind: "sim", segment: RIG_DEFAULTS.segment };

/**
 * Loads the code that a device takes: its driver and its bridge or model, and the model that may stand in for it. Opens nothing.
 * @throws ControllerError DEVICE_KIND, DEVICE_BUS
 */
export async function loadDevice(config: DeviceConfig): Promise<Maker> {
  const device = deviceKind(config);
  const bus = busKind(config.bus);
  const make = await bus.load(config.bus, device);
  if (config.fallback !== "simulated" || !bus.mayBeMissing) return make;
  const model = await sim.load(SIMULATED, device);
  return (config, shop) => new FallbackPart(make(config, shop), () => model(config, shop));
}
