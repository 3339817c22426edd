/**
 * The groups that devices have joined (RFC 1112): their packets are for us, and their frames are asked for. Nobody is told, as there is no
 * IGMP. Every device is in the group of all hosts for as long as it is there.
 */
import { MAC_BYTES } from "../../hal/ethernet.ts";
import { formatIpv4, isMulticast } from "../ip/address.ts";
import { InetError } from "../ip/inet-error.ts";
import type { DeviceEvent, NetDevice } from "../net/device.ts";
import type { Routes } from "./routing/routes.ts";

const ALL_HOSTS = 0xe0000001 | 0;

export class Groups {
  readonly #routes: Routes;
  /** Number of joins of each group, by device. */
  readonly #devices = new Map<NetDevice, Map<number, number>>();

  constructor(routes: Routes) {
    this.#routes = routes;
  }

  has(device: NetDevice, group: number): boolean {
    return this.#devices.get(device)?.has(group) ?? false;
  }

  /**
   * Returns the device on which a group is joined: that by which packets to the group go, when none is named.
   * @throws InetError ADDRESS_INVALID no group; DEVICE_MISSING no route to it
   */
  deviceOf(group: number, device: NetDevice | null): NetDevice {
    if (!isMulticast(group)) throw new InetError("ADDRESS_INVALID", `${formatIpv4(group)} is not a group`);
    const found = device ?? this.#routes.lookup(group)?.device;
    if (!found) throw new InetError("DEVICE_MISSING", `no route to ${formatIpv4(group)}: name a device`);
    return found;
  }

  /** Each join() wants a leave(). */
  join(device: NetDevice, group: number): void {
    const groups = this.#devices.get(device);
    if (!groups) return;
    const users = groups.get(group) ?? 0;
    groups.set(group, users + 1);
    if (users === 0) device.join(macOf(group));
  }

  /** Ends one join(), unless the device is gone. */
  leave(device: NetDevice, group: number): void {
    const groups = this.#devices.get(device);
    const users = groups?.get(group);
    if (!groups || users === undefined) return;
    if (users > 1) {
      groups.set(group, users - 1);
      return;
    }
    groups.delete(group);
    device.leave(macOf(group));
  }

  event(device: NetDevice, event: DeviceEvent): void {
    if (event === "register") {
      this.#devices.set(device, new Map());
      this.join(device, ALL_HOSTS);
    } else if (event === "unregister") {
      for (const group of this.#devices.get(device)?.keys() ?? []) device.leave(macOf(group));
      this.#devices.delete(device);
    }
  }
}

/** The address of a group's frames (RFC 1112 6.4): 32 groups share one. */
function macOf(group: number): Uint8Array {
  const mac = new Uint8Array(MAC_BYTES);
  mac.set([0x01, 0x00, 0x5e, (group >> 16) & 0x7f, (group >> 8) & 0xff, group & 0xff]);
  return mac;
}
