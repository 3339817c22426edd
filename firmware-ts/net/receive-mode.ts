/** The frames that a device asks its controller for: everything, if there is a reason, and those of the groups that somebody joined. */
import { type EthernetController, isGroupAddress, type ReceiveMode } from "../../hal/ethernet.ts";
import { DeviceError } from "./device-words.ts";
import { sameMac } from "./ethernet.ts";

const OWN_ADDRESS_ONLY: ReceiveMode = { promiscuous: false, allMulticast: false, groups: [], ownOnly: true };

/** One group, joined as often as `users` says (the kernel's netdev_hw_addr). */
interface Membership {
  readonly address: Uint8Array;
  users: number;
}

export class DeviceReceiveMode {
  readonly #controller: EthernetController;
  readonly #memberships: Membership[] = [];
  #promiscuous = false;
  #allMulticast = false;
  #foreign = false;
  #narrow = false;
  /** The controller was told once: from then on its mode is this one's. */
  #told = false;

  constructor(controller: EthernetController) {
    this.#controller = controller;
  }

  /** An operator wants every frame (IFF_PROMISC). */
  get promiscuous(): boolean {
    return this.#promiscuous;
  }

  /** The device has another station address than its controller, which filters by its own. */
  get foreign(): boolean {
    return this.#foreign;
  }

  setPromiscuous(on: boolean): void {
    this.#promiscuous = on;
  }

  /** An operator wants the frames of every group (IFF_ALLMULTI). */
  get allMulticast(): boolean {
    return this.#allMulticast;
  }

  setAllMulticast(on: boolean): void {
    this.#allMulticast = on;
  }

  setForeign(on: boolean): void {
    this.#foreign = on;
  }

  /** Nothing but frames to the own address, as a node that sleeps wants it; and back to all that is wanted awake. */
  narrow(on: boolean): void {
    if (on === this.#narrow) return;
    this.#narrow = on;
    this.apply();
  }

  /** Groups that are joined. */
  get groups(): readonly Uint8Array[] {
    return this.#memberships.map(({ address }) => address);
  }

  /**
   * Adds one user of a group (dev_mc_add). True when it is the first one.
   * @throws DeviceError GROUP_INVALID
   */
  join(group: Uint8Array): boolean {
    if (!isGroupAddress(group)) throw new DeviceError("GROUP_INVALID", "not a group address");
    const membership = this.#find(group);
    if (membership) membership.users++;
    else this.#memberships.push({ address: Uint8Array.from(group), users: 1 });
    return membership === undefined;
  }

  /**
   * Takes one user of a group away (dev_mc_del). True when it was the last one.
   * @throws DeviceError GROUP_NOT_JOINED
   */
  leave(group: Uint8Array): boolean {
    const membership = this.#find(group);
    if (!membership) throw new DeviceError("GROUP_NOT_JOINED", "the group was not joined");
    if (--membership.users > 0) return false;
    this.#memberships.splice(this.#memberships.indexOf(membership), 1);
    return true;
  }

  /** Tells the controller. */
  apply(): void {
    this.#told = true;
    // The controller does not know a foreign address: it can not be narrowed to it.
    if (this.#narrow && !this.#foreign) {
      this.#controller.setReceiveMode(OWN_ADDRESS_ONLY);
      return;
    }
    const promiscuous = this.#foreign || this.#promiscuous;
    this.#controller.setReceiveMode({ promiscuous, allMulticast: promiscuous || this.#allMulticast, groups: this.groups });
  }

  /** After open(): tells the controller, unless nobody ever asked for more than a controller lets through by itself. */
  restore(): void {
    if (this.#told || this.#foreign || this.#promiscuous || this.#allMulticast || this.#memberships.length > 0) this.apply();
  }

  #find(group: Uint8Array): Membership | undefined {
    return this.#memberships.find(({ address }) => group.length === address.length && sameMac(address, 0, group, 0));
  }
}
