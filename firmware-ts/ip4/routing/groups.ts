/** The groups that devices have joined (RFC 1112). Every device is in the group of all hosts for as long as it is there. */
import { MAC_BYTES } from "../../../hal/ethernet.ts";
import { type Ip4, isMulticast } from "../../ip/address.ts";
import type { GroupLimits } from "../../ip/layer.ts";
import { DeviceGroups } from "../../ip/multicast/device-groups.ts";
import type { NetDevice } from "../../net/device.ts";
import type { Generation } from "../../net/generation.ts";
import type { Routes } from "./routes.ts";

/** 224.0.0.1, all hosts of a link. */
export const ALL_HOSTS: Ip4 = (0xe0000001 | 0) as Ip4;

/** Settings of the namespace, as Ip4Settings has them. */
interface GroupSettings {
  readonly igmpMaxMemberships: number;
  readonly igmpMaxMsf: number;
}

export class Groups extends DeviceGroups<Ip4> {
  readonly #routes: Routes;
  readonly #settings: GroupSettings;

  constructor(routes: Routes, changes: Generation, settings: GroupSettings) {
    super(changes);
    this.#settings = settings;
    this.#routes = routes;
  }

  get limits(): GroupLimits {
    return { memberships: this.#settings.igmpMaxMemberships, sources: this.#settings.igmpMaxMsf };
  }

  override attach(device: NetDevice): void {
    super.attach(device);
    this.join(device, ALL_HOSTS);
  }

  override isGroup(address: Ip4): boolean {
    return isMulticast(address);
  }

  protected override deviceTowards(group: Ip4): NetDevice | undefined {
    return this.#routes.lookup(group)?.device;
  }

  /** The address of a group's frames (RFC 1112 6.4): 32 groups share one. */
  protected override macOf(group: Ip4): Uint8Array {
    const mac = new Uint8Array(MAC_BYTES);
    mac.set([0x01, 0x00, 0x5e, (group >> 16) & 0x7f, (group >> 8) & 0xff, group & 0xff]);
    return mac;
  }
}
