/**
 * The groups that devices have joined (RFC 4291 2.7.1, 2.8): their packets are for us, and their frames are asked for. Every device is
 * among all nodes for as long as it is there, and in the solicited-node group of each of its addresses.
 */
import { InetError } from "../../ip/inet-error.ts";
import type { Ip6 } from "../../ip/ip6.ts";
import { formatIpv6 } from "../../ip/ip6-text.ts";
import type { NetDevice } from "../../net/device.ts";
import { AddressScope, isMulticast6, type KnownAddresses, macOfGroup, scopeOf } from "../common/address-kind.ts";
import type { Ip6Routes } from "./routes.ts";

/** Hears that a device has joined a group, or has left it: for reports to routers (RFC 3810). */
export type GroupListener = (device: NetDevice, group: Ip6, joined: boolean) => void;

export class Ip6Groups {
  onChange: GroupListener | null = null;
  readonly #known: KnownAddresses;
  readonly #routes: Ip6Routes;
  /** Number of joins of each group, by device. */
  readonly #devices = new Map<NetDevice, Map<Ip6, number>>();

  constructor(known: KnownAddresses, routes: Ip6Routes) {
    this.#known = known;
    this.#routes = routes;
  }

  #changes = 0;

  /** Grows with every change, so that remembered answers can be checked. */
  get changes(): number {
    return this.#changes;
  }

  has(device: NetDevice, group: Ip6): boolean {
    return this.#devices.get(device)?.has(group) ?? false;
  }

  /** The groups of a device with the number of their users, the newest first. */
  of(device: NetDevice): readonly (readonly [group: Ip6, users: number])[] {
    return [...(this.#devices.get(device) ?? [])].reverse();
  }

  /**
   * Returns the device on which a group is joined: that by which packets to the group go, when none is named.
   * @throws InetError ADDRESS_INVALID no group; DEVICE_MISSING no route to it
   */
  deviceOf(group: Ip6, device: NetDevice | null): NetDevice {
    if (!isMulticast6(group)) throw new InetError("ADDRESS_INVALID", `${formatIpv6(group)} is not a group`);
    const found = device ?? this.#routes.lookup(group)?.device;
    if (!found) throw new InetError("DEVICE_MISSING", `no route to ${formatIpv6(group)}: name a device`);
    return found;
  }

  /** Each join() wants a leave(). */
  join(device: NetDevice, group: Ip6): void {
    const groups = this.#devices.get(device);
    if (!groups) return;
    const users = groups.get(group) ?? 0;
    groups.set(group, users + 1);
    if (users > 0) return;
    this.#changes++;
    if (onWire(group)) device.join(macOfGroup(group));
    this.onChange?.(device, group, true);
  }

  /** Ends one join(), unless the device is gone. */
  leave(device: NetDevice, group: Ip6): void {
    const groups = this.#devices.get(device);
    const users = groups?.get(group);
    if (!groups || users === undefined) return;
    if (users > 1) {
      groups.set(group, users - 1);
      return;
    }
    groups.delete(group);
    this.#changes++;
    if (onWire(group)) device.leave(macOfGroup(group));
    this.onChange?.(device, group, false);
  }

  /** The device may be in groups. */
  knows(device: NetDevice): boolean {
    return this.#devices.has(device);
  }

  /** A device has come: it is among all nodes. */
  attach(device: NetDevice): void {
    this.#devices.set(device, new Map());
    this.join(device, this.#known.interfaceNodes);
    this.join(device, this.#known.allNodes);
  }

  /** A device goes. */
  detach(device: NetDevice): void {
    const groups = this.#devices.get(device);
    this.#devices.delete(device);
    this.#changes++;
    for (const group of groups?.keys() ?? []) {
      if (onWire(group)) device.leave(macOfGroup(group));
      this.onChange?.(device, group, false);
    }
  }
}

/** Packets to the group travel on a link. */
function onWire(group: Ip6): boolean {
  return scopeOf(group) >= AddressScope.LINK;
}
