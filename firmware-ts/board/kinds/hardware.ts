/** The common ground of the kinds of bus that lead to something real. */
import type * as v from "valibot";
import type { CapabilityName } from "../../../hal/bridges/linux/privileges.ts";
import { ControllerError } from "../../../hal/ethernet.ts";
import { parseInterfaceName } from "../rig/names.ts";
import type { DeviceConfig } from "../rig/rig.ts";
import { leaf } from "../rig/schema.ts";
import type { Attachment, Attachments, DeviceKind } from "./kind.ts";

/** The schema of a Linux interface's name. */
export const ifaceKey: v.GenericSchema<unknown, string> = leaf("eth1", parseInterfaceName);

/** For a packet socket on an interface, and to set the interface up. */
export const INTERFACE_NEEDS: readonly CapabilityName[] = ["CAP_NET_ADMIN", "CAP_NET_RAW"];

/** The reason that a device on real hardware cannot run in virtual time. */
export function onHardware({ name, driver, bus }: DeviceConfig): string {
  return `${name} is ${driver} on ${bus.kind}`;
}

/** Loads the device's driver for one way to it. @throws ControllerError DEVICE_BUS */
export function loadDriver<A extends Attachment>(device: DeviceKind, attachment: A, bus: string): Promise<Attachments[A]> {
  const load = device.attach[attachment];
  if (!load) throw new ControllerError("DEVICE_BUS", `${bus} is not a bus of ${device.driver}`);
  return load();
}
