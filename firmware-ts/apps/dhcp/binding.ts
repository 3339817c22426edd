/** A lease on a device: its routes, its name servers and its MTU. The address has a claim of its own. */

import type { Ip4 } from "../../ip/address.ts";
import { formatIpv4 } from "../../ip/address.ts";
import { InetError } from "../../ip/inet-error.ts";
import { Nud } from "../../neigh/states.ts";
import { UpdateFlags, update } from "../../neigh/update.ts";
import type { RouteOptions } from "../../stack.ts";
import type { AppDevice } from "../app.ts";
import type { Lease, LeaseRoute } from "./lease.ts";
import { holdsAddress } from "./lease.ts";

export class LeaseBinding {
  readonly #on: AppDevice;
  readonly #teller: string;
  #routes: RouteOptions[] = [];
  /** The MTU of before and of the lease; null where the lease changed none. */
  #mtu: { readonly before: number; readonly leased: number } | null = null;
  #lease: Lease | null = null;

  constructor(on: AppDevice) {
    this.#on = on;
    this.#teller = `dhcp/${on.device.name}`;
  }

  /** Puts the values of a lease in force, instead of those of the lease before. */
  apply(lease: Lease): void {
    if (this.#lease && sameValues(this.#lease, lease)) return;
    this.remove();
    this.#lease = lease;
    const { stack, device } = this.#on;
    if (lease.mtu !== undefined && lease.mtu < device.mtu) {
      this.#mtu = { before: device.mtu, leased: lease.mtu };
      device.setMtu(lease.mtu);
    }
    for (const route of lease.routes) this.#addRoute(lease, route);
    const { nameServers, domain } = lease;
    const list = { servers: nameServers as readonly Ip4[], ...(domain !== undefined && { domain }) };
    stack.nameServers.tell(this.#teller, nameServers.length > 0 || domain !== undefined ? list : null);
  }

  /** Takes the values of the lease back. */
  remove(): void {
    const { stack, device } = this.#on;
    for (const route of this.#routes.splice(0)) ignoringInet(() => stack.removeRoute(route));
    if (this.#mtu && device.mtu === this.#mtu.leased) device.setMtu(this.#mtu.before);
    this.#mtu = null;
    this.#lease = null;
    stack.nameServers.tell(this.#teller, null);
  }

  /**
   * Notes the link address from which a server on the link has just answered, where the table has none: the first renewal then asks
   * nobody. It is as good as any that ARP brings, and as much in doubt: STALE.
   */
  know(server: number, lladdr: Uint8Array): void {
    const { stack, device } = this.#on;
    if (!this.#lease || !holdsAddress(this.#lease, server)) return;
    const entry = stack.neighbours(4).neighbour(server, device);
    if (entry && !entry.valid) update(entry, lladdr, 0, Nud.STALE, UpdateFlags.OVERRIDE);
  }

  /** Adds a route of the lease. One that the operator has put there stays, and is not taken away with the lease. */
  #addRoute(lease: Lease, { destination, prefixLength, gateway }: LeaseRoute): void {
    const { stack, device } = this.#on;
    const route: RouteOptions = {
      to: prefixLength === 0 ? "default" : `${formatIpv4(destination)}/${prefixLength}`,
      device,
      source: formatIpv4(lease.address),
      protocol: "dhcp",
      // A router beyond the subnet is on the link all the same, as providers with /32 have it.
      ...(gateway !== 0 && { via: formatIpv4(gateway), onlink: !holdsAddress(lease, gateway) }),
    };
    if (ignoringInet(() => stack.addRoute(route))) this.#routes.push(route);
  }
}

/** Returns true when the call did not throw an InetError. */
function ignoringInet(call: () => void): boolean {
  try {
    call();
    return true;
  } catch (error) {
    if (error instanceof InetError) return false;
    throw error;
  }
}

/** Returns true when a lease brings the same values as another one; its times do not count. */
function sameValues(one: Lease, other: Lease): boolean {
  const valuesOf = ({ address, prefixLength, routes, nameServers, domain, mtu }: Lease): string =>
    JSON.stringify([address, prefixLength, routes, nameServers, domain, mtu]);
  return valuesOf(one) === valuesOf(other);
}
