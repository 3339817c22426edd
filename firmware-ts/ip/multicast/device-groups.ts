/**
 * The groups that devices have joined, each with its users and their filters: the first user joins it, and the last one leaves it. Their
 * packets are for us, and their frames are asked for.
 */
import type { NetDevice } from "../../net/device.ts";
import type { Generation } from "../../net/generation.ts";
import type { IpAddress } from "../address.ts";
import { formatIp } from "../endpoint.ts";
import { InetError } from "../inet-error.ts";
import { ANY_SOURCE, GroupFilter, type SourceFilter } from "../source-filter.ts";

/** Hears what becomes of the groups of devices, to tell routers of it. */
export interface GroupWatcher<Group> {
  /** The first user has come. */
  joined(device: NetDevice, group: Group, filter: GroupFilter<Group>): void;
  /** There are other users, or other filters. */
  changed(device: NetDevice, group: Group): void;
  /** The last user has gone. */
  left(device: NetDevice, group: Group): void;
}

export abstract class DeviceGroups<Group extends IpAddress> {
  watcher: GroupWatcher<Group> | null = null;
  /** Groups of each device that is there. */
  readonly #devices = new Map<NetDevice, Map<Group, GroupFilter<Group>>>();
  readonly #changes: Generation;

  /** @param changes counts every change */
  constructor(changes: Generation) {
    this.#changes = changes;
  }

  abstract isGroup(address: Group): boolean;

  has(device: NetDevice, group: Group): boolean {
    return this.#devices.get(device)?.has(group) === true;
  }

  /** Tells whether anybody here wants packets of the source to the group. */
  hears(device: NetDevice, group: Group, source: Group): boolean {
    return this.#devices.get(device)?.get(group)?.hears(source) === true;
  }

  /** The groups of a device, the newest first. */
  of(device: NetDevice): readonly (readonly [group: Group, filter: GroupFilter<Group>])[] {
    return [...(this.#devices.get(device) ?? [])].reverse();
  }

  /** The device may be in groups. */
  knows(device: NetDevice): boolean {
    return this.#devices.has(device);
  }

  /**
   * Returns the device on which a group is joined: that by which packets to the group go, when none is named.
   * @throws InetError ADDRESS_INVALID no group; DEVICE_MISSING no route to it
   */
  deviceOf(group: Group, device: NetDevice | null): NetDevice {
    if (!this.isGroup(group)) throw new InetError("ADDRESS_INVALID", `${formatIp(group)} is not a group`);
    const found = device ?? this.deviceTowards(group);
    if (!found) throw new InetError("DEVICE_MISSING", `no route to ${formatIp(group)}: name a device`);
    return found;
  }

  /** Each join() wants a leave() with its filter. Does nothing when the device is not there. */
  join(device: NetDevice, group: Group, filter: SourceFilter<Group> = ANY_SOURCE): void {
    const groups = this.#devices.get(device);
    if (!groups) return;
    this.#changes.next();
    const there = groups.get(group);
    const all = there ?? new GroupFilter<Group>();
    all.users++;
    all.add(filter);
    if (there) {
      this.watcher?.changed(device, group);
      return;
    }
    groups.set(group, all);
    const mac = this.macOf(group);
    if (mac !== null) device.join(mac);
    this.watcher?.joined(device, group, all);
  }

  /** Gives a user of a group another filter. */
  change(device: NetDevice, group: Group, before: SourceFilter<Group>, after: SourceFilter<Group>): void {
    const all = this.#devices.get(device)?.get(group);
    if (!all) return;
    this.#changes.next();
    all.add(after);
    all.remove(before);
    this.watcher?.changed(device, group);
  }

  /** Ends one join(), unless the device is gone. */
  leave(device: NetDevice, group: Group, filter: SourceFilter<Group> = ANY_SOURCE): void {
    const groups = this.#devices.get(device);
    const all = groups?.get(group);
    if (!groups || !all) return;
    this.#changes.next();
    all.users--;
    all.remove(filter);
    if (all.users > 0) {
      this.watcher?.changed(device, group);
      return;
    }
    groups.delete(group);
    this.#gone(device, group);
  }

  /** A device has come. */
  attach(device: NetDevice): void {
    this.#devices.set(device, new Map());
  }

  /** A device goes, and leaves all of its groups. */
  detach(device: NetDevice): void {
    const groups = this.#devices.get(device);
    this.#devices.delete(device);
    this.#changes.next();
    for (const group of groups?.keys() ?? []) this.#gone(device, group);
  }

  /** Returns the device by which packets to the group go. */
  protected abstract deviceTowards(group: Group): NetDevice | undefined;
  /** Returns the address of the group's frames; null when its packets do not travel on a link. */
  protected abstract macOf(group: Group): Uint8Array | null;

  #gone(device: NetDevice, group: Group): void {
    const mac = this.macOf(group);
    if (mac !== null) device.leave(mac);
    this.watcher?.left(device, group);
  }
}
