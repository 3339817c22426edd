/**
 * The groups that devices have joined (RFC 4291 2.7.1, 2.8): their packets are for us, and their frames are asked for. Every device is
 * among all nodes for as long as it is there, and in the solicited-node group of each of its addresses.
 */
import { type GroupChange, GroupUsers } from "../../ip/group-users.ts";
import { InetError } from "../../ip/inet-error.ts";
import type { Ip6 } from "../../ip/ip6.ts";
import { formatIpv6 } from "../../ip/ip6-text.ts";
import type { NetDevice } from "../../net/device.ts";
import type { Generation } from "../../net/generation.ts";
import { AddressScope, isMulticast6, type KnownAddresses, macOfGroup, scopeOf } from "../common/address-kind.ts";
import type { Ip6Routes } from "./routes.ts";

export class Ip6Groups {
  /** Hears of each change, for reports to routers (RFC 3810). */
  onChange: GroupChange<Ip6> | null = null;
  readonly #known: KnownAddresses;
  readonly #routes: Ip6Routes;
  readonly #users = new GroupUsers<Ip6>((device, group, joined) => this.#changed(device, group, joined));
  readonly #changes: Generation;

  constructor(known: KnownAddresses, routes: Ip6Routes, changes: Generation) {
    this.#changes = changes;
    this.#known = known;
    this.#routes = routes;
  }

  has(device: NetDevice, group: Ip6): boolean {
    return this.#users.has(device, group);
  }

  /** The groups of a device with the number of their users, the newest first. */
  of(device: NetDevice): readonly (readonly [group: Ip6, users: number])[] {
    return [...this.#users.of(device)].reverse();
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
    this.#users.join(device, group);
  }

  /** Ends one join(), unless the device is gone. */
  leave(device: NetDevice, group: Ip6): void {
    this.#users.leave(device, group);
  }

  /** The device may be in groups. */
  knows(device: NetDevice): boolean {
    return this.#users.knows(device);
  }

  /** A device has come: it is among all nodes. */
  attach(device: NetDevice): void {
    this.#users.attach(device);
    this.join(device, this.#known.interfaceNodes);
    this.join(device, this.#known.allNodes);
  }

  /** A device goes. */
  detach(device: NetDevice): void {
    this.#users.detach(device);
  }

  #changed(device: NetDevice, group: Ip6, joined: boolean): void {
    this.#changes.next();
    if (onWire(group)) {
      if (joined) device.join(macOfGroup(group));
      else device.leave(macOfGroup(group));
    }
    this.onChange?.(device, group, joined);
  }
}

/** Packets to the group travel on a link. */
function onWire(group: Ip6): boolean {
  return scopeOf(group) >= AddressScope.LINK;
}
