/**
 * The groups that devices have joined (RFC 1112): their packets are for us, and their frames are asked for. Nobody is told, as there is no
 * IGMP. Every device is in the group of all hosts for as long as it is there.
 */
import { MAC_BYTES } from "../../hal/ethernet.ts";
import { formatIpv4, isMulticast } from "../ip/address.ts";
import { GroupUsers } from "../ip/group-users.ts";
import { InetError } from "../ip/inet-error.ts";
import type { DeviceEvent, NetDevice } from "../net/device.ts";
import type { Routes } from "./routing/routes.ts";

const ALL_HOSTS = 0xe0000001 | 0;

export class Groups {
  readonly #routes: Routes;
  readonly #users = new GroupUsers<number>((device, group, joined) => {
    if (joined) device.join(macOf(group));
    else device.leave(macOf(group));
  });

  constructor(routes: Routes) {
    this.#routes = routes;
  }

  has(device: NetDevice, group: number): boolean {
    return this.#users.has(device, group);
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
    this.#users.join(device, group);
  }

  /** Ends one join(), unless the device is gone. */
  leave(device: NetDevice, group: number): void {
    this.#users.leave(device, group);
  }

  event(device: NetDevice, event: DeviceEvent): void {
    if (event === "register") {
      this.#users.attach(device);
      this.join(device, ALL_HOSTS);
    } else if (event === "unregister") {
      this.#users.detach(device);
    }
  }
}

/** The address of a group's frames (RFC 1112 6.4): 32 groups share one. */
function macOf(group: number): Uint8Array {
  const mac = new Uint8Array(MAC_BYTES);
  mac.set([0x01, 0x00, 0x5e, (group >> 16) & 0x7f, (group >> 8) & 0xff, group & 0xff]);
  return mac;
}
