/** A rig's twin for virtual time: every part that is real, or may be, has its model's place, and a simulated gateway is at the far end. */
import { deviceKind } from "./kinds/lookup.ts";
import { type BusConfig, type DeviceConfig, RIG_DEFAULTS, type Rig } from "./rig/rig.ts";

/** The energy of such a rig is not modelled. */
export class EnergyRigError extends Error {
  readonly code: "RIG_ENERGY" = "RIG_ENERGY";

  constructor(message: string) {
    super(message);
    this.name = "EnergyRigError";
  }
}

/** The one device of a rig whose energy is modelled. @throws EnergyRigError */
export function energyDevice({ devices, name }: Rig): DeviceConfig {
  const [device, ...others] = devices;
  if (!device || others.length > 0) {
    throw new EnergyRigError(`${name}: the energy of a node with one device is modelled, and the rig has ${devices.length}`);
  }
  if (!deviceKind(device).attach.model) {
    throw new EnergyRigError(`${device.name}: ${device.driver} has no model that could be counted; say enc28j60 or e1000`);
  }
  return device;
}

/** The clock of the device's SPI bus, Hz; that of RIG_DEFAULTS for the bus of a model, null for a device without such a bus. */
export function busRateOf(device: DeviceConfig): number | null {
  if (!deviceKind(device).attach.spi) return null;
  const { spiHz } = device.bus;
  return typeof spiHz === "number" ? spiHz : RIG_DEFAULTS.spiHz;
}

/** @throws EnergyRigError */
export function simulatedTwin(rig: Rig): Rig {
  const device = energyDevice(rig);
  const bus: BusConfig = device.bus.kind === "sim" ? device.bus : { kind: "sim", segment: RIG_DEFAULTS.segment };
  const { iface: _iface, ...own } = bus;
  const board = rig.board.io === "none" ? rig.board : { ...rig.board, io: "simulated" };
  return { ...rig, board, devices: [{ ...device, bus: own, fallback: "none" }] };
}
