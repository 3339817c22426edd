/**
 * Anycast addresses of devices (RFC 4291 2.6): several stations have the same one, and any of them answers. Here they are those of routers
 * on a subnet, the subnet's prefix itself (RFC 4291 2.6.1).
 */
import type { Ip6 } from "../../ip/ip6.ts";
import type { NetDevice } from "../../net/device.ts";
import { ADDRESS_BITS } from "../common/address-kind.ts";
import { Ip6RouteType } from "./route.ts";
import type { Ip6Routes } from "./routes.ts";

export class Ip6Anycast {
  readonly #routes: Ip6Routes;
  /** Number of users of each address, by device. */
  readonly #devices = new Map<NetDevice, Map<Ip6, number>>();

  constructor(routes: Ip6Routes) {
    this.#routes = routes;
  }

  has(device: NetDevice, address: Ip6): boolean {
    return this.#devices.size > 0 && (this.#devices.get(device)?.has(address) ?? false);
  }

  /** Adds a user. Returns true for the first one. */
  join(device: NetDevice, address: Ip6): boolean {
    const addresses = this.#devices.get(device) ?? new Map<Ip6, number>();
    this.#devices.set(device, addresses);
    const users = addresses.get(address) ?? 0;
    addresses.set(address, users + 1);
    if (users > 0) return false;
    const type = Ip6RouteType.ANYCAST;
    this.#routes.add({ destination: address, prefixLength: ADDRESS_BITS, device, protocol: "kernel", metric: 0, type });
    return true;
  }

  /** Ends one join(). Returns true for the last one. */
  leave(device: NetDevice, address: Ip6): boolean {
    const addresses = this.#devices.get(device);
    const users = addresses?.get(address);
    if (!addresses || users === undefined) return false;
    if (users > 1) {
      addresses.set(address, users - 1);
      return false;
    }
    addresses.delete(address);
    if (addresses.size === 0) this.#devices.delete(device);
    this.#routes.remove({ destination: address, prefixLength: ADDRESS_BITS, device, type: Ip6RouteType.ANYCAST });
    return true;
  }
}
