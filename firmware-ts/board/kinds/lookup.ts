/** Kinds by their names, and which bus is whose. */
import { ControllerError } from "../../../hal/ethernet.ts";
import type { BusConfig, DeviceConfig } from "../rig/rig.ts";
import { BUS_KINDS, DEVICE_KINDS } from "./index.ts";
import type { BusKind, DeviceKind } from "./kind.ts";

/** The drivers' names. */
export const DRIVERS: readonly string[] = DEVICE_KINDS.map(({ driver }) => driver);
/** The drivers that have a model, which can stand in for hardware. */
export const MODELLED: readonly string[] = DEVICE_KINDS.filter(({ attach }) => attach.model).map(({ driver }) => driver);

/** Undefined for no driver of ours. */
export function findDevice(driver: string | undefined): DeviceKind | undefined {
  return DEVICE_KINDS.find((kind) => kind.driver === driver);
}

/** Undefined for no kind of bus. */
export function findBus(kind: unknown): BusKind | undefined {
  return BUS_KINDS.find((known) => known.kind === kind);
}

/** @throws ControllerError DEVICE_KIND: of a Rig that no rig file and no SPEC can come to */
export function deviceKind({ driver, name }: DeviceConfig): DeviceKind {
  const kind = findDevice(driver);
  if (kind) return kind;
  throw new ControllerError("DEVICE_KIND", `${name}: ${driver} is not a driver; drivers are ${DRIVERS.join(", ")}`);
}

/** @throws ControllerError DEVICE_KIND */
export function busKind({ kind }: BusConfig): BusKind {
  const known = findBus(kind);
  if (known) return known;
  throw new ControllerError("DEVICE_KIND", `${kind} is not a bus; kinds are ${BUS_KINDS.map(({ kind }) => kind).join(", ")}`);
}

/** The buses that a device can be on. */
export function busesOf({ attach }: DeviceKind): readonly BusKind[] {
  return BUS_KINDS.filter(({ attachment }) => attach[attachment]);
}

/** The forms of a device's SPEC, for messages. */
export function specForms(device: DeviceKind): readonly string[] {
  return busesOf(device).flatMap(({ forms }) => forms.map((form) => `${device.driver}:${form}`));
}

/** The same, each with its meaning, for the help. */
export function specHelp(device: DeviceKind): readonly (readonly [form: string, meaning: string])[] {
  return busesOf(device).flatMap(({ forms, meanings }) =>
    forms.map((form, at): readonly [string, string] => [`${device.driver}:${form}`, device.meaning ?? meanings[at] ?? ""]),
  );
}

/**
 * The thing that a device has to itself on this machine: a port, a path, an interface; null for a wholly simulated device. Two devices
 * must not have the same.
 */
export function deviceResource({ bus }: DeviceConfig): string | null {
  return busKind(bus).resource(bus);
}
