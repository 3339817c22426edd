/**
 * The groups that devices have joined (RFC 4291 2.7.1, 2.8). Every device is among all nodes for as long as it is there, and in the
 * solicited-node group of each of its addresses.
 */
import type { Ip6 } from "../../ip/ip6.ts";
import type { GroupLimits } from "../../ip/layer.ts";
import { DeviceGroups } from "../../ip/multicast/device-groups.ts";
import type { NetDevice } from "../../net/device.ts";
import type { Generation } from "../../net/generation.ts";
import { AddressScope, isMulticast6, type KnownAddresses, macOfGroup, scopeOf } from "../common/address-kind.ts";
import type { Ip6Routes } from "./routes.ts";

/** Sources that a filter of a group may name (net.ipv6.mld_max_msf). */
const MOST_SOURCES = 64;

export class Ip6Groups extends DeviceGroups<Ip6> {
  readonly limits: GroupLimits = { memberships: Number.POSITIVE_INFINITY, sources: MOST_SOURCES };
  readonly #known: KnownAddresses;
  readonly #routes: Ip6Routes;

  constructor(known: KnownAddresses, routes: Ip6Routes, changes: Generation) {
    super(changes);
    this.#known = known;
    this.#routes = routes;
  }

  override attach(device: NetDevice): void {
    super.attach(device);
    this.join(device, this.#known.interfaceNodes);
    this.join(device, this.#known.allNodes);
  }

  override isGroup(address: Ip6): boolean {
    return isMulticast6(address);
  }

  protected override deviceTowards(group: Ip6): NetDevice | undefined {
    return this.#routes.lookup(group)?.device;
  }

  protected override macOf(group: Ip6): Uint8Array | null {
    return scopeOf(group) >= AddressScope.LINK ? macOfGroup(group) : null;
  }
}
