/** The groups that devices have joined, each with the number of its users: the first one joins it, the last one leaves it. */
import type { NetDevice } from "../net/device.ts";

/** Hears that a device has joined a group, or has left it. */
export type GroupChange<Group> = (device: NetDevice, group: Group, joined: boolean) => void;

export class GroupUsers<Group> {
  readonly #change: GroupChange<Group>;
  /** Groups of each device that is there, with the number of their users. */
  readonly #devices = new Map<NetDevice, Map<Group, number>>();

  constructor(change: GroupChange<Group>) {
    this.#change = change;
  }

  has(device: NetDevice, group: Group): boolean {
    return this.#devices.get(device)?.has(group) === true;
  }

  /** The groups of a device with the number of their users, in the order in which they were joined. */
  of(device: NetDevice): Iterable<[group: Group, users: number]> {
    return this.#devices.get(device) ?? [];
  }

  /** The device may be in groups. */
  knows(device: NetDevice): boolean {
    return this.#devices.has(device);
  }

  /** Each join() wants a leave(). Does nothing when the device is not there. */
  join(device: NetDevice, group: Group): void {
    const groups = this.#devices.get(device);
    if (!groups) return;
    const users = groups.get(group) ?? 0;
    groups.set(group, users + 1);
    if (users === 0) this.#change(device, group, true);
  }

  /** Ends one join(), unless the device is gone. */
  leave(device: NetDevice, group: Group): void {
    const groups = this.#devices.get(device);
    const users = groups?.get(group);
    if (!groups || users === undefined) return;
    if (users > 1) {
      groups.set(group, users - 1);
      return;
    }
    groups.delete(group);
    this.#change(device, group, false);
  }

  /** A device has come. */
  attach(device: NetDevice): void {
    this.#devices.set(device, new Map());
  }

  /** A device goes, and leaves all of its groups. */
  detach(device: NetDevice): void {
    const groups = this.#devices.get(device);
    this.#devices.delete(device);
    for (const group of groups?.keys() ?? []) this.#change(device, group, false);
  }
}
